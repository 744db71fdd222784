use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use infra::cloud::Observe;
use infra::kinds::function::LIVE;
use infra::kinds::listener::Action;
use infra::kinds::target_group::HealthCheck;
use infra::kinds::{Function, Kind, Listener, Ref, TargetGroup};
use infra::plan::Verb;
use infra::run::Outcome;
use serde_json::{Value, json};

use super::function::{function, ground};
use super::listener::listener;
use super::load_balancer::load_balancer;
use super::{Case, Sends, Why, check};
use crate::support::moto::Moto;
use crate::support::{address, apply, plan_for, stack};

fn checked() -> HealthCheck {
    HealthCheck {
        protocol: Some("HTTP".into()),
        port: None,
        path: "/healthz".into(),
        interval: 15,
        timeout: 5,
        healthy: 3,
        unhealthy: 2,
        matcher: "200".into(),
    }
}

pub fn target_group() -> TargetGroup {
    TargetGroup {
        load_balancer: Ref::to("main"),
        vpc: Some(Ref::to("main")),
        port: Some(8080),
        protocol: Some("HTTP".into()),
        cluster: None,
        function: None,
        health_check: Some(checked()),
        deregistration_delay: Some(300),
        stickiness: 0,
        tags: [("Name".into(), "wire".into())].into(),
    }
}

