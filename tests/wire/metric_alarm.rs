use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use infra::canon::Open;
use infra::cloud::Observe as _;
use infra::kinds::metric_alarm::{Math, Metric, Number, State};
use infra::kinds::{Kind, MetricAlarm, Object, Ref, Text};
use infra::run::Outcome;
use infra::stack::Stack;

use super::{Case, Sends, topic};
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;
use crate::support::{apply, plan_for, stack};

fn metric(name: &str, statistic: &str) -> Metric {
    let dimensions = [("LoadBalancer".to_owned(), Text::literal("app/shop/0123456789abcdef"))].into();
    Metric { namespace: "AWS/ApplicationELB".into(), name: name.into(), dimensions, statistic: statistic.into(), period: 60 }
}

pub fn alarm() -> MetricAlarm {
    MetricAlarm {
        description: "Many requests fail. Look at the application's logs.".into(),
        metric: Some(metric("HTTPCode_ELB_5XX_Count", "Sum")),
        math: None,
        comparison: ">".into(),
        threshold: Number(20.0),
        datapoints: 3,
        evaluation_periods: 5,
        missing_data: "notBreaching".into(),
        actions_enabled: true,
        alarm_actions: [Ref::to("alerts")].into(),
        ok_actions: [Ref::to("alerts")].into(),
        tags: [("Name".into(), "alarm".into())].into(),
    }
}

pub fn case() -> Case {
    let measured = |name: &str, statistic: &str| MetricAlarm { metric: Some(metric(name, statistic)), ..alarm() };
    let math = |expression: &str| {
        let metrics: Open<Metric> =
            [("failed".into(), metric("HTTPCode_ELB_5XX_Count", "Sum")), ("all".into(), metric("RequestCount", "Sum"))].into();
        MetricAlarm { metric: None, math: Some(Math { expression: expression.into(), metrics }), ..alarm() }
    };
    let variants = vec![
        ("description", MetricAlarm { description: "Many requests fail [again].".into(), ..alarm() }.into()),
        ("another metric", measured("HTTPCode_Target_5XX_Count", "Sum").into()),
        ("a percentile", measured("TargetResponseTime", "p99").into()),
        ("an expression", math("IF(all>=20,100*FILL(failed,0)/all,0)").into()),
        ("period", MetricAlarm { metric: Some(Metric { period: 300, ..metric("HTTPCode_ELB_5XX_Count", "Sum") }), ..alarm() }.into()),
        ("comparison", MetricAlarm { comparison: "<=".into(), ..alarm() }.into()),
        ("threshold", MetricAlarm { threshold: Number(0.5), ..alarm() }.into()),
        ("datapoints", MetricAlarm { datapoints: 5, ..alarm() }.into()),
        ("evaluation_periods", MetricAlarm { evaluation_periods: 10, ..alarm() }.into()),
        ("missing_data", MetricAlarm { missing_data: "breaching".into(), ..alarm() }.into()),
        ("silenced", MetricAlarm { actions_enabled: false, ..alarm() }.into()),
        ("nobody is told", MetricAlarm { alarm_actions: [].into(), ..alarm() }.into()),
        ("nobody hears the end", MetricAlarm { ok_actions: [].into(), ..alarm() }.into()),
    ];
    let world = vec![("topic.alerts", topic::topic().into()), ("metric_alarm.load_balancer.errors", alarm().into())];
    Case { address: "metric_alarm.load_balancer.errors", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::MetricAlarm, lists: &["DescribeAlarms"], creates: &[("PutMetricAlarm", 25)], unseen: &[] };

/// An alarm of another stack whose name begins alike stays, what somebody silenced by hand is mended, and a list asks once for a hundred.
#[tokio::test]
async fn alarms_are_listed_by_the_hundred_and_others_stay() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let each = |n: usize| {
        let alarms = (0..n).map(|i| {
            (format!("metric_alarm.rule.r{i}"), MetricAlarm { alarm_actions: [].into(), ok_actions: [].into(), ..alarm() }.into())
        });
        let nodes: Vec<(String, Object)> = alarms.collect();
        stack("wire-many", nodes.iter().map(|(name, object)| (name.as_str(), object.clone())))
    };
    let foreign = ["infra/wire-many", "infra/wire-many-2/rule.r0/r1-0", "infra/wire-many/by-hand"];
    for name in foreign {
        let request =
            cloud.cloudwatch().put_metric_alarm().alarm_name(name).namespace("N").metric_name("M").statistic(Statistic::Sum).period(60);
        let request = request.evaluation_periods(1).threshold(1.0).comparison_operator(ComparisonOperator::LessThanThreshold);
        request.alarm_description("").datapoints_to_alarm(1).treat_missing_data("missing").send().await.unwrap();
    }
    let go = async |want: &Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        plan.changes.len()
    };
    assert_eq!(go(&each(100), "r1").await, 100);
    // One of the others is in the pages, too; and what is over alarms is asked for by itself.
    for (n, pages) in [(100, 3), (99, 2)] {
        go(&each(n), "r2").await;
        proxy.reset();
        assert!(plan_for(&cloud, &each(n)).await.unwrap().is_empty());
        assert_eq!(proxy.counts()["DescribeAlarms"], pages, "{n} alarms");
    }
    let name = cloud.cloudwatch().describe_alarms().alarm_name_prefix("infra/wire-many/rule.r7/").send().await.unwrap();
    let name = name.metric_alarms.unwrap()[0].alarm_name.clone().unwrap();
    cloud.cloudwatch().disable_alarm_actions().alarm_names(&name).send().await.unwrap();
    assert_eq!(go(&each(99), "r3").await, 1);
    for name in [foreign[0], foreign[1], &name] {
        let request =
            cloud.cloudwatch().set_alarm_state().alarm_name(name).state_value(StateValue::Alarm).state_reason("9 is greater than 5");
        request.send().await.unwrap();
    }
    let standing = cloud.alarms("wire-many").await.unwrap();
    let firing: Vec<_> = standing.iter().filter(|alarm| alarm.state == State::Firing).collect();
    assert_eq!((standing.len(), firing.len(), &firing[0].live.id, firing[0].why.as_str()), (99, 1, &name, "9 is greater than 5"));
    assert!(firing[0].since.is_some_and(|at| at.age(SystemTime::now()) < Duration::from_secs(600)));
    go(&each(0), "r4").await;
    let left = cloud.cloudwatch().describe_alarms().send().await.unwrap().metric_alarms.unwrap();
    assert_eq!(left.iter().filter_map(|a| a.alarm_name()).collect::<Vec<_>>(), foreign);
}
