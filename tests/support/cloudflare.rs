//! Cloudflare's API on loopback: stateful, strict, and with faults on demand.
//!
//! It is a real server, so that processes can be pointed at it. It knows zones with a plan, tokens with permissions, DNS records,
//! zone settings, rulesets and the IP ranges. What it doesn't know it refuses as the API would.
mod content;
mod dns;
mod http;
mod list;
mod managed;
mod record;
mod reply;
mod route;
mod rules;
mod rulesets;
mod settings;
mod traffic;
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Map, Value};
use tokio::task::AbortHandle;

use self::rules::Phase;
use self::rulesets::Ruleset;
pub use self::traffic::{Call, Reaction};
use self::traffic::{Rule, Traffic};
use self::world::{Plan, World, Zone};

/// Where every path starts.
const BASE: &str = "/client/v4";

/// What connections share. The rule is asked while nothing else is locked, so that it may change the world itself.
struct Shared {
    world: Mutex<World>,
    traffic: Mutex<Traffic>,
    rule: Mutex<Rule>,
}

impl Shared {
    fn react(&self, call: &Call) -> Reaction {
        let earlier = {
            let mut traffic = self.traffic.lock().unwrap();
            let n = traffic.counts.entry(call.shape()).or_default();
            *n += 1;
            *n - 1
        };
        (self.rule.lock().unwrap())(call, earlier)
    }

    fn note(&self, call: Call) {
        self.traffic.lock().unwrap().log.push(call);
    }
}

/// A running fake; it ends with its owner.
pub struct Cloudflare {
    /// `http://127.0.0.1:PORT/client/v4/`.
    pub endpoint: String,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

/// What a test does behind everyone's back. A zone or a record that doesn't exist is the test's mistake, and ends it.
impl Cloudflare {
    /// Starts one on a free port of the loopback interface, within the runtime of the caller. It has no zones, and knows `test-token`.
    pub fn start() -> Cloudflare {
        let shared = Shared {
            world: Mutex::new(World::new()),
            traffic: Mutex::new(Traffic::default()),
            rule: Mutex::new(Box::new(|_, _| Reaction::Pass)),
        };
        let shared = Arc::new(shared);
        let (address, accepting) = http::listen(shared.clone()).unwrap();
        Cloudflare { endpoint: format!("http://{address}{BASE}/"), shared, accepting }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap()
    }

    fn within<T>(&self, zone: &str, f: impl FnOnce(&mut Zone, &mut world::Clock) -> T) -> T {
        let world = &mut *self.world();
        f(world.zones.get_mut(zone).expect("no such zone"), &mut world.clock)
    }

    /// Adds a zone on a plan (`free`, `pro`, `business`, `enterprise`), and tells its id.
    pub fn zone(&self, name: &str, plan: &str) -> String {
        self.world().add_zone(name, Plan::named(plan).expect("no such plan"))
    }

    /// Adds a token that may only do what these permissions say (`DNS Write`); who may write may read.
    pub fn token(&self, token: &str, permissions: &[&str]) {
        self.world().tokens.insert(token.to_owned(), permissions.iter().map(|p| (*p).to_owned()).collect());
    }

    /// Puts a record of any type there by hand, and tells its id.
    pub fn add_record(&self, zone: &str, record: Value) -> String {
        self.within(zone, |zone, clock| {
            let record = record::by_hand(&zone.name, record.as_object().expect("no record"), clock);
            let id = record.id();
            zone.records.insert(id.clone(), record);
            id
        })
    }

    /// Every record as the API shows it, by id.
    pub fn records(&self, zone: &str) -> Vec<Value> {
        self.within(zone, |zone, _| zone.records.values().map(|r| r.shown.clone().into()).collect())
    }

    /// Writes fields into a record as they are, unchecked.
    pub fn set_record(&self, zone: &str, id: &str, patch: Value) {
        self.within(zone, |zone, clock| {
            let record = zone.records.get_mut(id).expect("no such record");
            let mut shown = record.shown.clone();
            shown.extend(patch.as_object().expect("no patch").clone());
            shown.insert("modified_on".into(), clock.now().into());
            *record = dns::Record::new(shown, record.counts);
        });
    }

