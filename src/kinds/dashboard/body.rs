//! A dashboard as CloudWatch keeps it ("Dashboard body structure and syntax"), and as it is read again.
use serde_json::{Value, json};

use super::*;

/// The grid is so many units wide.
const WIDE: i64 = 24;
/// A chart's width and height: four in a row.
const WIDTH: i64 = 6;
const HEIGHT: i64 = 5;
/// The height of the alarms' field, and of the text at the end.
const ALARMS: i64 = 4;
const END: i64 = 1;

/// The title of the alarms' field.
const TITLE: &str = "Alarms";
/// What stands in the text at the end before the digest and the stack's identity: `… [infra DIGEST IDENTITY]`.
const NOTE: &str = "Made by infra, which takes back what is changed here by hand. [infra ";

/// The whole body; without a stamp the text at the end is left out.
pub(super) fn write(widgets: &Ranked<Widget>, alarms: &[String], region: &str, stamp: Option<&Stamp>) -> Value {
    let mut all = vec![];
    let mut y = 0;
    if !alarms.is_empty() {
        all.push(placed("alarm", (0, 0, WIDE, ALARMS), json!({ "title": TITLE, "alarms": alarms })));
        y = ALARMS;
    }
    let (mut x, mut of) = (0, None);
    for (title, widget) in &widgets.0 {
        let whose = title.split(' ').next();
        if of.is_some() && (whose != of || x + WIDTH > WIDE) {
            (x, y) = (0, y + HEIGHT);
        }
        all.push(placed("metric", (x, y, WIDTH, HEIGHT), chart(title, widget, region)));
        (x, of) = (x + WIDTH, whose);
    }
    if let Some(stamp) = stamp {
        let mark = format!("{NOTE}{} {}", stamp.short(), stamp.identity);
        let y = if of.is_some() { y + HEIGHT } else { y };
        all.push(placed("text", (0, y, WIDE, END), json!({ "markdown": format!("{}]", mark.trim_end()) })));
    }
    json!({ "widgets": all })
}

