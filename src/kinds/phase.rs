//! What the kinds of rules share. A phase of a zone has one entry point, a list of rules that belong to many: a kind is the stack's own rules in one
//! phase, known by their `ref`. Others' rules go back as they came, in their places.
mod owner;
pub(crate) mod terraform;

use super::managed::moved;
use super::*;
use crate::model::Ranked;
use crate::wire::cloudflare::{Request, Zone};
use cloudflare::framework::endpoint::Method;
use owner::Owner;
use serde::de::DeserializeOwned;
use serde_json::json;

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rule<A> {
    /// For which requests, in Cloudflare's Rules language.
    pub expression: String,
    /// What is done with them.
    pub action: A,
    pub enabled: bool,
}

/// A phase, and how its rules are written and read.
pub(crate) trait Phase: Resource {
    type Action: Action;
    /// The phase's own name.
    const PHASE: &'static str;
    /// How many rules each of Cloudflare's plans has room for in it, from `free` to `enterprise`; `None`: there is no such limit.
    const ROOM: Option<[usize; 4]>;

    fn new(zone: String, rules: Ranked<Rule<Self::Action>>, others: u32) -> Self;
    fn zone(&self) -> &str;
    fn rules(&self) -> &Ranked<Rule<Self::Action>>;
    /// How many rules of others there are, when it was read.
    fn others(&self) -> Option<u32>;
}

/// What a rule does with the requests that it is for.
pub(crate) trait Action: DeserializeOwned {
    /// The rule's `action`, `action_parameters` and `ratelimit`.
    fn write(&self) -> Written;
    /// What can't be read is read as something that differs from all that is wanted.
    fn read(action: &str, parameters: &Value, ratelimit: &Value) -> Self;
    /// An action of a rule of the kind's example.
    fn example() -> Self;
    /// What of the rule with this name the zone's plan doesn't have.
    fn limit(&self, _name: &str, _plan: ZonePlan) -> Option<Limit> {
        None
    }
}

/// A rule's action in the API's own words.
pub(crate) struct Written {
    pub action: String,
    pub parameters: Option<Value>,
    pub ratelimit: Option<Value>,
}

/// Makes a kind of a phase: its struct, its attributes and its verbs, which are those of [`Phase`].
macro_rules! phase {
    (@room) => { None };
    (@room $room:expr) => { Some($room) };
    ($(#[$doc:meta])* $name:ident of $action:ident in $phase:literal by $permission:literal $(with room for $room:expr)?) => {
        object! {
            $(#[$doc])*
            pub struct $name {
                /// The zone's name.
                replace zone: String,
                /// The stack's own rules, in the order in which they are tried.
                update rules: $crate::model::Ranked<$crate::kinds::Rule<$action>>,
                /// How many rules of others the phase has.
                computed others: $crate::model::Computed<u32>,
            }
        }

        impl $crate::kinds::phase::Phase for $name {
            type Action = $action;
            const PHASE: &'static str = $phase;
            const ROOM: Option<[usize; 4]> = $crate::kinds::phase::phase!(@room $($room)?);

            fn new(zone: String, rules: $crate::model::Ranked<$crate::kinds::Rule<$action>>, others: u32) -> Self {
                $name { zone, rules, others: others.into() }
            }
            fn zone(&self) -> &str {
                &self.zone
            }
            fn rules(&self) -> &$crate::model::Ranked<$crate::kinds::Rule<$action>> {
                &self.rules
            }
            fn others(&self) -> Option<u32> {
                self.others.0
            }
        }

        impl Resource for $name {
            const KIND: Kind = Kind::$name;
            const SERVICE: Service = Service::Cloudflare;
            const TYPICAL: Typical = Typical::secs(3, 3, 3);
            const CALLS: Calls = Calls::NONE;
            const TERRAFORM: &'static Table = &$crate::kinds::phase::terraform::Rules::<$name>::TABLE;
            const PERMISSION: Option<&'static str> = Some($permission);
            const SHARED: bool = true;

            fn example() -> Self {
                let rule = $crate::kinds::Rule { expression: "true".into(), action: $action::example(), enabled: true };
                let rules = $crate::model::Ranked(vec![($crate::kinds::example::EXAMPLE.into(), rule)]);
                $name { zone: "example.com".into(), rules, others: Default::default() }
            }
            fn limits(&self, address: &Address, plan: ZonePlan, foreign: &[Live]) -> Vec<Limit> {
                $crate::kinds::phase::limits(self, address, plan, foreign)
            }

            async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
                $crate::kinds::phase::list::<$name>(cx, stack).await
            }
            async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
                $crate::kinds::phase::create(self, cx, links, stamp).await
            }
            async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
                $crate::kinds::phase::update(self, cx, links, live, stamp).await
            }
            async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
                $crate::kinds::phase::delete::<$name>(cx, live).await
            }
        }
    };
}
pub(crate) use phase;

