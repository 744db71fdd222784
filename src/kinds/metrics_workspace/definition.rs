//! Who is told of which rule, as Alertmanager's configuration ("Configuration" of Alertmanager; "alert manager configuration" of AWS's user guide).
use super::*;
use crate::model::digest;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    alertmanager_config: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    route: Route,
    receivers: Vec<Receiver>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    receiver: String,
    group_by: Vec<String>,
    group_wait: String,
    group_interval: String,
    repeat_interval: String,
    routes: Vec<Branch>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Branch {
    receiver: String,
    matchers: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Receiver {
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sns_configs: Vec<Sns>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sns {
    topic_arn: String,
    sigv4: SigV4,
    /// Or nobody hears the end.
    send_resolved: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SigV4 {
    region: String,
}

/// Who is told of what nobody is told of.
const NOBODY: &str = "nobody";

/// What stands before a rule's name in that of its receiver.
const RULE: &str = "rule.";

/// The name of the receiver of one rule, who is told in place of those of its severity.
pub fn by_rule(name: &str) -> String {
    format!("{RULE}{name}")
}

/// What a receiver is told of.
fn matcher(receiver: &str) -> String {
    match receiver.strip_prefix(RULE) {
        Some(rule) => format!("alertname=\"{rule}\""),
        None => format!("severity=\"{receiver}\""),
    }
}

/// The definition, with the ARN of each receiver's topic. Times are those of Alertmanager itself; `repeat_interval` is 5 days at most at AWS.
pub fn render(topics: &BTreeMap<String, String>) -> String {
    // The first way that fits is taken: rules come before severities.
    let (rules, others): (Vec<_>, Vec<_>) = topics.keys().partition(|name| name.starts_with(RULE));
    let branches = rules.into_iter().chain(others).map(|name| Branch { receiver: name.clone(), matchers: vec![matcher(name)] });
    let told = topics.iter().map(|(name, arn)| Receiver {
        name: name.clone(),
        sns_configs: vec![Sns { topic_arn: arn.clone(), sigv4: SigV4 { region: region(arn) }, send_resolved: true }],
    });
    let config = Config {
        route: Route {
            receiver: NOBODY.into(),
            group_by: vec!["alertname".into()],
            group_wait: "30s".into(),
            group_interval: "5m".into(),
            repeat_interval: "4h".into(),
            routes: branches.collect(),
        },
        receivers: [Receiver { name: NOBODY.into(), sns_configs: vec![] }].into_iter().chain(told).collect(),
    };
    let inner = serde_yaml::to_string(&config).expect("routes are plain data");
    serde_yaml::to_string(&Outer { alertmanager_config: inner }).expect("a text is plain data")
}

fn region(arn: &str) -> String {
    arn.split(':').nth(3).unwrap_or_default().to_owned()
}

/// The topics of a definition. One that isn't to the byte what it would be rendered as reads as one that nobody wants, by its fingerprint.
pub(super) fn read(text: &str) -> Open<Ref<Topic>> {
    let topics = parse(text).filter(|topics| render(topics) == text);
    let topics = topics.unwrap_or_else(|| [("altered".to_owned(), format!("altered definition, SHA-256 {}", &digest(&text)[..16]))].into());
    topics.into_iter().map(|(name, arn)| (name, Ref::to(arn))).collect()
}

fn parse(text: &str) -> Option<BTreeMap<String, String>> {
    let outer: Outer = serde_yaml::from_str(text).ok()?;
    let config: Config = serde_yaml::from_str(&outer.alertmanager_config).ok()?;
    let told = config.receivers.into_iter().filter(|receiver| receiver.name != NOBODY);
    told.map(|mut receiver| Some((receiver.name, receiver.sns_configs.pop()?.topic_arn))).collect()
}