pub fn case() -> Case {
    let base = target_group();
    let check = |health_check| TargetGroup { health_check: Some(health_check), ..base.clone() }.into();
    let now = checked;
    let variants = vec![
        ("deregistration_delay", TargetGroup { deregistration_delay: Some(30), ..base.clone() }.into()),
        ("health_check.healthy", check(HealthCheck { healthy: 10, ..now() })),
        ("health_check.interval", check(HealthCheck { interval: 300, ..now() })),
        ("health_check.matcher", check(HealthCheck { matcher: "200-299".into(), ..now() })),
        ("health_check.path", check(HealthCheck { path: "/".into(), ..now() })),
        ("health_check.port", check(HealthCheck { port: Some(8081), ..now() })),
        ("health_check.protocol", check(HealthCheck { protocol: Some("HTTPS".into()), ..now() })),
        ("health_check.timeout", check(HealthCheck { timeout: 14, ..now() })),
        ("health_check.unhealthy", check(HealthCheck { unhealthy: 10, ..now() })),
        ("load_balancer", TargetGroup { load_balancer: Ref::to("other"), ..base.clone() }.into()),
        ("port", TargetGroup { port: Some(8081), ..base.clone() }.into()),
        ("protocol", TargetGroup { protocol: Some("HTTPS".into()), ..base.clone() }.into()),
        ("stickiness", TargetGroup { stickiness: 600, ..base.clone() }.into()),
        ("pods of a cluster", TargetGroup { cluster: Some(Ref::to("main")), ..base.clone() }.into()),
        ("tags", TargetGroup { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
        ("vpc", TargetGroup { vpc: Some(Ref::to("other")), ..base.clone() }.into()),
    ];
    let mut world = super::eks_cluster::ground();
    world.extend([
        ("eks_cluster.main", super::eks_cluster::cluster().into()),
        ("load_balancer.main", load_balancer().into()),
        ("load_balancer.other", load_balancer().into()),
        ("vpc.other", super::vpc::vpc().into()),
        ("target_group.app", base.into()),
    ]);
    Case { address: "target_group.app", world, variants }
}

/// A function outside of a VPC.
fn outside(folder: &str) -> Function {
    Function { subnets: [].into(), security_groups: [].into(), ..function(folder) }
}

/// The group of a function.
fn leading(name: &str) -> TargetGroup {
    TargetGroup {
        vpc: None,
        port: None,
        protocol: None,
        function: Some(Ref::to(name)),
        health_check: None,
        deregistration_delay: None,
        ..target_group()
    }
}

/// A group of a function, and what a listener that stands is given instead of instances.
pub fn of_function() -> Case {
    let base = leading("app");
    let image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/thumbnails@sha256:";
    let image = Function {
        package: "Image".into(),
        code: format!("{image}9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        source: String::new(),
        runtime: None,
        handler: None,
        ..outside("hello")
    };
    let variants = vec![
        ("function", leading("other").into()),
        (
            "health_check",
            TargetGroup { health_check: Some(HealthCheck { protocol: None, interval: 35, timeout: 30, ..checked() }), ..base.clone() }
                .into(),
        ),
        ("instances", target_group().into()),
        ("tags", TargetGroup { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    let mut world = ground();
    world.extend([
        ("load_balancer.main", load_balancer().into()),
        ("function.app", outside("hello").into()),
        ("function.other", image.into()),
        ("target_group.app", base.into()),
        ("listener.http", listener().into()),
    ]);
    Case { address: "target_group.app", world, variants }
}

#[tokio::test]
async fn a_function_answers_for_a_group() {
    let moto = Moto::start().await;
    check(&Moto::clients(&moto.endpoint), of_function()).await;
}

/// What others let happen stays; a permission or a target that somebody took away comes back in place; a function that is replaced is led to by a successor of
/// its group, and the listener never leads to a group without one.
#[tokio::test]
async fn who_may_call_a_function_is_kept() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let case = of_function();
    let want = stack("wire-leads", case.world);
    let go = async |want: &infra::stack::Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        plan
    };
    go(&want, "r1").await;
    let one = async |kind| Observe::list(&cloud, kind, "wire-leads").await.unwrap();
    let (group, functions) = (one(Kind::TargetGroup).await.remove(0).id, one(Kind::Function).await);
    let function = functions.iter().find(|f| f.stamp.address == address("function.app")).unwrap();
    let statements = async || {
        let told = cloud.lambda().get_policy().function_name(&function.id).qualifier(LIVE).send().await;
        let policy: Value = told.ok().and_then(|p| serde_json::from_str(&p.policy?).ok()).unwrap_or_default();
        policy["Statement"].as_array().cloned().unwrap_or_default()
    };
    let name = group.split('/').nth(1).unwrap();
    let arn = function.of::<Function>().unwrap().arn.0.unwrap();
    assert_eq!(
        statements().await,
        [json!({
            "Sid": name, "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn,
            "Principal": { "Service": "elasticloadbalancing.amazonaws.com" },
            "Condition": { "ArnLike": { "AWS:SourceArn": group }, "StringEquals": { "AWS:SourceAccount": "123456789012" } },
        })]
    );
    let targets = async || {
        let told = cloud.elb().describe_target_health().target_group_arn(&group).send().await.unwrap();
        told.target_health_descriptions().iter().filter_map(|t| t.target()?.id().map(String::from)).collect::<Vec<_>>()
    };
    assert_eq!(targets().await, vec![arn.clone()]);

    let theirs = cloud.lambda().add_permission().function_name(&function.id).qualifier(LIVE).statement_id("theirs");
    theirs.action("lambda:InvokeFunction").principal("s3.amazonaws.com").source_account("123456789012").send().await.unwrap();
    cloud.lambda().remove_permission().function_name(&function.id).qualifier(LIVE).statement_id(name).send().await.unwrap();
    let mended = go(&want, "r2").await;
    assert_eq!(
        mended.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect::<Vec<_>>(),
        [("target_group.app".into(), Verb::Update)]
    );
    assert_eq!(statements().await.len(), 2);
    let target = TargetDescription::builder().id(&arn).build();
    cloud.elb().deregister_targets().target_group_arn(&group).targets(target).send().await.unwrap();
    go(&want, "r3").await;
    assert_eq!((targets().await, statements().await.len()), (vec![arn], 2));

    // Instances instead of it, behind the same listener.
    let mut instances = want.clone();
    instances.nodes.insert(address("target_group.app"), target_group().into());
    go(&instances, "r4").await;
    let left = statements().await;
    assert!(left.len() == 1 && left[0]["Sid"] == "theirs", "{left:?}");
    let leads = one(Kind::Listener).await.remove(0).of::<Listener>().unwrap().action;
    assert_eq!(leads, Action::Forward(Ref::to(one(Kind::TargetGroup).await.remove(0).id)));
    go(&want, "r5").await;

    // The function goes from an archive to an image, so that another one comes.
    let mut replaced = want.clone();
    let image = want.nodes[&address("function.other")].clone();
    replaced.nodes.insert(address("function.app"), image);
    let plan = go(&replaced, "r6").await;
    let group = plan.changes.iter().find(|c| c.address == address("target_group.app")).unwrap();
    assert!(matches!(group.verb, Verb::Replace(_)), "{:?}", group.verb);
    go(&stack("wire-leads", []), "r7").await;
}

pub const SENDS: Sends = Sends {
    kind: Kind::TargetGroup,
    lists: &["DescribeTargetGroups"],
    creates: &[
        ("CreateTargetGroup", 2),
        ("ModifyTargetGroupAttributes", 1),
        ("RegisterTargets", 1),
        ("POST /2015-03-31/functions/NAME/policy", 1),
    ],
    unseen: &[("DescribeAlarms", Why::Replay("gate")), ("GetMetricData", Why::Replay("gate"))],
};
