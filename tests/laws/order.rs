//! Order across clouds: at no moment does a name lead to what doesn't answer, or a door close before everybody uses the other one.
use infra::cloud::sandbox::Fault;
use infra::plan::{Act, Plan, Stack};
use infra::run::{Event, Outcome};

use super::world::{FULL, apply, settled_plan, stack, with};

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
        };
        let found = self.plan.steps.iter().find(|s| s.address.to_string() == address && is(&s.act));
        found
            .unwrap_or_else(|| {
                panic!("no {verb} of {address}: {:#?}", self.plan.changes.iter().map(|c| c.address.to_string()).collect::<Vec<_>>())
            })
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

    fn undo_began(&self, address: &str, verb: &str) -> usize {
        let i = self.step(address, verb);
        self.at(address, |e| *e == Event::UndoBegan(i))
    }

    fn undone(&self, address: &str, verb: &str) -> usize {
        let i = self.step(address, verb);
        self.at(address, |e| matches!(e, Event::Undone(j, _) if *j == i))
    }
}

fn over(layer: &str) -> Stack {
    stack(&[FULL, layer])
}

/// Runs a way whole, and again with a refusal at its last step before the commit point, under several seeds.
async fn both(from: &Stack, to: &Stack, check: impl Fn(&Told, bool)) {
    for seed in 1..6 {
        for fails in [false, true] {
            let cloud = with(from, seed).await;
            let plan = settled_plan(&cloud, to).await.unwrap();
            if fails {
                // What is built last is refused; with nothing behind it, all before it has been done by then or is in flight.
                cloud.fail(mutations(&plan) - 1, Fault::Refused);
            }
            let (outcome, events) = apply(&cloud, &plan, "r1").await;
            match fails {
                false => assert_eq!(outcome, Outcome::Applied),
                true => assert!(matches!(outcome, Outcome::RolledBack(_)), "{outcome:?}"),
            }
            check(&Told { plan: &plan, events: &events }, fails);
        }
    }
}

/// Mutations before the commit point, when records go in batches of those that may start together: at least one for each other step.
fn mutations(plan: &Plan) -> u64 {
    let others = plan.steps[..plan.commit].iter().filter(|s| !s.address.kind.batched()).count();
    others as u64
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

const OPEN: &str = "load_balancer: {allow_from: [anywhere]}\ncdn: {records: {www: {proxied: false}, apex: {proxied: false}}, static_assets: [], redirects: []}";

/// The origin closes when its names lead through Cloudflare, and opens before they lead there directly; a rollback goes the other way round.
#[tokio::test(start_paused = true)]
async fn a_door_closes_behind_everybody() {
    let group = "security_group.load_balancer";
    both(&over(OPEN), &over(""), |told, fails| {
        for record in ["dns_record.www", "dns_record.apex"] {
            assert!(told.done(record, "update") < told.began(group, "update"), "{record}");
        }
        assert!(told.done("prefix_list.cloudflare", "create") < told.began(group, "update"));
        if fails {
            assert!(told.events.iter().any(|e| matches!(e, Event::UndoBegan(_))));
        }
    })
    .await;
    for seed in 1..6 {
        let cloud = with(&over(""), seed).await;
        let plan = settled_plan(&cloud, &over(OPEN)).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, "r1").await;
        assert_eq!(outcome, Outcome::Applied);
        let told = Told { plan: &plan, events: &events };
        for record in ["dns_record.www", "dns_record.apex"] {
            assert!(told.done(group, "update") < told.began(record, "update"), "{record}");
        }
        assert!(told.done("dns_record.www", "update") < told.began("prefix_list.cloudflare", "delete"));
        // The records are the last to be built: refused, the door closes again.
        let cloud = with(&over(""), seed).await;
        cloud.fail(1, Fault::Refused);
        let (outcome, events) = apply(&cloud, &plan, "r1").await;
        assert!(matches!(outcome, Outcome::RolledBack(_)), "{outcome:?}");
        let told = Told { plan: &plan, events: &events };
        assert!(told.undone(group, "update") > told.undo_began(group, "update"));
    }
}