fn placed(kind: &str, (x, y, width, height): (i64, i64, i64, i64), properties: Value) -> Value {
    json!({ "type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties })
}

fn chart(title: &str, widget: &Widget, region: &str) -> Value {
    let marks: Vec<Value> = widget.marks.iter().map(|(label, value)| json!({ "label": label, "value": value })).collect();
    let lines: Vec<Value> = widget.lines.iter().flat_map(|(label, line)| drawn(label, line)).collect();
    let mut properties = json!({
        "title": title, "view": "timeSeries", "stacked": false, "metrics": lines, "yAxis": { "left": { "min": 0 } },
    });
    if !region.is_empty() {
        properties["region"] = region.into();
    }
    if !marks.is_empty() {
        properties["annotations"] = json!({ "horizontal": marks });
    }
    properties
}

/// A line: the metric, or the expression and then its metrics, which aren't drawn.
fn drawn(label: &str, line: &Line) -> Vec<Value> {
    let one = |metric: &Metric, mut how: Value| {
        how["stat"] = metric.statistic.as_str().into();
        how["period"] = metric.period.into();
        let mut row = vec![json!(metric.namespace), json!(metric.name)];
        let plain = |text: &Text| Value::from(text.plain().unwrap_or_default());
        row.extend(metric.dimensions.iter().flat_map(|(name, value)| [json!(name), plain(value)]));
        row.push(how);
        Value::Array(row)
    };
    let expression = line.math.iter().map(|math| json!([{ "expression": math.expression, "label": label, "id": "result" }]));
    let hidden = line.math.iter().flat_map(|math| &*math.metrics).map(|(id, metric)| one(metric, json!({ "id": id, "visible": false })));
    let shown = line.metric.iter().map(|metric| one(metric, json!({ "label": label })));
    shown.chain(expression).chain(hidden).collect()
}

/// What is read of a body, with the digest and the identity of its last text. What somebody has changed by hand reads as a chart without lines.
pub(super) fn read(body: &str) -> (Dashboard, (String, String)) {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let mut all: Vec<&Value> = body["widgets"].as_array().into_iter().flatten().collect();
    let mark = all.last().and_then(|end| end["properties"]["markdown"].as_str()?.strip_prefix(NOTE)?.strip_suffix(']'));
    let (digest, identity) = mark.map(|mark| mark.split_once(' ').unwrap_or((mark, ""))).unwrap_or_default();
    if mark.is_some() {
        all.pop();
    }
    let top = all.first().filter(|top| top["type"] == "alarm").map(|top| &top["properties"]["alarms"]);
    let arns: Vec<String> = top.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let charts = if top.is_some() { &all[1..] } else { &all[..] };
    let region = charts.iter().find_map(|chart| chart["properties"]["region"].as_str()).unwrap_or_default();
    let mut widgets = Ranked(vec![]);
    for (n, chart) in charts.iter().enumerate() {
        let title = chart["properties"]["title"].as_str().map_or_else(|| format!("widget {}", n + 1), str::to_owned);
        let known = widgets.0.iter().any(|(known, _): &(String, Widget)| *known == title);
        widgets.0.push((if known { format!("{title} ({})", n + 1) } else { title }, parsed(&chart["properties"])));
    }
    // Where it would be written otherwise, somebody has changed it.
    let again = write(&widgets, &arns, region, None);
    let again = again["widgets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let offset = all.len() - charts.len();
    for (n, (_, widget)) in widgets.0.iter_mut().enumerate() {
        if again.get(n + offset) != Some(charts[n]) {
            *widget = Widget::default();
        }
    }
    let whole = top.is_none() || again.first() == all.first().copied();
    let alarms = arns.iter().filter(|_| whole).filter_map(|arn| arn.split_once(":alarm:")).map(|(_, name)| Ref::to(name)).collect();
    (Dashboard { widgets, alarms }, (digest.to_owned(), identity.to_owned()))
}

/// As much of a chart as is one of ours.
fn parsed(properties: &Value) -> Widget {
    let mut widget = Widget::default();
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let metric = |row: &[Value], how: &Value| {
        let pairs = row.get(2..row.len() - 1).unwrap_or_default().chunks(2);
        Some(Metric {
            namespace: text(row.first()?),
            name: text(row.get(1)?),
            dimensions: pairs.filter_map(|pair| Some((text(&pair[0]), Text::literal(text(pair.get(1)?))))).collect(),
            statistic: text(&how["stat"]),
            period: how["period"].as_i64().and_then(|period| period.try_into().ok())?,
        })
    };
    let mut math: Option<(String, Math)> = None;
    for row in properties["metrics"].as_array().into_iter().flatten().filter_map(Value::as_array) {
        let Some(how) = row.last() else { continue };
        if let Some(expression) = how["expression"].as_str() {
            math = Some((text(&how["label"]), Math { expression: expression.into(), metrics: Open::new() }));
        } else if let Some((id, metric)) = how["id"].as_str().zip(metric(row, how)) {
            math.iter_mut().for_each(|(_, math)| drop(math.metrics.insert(id.to_owned(), metric.clone())));
        } else if let Some(metric) = metric(row, how) {
            widget.lines.insert(text(&how["label"]), Line { metric: Some(metric), math: None });
        }
    }
    widget.lines.extend(math.map(|(label, math)| (label, Line { metric: None, math: Some(math) })));
    let marks = properties["annotations"]["horizontal"].as_array().into_iter().flatten();
    widget.marks.extend(marks.filter_map(|mark| Some((text(&mark["label"]), Number(mark["value"].as_f64()?)))));
    widget
}

/// The charts as Terraform says them, which knows neither the alarms' names nor the region in a text.
pub(super) fn said(widgets: &Value) -> Option<Value> {
    let widgets: Ranked<Widget> = serde_json::from_value(widgets.clone()).ok()?;
    Some(write(&widgets, &[], "", None))
}
