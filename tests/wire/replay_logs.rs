//! Pages of filters and of events, and filters that say more than ours: answers after the API reference, since the emulator has one page of each.
use infra::cloud::{LogQuery, Logs, Observe, Source};
use infra::kinds::{Kind, LogGroup};

use crate::support::replay::Replay;

const GROUPS: &str = r#"{"logGroups": [{"logGroupName": "/infra/shop/a/r1-1", "retentionInDays": 30, "metricFilterCount": 3},
    {"logGroupName": "/infra/shop/b/r1-2", "metricFilterCount": 0}]}"#;

const FIRST: &str = r#"{"nextToken": "more", "metricFilters": [{"filterName": "infra/errors", "filterPattern": "ERROR",
    "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1", "defaultValue": 0.0}]}]}"#;

const SECOND: &str = r#"{"metricFilters": [{"filterName": "infra/more", "filterPattern": "ERROR",
    "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1", "dimensions": {"path": "$.path"}}]}]}"#;

#[tokio::test]
async fn filters_are_listed_to_the_last_page() {
    let (cloud, replay) = Replay::clients([(200, GROUPS), (200, FIRST), (200, SECOND)]);
    let found = cloud.list(Kind::LogGroup, "shop").await.unwrap();
    let groups: Vec<LogGroup> = found.iter().map(|live| live.of().unwrap()).collect();
    let filters = &groups[0].metric_filters;
    assert_eq!((filters.len(), groups[1].metric_filters.len()), (2, 0));
    assert_eq!((filters["errors"].value.as_str(), filters["errors"].default), ("1", Some(0.0)));
    assert_eq!(filters["more"].value, "", "one with dimensions is none of ours");
    let asked = replay.asked();
    assert!(asked[1].contains("\"filterNamePrefix\":\"infra/\"") && asked[2].contains("\"nextToken\":\"more\""), "{asked:?}");
}

/// An empty page isn't the end, and only what has the text is told, whatever the service makes of its signs.
#[tokio::test]
async fn events_come_in_pages() {
    let event = |message: &str| format!(r#"{{"eventId": "{message}", "timestamp": 5, "logStreamName": "i-1", "message": "{message}"}}"#);
    let some = format!(r#"{{"events": [{}, {}]}}"#, event("took 5ms"), event("took 5 ms"));
    let (cloud, replay) = Replay::clients([(200, r#"{"events": [], "nextToken": "more"}"#), (200, some.as_str())]);
    let query = LogQuery { of: Source::Group("/infra/shop/a/r1-1"), from: 3, text: Some("k 5 \"m"), page: None };
    let first = cloud.log_events(&query).await.unwrap();
    assert_eq!((first.events.len(), first.next.as_deref()), (0, Some("more")));
    let second = cloud.log_events(&LogQuery { text: Some("k 5 m"), page: Some("more"), ..query }).await.unwrap();
    assert_eq!(second.events.iter().map(|e| e.message.as_str()).collect::<Vec<_>>(), ["took 5 ms"]);
    assert_eq!(second.next, None);
    let asked = replay.asked();
    assert!(asked[0].contains(r#""filterPattern":"\"k 5 \\\"m\"""#) && asked[0].contains("\"startTime\":3"), "{}", asked[0]);
}
