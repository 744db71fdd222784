//! Order across clouds: at no moment does a name lead to what doesn't answer, or a door close before everybody uses the other one.
use infra::cloud::sandbox::Fault;
use infra::plan::{Act, Plan};
use infra::run::{Event, Outcome};
use infra::stack::Stack;

use super::world::{Case, FULL, apply, settled_plan, stack, with};

/// When something happened, by its place among the events.
struct Told<'a> {
    plan: &'a Plan,
    events: &'a [Event],
}

impl Told<'_> {
    fn step(&self, address: &str, verb: &str) -> usize {
        let is = |act: &Act| match act {
            Act::Create { .. } => verb == "create",
            Act::Update { .. } => verb == "update",
            Act::Delete { .. } => verb == "delete",
            Act::Gate { .. } => false,
        };
        let found = self.plan.steps.iter().find(|s| s.address.to_string() == address && is(&s.act));
        found
            .unwrap_or_else(|| {
                panic!("no {verb} of {address}: {:#?}", self.plan.changes.iter().map(|c| c.address.to_string()).collect::<Vec<_>>())
            })
            .id
    }

    /// The last change of an object that is changed by way of something in between.
    fn last(&self, address: &str) -> usize {
        let first = self.step(address, "update");
        self.plan
            .steps
            .iter()
            .rfind(|s| s.address.to_string() == address && s.id >= first && matches!(s.act, Act::Update { .. }))
            .unwrap()
            .id
    }

    fn at(&self, what: &str, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().position(is).unwrap_or_else(|| panic!("{what} never happened: {:#?}", self.events))
    }

    fn began(&self, address: &str, verb: &str) -> usize {
        let i = self.step(address, verb);
        self.at(address, |e| *e == Event::Began(i))
    }

    fn done(&self, address: &str, verb: &str) -> usize {
        let i = self.step(address, verb);
        self.at(address, |e| matches!(e, Event::Done(j, _) if *j == i))
    }

    /// Whatever happens: `second` begins only when `first` is done, and `first` is taken back only when `second` isn't any more.
    fn holds(&self, first: &str, second: &str, tag: &str) {
        let (first, second) = (self.step(first, "update"), self.last(second));
        let mut done = std::collections::BTreeSet::new();
        for event in self.events {
            match event {
                Event::Began(i) if *i == second => assert!(done.contains(&first), "{tag}: {:#?}", self.events),
                Event::UndoBegan(i) if *i == first => assert!(!done.contains(&second), "{tag}: {:#?}", self.events),
                Event::Done(i, _) => drop(done.insert(*i)),
                Event::Undone(i, _) => drop(done.remove(i)),
                _ => {}
            }
        }
    }
}

fn over(layer: &str) -> Stack {
    stack(&[FULL, layer])
}

/// A record moves once the new balancer, its listeners and the instances behind it serve; the old balancer leaves after that.
#[tokio::test(start_paused = true)]
async fn a_record_moves_to_what_serves() {
    let internal = over(
        "load_balancer: {scheme: internal, subnets: app, allow_from: [vpc]}\ncdn: {records: {www: {proxied: false}, apex: null}, static_assets: [], redirects: []}\n",
    );
    let public = over(
        "load_balancer: {allow_from: [anywhere]}\ncdn: {records: {www: {proxied: false}, apex: null}, static_assets: [], redirects: []}\n",
    );
    for seed in 1..6 {
        let cloud = with(&public, seed).await;
        let plan = settled_plan(&cloud, &internal).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, "r1").await;
        assert_eq!(outcome, Outcome::Applied);
        let told = Told { plan: &plan, events: &events };
        let moves = told.began("dns_record.www", "update");
        for serves in ["load_balancer.main", "listener.https", "listener.http", "target_group.app"] {
            assert!(told.done(serves, "create") < moves, "{serves} first");
        }
        assert!(told.done("auto_scaling_group.app", "update") < moves, "the instances are behind it");
        assert!(told.done("dns_record.www", "update") < told.began("load_balancer.main", "delete"), "the old one serves until then");
    }
}

/// A certificate is requested, validated, used, and only then does the old one leave.
#[tokio::test(start_paused = true)]
async fn a_certificate_is_used_once_it_is_validated() {
    let (from, to) = (over(""), over("cdn: {records: {shop: {to: load_balancer}}}"));
    for seed in 1..6 {
        let cloud = with(&from, seed).await;
        let plan = settled_plan(&cloud, &to).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, "r1").await;
        assert_eq!(outcome, Outcome::Applied);
        let told = Told { plan: &plan, events: &events };
        let used = told.began("listener.https", "update");
        for (record, verb) in [("shop", "create"), ("www", "update")] {
            let address = format!("dns_record.certificate.{record}.example.com");
            assert!(told.done("certificate.www.example.com", "create") < told.began(&address, verb), "{address}");
            assert!(told.done(&address, verb) < used, "{address}");
        }
        assert!(told.done("listener.https", "update") < told.began("certificate.www.example.com", "delete"));
        assert!(told.done("listener.https", "update") < told.began("dns_record.shop", "create"), "the name comes when it is covered");
    }
}

/// The origin closes when its names lead through Cloudflare, and opens before they lead there directly; a rollback goes the other way round,
/// wherever the run fails.
#[tokio::test(start_paused = true)]
async fn a_door_closes_behind_everybody() {
    let group = "security_group.load_balancer";
    let (mut whole, mut back, mut undone) = (0, 0, 0);
    for (from, to, closes) in [(over(OPEN), over(""), true), (over(""), over(OPEN), false)] {
        for seed in 1..4 {
            let begun = Case::of(with(&from, seed).await, &to).await;
            for n in 0..8 {
                let Case { cloud, plan, .. } = begun.copy(seed);
                cloud.fail(n, Fault::Refused);
                let (outcome, events) = apply(&*cloud, &plan, "r1").await;
                let told = Told { plan: &plan, events: &events };
                for record in ["dns_record.www", "dns_record.apex"] {
                    let (first, second) = if closes { (record, group) } else { (group, record) };
                    told.holds(first, second, &format!("closes {closes}, refused at {n}, seed {seed}"));
                }
                match outcome {
                    Outcome::Applied | Outcome::Leftovers(_) => {
                        whole += 1;
                        let list = if closes { told.done("prefix_list.cloudflare", "create") < told.began(group, "update") } else { true };
                        assert!(list, "the new door stands before the old one closes");
                    }
                    Outcome::RolledBack(_) => back += 1,
                    other => panic!("{other:?}"),
                }
                undone += events.iter().filter(|e| matches!(e, Event::Undone(i, _) if plan.steps[*i].address.to_string() == group)).count();
            }
        }
    }
    println!("doors: {whole} whole, {back} taken back, {undone} times the door itself");
    assert!(whole > 0 && back > 0 && undone > 0, "{whole} {back} {undone}");
}

const OPEN: &str = "load_balancer: {allow_from: [anywhere]}\ncdn: {records: {www: {proxied: false}, apex: {proxied: false}}, static_assets: [], redirects: []}";
