//! The worlds of the laws: specs of all kinds, and ways from one to another.
use std::path::PathBuf;
use std::rc::Rc;
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

use crate::support::{plan_for, sparse, unoffered};

/// Every section is in it.
pub const FULL: &str = include_str!("full.yaml");

/// What is in [`FULL`] several times is there twice at most: what is tried at every step of a way grows with the square of its objects.
pub const ONCE: &str = "vpc: {availability_zones: [us-east-1a, us-east-1b]}\ncdn: {records: {v4: null, v6: null, mail: null, spf: null, sip: null, caa: null, sub: null, docs: null}}\nstorage: {exports: null}";

/// An entry that is renamed.
pub const RENAMED: &str = "compute: {app: null, web: {image: 'example/shop:1', command: [serve, --verbose], port: 8080, other_instance_types: [t3a.small], spot: {on_demand_base: 2, on_demand_percent: 50}, instances: {target_cpu: 60, target_requests: 600, schedules: {morning: {cron: '0 7 * * MON-FRI', time_zone: Europe/Berlin, min: 3}, night: {cron: '0 22 * * *', time_zone: Europe/Berlin, min: 2, desired: 2}}}, health_check: {protocol: https, port: 8081}, permissions: [{actions: ['sqs:SendMessage'], resources: ['arn:aws:sqs:us-east-1:123456789012:mail']}], renamed_from: app, env: {CACHE_URL: '${cache.main.url}', DATABASE_HOST: '${database.main.endpoint}', API_TOKEN: {from_env: API_TOKEN}, LOGIN: '${database.main.secret_arn}', MAIL_KEY: {from_secrets_manager: full/mail}, BUCKET: '${storage.uploads.name}', FLAGS: '${feature_flags.path}'}}}\nstorage: {uploads: {allow_from: [{name: web, access: read}, hello, {name: desk, access: write}]}}\nfeature_flags: {new_checkout: {allow_from: [web]}}\nload_balancer: {listeners: {https: {forward: web, routes: {api: {forward: web}}}}}\ncache: {main: {allow_from: [web, hello]}}\ndatabase: {main: {allow_from: [web, desk]}}\nmonitoring: {metrics: {custom: {app: {from: web}, jobs: {from: web}}}, alerting: {rules: {mistakes: {logs: web}}, defaults: {off: [load_balancer.certificate_days, compute.web.at_max, compute.web.below_min, compute.web.cpu, compute.web.none_healthy, functions.hello.concurrency, functions.hello.duration, functions.hello.errors, functions.hello.throttles, cache.main.cpu, cache.main.evictions, cache.main.memory_critical, database.main.cpu, database.main.lag, database.main.memory, database.main.storage, database.main.transactions]}}}";

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
        wanted.extend(refs(&object).filter(|a| !stack.nodes.contains_key(a)).cloned());
        stack.nodes.insert(address, object);
    }
    stack
}

