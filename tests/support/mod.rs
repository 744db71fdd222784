//! What tests share: the emulator, and runs over any cloud.
pub mod amp;
pub mod appconfig;
pub mod authorization;
pub mod cloudflare;
pub mod debian;
pub mod eks;
pub mod elasticache;
pub mod forge;
pub mod http;
pub mod iam;
pub mod kubernetes;
pub mod lambda;
pub mod ministack;
pub mod models;
pub mod moto;
pub mod node;
pub mod offers;
pub mod only;
pub mod proxy;
pub mod reference;
pub mod replay;
pub mod venv;

use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::{Address, Facts, Kind, Object};
use infra::observe::{Snapshot, complete, observe};
use infra::plan::{Allowed, Plan, PlanError, offered, plan};
use infra::run::drive::{Settings, drive};
use infra::run::{Event, Outcome, Run, identity};
use infra::stack::Stack;
use infra::wire::{Clients, Notes};

/// A stack of objects by address.
pub fn stack<'a>(name: &str, nodes: impl IntoIterator<Item = (&'a str, Object)>) -> Stack {
    let nodes = nodes.into_iter().map(|(a, o)| (a.parse().unwrap(), o)).collect();
    Stack { name: name.into(), nodes, ..Stack::default() }
}

/// Where a plan of a test is said to be made.
pub fn scene() -> infra::render::json::SceneDocument {
    let (account, region) = ("123456789012".into(), "us-east-1".into());
    infra::render::json::SceneDocument {
        provider: infra::plan::saved::CloudProvider::Aws,
        account,
        region,
        zone: None,
        infra: "0".into(),
        files: vec![],
    }
}

/// The plan for a stack; everything that holds data may go.
pub async fn plan_for(cloud: &impl Observe, want: &Stack) -> Result<Plan, Vec<PlanError>> {
    let (want, snapshot) = look(cloud, want).await;
    decide(&want, &snapshot)
}

/// What of a plan the region doesn't offer.
pub async fn unoffered(cloud: &impl Observe, plan: &Plan, want: &Stack) -> Vec<PlanError> {
    let mut facts = Facts::default();
    loop {
        let found = offered(plan, want, &facts);
        let open = facts.open();
        if open.is_empty() {
            return found.refused;
        }
        for question in open {
            let answer = cloud.offers(&question).await.unwrap();
            facts.know(question, answer);
        }
    }
}

/// The plan for a stack that has an identity, as every one has that the binary made.
pub async fn plan_identified(cloud: &Clients, want: &Stack) -> Result<Plan, Vec<PlanError>> {
    let name = want.name.as_str();
    let known = identity::read(name, &cloud.notes(name).await.unwrap()).unwrap();
    let seen = known.map(|known| known.identity).unwrap_or_default();
    let identity = identity::settle(cloud, name, &cloud.identity().await.unwrap(), &seen, None).await.unwrap();
    let (want, snapshot) = look(cloud, want).await;
    let plan = decide(&want, &snapshot.identified(Some(&identity)));
    plan.inspect(|plan| assert_eq!(plan.identity, identity))
}

/// What is wanted, complete, and what is.
async fn look(cloud: &impl Observe, want: &Stack) -> (Stack, Snapshot) {
    let mut want = want.clone();
    complete(cloud, &mut want.nodes).await.unwrap();
    let snapshot = observe(cloud, &want.name, &want.renamed).await.unwrap();
    (want, snapshot)
}

/// The plan for a stack from what was seen.
pub fn decide(want: &Stack, seen: &Snapshot) -> Result<Plan, Vec<PlanError>> {
    let allowed: Allowed = seen.live.keys().cloned().collect();
    plan(want, seen, &allowed).inspect(|plan| assert_eq!((plan.check(), plan.unpermitted()), (Ok(()), None)))
}

/// Whether a plan was refused because a service doesn't go this way in place.
pub fn one_way<T>(plan: &Result<T, Vec<PlanError>>) -> bool {
    plan.as_ref().is_err_and(|problems| problems.iter().all(|p| matches!(p, PlanError::Refused { .. })))
}

/// There is nothing to do, and every stamp tells what was asked for. What was seen.
pub async fn settled(cloud: &impl Observe, want: &Stack, tag: &str) -> Snapshot {
    let (want, seen) = look(cloud, want).await;
    let again = decide(&want, &seen).unwrap();
    assert!(again.is_empty(), "{tag}: still to do {:#?}", again.changes);
    stamps_tell(&want, &seen, tag);
    seen
}

/// One run of a plan, uninterrupted.
pub async fn apply(cloud: &impl Cloud, plan: &Plan, id: &str) -> (Outcome, Vec<Event>) {
    let mut events = vec![];
    let settings = Settings { run: id.into(), parallelism: 10, quiet: Duration::from_secs(2), minute: Duration::from_secs(60) };
    let outcome = drive(&mut Run::new(plan), &settings, cloud, &mut events, &[], &mut std::future::pending).await.unwrap();
    (outcome, events)
}

/// What somebody else changes can be told from what the spec changes: every stamp tells what was last asked for. Log groups keep none.
fn stamps_tell(want: &Stack, seen: &Snapshot, tag: &str) {
    for (address, live) in seen.live.iter().flat_map(|(a, g)| g.iter().map(move |l| (a, l))) {
        let (stamped, asked) = (&live.stamp.digest, want.nodes[address].digest());
        let room = address.kind != Kind::LogGroup;
        assert_eq!(room, !stamped.is_empty(), "{tag}: {address}");
        assert!(asked.starts_with(stamped.as_str()), "{tag}: {address} was asked to be {asked}, and its stamp says {stamped}");
    }
}

/// Whether every kill and every order of events is tried, as in the full run: `INFRA_TEST_KILLS=all`. Else it is a part of them.
pub fn all_kills() -> bool {
    std::env::var("INFRA_TEST_KILLS").is_ok_and(|v| v == "all")
}

/// Whether what people use beside infra is tried, too: editors, shells, a browser. They are large, and fetched by the full run alone:
/// `INFRA_TEST_TOOLS=all`.
pub fn all_tools() -> bool {
    std::env::var("INFRA_TEST_TOOLS").is_ok_and(|v| v == "all")
}

/// A step through what is tried: this wide where all is tried, else that wide.
pub fn sparse(all: usize, daily: usize) -> usize {
    if all_kills() { all } else { daily }
}

/// An address from its text.
pub fn address(s: &str) -> Address {
    s.parse().unwrap()
}

/// What gates take for bad in tests.
pub fn limits() -> infra::kinds::gate::Limits {
    infra::kinds::gate::Limits {
        errors: 100,
        errors_ratio: 2,
        errors_failures: 2,
        latency: 2000,
        latency_ratio: 2,
        latency_failures: 3,
        min_requests: 50,
        alarms: vec![],
    }
}