/// One request a zone and phase. Others' rules are only counted.
pub(crate) async fn list<P: Phase>(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
    let mut all = vec![];
    for zone in cx.zones(stack).await? {
        let Some(point) = entry_point::<P>(cx, &zone).await? else { continue };
        let owner = Owner::of(stack, &zone);
        let own: Vec<&Value> = point.rules.iter().filter(|r| owner.name_of(r).is_some()).collect();
        let others = point.rules.len() - own.len();
        let count = others.try_into().unwrap_or(u32::MAX);
        let rules = own.iter().filter_map(|r| Some((owner.name_of(r)?.to_owned(), read::<P>(r)))).collect();
        if others > 0 {
            let nobody = Stamp { address: Address::new(P::KIND, foreign(&point.id)), ..Stamp::nobody(P::KIND) };
            all.push(Live::found(foreign(&point.id), P::new(zone.name.clone(), Ranked::default(), count), nobody));
        }
        if !own.is_empty() {
            let stamp = own.iter().find_map(|r| owner.stamp_of(r, P::KIND)).unwrap_or_else(|| Stamp {
                stack: stack.into(),
                address: Address::new(P::KIND, MAIN),
                ..Stamp::nobody(P::KIND)
            });
            all.push(Live::found(point.id, P::new(zone.name.clone(), Ranked(rules), count), stamp));
        }
    }
    Ok(all)
}

pub(crate) async fn create<P: Phase>(want: &P, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
    cx.enter(&stamp.stack, want.zone()).await?;
    let id = put::<P>(cx, want.zone(), stamp, want.rules()).await?;
    Live::made(id, want.clone(), stamp, links)
}

pub(crate) async fn update<P: Phase>(want: &P, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
    let stamp = moved(live, stamp);
    let id = put::<P>(cx, want.zone(), &stamp, want.rules()).await?;
    Live::made(id, want.clone(), &stamp, links)
}

pub(crate) async fn delete<P: Phase>(cx: &Clients, live: &Live) -> Result<(), CloudError> {
    let old: P = live.of()?;
    put::<P>(cx, old.zone(), &live.stamp, &Ranked::default()).await.map(drop)
}

/// What of the rules the zone's plan has no room for, others' rules counted in.
pub(crate) fn limits<P: Phase>(want: &P, address: &Address, plan: ZonePlan, foreign: &[Live]) -> Vec<Limit> {
    let mut limits = vec![];
    if let Some(room) = P::ROOM {
        let others =
            foreign.iter().filter(|l| l.object.kind() == P::KIND).filter_map(|l| l.of::<P>().ok()?.others()).max().unwrap_or(0) as usize;
        let (own, all) = (want.rules().0.len(), want.rules().0.len() + others);
        if all > room[plan as usize] {
            let (mine, theirs, most) = (rules(own), rules(others), room[plan as usize]);
            let message =
                format!("{address} has {mine}, others have {theirs} in its phase, and the zone's plan ({plan}) has room for {most}");
            let help = match ZonePlan::ALL.into_iter().find(|p| *p > plan && all <= room[*p as usize]) {
                Some(next) => format!("ask for fewer rules, or move the zone to the plan {next}"),
                None => "ask for fewer rules".into(),
            };
            limits.push(Limit { message, help });
        }
    }
    limits.extend(want.rules().0.iter().filter_map(|(name, rule)| rule.action.limit(name, plan)));
    limits
}

fn rules(n: usize) -> String {
    if n == 1 { "1 rule".into() } else { format!("{n} rules") }
}

/// The permission that a request needs, as token forms name it.
fn permission<P: Phase>(right: &str) -> String {
    format!("{} {right}", P::PERMISSION.unwrap_or_default())
}

/// The stack has one list of rules in each phase.
const MAIN: &str = "main";

/// A phase's rules as they are.
struct EntryPoint {
    id: String,
    version: u64,
    rules: Vec<Value>,
}

impl EntryPoint {
    fn of(v: &Value) -> Self {
        let rules = v["rules"].as_array().cloned().unwrap_or_default();
        EntryPoint { id: text(v, "/id"), version: text(v, "/version").parse().unwrap_or(0), rules }
    }
}

async fn entry_point<P: Phase>(cx: &Clients, zone: &Zone) -> Result<Option<EntryPoint>, CloudError> {
    let path = zone.path(&format!("rulesets/phases/{}/entrypoint", P::PHASE));
    let request = Request::get("Get a zone entry point ruleset", permission::<P>("Read"), path);
    Ok(present(cx.ask(&request).await)?.map(|v| EntryPoint::of(&v)))
}

