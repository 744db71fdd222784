//! The worlds of the laws: specs of all kinds, and ways from one to another.
use std::path::PathBuf;
use std::time::Duration;

use infra::cloud::sandbox::Pace;
use infra::cloud::{Cloud, Sandbox};
use infra::kinds::example::EXAMPLE;
use infra::kinds::{Address, Kind, Live, refs};
use infra::model::Mode;
use infra::plan::{Plan, PlanError};
use infra::run::drive::{Settings, Stop, drive};
use infra::run::{Event, Outcome, Run};
use infra::spec::load;
use infra::spec::lower::lower;
use infra::stack::Stack;
use infra::wire::policy::Policy;

use crate::support::plan_for;

/// Every section is in it.
pub const FULL: &str = include_str!("full.yaml");

/// The stack of some layers.
pub fn stack(layers: &[&str]) -> Stack {
    let env = |name: &str| Some(format!("value-of-{name}"));
    let layers: Vec<(PathBuf, String)> = layers.iter().enumerate().map(|(i, l)| (format!("{i}.yaml").into(), l.to_string())).collect();
    let loaded = load(&layers, &env).unwrap_or_else(|e| panic!("{e}"));
    lower(&loaded.spec, &env).unwrap()
}

/// The example of every kind, each referring to others.
pub fn examples() -> Stack {
    with_examples(Stack { name: "full".into(), ..Stack::default() })
}

/// The stack, and the example of every kind that it has no object of, with all that the example refers to.
pub fn with_examples(mut stack: Stack) -> Stack {
    let lacking = Kind::ALL.iter().filter(|kind| !stack.nodes.keys().any(|a| a.kind == **kind));
    let mut wanted: Vec<Address> = lacking.map(|kind| Address::new(*kind, EXAMPLE)).collect();
    while let Some(address) = wanted.pop() {
        let object = address.kind.example();
        wanted.extend(refs(&object).into_iter().filter(|a| !stack.nodes.contains_key(a)));
        stack.nodes.insert(address, object);
    }
    stack
}

/// Stacks by name; a law goes from each to each.
pub fn stacks() -> Vec<(&'static str, Stack)> {
    let nothing = Stack { name: "full".into(), ..Stack::default() };
    let over = |layer: &str| stack(&[FULL, layer]);
    vec![
        ("nothing", nothing),
        ("full", stack(&[FULL])),
        (
            "a new image, bigger machines",
            over("compute: {app: {image: 'example/shop:2', instance_type: t3.large}}\ndatabase: {main: {instance_class: db.r7g.xlarge}}"),
        ),
        ("another network", over("vpc: {cidr: 10.9.0.0/16}")),
        (
            "an internal balancer, no cache",
            over(
                "load_balancer: {scheme: internal, subnets: app, allow_from: [vpc]}\ncache: null\ncompute: {app: {env: null}}\noutputs: null\ncdn: {records: {www: {proxied: false}, apex: {to: null, type: a, content: 192.0.2.9, proxied: true}}}",
            ),
        ),
        (
            "renamed",
            over(
                "compute: {app: null, web: {image: 'example/shop:1', port: 8080, renamed_from: app, env: {CACHE_URL: '${cache.main.url}', DATABASE_HOST: '${database.main.endpoint}', API_TOKEN: {from_env: API_TOKEN}}}}\nload_balancer: {listeners: {https: {forward: web}}}\ncache: {main: {allow_from: [web]}}\ndatabase: {main: {allow_from: [web]}}",
            ),
        ),
        ("fewer zones", over("vpc: {availability_zones: [us-east-1a, us-east-1b], nat: single}")),
    ]
}

/// A sandbox that makes a law hard: seeded latency, states that take time, lists that lag, and no retry that would hide a wrong order.
pub fn sandbox(seed: u64) -> Sandbox {
    let mut policy = Policy::new(10);
    policy.conflicts = Duration::ZERO;
    let pace = Pace { scale: 0.01, latency: Duration::from_millis(50), lag: Duration::from_millis(800), seed };
    Sandbox::new("us-east-1", pace, policy)
}

/// How runs are driven here.
pub fn settings(id: &str) -> Settings {
    Settings { run: id.into(), parallelism: 12, quiet: Duration::from_secs(2) }
}

/// Runs a plan; `stop` yields when the run is to end.
pub async fn run(cloud: &impl Cloud, plan: &Plan, id: &str, stop: &mut impl AsyncFnMut() -> Stop) -> (Outcome, Vec<Event>) {
    let mut events = vec![];
    let outcome = drive(&mut Run::new(plan), &settings(id), cloud, &mut events, &[], stop).await.unwrap();
    (outcome, events)
}

/// Runs a plan undisturbed.
pub async fn apply(cloud: &impl Cloud, plan: &Plan, id: &str) -> (Outcome, Vec<Event>) {
    run(cloud, plan, id, &mut std::future::pending).await
}

/// The plan, once every list shows every write.
pub async fn settled_plan(cloud: &impl Cloud, want: &Stack) -> Result<Plan, Vec<PlanError>> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    plan_for(cloud, want).await
}

/// A sandbox in which a stack stands.
pub async fn with(stack: &Stack, seed: u64) -> Sandbox {
    let cloud = sandbox(seed);
    let plan = plan_for(&cloud, stack).await.unwrap();
    let (outcome, _) = apply(&cloud, &plan, "setup").await;
    assert_eq!(outcome, Outcome::Applied);
    cloud
}

/// What exists, physical identity and the run left out: two worlds are equal when nobody can tell them apart.
pub fn view(cloud: &Sandbox) -> Vec<String> {
    let objects = cloud.objects();
    let names: std::collections::BTreeMap<&str, &str> = objects.iter().map(|l| (l.id.as_str(), l.stamp.address.name.as_str())).collect();
    let mut out: Vec<String> = objects
        .iter()
        .map(|l| {
            let object = infra::kinds::map_refs(&l.object, &|a| names.get(a.name.as_str()).map(|n| n.to_string()));
            let attrs: Vec<_> = object.attributes().into_iter().filter(|a| a.mode != Mode::Computed).map(|a| (a.name, a.value)).collect();
            // A value that names another object holds its physical name.
            let mut text = serde_json::to_string(&attrs).unwrap();
            for other in &objects {
                if text.contains(other.id.as_str()) {
                    text = text.replace(&other.id, &format!("<{}>", other.stamp.address));
                }
            }
            format!("{} {text}", l.stamp.address)
        })
        .collect();
    out.sort();
    out
}

/// Every pointer leads to something that exists.
pub fn sound(cloud: &Sandbox) -> bool {
    let objects: Vec<Live> = cloud.objects();
    let ids: std::collections::BTreeSet<&str> = objects.iter().map(|l| l.id.as_str()).collect();
    objects.iter().flat_map(|l| &l.points).all(|p| ids.contains(p.as_str()))
}
