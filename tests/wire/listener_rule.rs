use std::collections::BTreeSet;

use infra::cloud::{Cloud, Observe};
use infra::kinds::listener::{Action, Redirect, Respond};
use infra::kinds::listener_rule::Conditions;
use infra::kinds::{Kind, Links, ListenerRule, Near, Ref, Resource};
use infra::observe::observe;
use infra::run::Outcome;

use super::listener::listener;
use super::load_balancer::{load_balancer, network};
use super::target_group::target_group;
use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::reference::Reference;
use crate::support::{address, apply, plan_for, stack};

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|v| (*v).to_owned()).collect()
}

pub fn rule() -> ListenerRule {
    ListenerRule {
        listener: Ref::to("http"),
        priority: 100,
        range: (100, 100),
        conditions: Conditions { host: set(&["api.example.com"]), ..Conditions::default() },
        action: Action::Forward(Ref::to("app")),
        waits_for: [].into(),
        tags: [("Name".into(), "wire".into())].into(),
    }
}

pub fn case() -> Case {
    let base = rule();
    let asks = |conditions| ListenerRule { conditions, ..base.clone() }.into();
    let does = |action| ListenerRule { action, ..base.clone() }.into();
    let redirect = Redirect {
        host: "new.#{host}".into(),
        path: "/new/#{path}".into(),
        query: String::new(),
        status: 302,
        ..Redirect::to(443, "HTTPS")
    };
    let respond = Respond { status: 503, content_type: "text/plain".into(), body: "closed".into() };
    let header = [("X-Canary".to_owned(), set(&["no*", "never"]))];
    let query = [("version".to_owned(), set(&["1", "2"])), (String::new(), set(&["beta"]))];
    let variants = vec![
        ("action, another group", does(Action::Forward(Ref::to("next")))),
        ("action, a redirect", does(Action::Redirect(redirect.clone()))),
        ("action, an answer", does(Action::Respond(respond.clone()))),
        ("conditions.header", asks(Conditions { header: header.into(), ..Conditions::default() })),
        ("conditions.host", asks(Conditions { host: set(&["*.example.com", "api.example.com"]), ..Conditions::default() })),
        ("conditions.method", asks(Conditions { method: set(&["DELETE", "PUT"]), ..base.conditions.clone() })),
        ("conditions.path", asks(Conditions { path: set(&["/a/*", "/b?"]), ..base.conditions.clone() })),
        ("conditions.query", asks(Conditions { query: query.into(), ..Conditions::default() })),
        ("conditions.source", asks(Conditions { source: set(&["203.0.113.0/24"]), ..base.conditions.clone() })),
        ("listener", ListenerRule { listener: Ref::to("other"), ..base.clone() }.into()),
        ("priority", ListenerRule { priority: 50_000, range: (50_000, 50_000), ..base.clone() }.into()),
        ("tags", ListenerRule { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    // The others say the rest of what a creation can.
    let one = |key: &str, value: &str| [(key.to_owned(), set(&[value]))].into();
    let conditions = Conditions {
        method: set(&["GET"]),
        source: set(&["203.0.113.0/24"]),
        header: one("X-Canary", "no*"),
        query: one("version", "1"),
        ..Conditions::default()
    };
    let all = ListenerRule { priority: 10, range: (10, 10), conditions, action: Action::Redirect(redirect), ..base.clone() };
    let conditions = Conditions { path: set(&["/shut"]), ..Conditions::default() };
    let shut = ListenerRule { priority: 11, range: (11, 11), conditions, action: Action::Respond(respond), ..base.clone() };
    let mut world = network();
    world.extend([
        ("load_balancer.main", load_balancer().into()),
        ("target_group.app", target_group().into()),
        ("target_group.next", target_group().into()),
        ("listener.http", listener().into()),
        ("listener.other", infra::kinds::Listener { port: 8080, ..listener() }.into()),
        ("listener_rule.http.api", base.into()),
        ("listener_rule.http.old", all.into()),
        ("listener_rule.http.shut", shut.into()),
    ]);
    Case { address: "listener_rule.http.api", world, variants }
}

/// A rule by hand stays as it is, byte for byte, and ours gives way to it; what somebody changes of ours is put back.
#[tokio::test]
async fn a_rule_of_others_keeps_its_place() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let mut want = stack("wire-others-rules", case().world);
    ["api", "old", "shut"].iter().for_each(|name| drop(want.nodes.remove(&address(&format!("listener_rule.http.{name}")))));
    let run = async |want: &_, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
    };
    run(&want, "r1").await;
    let of = async |kind| Observe::list(&cloud, kind, "wire-others-rules").await.unwrap();
    let listener = of(Kind::Listener).await.into_iter().find(|l| l.stamp.address == address("listener.http")).unwrap().id;
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&Moto::config(&moto.endpoint));
    let ours = rule().conditions;
    let config = aws_sdk_elasticloadbalancingv2::types::HostHeaderConditionConfig::builder().values("by.hand.example").build();
    let condition = aws_sdk_elasticloadbalancingv2::types::RuleCondition::builder().field("host-header").host_header_config(config).build();
    let answer = aws_sdk_elasticloadbalancingv2::types::FixedResponseActionConfig::builder().status_code("404").build();
    let action = aws_sdk_elasticloadbalancingv2::types::Action::builder()
        .r#type(aws_sdk_elasticloadbalancingv2::types::ActionTypeEnum::FixedResponse)
        .fixed_response_config(answer)
        .build();
    let made = elb.create_rule().listener_arn(&listener).priority(100).conditions(condition).actions(action).send().await.unwrap();
    let theirs = made.rules()[0].clone();
    let shown = async || {
        let seen = elb.describe_rules().listener_arn(&listener).send().await.unwrap();
        seen.rules().iter().filter(|r| r.is_default() != Some(true)).cloned().collect::<Vec<_>>()
    };
    want.nodes.insert(address("listener_rule.http.api"), ListenerRule { range: (90, 110), ..rule() }.into());
    run(&want, "r2").await;
    let seen = shown().await;
    let own = seen.iter().find(|r| r.rule_arn != theirs.rule_arn).unwrap();
    assert!(seen.contains(&theirs), "{seen:#?}");
    assert_eq!((own.priority(), seen.len()), (Some("101"), 2));
    assert_eq!(own.conditions()[0].host_header_config().unwrap().values(), Vec::from_iter(ours.host.clone()));
    // Somebody closes it, and moves it where it doesn't belong.
    let arn = own.rule_arn().unwrap();
    elb.modify_rule().rule_arn(arn).actions(theirs.actions()[0].clone()).send().await.unwrap();
    let pair = aws_sdk_elasticloadbalancingv2::types::RulePriorityPair::builder().rule_arn(arn).priority(7).build();
    elb.set_rule_priorities().rule_priorities(pair).send().await.unwrap();
    run(&want, "r3").await;
    let seen = shown().await;
    let own = seen.iter().find(|r| r.rule_arn != theirs.rule_arn).unwrap();
    assert_eq!((own.rule_arn(), own.priority()), (Some(arn), Some("101")));
    assert!(seen.contains(&theirs) && own.actions()[0].target_group_arn().is_some(), "{seen:#?}");
    run(&stack("wire-others-rules", [("vpc.main", want.nodes[&address("vpc.main")].clone())]), "r4").await;
    assert!(of(Kind::ListenerRule).await.is_empty(), "theirs went with the listener");
}