/// Puts the stack's rules among the others, in one request. There is no condition that such a request could carry, so afterwards the version tells
/// whether somebody wrote at the same moment; then their rules are put back. So two writers lose nothing and need no lease of the zone, which stacks of
/// several accounts could not share. Of three at the same moment one may lose a rule, and who is killed before it has put one back leaves it out: the plan of
/// its owner then says so. Gives the entry point's id.
async fn put<P: Phase>(cx: &Clients, zone: &str, stamp: &Stamp, wanted: &Ranked<Rule<P::Action>>) -> Result<String, CloudError> {
    let zone = cx.zone(zone).await?;
    let owner = Owner::of(&stamp.stack, &zone);
    let own: Vec<Value> = wanted.0.iter().map(|(name, rule)| wire::<P>(name, rule, stamp, &owner)).collect();
    let path = zone.path(&format!("rulesets/phases/{}/entrypoint", P::PHASE));
    let asked = Request::get("Update a zone entry point ruleset", permission::<P>("Write"), &path);
    let mut there = match entry_point::<P>(cx, &zone).await? {
        Some(there) => there,
        None if own.is_empty() => return Ok(String::new()),
        None => EntryPoint { id: String::new(), version: 0, rules: vec![] },
    };
    let (mut written, mut lost) = (false, None);
    for _ in 0..5 {
        let rules = among(&there.rules, &own, &owner);
        let request = asked.clone().send(Method::PUT, json!({ "rules": rules }));
        let answer = match cx.tell(&request).await {
            // It says the same twice, as long as it is said of what is there now.
            Err(e) if e.class == Class::Ambiguous => {
                lost = Some(e);
                written = true;
                cx.policy.dwell("Cloudflare to answer", cx.policy.poll).await?;
                there = half(entry_point::<P>(cx, &zone).await)?.unwrap_or(there);
                continue;
            }
            answer => answer,
        };
        let now = EntryPoint::of(&if written { half(answer)? } else { answer? });
        (written, lost) = (true, None);
        if there.version == 0 || now.version <= there.version + 1 {
            return Ok(now.id);
        }
        let before = format!("{path}/versions/{}", now.version - 1);
        let request = Request::get("Get a zone entry point ruleset version", permission::<P>("Read"), before);
        let between = EntryPoint::of(&half(cx.ask(&request).await)?);
        if others(&between.rules, &owner) == others(&there.rules, &owner) {
            return Ok(now.id);
        }
        there = EntryPoint { version: now.version, ..between };
    }
    Err(lost
        .unwrap_or_else(|| CloudError::new(Class::Ambiguous, "Busy", format!("somebody else goes on writing the rules of {}", P::PHASE))))
}

/// Others' rules as they go back: without what the API writes itself. Their `ref` keeps their id.
fn others(rules: &[Value], owner: &Owner<'_>) -> Vec<Value> {
    rules.iter().filter(|r| owner.name_of(r).is_none()).map(plain).collect()
}

fn plain(rule: &Value) -> Value {
    let mut rule = rule.clone();
    if let Some(rule) = rule.as_object_mut() {
        rule.retain(|key, _| !matches!(key.as_str(), "id" | "version" | "last_updated" | "categories"));
    }
    rule
}

/// All rules: the stack's stand where they stood, one after the other; what is new comes behind them, or at the end.
fn among(there: &[Value], own: &[Value], owner: &Owner<'_>) -> Vec<Value> {
    let mut own = own.iter().cloned();
    let last = there.iter().rposition(|r| owner.name_of(r).is_some());
    let mut all = vec![];
    for (i, rule) in there.iter().enumerate() {
        match owner.name_of(rule) {
            None => all.push(plain(rule)),
            Some(_) => all.extend(own.next()),
        }
        if Some(i) == last {
            all.extend(own.by_ref());
        }
    }
    all.extend(own);
    all
}

fn wire<P: Phase>(name: &str, rule: &Rule<P::Action>, stamp: &Stamp, owner: &Owner<'_>) -> Value {
    let Written { action, parameters, ratelimit } = rule.action.write();
    let digest = &stamp.digest[..8.min(stamp.digest.len())];
    let description = format!("{name} (infra {} {} {digest})", owner.named, stamp.made());
    let mut out = json!({
        "ref": owner.reference(name),
        "description": description,
        "expression": rule.expression,
        "action": action,
        "enabled": rule.enabled,
    });
    for (key, value) in [("action_parameters", parameters), ("ratelimit", ratelimit)] {
        if let Some(value) = value {
            out[key] = value;
        }
    }
    out
}

fn read<P: Phase>(rule: &Value) -> Rule<P::Action> {
    Rule {
        expression: text(rule, "/expression"),
        action: P::Action::read(&text(rule, "/action"), &rule["action_parameters"], &rule["ratelimit"]),
        enabled: rule["enabled"].as_bool().unwrap_or(true),
    }
}

/// A text in a rule, by its JSON pointer.
pub(crate) fn text(v: &Value, pointer: &str) -> String {
    v.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A number in a rule, by its JSON pointer.
pub(crate) fn number(v: &Value, pointer: &str) -> Option<i64> {
    v.pointer(pointer).and_then(Value::as_i64)
}