    pub fn remove_record(&self, zone: &str, id: &str) {
        self.within(zone, |zone, _| drop(zone.records.remove(id).expect("no such record")));
    }

    /// Makes these the rules of a phase, unchecked; what they lack is filled in. A known `ref` keeps its id.
    pub fn put_rules(&self, zone: &str, phase: &str, rules: Vec<Value>) {
        let phase = Phase::named(phase).expect("no such phase");
        self.within(zone, |zone, clock| {
            let old = zone.rulesets.get(phase.name).map_or(vec![], |r| r.rules.clone());
            let fill = |rule: &Value| {
                let mut rule: Map<String, Value> = rule.as_object().expect("no rule").clone();
                let known = old.iter().find(|o| rule.get("ref").is_some_and(|r| *r == o["ref"])).map(|o| o["id"].clone());
                let id = rule.entry("id").or_insert_with(|| known.unwrap_or_else(|| clock.id().into())).clone();
                rule.entry("ref").or_insert(id);
                rule.entry("enabled").or_insert(true.into());
                rule.entry("version").or_insert("1".into());
                rule.entry("last_updated").or_insert_with(|| clock.now().into());
                rule
            };
            let rules = rules.iter().map(fill).collect();
            let fresh = Ruleset::new(phase, clock);
            zone.rulesets.entry(phase.name.to_owned()).or_insert(fresh).set(rules, clock);
        });
    }

    /// The rules of a phase as the API shows them; `None` before its first use.
    pub fn rules(&self, zone: &str, phase: &str) -> Option<Vec<Value>> {
        self.within(zone, |zone, _| zone.rulesets.get(phase).map(|r| r.rules.iter().cloned().map(Value::from).collect()))
    }

    /// A setting's value.
    pub fn setting(&self, zone: &str, id: &str) -> Value {
        self.within(zone, |zone, _| zone.settings[id].value.clone())
    }

    /// Gives a setting a value, unchecked.
    pub fn set_setting(&self, zone: &str, id: &str, value: Value) {
        self.within(zone, |zone, clock| {
            let setting = zone.settings.get_mut(id).expect("no such setting");
            setting.value = value;
            setting.modified = clock.now().into();
        });
    }

    /// Makes a setting one that can't be changed over the API.
    pub fn lock_setting(&self, zone: &str, id: &str) {
        self.within(zone, |zone, _| zone.settings.get_mut(id).expect("no such setting").editable = false);
    }

    /// Changes Cloudflare's own addresses.
    pub fn set_ipv4(&self, blocks: Vec<&str>) {
        self.world().ipv4 = blocks.into_iter().map(String::from).collect();
    }

    /// Every call so far, in the order of their answers.
    pub fn log(&self) -> Vec<Call> {
        self.shared.traffic.lock().unwrap().log.clone()
    }

    /// Forgets the calls, and how often each came; the rule stays.
    pub fn reset_log(&self) {
        *self.shared.traffic.lock().unwrap() = Traffic::default();
    }

    /// Decides what happens to every call from now on. The number counts earlier calls of the same [`Call::shape`], from zero. The rule may
    /// use the fake, but not set another rule.
    pub fn rule(&self, rule: impl Fn(&Call, usize) -> Reaction + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    /// Every zone's records (`example.com/dns/ID`), rules (`example.com/rules/PHASE/REF`) and settings (`example.com/setting/ssl`), as JSON
    /// without times and versions. The order of a phase's rules is `example.com/rules/PHASE`, where there is more than one.
    pub fn photo(&self) -> BTreeMap<String, String> {
        let mut photo = BTreeMap::new();
        self.world().zones.values().for_each(|z| z.photo(&mut photo));
        photo
    }
}

impl Drop for Cloudflare {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