/// What Elastic Load Balancing refuses of conditions, its stand-in refuses, and so do the kind's own rules before anything is sent.
#[tokio::test]
async fn what_the_balancer_refuses_is_said_beforehand() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let Case { address: at, world, .. } = case();
    let want = stack("wire-no", world);
    let plan = plan_for(&cloud, &want).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    let links =
        Links(observe(&cloud, "wire-no", &Default::default()).await.unwrap().live.into_iter().map(|(a, mut l)| (a, l.remove(0))).collect());
    let live = links.0[&address(at)].clone();
    let none = Conditions::default;
    let refused = [
        Conditions { host: set(&["localhost"]), ..none() },
        Conditions { host: set(&["a_b.example.com"]), ..none() },
        Conditions { path: set(&["/ä"]), ..none() },
        Conditions { path: set(&[&format!("/{}", "a".repeat(128))]), ..none() },
        Conditions { path: set(&["/a", "/b", "/c", "/d", "/e", "/f"]), ..none() },
        Conditions { path: set(&["/*/*/*", "/?/?/?"]), ..none() },
        Conditions { method: set(&["get"]), ..none() },
        Conditions { method: set(&[&"A".repeat(41)]), ..none() },
        Conditions { source: set(&["203.0.113.7/33"]), ..none() },
        Conditions { header: [("X Y".into(), set(&["a"]))].into(), ..none() },
        Conditions { query: [("version".into(), set(&[""]))].into(), ..none() },
    ];
    for conditions in refused {
        let bad = ListenerRule { conditions, ..rule() };
        assert!(!bad.breaches(&address(at), Near(&want.nodes)).is_empty(), "{bad:#?}");
        let e = cloud.update(&live, &bad.clone().into(), &links, &live.stamp).await.expect_err("taken");
        assert!(e.code == "ValidationError" || e.message.contains("ValidationError"), "{e:?} {bad:#?}");
    }
    let most = Conditions { path: set(&["/*/*", "/b?", "/c"]), host: set(&["*.example.com", "?.example.org"]), ..none() };
    let good = ListenerRule { conditions: most, ..rule() };
    assert!(good.breaches(&address(at), Near(&want.nodes)).is_empty());
    cloud.update(&live, &good.into(), &links, &live.stamp).await.unwrap();
}

/// A plan that finds nothing to do asks once a listener, and 20 rules at once for their tags.
#[tokio::test]
async fn rules_are_read_by_pages() {
    let reference = Reference::start().await;
    let mut want = stack("wire-many-rules", case().world);
    for n in 1..=45 {
        let tags = [("Name".to_owned(), format!("r{n}"))];
        let rule = ListenerRule { priority: 200 + n, range: (200 + n, 200 + n), tags: tags.into(), ..rule() };
        let rule = ListenerRule { conditions: Conditions { path: set(&[&format!("/{n}")]), ..Conditions::default() }, ..rule };
        want.nodes.insert(address(&format!("listener_rule.http.r{n}")), rule.into());
    }
    reference.apply(&want, "r1").await;
    reference.proxy.reset();
    Observe::list(&reference.cloud, Kind::ListenerRule, "wire-many-rules").await.unwrap();
    let counts = reference.proxy.counts();
    let count = |operation: &str| counts.get(operation).copied().unwrap_or(0);
    // The tags of one load balancer, and of 48 rules.
    assert_eq!((count("DescribeRules"), count("DescribeListeners"), count("DescribeTags")), (2, 1, 1 + 3), "{counts:#?}");
    assert_eq!(counts.values().sum::<usize>(), 8, "{counts:#?}");
}

pub const SENDS: Sends = Sends { kind: Kind::ListenerRule, lists: &["DescribeLoadBalancers"], creates: &[("CreateRule", 1)], unseen: &[] };