/// A stack and its name.
type Named = (&'static str, Stack);

/// Stacks by name; a law goes from each to each.
pub fn stacks() -> Vec<Named> {
    let nothing = Stack { name: "full".into(), ..Stack::default() };
    let over = |layer: &str| stack(&[FULL, ONCE, layer]);
    vec![
        ("nothing", nothing),
        ("full", stack(&[FULL, ONCE])),
        (
            "a new image, bigger machines",
            over(
                "compute: {app: {image: 'example/shop:2', instance_type: t3.large}}\nfunctions: {hello: {code: tests/support/code/other, memory: 512MiB}}\ndatabase: {main: {instance_class: db.r7g.xlarge}}",
            ),
        ),
        ("another network", over("vpc: {cidr: 10.9.0.0/16}")),
        (
            "an internal balancer, no cache",
            over(
                "load_balancer: {scheme: internal, subnets: app, allow_from: [vpc]}\ncache: null\ncompute: {app: {env: null}}\nfunctions: {hello: {env: null, subnets: none}}\noutputs: null\nmonitoring: null\nfeature_flags: {deployment: null, new_checkout: {enabled: true}}\ncdn: {records: {www: {proxied: false}, apex: {to: null, type: a, content: 192.0.2.9, proxied: true}}}",
            ),
        ),
        ("renamed", over(RENAMED)),
        ("more zones", over("vpc: {availability_zones: [us-east-1a, us-east-1b, us-east-1c], nat: single}")),
    ]
}

/// From each stack to each, or, on other days than the full run's, a third of these ways: each stack is left by some, and arrived at.
pub fn ways() -> Vec<(Named, Vec<Named>)> {
    let to =
        |i: usize| stacks().into_iter().enumerate().filter(move |(j, _)| (i + j).is_multiple_of(sparse(1, 3))).map(|(_, to)| to).collect();
    stacks().into_iter().enumerate().map(|(i, from)| (from, to(i))).collect()
}

/// The ways that are tried with every fault at every step, and a kill at every record: from, to, and how many steps that takes at least.
pub const WAYS: &[(&str, &str, usize)] = &[
    ("nothing", "full", 70),
    ("full", "nothing", 70),
    ("full", "a new image, bigger machines", 5),
    ("full", "another network", 65),
    ("full", "an internal balancer, no cache", 25),
    ("an internal balancer, no cache", "full", 25),
    ("full", "renamed", 8),
    ("more zones", "full", 15),
    ("more zones", "another network", 60),
];

/// A sandbox that makes a law hard: seeded latency, states that take time, lists that lag, and no retry that would hide a wrong order.
pub fn sandbox(seed: u64) -> Sandbox {
    let pace = Pace { scale: 0.01, latency: Duration::from_millis(50), lag: Duration::from_millis(800), seed };
    Sandbox::new("us-east-1", pace, policy())
}

fn policy() -> Policy {
    let mut policy = Policy::new(10);
    policy.conflicts = Duration::ZERO;
    policy
}

/// A copy of a world, for one case of many.
pub fn copy(cloud: &Sandbox, seed: u64) -> Sandbox {
    cloud.copy(seed, policy())
}

/// How runs are driven here.
pub fn settings(id: &str) -> Settings {
    Settings { run: id.into(), parallelism: 12, quiet: Duration::from_secs(2), minute: Duration::from_secs(60) }
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
    let plan = plan_for(cloud, want).await?;
    let refused = unoffered(cloud, &plan, want).await;
    if refused.is_empty() { Ok(plan) } else { Err(refused) }
}

/// A sandbox in which a stack stands.
pub async fn with(stack: &Stack, seed: u64) -> Sandbox {
    let cloud = sandbox(seed);
    let plan = plan_for(&cloud, stack).await.unwrap();
    let (outcome, _) = apply(&cloud, &plan, "setup").await;
    assert_eq!(outcome, Outcome::Applied);
    cloud
}

/// A run that is about to begin.
#[derive(Clone)]
pub struct Case {
    pub cloud: Rc<Sandbox>,
    pub plan: Rc<Plan>,
    /// What the world looks like.
    pub before: Rc<Vec<String>>,
}

impl Case {
    /// The plan for a world as it stands.
    pub async fn of(cloud: Sandbox, to: &Stack) -> Case {
        let plan = settled_plan(&cloud, to).await.unwrap();
        let before = view(&cloud);
        Case { cloud: cloud.into(), plan: plan.into(), before: before.into() }
    }

    /// The same case in a world of its own, which has other latencies.
    pub fn copy(&self, seed: u64) -> Case {
        Case { cloud: copy(&self.cloud, seed).into(), ..self.clone() }
    }
}

/// A way from one stack to another. Its worlds are made and planned for once, in the full run in four different orders; every case is a copy of one, and
/// has latencies of its own.
pub struct Way {
    pub tag: String,
    pub from: Stack,
    pub to: Stack,
    pub cases: Vec<Case>,
}

impl Way {
    /// One of [`WAYS`].
    pub async fn open((from, to, least): (&str, &str, usize)) -> Way {
        let all = stacks();
        let get = |name: &str| all.iter().find(|(n, _)| *n == name).unwrap().1.clone();
        let (tag, from, to) = (format!("{from} -> {to}"), get(from), get(to));
        let mut cases = vec![];
        for seed in 0..sparse(4, 1) as u64 {
            cases.push(Case::of(with(&from, seed).await, &to).await);
        }
        let way = Way { tag, from, to, cases };
        assert!(way.steps() >= least, "{} has {} steps only", way.tag, way.steps());
        way
    }

    pub fn case(&self, seed: u64) -> Case {
        self.cases[seed as usize % self.cases.len()].copy(seed)
    }

    /// How many steps its plan has.
    pub fn steps(&self) -> usize {
        self.cases[0].plan.steps.len()
    }
}

/// What exists, physical identity and the run left out: two worlds are equal when nobody can tell them apart.
pub fn view(cloud: &Sandbox) -> Vec<String> {
    let objects = cloud.objects();
    let names: std::collections::BTreeMap<&str, &str> = objects.iter().map(|l| (l.id.as_str(), l.stamp.address.name.as_str())).collect();
    let mut out: Vec<String> = objects
        .iter()
        .map(|l| {
            let object = infra::kinds::map_refs(&l.object, |a| names.get(a.name.as_str()).map(|n| n.to_string()));
            let attrs: Vec<_> = object.attributes().into_iter().filter(|a| a.mode != Mode::Computed).map(|a| (a.name, a.value)).collect();
            // A value that names another object holds its physical name.
            let mut text = serde_json::to_string(&attrs).unwrap();
            for other in &objects {
                if text.contains(other.id.as_str()) {
                    text = text.replace(&other.id, &format!("<{}>", other.stamp.address));
                }
            }
            // A set of names that the cloud gave stands in their order.
            let mut attrs: Vec<(String, serde_json::Value)> = serde_json::from_str(&text).unwrap();
            for (_, value) in attrs.iter_mut().filter(|(name, _)| name == "readable") {
                value.as_array_mut().unwrap().sort_by_key(|v| v.to_string());
            }
            format!("{} {}", l.stamp.address, serde_json::to_string(&attrs).unwrap())
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
