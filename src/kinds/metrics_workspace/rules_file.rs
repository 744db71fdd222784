//! Alerting rules as Prometheus's rules file ("Defining alerting rules").
use super::*;
use crate::model::digest;

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRule {
    /// `expr`, in PromQL: the rule fires for each of the series that it answers.
    pub expr: String,
    /// `for`, in seconds: how long the expression must have answered.
    #[serde(rename = "for")]
    pub lasting: i32,
    /// The label `severity`.
    pub severity: String,
    /// The annotation `description`; empty for none. Nothing in it stands for something else.
    pub means: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<Group>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    interval: String,
    rules: Vec<Rule>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    lasting: String,
    labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// The one group of the file.
const GROUP: &str = "infra";

/// How often rules are looked at *(ours)*: as often as alarms of CloudWatch are.
const INTERVAL: &str = "1m";

const SEVERITY: &str = "severity";
const DESCRIPTION: &str = "description";

/// What begins a template within an annotation, and what says just that in one.
const TEMPLATE: &str = "{{";
const ESCAPED: &str = r#"{{ "{{" }}"#;

/// The file.
pub fn render(rules: &BTreeMap<String, AlertRule>) -> String {
    let rules = rules.iter().map(|(name, rule)| Rule {
        alert: name.clone(),
        expr: rule.expr.clone(),
        lasting: duration(rule.lasting),
        labels: [(SEVERITY.to_owned(), rule.severity.clone())].into(),
        annotations: Some(&rule.means)
            .filter(|text| !text.is_empty())
            .map(|text| (DESCRIPTION.into(), text.replace(TEMPLATE, ESCAPED)))
            .into_iter()
            .collect(),
    });
    let file = File { groups: vec![Group { name: GROUP.into(), interval: INTERVAL.into(), rules: rules.collect() }] };
    serde_yaml::to_string(&file).expect("rules are plain data")
}

/// The rules of a file. One that isn't to the byte what its rules would be rendered as reads as one rule that nobody wants, by its fingerprint.
pub(super) fn read(text: &str) -> Open<AlertRule> {
    let rules = parse(text).filter(|rules| render(rules) == text);
    rules.unwrap_or_else(|| {
        let expr = format!("altered rules, SHA-256 {}", &digest(&text)[..16]);
        let altered = AlertRule { expr, lasting: 0, severity: String::new(), means: String::new() };
        [("altered".to_owned(), altered)].into()
    })
}

fn parse(text: &str) -> Option<Open<AlertRule>> {
    let file: File = serde_yaml::from_str(text).ok()?;
    let rules = file.groups.into_iter().flat_map(|group| group.rules);
    let rule = |mut rule: Rule| {
        let read = AlertRule {
            lasting: seconds(&rule.lasting)?,
            expr: rule.expr,
            severity: rule.labels.remove(SEVERITY)?,
            means: rule.annotations.remove(DESCRIPTION).unwrap_or_default().replace(ESCAPED, TEMPLATE),
        };
        Some((rule.alert, read))
    };
    rules.map(rule).collect()
}

/// Seconds in the longest unit that is whole: `5m`.
fn duration(seconds: i32) -> String {
    match seconds {
        0 => "0s".into(),
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn seconds(text: &str) -> Option<i32> {
    let (number, unit) = text.split_at(text.len().checked_sub(1)?);
    let size = match unit {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    number.parse::<i32>().ok()?.checked_mul(size)
}
