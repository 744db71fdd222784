use std::collections::BTreeMap;

use infra::canon::Open;
use infra::kinds::log_group::MetricFilter;
use infra::kinds::{Kind, LogGroup};
use infra::run::Outcome;

use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;
use crate::support::{address, apply, plan_for, settled, stack};

pub fn log_group() -> LogGroup {
    let filter = |pattern: &str, metric: &str, default| MetricFilter {
        pattern: pattern.into(),
        metric: metric.into(),
        namespace: "infra/wire".into(),
        value: "1".into(),
        default,
    };
    let errors = filter("{ $.level = \"error\" }", "app.errors", Some(0.0));
    let filters = [("errors".into(), errors), ("slow".into(), filter("SLOW", "app.slow", None))];
    LogGroup { retention_days: Some(30), metric_filters: filters.into(), tags: [("Name".into(), "logs".into())].into() }
}

pub fn case() -> Case {
    let changed = |change: &dyn Fn(&mut BTreeMap<String, MetricFilter>)| {
        let mut filters = log_group().metric_filters;
        change(&mut filters);
        LogGroup { metric_filters: filters, ..log_group() }.into()
    };
    let variants = vec![
        ("retention_days", LogGroup { retention_days: Some(7), ..log_group() }.into()),
        ("for ever", LogGroup { retention_days: None, ..log_group() }.into()),
        ("a filter less", changed(&|all| drop(all.remove("errors")))),
        ("another pattern", changed(&|all| all.get_mut("errors").unwrap().pattern = "ERROR".into())),
        ("no default", changed(&|all| all.get_mut("errors").unwrap().default = None)),
        ("another value", changed(&|all| all.get_mut("slow").unwrap().value = "$.took".into())),
        ("another metric", changed(&|all| all.get_mut("slow").unwrap().metric = "app.slower".into())),
        ("no filters", LogGroup { metric_filters: Open::new(), ..log_group() }.into()),
    ];
    Case { address: "log_group.a", world: vec![("log_group.a", log_group().into())], variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::LogGroup,
    lists: &["DescribeLogGroups"],
    creates: &[("CreateLogGroup", 4), ("PutRetentionPolicy", 4)],
    unseen: &[],
};

/// Filters that others made in a group of ours stay, and are no difference; ours are mended; groups without filters aren't asked for any.
#[tokio::test]
async fn filters_of_others_stay() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let want = stack(
        "wire-filters",
        [("log_group.a", log_group().into()), ("log_group.b", LogGroup { metric_filters: Open::new(), ..log_group() }.into())],
    );
    let (outcome, events) = apply(&cloud, &plan_for(&cloud, &want).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    proxy.reset();
    let seen = settled(&cloud, &want, "as it was made").await;
    let asked = proxy.log().into_iter().filter(|c| c.operation == "DescribeMetricFilters").count();
    assert_eq!(asked, 1, "only the group that has filters is asked for them");
    let id = seen.live[&address("log_group.a")][0].id.clone();
    let put = |name: &str| {
        let to =
            aws_sdk_cloudwatchlogs::types::MetricTransformation::builder().metric_namespace("theirs").metric_name("x").metric_value("2");
        cloud
            .logs()
            .put_metric_filter()
            .log_group_name(&id)
            .filter_name(name)
            .filter_pattern("theirs")
            .metric_transformations(to.build().unwrap())
    };
    put("theirs").send().await.unwrap();
    settled(&cloud, &want, "with a filter of theirs").await;
    put("infra/errors").send().await.unwrap();
    let plan = plan_for(&cloud, &want).await.unwrap();
    assert_eq!(plan.changes.len(), 1, "{plan:#?}");
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
    settled(&cloud, &want, "mended").await;
    let left = cloud.logs().describe_metric_filters().log_group_name(&id).send().await.unwrap();
    let names: Vec<String> = left.metric_filters().iter().filter_map(|f| f.filter_name.clone()).collect();
    assert_eq!(names, ["infra/errors", "infra/slow", "theirs"]);
}
