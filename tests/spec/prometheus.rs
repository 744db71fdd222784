//! What is generated for Prometheus and Alertmanager, judged by the programs themselves.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use infra::kinds::metric_alarm::{Standing, State};
use infra::kinds::metrics_workspace::{definition, promql, rules_file};
use infra::kinds::{Kind, LaunchTemplate, Level, Links, Live, MetricAlarm, MetricsWorkspace, Stamp, Topic};
use infra::model::Moment;
use infra::plan::Verb;
use infra::render::alarms;
use infra::render::style::Style;
use infra::run::Outcome;
use infra::stack::Stack;
use serde_json::{Value, json};

use super::compute::of;
use super::settings;
use crate::laws::world::{apply, sandbox, settled_plan, stack};
use crate::support::{address, debian};

pub const SPEC: &str = "
stack: shop
region: us-east-1
compute: { app: { image: nginx:1, port: 8080 } }
monitoring:
  notify: { critical: [ops@example.com], warning: [team@example.com] }
  metrics: { scrape_interval: 5s, custom: { app: { from: app }, jobs: { from: app, path: /jobs/metrics, port: 9100 } } }
  alerting:
    rules:
      slow: { expr: 'histogram_quantile(0.99, sum by (le) (rate(http_seconds_bucket[5m]))) > 0.5', for: 5m, severity: critical, means: 'Look: {{ $value }} {{ \"{{\" }}' }
      errors: { expr: 'sum(rate(http_errors_total[5m])) > 1', for: 2m }
      jobs: { expr: 'sum by (queue) (jobs_waiting) > 100', for: 0s, notify: [jobs@example.com], means: Jobs wait. }
";

/// The files of a stack: its rules, its definition, and what its agent is configured with.
pub struct Files {
    pub rules: String,
    pub definition: String,
    pub agent: String,
}

pub fn files(stack: &Stack) -> Files {
    let workspace: MetricsWorkspace = of(stack, "main");
    let arn = |name: &str| format!("arn:aws:sns:us-east-1:123456789012:shop-{}-0a1b2c3d", name.replace('.', "-"));
    let topics: BTreeMap<String, String> = workspace.topics.iter().map(|(told, topic)| (told.clone(), arn(&topic.0))).collect();
    let ids = ["metrics_workspace.main", "log_group.compute.app"].map(|name| {
        let address = address(name);
        let object = stack.nodes[&address].clone();
        let live = Live { id: "ws-0a1b".into(), object, stamp: Stamp::nobody(address.kind), points: BTreeSet::new() };
        (address, live)
    });
    let template: LaunchTemplate = of(stack, "app");
    let script = template.boot.script(&Links(ids.into())).unwrap();
    let agent = script.split_once("<<'INFRA_AGENT'\n").unwrap().1.split_once("INFRA_AGENT\n").unwrap().0.to_owned();
    Files { rules: rules_file::render(&workspace.rules), definition: definition(&topics), agent }
}

impl Files {
    /// The definition as Alertmanager itself reads it.
    pub fn alertmanager(&self) -> String {
        let outer: Value = serde_yaml::from_str(&self.definition).unwrap();
        outer["alertmanager_config"].as_str().unwrap().to_owned()
    }
}

