//! Whoever served before a run serves at every event of it: requests are never led to a group without instances that answer, on a port that they listen on,
//! through a door that is open, or a function that has code.
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Fault;
use infra::kinds::launch_template::Boot;
use infra::kinds::listener::Action;
use infra::kinds::{Kind, Live, Object};
use infra::plan::{Plan, Undo};
use infra::run::drive::{Sink, drive};
use infra::run::{Event, Outcome, Run};
use infra::stack::Stack;

use super::world::{Case, settings, stack, with};

const SHOP: &str = "stack: full\nregion: us-east-1\nload_balancer:\n  allow_from: [anywhere]\n  deletion_protection: false\n  listeners:\n    http:\n      port: 80\n      forward: app\n      routes: { api: { path: /api/*, forward: api }, hello: { path: /hello, forward: hello } }\nfunctions:\n  hello: { code: tests/support/code/hello, runtime: python3.13 }\ncompute:\n  app: { image: 'example/shop:1', port: 8080, instances: { min: 2, max: 2 } }\n  api: { ami: ami-0123456789abcdef0, port: 9000, instances: { min: 2, max: 2 } }\ncdn: { zone: example.com, records: { www: { to: load_balancer, proxied: false } } }\n";

/// Layers over [`SHOP`], and what each changes under those who serve.
const LAYERS: &[(&str, &str)] = &[
    ("a port", "compute: { app: { port: 8081 } }"),
    ("a port that a script listens on", "compute: { api: { port: 9001 } }"),
    ("ports and an image", "compute: { app: { port: 8081, image: 'example/shop:2' }, api: { port: 9001 } }"),
    ("another balancer", "load_balancer: { scheme: internal, subnets: app, allow_from: [vpc] }"),
    ("another balancer and an image", "load_balancer: { scheme: internal, subnets: app }\ncompute: { app: { image: 'example/shop:2' } }"),
    ("a canary", "compute: { app: { image: 'example/shop:2', deployment: { strategy: canary, interval: 1m, bake: 1m } } }"),
    (
        "a canary on another port",
        "compute: { app: { image: 'example/shop:2', port: 8081, deployment: { strategy: canary, interval: 1m, bake: 1m } } }",
    ),
    ("code", "functions: { hello: { code: tests/support/code/other, memory: 512MiB } }"),
    (
        "an image instead of code",
        "functions: { hello: { code: null, runtime: null, image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/hello@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' } }",
    ),
    (
        "instances instead of a function",
        "functions: null\ncompute: { hello: { image: 'example/hello:1', port: 8080, instances: { min: 2, max: 2 } } }",
    ),
    (
        "a function answers what instances did",
        "load_balancer: { listeners: { http: { forward: hello, routes: { hello: { forward: app } } } } }",
    ),
    ("who answers", "load_balancer: { listeners: { http: { forward: api, routes: { api: { forward: app } } } } }"),
];

/// A sink that looks at the world at every event.
struct Watch<'a> {
    cloud: &'a Sandbox,
    /// Scaling groups and the target groups in which their instances were seen to be healthy.
    healthy: RefCell<BTreeSet<(String, String)>>,
    /// The balancers to which clients come: those that a name led to when its record was last done.
    known: RefCell<BTreeSet<String>>,
    tag: String,
    events: Vec<Event>,
}

fn groups(live: &Live) -> Vec<(String, String)> {
    let Object::AutoScalingGroup(_) = &live.object else { return vec![] };
    live.points.iter().filter(|id| id.starts_with("target-group-")).map(|group| (live.id.clone(), group.clone())).collect()
}

/// The balancers that names lead to.
fn balancers(all: &[Live]) -> BTreeSet<String> {
    let name = |l: &Live| if let Object::DnsRecord(record) = &l.object { record.content.plain() } else { None };
    all.iter().filter_map(name).filter_map(|name| Some(name.strip_suffix(".elb.sandbox")?.to_owned())).collect()
}

impl<'a> Watch<'a> {
    fn new(cloud: &'a Sandbox, tag: &str) -> Self {
        let all = cloud.objects();
        let healthy: BTreeSet<_> = all.iter().flat_map(groups).collect();
        let watch = Watch { cloud, healthy: healthy.into(), known: balancers(&all).into(), tag: tag.into(), events: vec![] };
        watch.look();
        watch
    }

