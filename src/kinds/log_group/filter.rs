//! Metric filters: what is counted in a log group's events.
use super::*;
use aws_sdk_cloudwatchlogs::types as sdk;

/// How the names of our filters begin; filters have no tags.
const OURS: &str = "infra/";

/// Filters that a group has at most (`PutMetricFilter`).
const FILTERS: usize = 100;

/// `AWS::Logs::MetricFilter`: a number that is published for every event that matches a pattern. It begins when the filter is made; no older event counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricFilter {
    /// `FilterPattern`, at most 1,024 characters; empty for every event.
    pub pattern: String,
    /// `MetricName`.
    pub metric: String,
    /// `MetricNamespace`.
    pub namespace: String,
    /// `MetricValue`: a number, or a selector of a field whose value is one (`$.size`).
    pub value: String,
    /// `DefaultValue`: what a minute counts in which events came, but none that matches; `None`: nothing is published then.
    pub default: Option<f64>,
}

/// The group's filters that are ours, by name (`DescribeMetricFilters`).
pub(super) async fn list(cx: &Clients, group: &str) -> Result<Open<MetricFilter>, CloudError> {
    let request = cx.logs().describe_metric_filters().log_group_name(group).filter_name_prefix(OURS).limit(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::CloudWatchLogs, "DescribeMetricFilters", send, |page| (page.metric_filters, page.next_token)).await;
    let read = |filter: sdk::MetricFilter| Some((filter.filter_name.as_deref()?.strip_prefix(OURS)?.to_owned(), read(filter)));
    Ok(present(found)?.unwrap_or_default().into_iter().filter_map(read).collect())
}

/// A filter as it stands; one that says more than ours do (dimensions, a unit, criteria of its own) reads as one that differs from all that is wanted.
fn read(filter: sdk::MetricFilter) -> MetricFilter {
    let more = filter.apply_on_transformed_logs || filter.field_selection_criteria.is_some_and(|text| !text.is_empty());
    let more = more || filter.emit_system_field_dimensions.is_some_and(|all| !all.is_empty());
    let (mut namespace, mut metric, mut value, mut default, mut other) = (String::new(), String::new(), String::new(), None, more);
    if let Some(to) = filter.metric_transformations.into_iter().flatten().next() {
        other |= to.dimensions.is_some_and(|all| !all.is_empty());
        other |= to.unit.is_some_and(|unit| unit != sdk::StandardUnit::None);
        (namespace, metric, value, default) = (to.metric_namespace, to.metric_name, to.metric_value, to.default_value);
    }
    MetricFilter {
        pattern: filter.filter_pattern.unwrap_or_default(),
        metric,
        namespace,
        value: if other { String::new() } else { value },
        default,
    }
}

/// Takes away what is wanted no more, so that there is room, then writes what is new or different: `PutMetricFilter` overwrites.
pub(super) async fn write(cx: &Clients, group: &str, old: &Open<MetricFilter>, want: &Open<MetricFilter>) -> Result<(), CloudError> {
    for name in old.keys().filter(|name| !want.contains_key(*name)) {
        let request = cx.logs().delete_metric_filter().log_group_name(group).filter_name(format!("{OURS}{name}"));
        gone(cx.safe(Service::CloudWatchLogs, "DeleteMetricFilter", async || request.clone().send().await).await)?;
    }
    for (name, filter) in want.iter().filter(|(name, filter)| old.get(*name) != Some(filter)) {
        let to = sdk::MetricTransformation::builder()
            .metric_namespace(&filter.namespace)
            .metric_name(&filter.metric)
            .metric_value(&filter.value)
            .set_default_value(filter.default)
            .build()
            .map_err(|e| CloudError::bug(e.to_string()))?;
        let request = cx.logs().put_metric_filter().log_group_name(group).filter_name(format!("{OURS}{name}"));
        let request = request.filter_pattern(&filter.pattern).metric_transformations(to);
        cx.safe(Service::CloudWatchLogs, "PutMetricFilter", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// What the service refuses of a group's filters; lengths and characters are those of its API model.
pub(super) fn breaches(all: &Open<MetricFilter>) -> Vec<Breach> {
    let mut found = vec![];
    if all.len() > FILTERS {
        let message = format!("a log group can't have {} metric filters", all.len());
        found.push(Breach::new(Code::Count, "metric_filters", message, format!("CloudWatch Logs takes {FILTERS} a group; leave some out")));
    }
    for (name, filter) in all.iter() {
        let at = |field: &str| format!("metric_filters.{name}.{field}");
        if let Err(no) = pattern::check(&filter.pattern) {
            found.push(Breach::new(
                Code::BadText,
                at("pattern"),
                format!("the pattern of `{name}` is none that CloudWatch Logs takes: {}", no.wrong),
                no.help,
            ));
        }
        let names = [("metric", &filter.metric), ("namespace", &filter.namespace)];
        for (field, text) in names.into_iter().filter(|(_, text)| text.is_empty() || text.len() > 255 || text.contains([':', '*', '$'])) {
            let help = "write 1 to 255 characters without `:`, `*` and `$`";
            found.push(Breach::new(Code::BadText, at(field), format!("`{text}` is no {field} of a metric"), help));
        }
        let value = &filter.value;
        if !(value.starts_with('$') || value.parse::<f64>().is_ok()) || value.len() > 100 {
            let message = format!("`{value}` is neither a number nor a field of the event");
            found.push(Breach::new(Code::BadText, at("value"), message, "write `1`, or a selector such as `$.size`"));
        }
    }
    // Five for all patterns of a group.
    let expressions: usize = all.values().map(|filter| pattern::expressions(&filter.pattern)).sum();
    if expressions > EXPRESSIONS {
        let message = format!("the metric filters of one log group have {expressions} regular expressions");
        let help = format!("CloudWatch Logs takes {EXPRESSIONS} a group; match words or fields in place of some");
        found.push(Breach::new(Code::Count, "metric_filters", message, help));
    }
    found
}

/// Regular expressions in all patterns of a group (`PutMetricFilter`).
const EXPRESSIONS: usize = 5;
