//! Routes: where each stands among the rules of its listener.
use std::collections::{BTreeMap, BTreeSet};

use infra::cloud::Sandbox;
use infra::kinds::listener::{Action, Respond};
use infra::kinds::listener_rule::Conditions;
use infra::kinds::{Kind, ListenerRule, Live, Object, Ref, Stamp};
use infra::plan::{Plan, Verb};
use infra::run::Outcome;
use infra::stack::Stack;

use super::world::{apply, settled_plan, sound, stack, with};
use crate::support::address;

/// Hosts of one place each, so that their numbers meet: patterns of hosts with a path that has as many plain characters.
fn spec(routes: &[(String, String)]) -> Stack {
    let routes: String = routes.iter().map(|(name, asks)| format!("        {name}: {{ {asks}, forward: app }}\n")).collect();
    stack(&[&format!(
        "stack: full\nregion: us-east-1\nload_balancer:\n  listeners:\n    http:\n      port: 80\n      forward: app\n      routes:\n{routes}compute:\n  app: {{ port: 80 }}\n"
    )])
}

fn narrow(n: usize) -> (String, String) {
    (format!("r{n}"), format!("path: \"/{n:02}*\""))
}

/// Every rule's number, by address, foreign ones by their id.
fn numbers(cloud: &Sandbox) -> BTreeMap<String, i32> {
    let of = |l: Live| match l.object {
        Object::ListenerRule(rule) => Some((if l.stamp.stack.is_empty() { l.id } else { l.stamp.address.to_string() }, rule.priority)),
        _ => None,
    };
    cloud.objects().into_iter().filter_map(of).collect()
}

fn changes(plan: &Plan) -> Vec<(String, Verb)> {
    plan.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect()
}