    fn look(&self) {
        let all = self.cloud.objects();
        let get = |id: &str| all.iter().find(|l| l.id == id);
        // Clients come by name: to the balancer that it leads to, and there to whatever listens. Until a record is done they go on by what it said before.
        let known = &*self.known.borrow() | &balancers(&all);
        assert!(!known.is_empty(), "{}: the name leads nowhere", self.tag);
        for balancer in &known {
            let listens = |l: &&Live| matches!(&l.object, Object::Listener(listener) if listener.load_balancer.0 == *balancer);
            assert!(
                get(balancer).is_some() && all.iter().any(|l| listens(&l)),
                "{}: {balancer} doesn't listen {:#?}",
                self.tag,
                self.events
            );
        }
        for live in &all {
            let (action, listener) = match &live.object {
                Object::Listener(listener) => (&listener.action, Some(listener.load_balancer.0.clone())),
                Object::ListenerRule(rule) => {
                    let of = get(&rule.listener.0)
                        .and_then(|l| if let Object::Listener(l) = &l.object { Some(l.load_balancer.0.clone()) } else { None });
                    (&rule.action, of)
                }
                _ => continue,
            };
            let reached = listener.is_some_and(|balancer| known.contains(&balancer));
            let groups: Vec<&str> = match action {
                Action::Forward(group) => vec![&group.0],
                Action::Split(split) => split.shares.iter().filter(|share| share.weight > 0).map(|share| share.group.0.as_str()).collect(),
                Action::Redirect(_) | Action::Respond(_) => vec![],
            };
            groups.iter().filter(|_| reached).for_each(|group| self.answers(&all, live, group));
        }
    }

    /// Instances of some scaling group are healthy in the target group, listen on its port, and are let through to; or its function has code.
    fn answers(&self, all: &[Live], at: &Live, group: &str) {
        let get = |id: &str| all.iter().find(|l| l.id == id);
        let Some(Object::TargetGroup(target)) = get(group).map(|l| &l.object) else { panic!("{}: no group {group}", self.tag) };
        if let Some(function) = &target.function {
            let code = |l: &Live| matches!(&l.object, Object::Function(f) if f.version.0.is_some() && !f.code.is_empty());
            assert!(get(&function.0).is_some_and(code), "{}: {} leads to no function {:#?}", self.tag, at.stamp.address, self.events);
            return;
        }
        let port = target.port.unwrap();
        let healthy = self.healthy.borrow();
        let serves = |l: &Live| {
            let Object::AutoScalingGroup(fleet) = &l.object else { return false };
            let Some(Object::LaunchTemplate(template)) = get(&fleet.launch_template.0).map(|l| &l.object) else { return false };
            let listens = match &template.boot {
                Boot::Container(container) => container.port == Some(port),
                _ => true,
            };
            let open = template.security_groups.iter().filter_map(|g| get(&g.0)).any(|g| match &g.object {
                Object::SecurityGroup(g) => g.ingress.iter().any(|r| (r.from_port..=r.to_port).contains(&port)),
                _ => false,
            });
            fleet.target_groups.iter().any(|t| t.0 == group) && healthy.contains(&(l.id.clone(), group.to_owned())) && listens && open
        };
        assert!(all.iter().any(serves), "{}: {} leads to {group}, where nobody answers {:#?}", self.tag, at.stamp.address, self.events);
    }
}

impl Sink for Watch<'_> {
    fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()> {
        if let Event::Done(i, Some(live)) | Event::Undone(i, Some(live)) = event
            && plan.steps[*i].address.kind == Kind::AutoScalingGroup
        {
            let now = self.cloud.objects().into_iter().find(|l| l.id == live.id);
            self.healthy.borrow_mut().extend(now.iter().flat_map(groups));
        }
        self.events.push(event.clone());
        self.look();
        if let Event::Done(i, _) | Event::Undone(i, _) = event
            && plan.steps[*i].address.kind == Kind::DnsRecord
        {
            self.known.replace(balancers(&self.cloud.objects()));
        }
        Ok(())
    }
}

async fn goes(case: &Case, tag: &str) -> Outcome {
    let mut watch = Watch::new(&case.cloud, tag);
    drive(&mut Run::new(&case.plan), &settings("r1"), &*case.cloud, &mut watch, &[], &mut std::future::pending).await.unwrap()
}

async fn ways() -> Vec<(&'static str, Stack, Stack)> {
    let over = |layer: &str| stack(&[SHOP, layer]);
    let base = stack(&[SHOP]);
    LAYERS.iter().flat_map(|(what, layer)| [(*what, base.clone(), over(layer)), (*what, over(layer), base.clone())]).collect()
}

/// Undisturbed, and taken back from wherever a step is refused.
#[tokio::test(start_paused = true)]
async fn whoever_served_serves_at_every_event() {
    let (mut whole, mut back) = (0, 0);
    for (what, from, to) in ways().await {
        for seed in 1..3 {
            let begun = Case::of(with(&from, seed).await, &to).await;
            let outcome = goes(&begun.copy(seed), what).await;
            assert_eq!(outcome, Outcome::Applied, "{what}");
            whole += 1;
            // A gate changes nothing that could be refused.
            let changes = begun.plan.steps[..begun.plan.commit].iter().filter(|s| s.undo != Undo::Nothing).count();
            for n in 0..changes as u64 {
                let case = begun.copy(seed + n);
                case.cloud.fail(n, Fault::Refused);
                match goes(&case, &format!("{what}, refused at {n}")).await {
                    Outcome::RolledBack(_) => back += 1,
                    other => panic!("{what} {n}: {other:?}"),
                }
                assert_eq!(super::world::view(&case.cloud), *case.before, "{what} {n}");
            }
        }
    }
    println!("served: {whole} whole, {back} taken back");
    assert!(whole == 48 && back > 100, "{whole} {back}");
}
