use aws_sdk_eventbridge::types::Target;
use infra::kinds::function::LIVE;
use infra::kinds::{EventRule, Function, Kind, Live, Ref};
use infra::plan::Verb;
use infra::run::Outcome;
use infra::stack::Stack;
use serde_json::{Value, json};

use super::function::{function, ground};
use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

pub fn case() -> Case {
    let outside = |folder| Function { subnets: [].into(), security_groups: [].into(), ..function(folder) };
    let base = EventRule {
        schedule: "cron(0 3 ? * MON-FRI *)".into(),
        enabled: true,
        function: Some(Ref::to("app")),
        tags: [("Name".into(), "wire".into())].into(),
    };
    let variants = vec![
        ("schedule", EventRule { schedule: "rate(5 minutes)".into(), ..base.clone() }.into()),
        ("enabled", EventRule { enabled: false, ..base.clone() }.into()),
        ("another function", EventRule { function: Some(Ref::to("other")), ..base.clone() }.into()),
        ("no function", EventRule { function: None, ..base.clone() }.into()),
        ("tags", EventRule { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    let mut world = ground();
    world.extend([
        ("function.app", outside("hello").into()),
        ("function.other", outside("other").into()),
        ("event_rule.app.nightly", base.into()),
    ]);
    Case { address: "event_rule.app.nightly", world, variants }
}

/// What a rule calls is what is wanted, and only that may be called on its behalf; what somebody changed by hand is mended in place, and others' targets
/// stay until the rule goes.
#[tokio::test]
async fn what_a_rule_calls_is_mended() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-rules", case().world);
    let mut run = 0;
    let mut go = async |want: &Stack| {
        run += 1;
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, &format!("r{run}")).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        plan.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect::<Vec<_>>()
    };
    go(&want).await;
    let list = async |kind| infra::cloud::Observe::list(&cloud, kind, "wire-rules").await.unwrap();
    let rule = list(Kind::EventRule).await.remove(0).id;
    let functions = list(Kind::Function).await;
    let named = |name: &str| -> &Live { functions.iter().find(|f| f.stamp.address.name == name).unwrap() };
    let (app, other) = (named("app"), named("other"));
    let arn = |f: &Live| f.of::<Function>().unwrap().arn.0.unwrap();
    let targets = async || cloud.eventbridge().list_targets_by_rule().rule(&rule).send().await.unwrap().targets.unwrap_or_default();
    let target = |id: &str, arn: String| Target::builder().id(id).arn(arn);
    let ours = target("function", arn(app)).build().unwrap();
    assert_eq!(targets().await, vec![ours.clone()]);
    let policy = cloud.lambda().get_policy().function_name(&app.id).qualifier(LIVE).send().await.unwrap().policy.unwrap();
    let statement = serde_json::from_str::<Value>(&policy).unwrap()["Statement"][0].clone();
    let source = format!("arn:aws:events:us-east-1:123456789012:rule/{rule}");
    let condition = json!({ "ArnLike": { "AWS:SourceArn": source }, "StringEquals": { "AWS:SourceAccount": "123456789012" } });
    assert_eq!((&statement["Principal"]["Service"], &statement["Condition"]), (&json!("events.amazonaws.com"), &condition));

    let mended = [("event_rule.app.nightly".to_owned(), Verb::Update)];
    // Somebody else's target stays; ours is led elsewhere, is given something, is gone.
    let theirs = target("theirs", "arn:aws:sqs:us-east-1:123456789012:theirs".into()).build().unwrap();
    let put = async |target: Target| cloud.eventbridge().put_targets().rule(&rule).targets(target).send().await.unwrap();
    put(theirs.clone()).await;
    assert_eq!(go(&want).await, []);
    put(target("function", arn(other)).build().unwrap()).await;
    assert_eq!(go(&want).await, mended);
    put(target("function", arn(app)).input("{\"all\":true}").build().unwrap()).await;
    assert_eq!(go(&want).await, mended);
    cloud.eventbridge().remove_targets().rule(&rule).ids("function").send().await.unwrap();
    assert_eq!(go(&want).await, mended);
    cloud.lambda().remove_permission().function_name(&app.id).qualifier(LIVE).statement_id(&rule).send().await.unwrap();
    assert_eq!(go(&want).await, mended);
    cloud.eventbridge().put_rule().name(&rule).event_pattern("{\"source\":[\"aws.ec2\"]}").send().await.unwrap();
    assert_eq!(go(&want).await, mended);
    let now = cloud.eventbridge().describe_rule().name(&rule).send().await.unwrap();
    assert_eq!((now.event_pattern, now.schedule_expression.as_deref()), (None, Some("cron(0 3 ? * MON-FRI *)")));
    let mut left = targets().await;
    left.sort_by_key(|t| t.id.clone());
    assert_eq!(left, vec![ours, theirs]);

    let mut without = want.clone();
    without.nodes.retain(|a, _| a.kind != Kind::EventRule);
    go(&without).await;
    assert!(cloud.eventbridge().list_rules().send().await.unwrap().rules.unwrap_or_default().is_empty());
    assert!(cloud.lambda().get_policy().function_name(&app.id).qualifier(LIVE).send().await.is_err());
    go(&stack("wire-rules", [])).await;
}

pub const SENDS: Sends = Sends { kind: Kind::EventRule, lists: &["ListRules"], creates: &[], unseen: &[] };