async fn goes(cloud: &Sandbox, to: &Stack) -> Plan {
    let plan = settled_plan(cloud, to).await.unwrap();
    let (outcome, events) = apply(cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    assert!(settled_plan(cloud, to).await.unwrap().is_empty());
    assert!(sound(cloud));
    plan
}

/// A new route moves no other, in whatever order they come and however full their place is; one that goes moves none, and no two ever have one number.
#[tokio::test(start_paused = true)]
async fn a_new_route_moves_no_other() {
    let mut random = fastrand::Rng::with_seed(3);
    for seed in 0..3 {
        let mut there = vec![narrow(0)];
        let cloud = with(&spec(&there), seed).await;
        let mut open: Vec<usize> = (1..36).collect();
        random.shuffle(&mut open);
        let mut met = 0;
        while let Some(next) = open.pop() {
            let before = numbers(&cloud);
            there.push(narrow(next));
            if random.u8(0..4) == 0 {
                there.push(narrow(open.pop().unwrap_or(77)));
            }
            if random.u8(0..5) == 0 {
                there.remove(0);
            }
            let to = spec(&there);
            let plan = goes(&cloud, &to).await;
            let after = numbers(&cloud);
            assert!(before.iter().all(|(a, n)| after.get(a).is_none_or(|now| now == n)), "{before:?} {after:?}");
            assert!(changes(&plan).iter().all(|(_, verb)| matches!(verb, Verb::Create | Verb::Delete)), "{:?}", changes(&plan));
            assert_eq!(after.values().collect::<BTreeSet<_>>().len(), after.len(), "{after:?}");
            let wanted = |a: &String| matches!(&to.nodes[&address(a)], Object::ListenerRule(rule) if rule.priority == after[a]);
            met += after.keys().filter(|a| !wanted(a)).count();
        }
        assert!(met > 0, "no two ever wanted one number");
    }
}

/// What others have made at the listener stays as it is, and is made room for; that it goes later moves nothing.
#[tokio::test(start_paused = true)]
async fn rules_of_others_are_made_room_for() {
    let (one, two) = (spec(&[narrow(0)]), spec(&[narrow(0), narrow(1)]));
    let Object::ListenerRule(wanted) = &two.nodes[&address("listener_rule.http.r1")] else { panic!("no rule") };
    let cloud = with(&one, 1).await;
    let listener = cloud.objects().into_iter().find(|l| l.object.kind() == Kind::Listener).unwrap().id;
    let respond = Respond { status: 404, content_type: "text/plain".into(), body: String::new() };
    let theirs = ListenerRule {
        listener: Ref::to(listener),
        priority: wanted.priority,
        range: (0, 0),
        conditions: Conditions { path: ["/by-hand".to_owned()].into(), ..Conditions::default() },
        action: Action::Respond(respond),
        waits_for: [].into(),
        tags: [].into(),
    };
    let theirs = Live::found("by-hand", theirs, Stamp::nobody(Kind::ListenerRule));
    cloud.put(theirs.clone()).unwrap();
    let plan = goes(&cloud, &two).await;
    assert_eq!(changes(&plan), [("listener_rule.http.r1".to_owned(), Verb::Create)]);
    let given = numbers(&cloud)["listener_rule.http.r1"];
    assert!(given != wanted.priority && (wanted.range.0..=wanted.range.1).contains(&given), "{given} {wanted:?}");
    let stands = cloud.objects().into_iter().find(|l| l.id == "by-hand").unwrap();
    assert_eq!(stands, theirs);
    cloud.remove(Kind::ListenerRule, "by-hand").unwrap();
    assert!(settled_plan(&cloud, &two).await.unwrap().is_empty(), "it stays where it is");
}

/// Routes that change places do so in place: no rule is ever missing, and no number is asked for twice.
#[tokio::test(start_paused = true)]
async fn routes_change_places() {
    let of = |a: &str, b: &str| spec(&[("a".into(), a.into()), ("b".into(), b.into())]);
    let (from, to) = (of("host: a.example.com", "path: /x"), of("path: /x", "host: a.example.com"));
    for seed in 0..4 {
        let cloud = with(&from, seed).await;
        let plan = goes(&cloud, &to).await;
        assert!(changes(&plan).iter().all(|(_, verb)| *verb == Verb::Update), "{:?}", changes(&plan));
        let numbers = numbers(&cloud);
        assert!(numbers["listener_rule.http.b"] < numbers["listener_rule.http.a"], "a host comes first: {numbers:?}");
    }
}

/// Hosts of routes that the listener's own certificate doesn't cover have one each; those that it covers, and those outside the zone, have none.
#[tokio::test(start_paused = true)]
async fn hosts_of_routes_are_certified() {
    let routes = "{ api: { host: api.example.com, forward: app }, shop: { host: [SHOP.example.com, '*.eu.example.com'], forward: app }, out: { host: example.org, forward: app } }";
    let of = |routes: &str| {
        stack(&[&format!(
            "stack: full\nregion: us-east-1\nload_balancer: {{ listeners: {{ https: {{ port: 443, certificate: www.example.com, forward: app, routes: {routes} }} }} }}\ncompute: {{ app: {{ port: 80 }} }}\ncdn: {{ zone: example.com, records: {{ www: {{ to: load_balancer }}, api: {{ to: load_balancer }} }} }}\n"
        )])
    };
    let (with_routes, without) = (of(routes), of("{}"));
    let certificates =
        |stack: &Stack| stack.nodes.keys().filter(|a| a.kind == Kind::Certificate).map(|a| a.name.clone()).collect::<Vec<_>>();
    assert_eq!(certificates(&with_routes), ["*.eu.example.com", "shop.example.com", "www.example.com"]);
    let Object::Listener(listener) = &with_routes.nodes[&address("listener.https")] else { panic!("no listener") };
    let more: Vec<&str> = listener.certificates.iter().map(|c| c.0.as_str()).collect();
    assert_eq!(more, ["*.eu.example.com", "shop.example.com"]);
    for seed in 0..3 {
        let cloud = with(&without, seed).await;
        let plan = goes(&cloud, &with_routes).await;
        let of = |address: &str, at: &dyn Fn(usize) -> bool| plan.steps.iter().any(|s| s.address.to_string() == address && at(s.id));
        let used = plan.steps.iter().find(|s| s.address == address("listener.https")).unwrap();
        assert!(of("dns_record.certificate.shop.example.com", &|i| used.after.contains(&i)), "it is validated before it is used");
        let plan = goes(&cloud, &without).await;
        assert!(changes(&plan).iter().any(|(a, verb)| a == "listener.https" && *verb == Verb::Update), "{:?}", changes(&plan));
    }
}

/// A plan tells routes in the order in which they are asked, whatever their names are.
#[tokio::test(start_paused = true)]
async fn a_plan_tells_routes_in_their_order() {
    let asks =
        [("a", "path: \"/*\""), ("b", "{ path: \"/shop/*\", method: POST }"), ("c", "path: /shop/cart"), ("d", "host: shop.example.com")];
    let routes: Vec<(String, String)> =
        asks.iter().map(|(name, asks)| ((*name).into(), asks.trim_matches(['{', '}', ' ']).to_owned())).collect();
    let (none, all) = (spec(&[]), spec(&routes));
    let cloud = with(&none, 1).await;
    let told = |plan: &Plan| {
        let rules = plan.changes.iter().filter(|c| c.address.kind == Kind::ListenerRule);
        rules.map(|c| c.address.to_string()).collect::<Vec<_>>()
    };
    let by_number = |cloud: &Sandbox| {
        let mut all: Vec<(i32, String)> = numbers(cloud).into_iter().map(|(name, n)| (n, name)).collect();
        all.sort();
        all.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    let plan = goes(&cloud, &all).await;
    assert_eq!(told(&plan), by_number(&cloud));
    assert_ne!(told(&plan), ["a", "b", "c", "d"].map(|name| format!("listener_rule.http.{name}")), "the order is not that of the names");
    let before = by_number(&cloud);
    let gone = settled_plan(&cloud, &none).await.unwrap();
    assert_eq!(told(&gone), before, "what goes is told in its order, too");
}
