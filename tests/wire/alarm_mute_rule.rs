use aws_sdk_cloudwatch::types::builders::ScheduleBuilder;
use aws_sdk_cloudwatch::types::{MuteTargets, Rule, Schedule};
use infra::cloud::Observe as _;
use infra::kinds::{AlarmMuteRule, Kind, Ref};
use infra::run::Outcome;

use super::composite_alarm::composite;
use super::metric_alarm::alarm;
use super::{Case, Sends, topic};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

fn silence() -> AlarmMuteRule {
    AlarmMuteRule {
        description: "The database moves.".into(),
        alarms: [Ref::to("compute.app.cpu")].into(),
        composites: [Ref::to("group.front.critical")].into(),
        from: "2030-12-01T04:00".into(),
        minutes: 90,
        tags: [("Name".into(), "silence".into())].into(),
    }
}

pub fn case() -> Case {
    let variants = vec![
        ("description", AlarmMuteRule { description: "It moves [again].".into(), ..silence() }.into()),
        ("other alarms", AlarmMuteRule { alarms: [Ref::to("load_balancer.errors")].into(), ..silence() }.into()),
        ("no composite", AlarmMuteRule { composites: [].into(), ..silence() }.into()),
        ("earlier", AlarmMuteRule { from: "2030-11-30T23:59".into(), ..silence() }.into()),
        ("longer", AlarmMuteRule { minutes: 15 * 1440, ..silence() }.into()),
    ];
    let world = vec![
        ("topic.alerts", topic::topic().into()),
        ("metric_alarm.compute.app.cpu", alarm().into()),
        ("metric_alarm.load_balancer.errors", alarm().into()),
        ("composite_alarm.group.front.critical", composite().into()),
        ("alarm_mute_rule.deploy", silence().into()),
    ];
    Case { address: "alarm_mute_rule.deploy", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::AlarmMuteRule, lists: &["ListAlarmMuteRules"], creates: &[], unseen: &[] };

/// A rule that repeats, one that ends earlier, and one in another time zone are none of ours, and are mended; others' rules are neither read nor touched.
#[tokio::test]
async fn other_schedules_are_mended_and_others_rules_stay() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-mute", case().world);
    let mut run = 0;
    let mut go = async |want: &infra::stack::Stack| {
        run += 1;
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, &format!("r{run}")).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        plan.changes.iter().map(|change| change.address.to_string()).collect::<Vec<_>>()
    };
    go(&want).await;
    let live = cloud.list(Kind::AlarmMuteRule, "wire-mute").await.unwrap().remove(0);
    let targets = || MuteTargets::builder().set_alarm_names(Some(live.points.iter().cloned().collect())).build();
    // One thing is changed by hand, all else stays.
    let said = cloud.cloudwatch().get_alarm_mute_rule().alarm_mute_rule_name(&live.id).send().await.unwrap().description;
    let put = |name: &str, schedule: ScheduleBuilder| {
        let request = cloud.cloudwatch().put_alarm_mute_rule().name(name).set_description(said.clone()).mute_targets(targets());
        request.rule(Rule::builder().schedule(schedule.build()).build())
    };
    let at = || Schedule::builder().expression("at(2030-12-01T04:00)").duration("PT1H30M");
    let foreign = ["infra_wire-mute", "infra_wire-mute-2_deploy_r1-0", "theirs"];
    for name in foreign {
        put(name, at()).send().await.unwrap();
    }
    put(&live.id, at()).send().await.unwrap();
    assert!(plan_for(&cloud, &want).await.unwrap().is_empty());
    let day = aws_sdk_cloudwatch::primitives::DateTime::from_secs(1_922_745_600);
    let changed =
        [at().expression("cron(0 4 * * *)"), at().timezone("Europe/Paris"), at().duration("PT2H")].map(|schedule| put(&live.id, schedule));
    let fewer = MuteTargets::builder().alarm_names(live.points.first().unwrap()).build();
    for changed in changed.into_iter().chain([
        put(&live.id, at()).start_date(day),
        put(&live.id, at()).expire_date(day),
        put(&live.id, at()).mute_targets(fewer),
    ]) {
        changed.send().await.unwrap();
        assert_eq!(go(&want).await, ["alarm_mute_rule.deploy"]);
    }
    go(&stack("wire-mute", [])).await;
    let left = cloud.cloudwatch().list_alarm_mute_rules().send().await.unwrap().alarm_mute_rule_summaries.unwrap();
    let left: Vec<&str> = left.iter().filter_map(|one| one.alarm_mute_rule_arn()?.rsplit(':').next()).collect();
    assert_eq!(left, foreign);
}
