use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use infra::cloud::Observe as _;
use infra::kinds::metric_alarm::State;
use infra::kinds::{CompositeAlarm, Kind, MetricAlarm, Ref};
use infra::run::Outcome;

use super::metric_alarm::alarm;
use super::{Case, Sends, topic};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

pub fn composite() -> CompositeAlarm {
    CompositeAlarm {
        description: "critical: Alarms of `compute.app` fire.".into(),
        alarms: [Ref::to("compute.app.cpu"), Ref::to("load_balancer.errors")].into(),
        actions_enabled: true,
        alarm_actions: [Ref::to("alerts")].into(),
        ok_actions: [Ref::to("alerts")].into(),
        tags: [("Name".into(), "group".into())].into(),
    }
}

pub fn case() -> Case {
    let silent = || MetricAlarm { alarm_actions: [].into(), ok_actions: [].into(), ..alarm() };
    let variants = vec![
        ("description", CompositeAlarm { description: "critical: Alarms [of front] fire.".into(), ..composite() }.into()),
        ("fewer alarms", CompositeAlarm { alarms: [Ref::to("compute.app.cpu")].into(), ..composite() }.into()),
        ("silenced", CompositeAlarm { actions_enabled: false, ..composite() }.into()),
        ("nobody is told", CompositeAlarm { alarm_actions: [].into(), ..composite() }.into()),
        ("nobody hears the end", CompositeAlarm { ok_actions: [].into(), ..composite() }.into()),
    ];
    let world = vec![
        ("topic.alerts", topic::topic().into()),
        ("metric_alarm.compute.app.cpu", silent().into()),
        ("metric_alarm.load_balancer.errors", silent().into()),
        ("composite_alarm.group.front.critical", composite().into()),
    ];
    Case { address: "composite_alarm.group.front.critical", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::CompositeAlarm, lists: &["DescribeAlarms"], creates: &[], unseen: &[] };

/// A composite's children come before it and leave after it, and a rule that somebody else has written is mended.
#[tokio::test]
async fn another_rule_is_mended_and_children_leave_last() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-group", case().world);
    let mut run = 0;
    let mut go = async |want: &infra::stack::Stack| {
        run += 1;
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, &format!("r{run}")).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        plan.steps.iter().map(|step| step.address.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(go(&want).await.last().unwrap(), "composite_alarm.group.front.critical");
    let live = infra::cloud::Observe::list(&cloud, Kind::CompositeAlarm, "wire-group").await.unwrap().remove(0);
    // It fires while a child does, and tells since when and why.
    let standing = async || {
        let all = cloud.alarms("wire-group").await.unwrap();
        let group = all.into_iter().find(|one| one.live.stamp.address.kind == Kind::CompositeAlarm).unwrap();
        (group.state, group.since.is_some(), group.why.split(' ').next().unwrap().rsplit('/').nth(1).unwrap_or_default().to_owned())
    };
    assert_eq!(standing().await, (State::Quiet, true, String::new()));
    let child = live.points.iter().find(|id| id.contains("/load_balancer.errors/")).unwrap();
    let request = cloud.cloudwatch().set_alarm_state().alarm_name(child).state_value(StateValue::Alarm).state_reason("9 is greater than 5");
    request.send().await.unwrap();
    assert_eq!(standing().await, (State::Firing, true, "load_balancer.errors".to_owned()));
    // One thing is changed by hand, all else stays: the rule, whether it tells, and what could hold it back.
    let seen =
        cloud.cloudwatch().describe_alarms().alarm_types(AlarmType::CompositeAlarm).alarm_name_prefix(&live.id).send().await.unwrap();
    let seen = seen.composite_alarms.unwrap().remove(0);
    let same = || {
        let put = cloud.cloudwatch().put_composite_alarm().alarm_name(&live.id).set_alarm_rule(seen.alarm_rule.clone());
        let put = put.set_alarm_description(seen.alarm_description.clone()).set_actions_enabled(seen.actions_enabled);
        put.set_alarm_actions(seen.alarm_actions.clone()).set_ok_actions(seen.ok_actions.clone())
    };
    same().send().await.unwrap();
    assert!(plan_for(&cloud, &want).await.unwrap().is_empty());
    let silenced = || same().actions_suppressor(child).actions_suppressor_wait_period(60).actions_suppressor_extension_period(60);
    for changed in [same().alarm_rule(format!("ALARM(\"{child}\")")), same().actions_enabled(false), silenced()] {
        changed.send().await.unwrap();
        assert_eq!(go(&want).await, ["composite_alarm.group.front.critical"]);
    }
    let steps = go(&stack("wire-group", [])).await;
    assert_eq!(steps[0], "composite_alarm.group.front.critical");
}