/// `infra alerts` lists them with how they stand, and the worst of those that fire decides.
#[test]
fn rules_are_listed_with_how_they_stand() {
    let (stack, address) = (stack(&[SPEC]), address("metrics_workspace.main"));
    let stamp = Stamp { address: address.clone(), ..Stamp::nobody(address.kind) };
    let live = Live { id: "ws-0a1b".into(), object: stack.nodes[&address].clone(), stamp, points: BTreeSet::new() };
    let at = |minutes: u64| Moment(SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_040_000 + 60 * minutes));
    let one = |name: &str, state, since: Option<u64>, why: &str| Standing {
        live: live.clone(),
        rule: Some(name.into()),
        state,
        since: since.map(at),
        judged: Some(at(5)),
        why: why.into(),
    };
    let all = [
        one("errors", State::Unknown, None, "many-to-many matching"),
        one("jobs", State::Pending, Some(4), "queue=mail: 120"),
        one("slow", State::Firing, Some(2), "0.73"),
    ];
    let said = alarms::text("shop", &all, &alarms::Silenced::default(), 4, at(5), Style::PLAIN);
    let wanted = "\
rule
  no data   rule.errors  sum(rate(http_errors_total[5m])) > 1 for 2 min
            many-to-many matching
  pending   rule.jobs    sum by (queue) (jobs_waiting) > 100, since 2026-11-30T12:04Z (60s ago)
            queue=mail: 120
            Jobs wait.
  critical  rule.slow    histogram_quantile(0.99, sum by (le) (rate(http_seconds_bucket[5m]))) > 0.5 for 5 min, since 2026-11-30T12:02Z (3 min ago)
            0.73
            Look: {{ $value }} {{ \"{{\" }}
1 of 3 alarms fire, 1 without data.
1 of the spec are not made yet: infra apply
";
    assert_eq!(said, wanted);
    assert_eq!(alarms::level(&all), Level::Critical);
    assert_eq!(alarms::level(&all[..2]), Level::Ok);
    let told = alarms::json(&all, &alarms::Silenced::default());
    let said = |field: &str| told.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(said("state"), ["unknown", "pending", "firing"]);
    assert_eq!((said("id"), said("part")), (["errors", "jobs", "slow"].map(String::from).to_vec(), vec!["rule".to_owned(); 3]));
}

/// A folder of one test.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What a program says of files, and whether it takes them.
pub fn run(program: &str, args: &[&str], folder: &Path) -> (bool, String) {
    let out = Command::new(debian::prometheus().join("usr/bin").join(program)).args(args).current_dir(folder).output().unwrap();
    (out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
}

#[test]
fn the_files_are_these() {
    let files = files(&stack(&[SPEC]));
    let text = format!("{}---\n{}---\n{}", files.rules, files.definition, files.agent);
    settings().bind(|| insta::assert_snapshot!("prometheus_files", text));
}

/// Prometheus and Alertmanager take the files, and every alert goes the way that the spec says: to those of its rule, else to those of its severity.
#[test]
fn the_programs_take_the_files_and_alerts_go_their_way() {
    let files = files(&stack(&[SPEC]));
    let folder = folder("check");
    for (name, text) in [("rules.yml", &files.rules), ("agent.yml", &files.agent), ("alertmanager.yml", &files.alertmanager())] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let (taken, said) = run("promtool", &["check", "rules", "rules.yml"], &folder);
    assert!(taken && said.contains("3 rules found"), "{said}");
    let (taken, said) = run("promtool", &["check", "config", "--agent", "agent.yml"], &folder);
    assert!(taken, "{said}");
    let (taken, said) = run("amtool", &["check-config", "alertmanager.yml"], &folder);
    assert!(taken && said.contains("4 receivers"), "{said}");
    for (labels, told) in [
        (["alertname=slow", "severity=critical"], "critical"),
        (["alertname=errors", "severity=warning"], "warning"),
        (["alertname=jobs", "severity=warning"], "rule.jobs"),
        (["alertname=other", "severity=none"], "nobody"),
    ] {
        let verify = format!("--verify.receivers={told}");
        let args = ["config", "routes", "test", "--config.file=alertmanager.yml", &verify, labels[0], labels[1]];
        let (taken, said) = run("amtool", &args, &folder);
        assert!(taken, "{labels:?}: {said}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Minutes of quiet, minutes of what a rule is about, and quiet again, as `promtool` writes series.
fn series(name: &str, quiet: &str, loud: &str) -> Value {
    json!({ "series": name, "values": format!("{quiet} {loud} {quiet}") })
}

/// Every rule fires when what it is about has lasted, with its severity and its meaning to the letter, and neither before nor after.
#[test]
fn each_rule_fires_when_it_should_and_not_before() {
    let stack = stack(&[SPEC]);
    let files = files(&stack);
    let workspace: MetricsWorkspace = of(&stack, "main");
    // Ten minutes of each: errors come at two a second, a job queue is full, requests take a second.
    let input = [
        series("http_errors_total", "0x10", "0+120x20"),
        series("jobs_waiting{queue=\"mail\", instance=\"i-1\"}", "40x10", "60x20"),
        series("jobs_waiting{queue=\"mail\", instance=\"i-2\"}", "50x10", "60x20"),
        series("http_seconds_bucket{le=\"0.1\"}", "0+60x10", "660x20"),
        series("http_seconds_bucket{le=\"1\"}", "0+60x10", "660+60x20"),
        series("http_seconds_bucket{le=\"+Inf\"}", "0+60x10", "660+60x20"),
    ];
    // At which minute its expression answers first, and what else it is known by.
    let answers = [("errors", 14, json!({})), ("jobs", 11, json!({ "queue": "mail" })), ("slow", 12, json!({}))];
    assert_eq!(
        answers.iter().map(|(name, ..)| (*name).to_owned()).collect::<Vec<_>>(),
        workspace.rules.keys().cloned().collect::<Vec<_>>()
    );
    let mut expected = vec![];
    for (name, first, labels) in answers {
        let rule = &workspace.rules[name];
        let fires = first + rule.lasting / 60;
        let mut labels = labels;
        labels["severity"] = rule.severity.clone().into();
        let annotations = if rule.means.is_empty() { json!({}) } else { json!({ "description": rule.means }) };
        let alert = json!([{ "exp_labels": labels, "exp_annotations": annotations }]);
        for (minute, alerts) in [(5, json!([])), (fires - 1, json!([])), (fires, alert.clone()), (fires + 3, alert), (40, json!([]))] {
            expected.push(json!({ "eval_time": format!("{minute}m"), "alertname": name, "exp_alerts": alerts }));
        }
    }
    let test = json!({
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{ "interval": "1m", "input_series": input, "alert_rule_test": expected }],
    });
    let folder = folder("fires");
    std::fs::write(folder.join("rules.yml"), &files.rules).unwrap();
    std::fs::write(folder.join("test.yml"), serde_yaml::to_string(&test).unwrap()).unwrap();
    let (taken, said) = run("promtool", &["test", "rules", "test.yml"], &folder);
    assert!(taken, "{said}\n{}", files.rules);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Expressions that Prometheus takes, and such that it doesn't.
const EXPRESSIONS: &[&str] = &[
    "up",
    "up == 0",
    "up{job=\"app\", instance!~\"i-.*\",} > 0",
    "{__name__=~\"http_.+\"}",
    "rate(http_errors_total[5m]) > 0.5",
    "rate(http_errors_total{code=~'5..'}[5m] offset 1h) > 1e-3",
    "sum by (job, instance) (rate(x[1h30m])) / ignoring (instance) group_left (zone) y",
    "sum(rate(x[5m])) by (job) > bool 3",
    "histogram_quantile(0.99, sum by (le) (rate(http_seconds_bucket[5m]))) > 0.5",
    "max_over_time(rate(x[5m])[1h:1m]) > 1",
    "max_over_time((a + b)[1h:]) > 1",
    "topk(5, x) and on (job) up == 1 unless y or z",
    "count_values(\"version\", build) > 1",
    "quantile by (job) (0.9, x)",
    "-2 ^ 2 + -x",
    "time() - x @ 1609746000 > 0x1F",
    "x @ start() offset -5m",
    "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")",
    "label_join(up, \"a\", \",\", \"b\", \"c\", \"d\")",
    "round(x) + round(x, 0.5) + clamp(x, 1, Inf)",
    "hour() > 6 and hour(x) < NaN",
    "absent(up{job=`app`}) # nobody is there",
    "a:b:c % 2 atan2 d",
    "1 == bool 2",
    "vector(1)",
    "scalar(x) > x",
    "sum(x) without (job)",
    "predict_linear(x[1h], 4 * 3600) < 0",
    "days_in_month() * -1",
    "sum",
    "by + offset",
    "x{a=\"\\\"\", b='\\'', c=\"\\u00fc\"}",
    "SUM BY (job) (x) OR y",
    "x > 1.5e3",
    "x > .5",
    "",
    "sum(",
    "sum)",
    "foo bar",
    "foo on bar",
    "rate(x)",
    "rate(x[5m]",
    "rate(x[5])",
    "rate(x[m5])",
    "rate(x[0s])",
    "rat(x[5m])",
    "rate(x[5m], 1)",
    "sum(x[5m])",
    "topk(x)",
    "topk(x, 5)",
    "histogram_quantile(x)",
    "{}",
    "{job=\"\"}",
    "{job=~\".*\"}",
    "x{job}",
    "x{job=app}",
    "x{job=\"app\"",
    "x{job=\"app}",
    "x{\"job\"=\"app\"}",
    "x{__name__=\"y\"}",
    "x{a:b=\"c\"}",
    "1 > 2",
    "x > bool",
    "x + bool y",
    "x and 1",
    "x or on (a) group_left (b) y",
    "x + on (a) 1",
    "\"a\" + 1",
    "x[5m] + 1",
    "-x[5m]",
    "(x)[5m]",
    "x[5m][5m]",
    "x offset 5m [5m]",
    "(x) offset 5m",
    "x offset 5m offset 5m",
    "x @ y",
    "x @ 1 @ 2",
    "x offset",
    "x = 1",
    "x => 1",
    "x & y",
    "x; y",
    "5m",
    "x > 5m",
    "x > 1.2.3",
    "x > 0xZZ",
    "sum by job (x)",
    "sum by (job (x)",
    "sum by (\"job\") (x)",
    "sum(x) by (job) by (job)",
    "sum by (job) (x) by (job)",
    "rate(x[5m:1m:1m])",
    "rate(x[1m5h])",
    "rate(x[5m5m])",
    "rate(x[1.5h])",
    "label_replace(up, a, \"$1\", \"b\", \"(.*)\")",
    "round(x, 1, 2)",
    "time(1)",
    "x{a=\"\\q\"}",
    "round(x,)",
    "((x)",
];

/// What infra takes for an expression, and what it doesn't, is what Prometheus does.
#[test]
fn expressions_are_judged_as_prometheus_does() {
    let rules: Vec<Value> = EXPRESSIONS.iter().enumerate().map(|(i, expr)| json!({ "alert": format!("a{i}"), "expr": expr })).collect();
    let folder = folder("expressions");
    // An empty one is refused as a missing field, and hides all others.
    let rules: Vec<Value> = rules.into_iter().filter(|rule| rule["expr"] != "").collect();
    let file = json!({ "groups": [{ "name": "infra", "rules": rules }] });
    std::fs::write(folder.join("rules.yml"), serde_yaml::to_string(&file).unwrap()).unwrap();
    let (_, said) = run("promtool", &["check", "rules", "rules.yml"], &folder);
    let wrong = EXPRESSIONS.iter().enumerate().filter(|(i, expr)| {
        let refused = expr.is_empty() || said.contains(&format!("\"a{i}\": could not parse expression"));
        // A range is an expression; that no rule may look at one, Prometheus says when it runs it.
        promql::check(expr).is_err() != refused
    });
    let wrong: Vec<_> = wrong.map(|(_, expr)| (expr, promql::check(expr))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{said}");
    for late in ["x[5m]", "max_over_time(x[5m:1m])[5m:]", "\"text\""] {
        assert!(promql::check(late).is_err(), "{late}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Where an expression is wrong is told by the column, and by the line where it has several.
#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (expr, place, wrong) in [
        ("sum(rate(x)) > 1", "at column 10", "this is series, where a range of series belongs"),
        ("sum(rate(x[5m])\n  > )", "at line 2, column 5", "`)` stands where an expression belongs"),
        ("rats(x[5m])", "at column 1", "there is no function `rats`"),
        ("up == \"ü", "at column 7", "a text has no end"),
        ("up{job=app}", "at column 8", "`app` is no value of a label"),
    ] {
        let no = promql::check(expr).unwrap_err();
        assert_eq!((no.place(expr).as_str(), no.wrong.as_str()), (place, wrong), "{expr}");
    }
    assert_eq!(promql::check("rats(x[5m])").unwrap_err().help, "did you mean `rate`?");
    let deep = format!("{}x{}", "(".repeat(5000), ")".repeat(5000));
    assert!(promql::check(&deep).is_err());
}

/// To ask applications what they measure rolls the fleet, and the plan says so: the template is another one, and its group follows. Rules alone roll nothing.
#[tokio::test(start_paused = true)]
async fn turning_metrics_on_rolls_the_fleet() {
    let without = "monitoring: { metrics: null, alerting: { rules: { slow: null, errors: null, jobs: null } } }\n";
    let (before, after) = (stack(&[SPEC, without]), stack(&[SPEC]));
    let cloud = sandbox(1);
    let (outcome, events) = apply(&cloud, &settled_plan(&cloud, &before).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let plan = settled_plan(&cloud, &after).await.unwrap();
    let verb = |kind, name: &str| plan.changes.iter().find(|c| c.address.kind == kind && c.address.name == name).map(|c| c.verb);
    assert_eq!(verb(Kind::MetricsWorkspace, "main"), Some(Verb::Create));
    assert!(matches!(verb(Kind::LaunchTemplate, "app"), Some(Verb::Replace(_))), "{plan:#?}");
    assert_eq!(verb(Kind::AutoScalingGroup, "app"), Some(Verb::Update));
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
    let rules = stack(&[SPEC, "monitoring: { alerting: { rules: { slow: { expr: up == 0 } } } }\n"]);
    let plan = settled_plan(&cloud, &rules).await.unwrap();
    let changed: Vec<String> = plan.changes.iter().map(|c| c.address.to_string()).collect();
    assert_eq!(changed, ["metrics_workspace.main"]);
}

/// A rule tells those that it names, in place of those of its severity, whatever it looks at.
#[test]
fn a_rule_tells_those_that_it_names() {
    let more = "monitoring: { alerting: { rules: { busy: { of: compute.app, metric: cpu, above: 70, notify: [night@example.com] } } } }\n";
    let stack = stack(&[SPEC, more]);
    let told = |name: &str| of::<Topic>(&stack, name).subscribers.into_iter().collect::<Vec<_>>();
    assert_eq!((told("rule.jobs"), told("rule.busy")), (vec!["jobs@example.com".to_owned()], vec!["night@example.com".to_owned()]));
    let alarm: MetricAlarm = of(&stack, "rule.busy");
    assert_eq!((alarm.alarm_actions.iter().map(|r| r.0.as_str()).collect::<Vec<_>>(), alarm.ok_actions.len()), (vec!["rule.busy"], 1));
    let workspace: MetricsWorkspace = of(&stack, "main");
    let ways: Vec<(&str, &str)> = workspace.topics.iter().map(|(told, topic)| (told.as_str(), topic.0.as_str())).collect();
    assert_eq!(ways, [("critical", "critical"), ("rule.jobs", "rule.jobs"), ("warning", "warning")]);
}
