use std::sync::atomic::{AtomicBool, Ordering};

use infra::canon::Open;
use infra::cloud::Observe;
use infra::kinds::metric_alarm::{Standing, State};
use infra::kinds::metrics_workspace::AlertRule;
use infra::kinds::{Kind, Level, MetricsWorkspace, Ref};
use infra::model::Computed;
use infra::plan::Verb;
use infra::run::Outcome;

use super::{Case, Sends, Why, topic};
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Reaction};
use crate::support::{address, amp, apply, plan_for, settled, stack};

fn rule(expr: &str, severity: &str) -> AlertRule {
    AlertRule {
        expr: expr.into(),
        lasting: 300,
        severity: severity.into(),
        means: "Requests are slow: {{ look }} at the application.".into(),
    }
}

pub fn workspace() -> MetricsWorkspace {
    MetricsWorkspace {
        retention_days: 90,
        rules: [("slow".into(), rule("rate(http_seconds_sum[5m]) > 0.5", "critical"))].into(),
        topics: [("critical".into(), Ref::to("alerts"))].into(),
        tags: [("Name".into(), "metrics".into())].into(),
        arn: Computed::default(),
    }
}

pub fn case() -> Case {
    let rules = |rules: Open<AlertRule>| MetricsWorkspace { rules, ..workspace() }.into();
    let topics = |topics: Open<Ref<infra::kinds::Topic>>| MetricsWorkspace { topics, ..workspace() }.into();
    let slow = || ("slow".to_owned(), rule("rate(http_seconds_sum[5m]) > 0.5", "critical"));
    let alerts = || Ref::to("alerts");
    let variants = vec![
        ("retention_days", MetricsWorkspace { retention_days: 1095, ..workspace() }.into()),
        ("another rule", rules([slow(), ("errors".into(), rule("sum(rate(errors_total[5m])) > 1", "warning"))].into())),
        ("another expression", rules([("slow".into(), rule("http_seconds_sum > 3", "critical"))].into())),
        ("another time", rules([("slow".into(), AlertRule { lasting: 90, means: String::new(), ..slow().1 })].into())),
        ("no rules", rules(Open::new())),
        ("who is told of a rule", topics([("critical".into(), alerts()), ("rule.slow".into(), alerts())].into())),
        ("nobody is told", topics(Open::new())),
        ("no rules, and nobody is told", MetricsWorkspace { rules: Open::new(), topics: Open::new(), ..workspace() }.into()),
        ("tags", MetricsWorkspace { tags: [("team".into(), "a b".into())].into(), ..workspace() }.into()),
    ];
    let world = vec![("topic.alerts", topic::topic().into()), ("metrics_workspace.main", workspace().into())];
    Case { address: "metrics_workspace.main", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::MetricsWorkspace, lists: &["GET /workspaces"], creates: &[], unseen: TOLD };

/// `infra alerts` and `infra status` ask them, no verb does.
const TOLD: &[(&str, Why)] = &[("ListRules", Why::Replay("metrics_workspace")), ("QueryMetrics", Why::Replay("metrics_workspace"))];

/// What others changed of the rules and of who is told is seen and mended; their own namespaces and workspaces stay, whatever they are called.
#[tokio::test]
async fn what_others_changed_is_mended_and_their_own_stays() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let world = |workspace: MetricsWorkspace| {
        stack("wire-others", [("topic.alerts", topic::topic().into()), ("metrics_workspace.main", workspace.into())])
    };
    let theirs = cloud.amp().create_workspace().alias("wire-others-2").client_token("theirs").send().await.unwrap();
    let (outcome, events) = apply(&cloud, &plan_for(&cloud, &world(workspace())).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    proxy.reset();
    let seen = settled(&cloud, &world(workspace()), "as it was made").await;
    let asked: Vec<String> = proxy.log().into_iter().filter(|c| c.service == "aps").map(|c| amp::operation(&c).to_owned()).collect();
    assert_eq!(asked.len(), 4, "the list, and the parts of the stack's own alone: {asked:?}");

    let id = seen.live[&address("metrics_workspace.main")][0].id.clone();
    let file = |text: &str| aws_sdk_amp::primitives::Blob::new(text);
    let rules = "groups:\n- name: infra\n  rules:\n  - alert: slow\n    expr: vector(1)\n";
    cloud.amp().create_rule_groups_namespace().workspace_id(&id).name("theirs").data(file(rules)).send().await.unwrap();
    settled(&cloud, &world(workspace()), "with a namespace of theirs").await;
    cloud.amp().put_rule_groups_namespace().workspace_id(&id).name("infra").data(file(rules)).send().await.unwrap();
    let quiet = "alertmanager_config: |\n  route: { receiver: none }\n  receivers: [{ name: none }]\n";
    cloud.amp().put_alert_manager_definition().workspace_id(&id).data(file(quiet)).send().await.unwrap();
    cloud.amp().update_workspace_configuration().workspace_id(&id).retention_period_in_days(7).send().await.unwrap();
    let plan = plan_for(&cloud, &world(workspace())).await.unwrap();
    let [change] = plan.changes.as_slice() else { panic!("{plan:#?}") };
    let paths: Vec<&str> = change.attrs.iter().map(|a| a.path.as_str()).collect();
    assert_eq!(change.verb, Verb::Update);
    assert!(["retention_days", "rules", "topics"].iter().all(|path| paths.iter().any(|p| p.starts_with(path))), "{paths:?}");
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
    settled(&cloud, &world(workspace()), "mended").await;

    // Answers that are lost are asked for again under the same token: nothing is there twice.
    proxy.rule(|call, earlier| if call.service == "aps" && call.mutating && earlier == 0 { Reaction::CutAfter } else { Reaction::Pass });
    let more = MetricsWorkspace { retention_days: 30, rules: Open::new(), topics: Open::new(), ..workspace() };
    let (outcome, events) = apply(&cloud, &plan_for(&cloud, &world(more.clone())).await.unwrap(), "r3").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    proxy.reset();
    settled(&cloud, &world(more), "with answers lost").await;

    let (outcome, events) = apply(&cloud, &plan_for(&cloud, &stack("wire-others", [])).await.unwrap(), "r4").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    assert!(Observe::list(&cloud, Kind::MetricsWorkspace, "wire-others").await.unwrap().is_empty());
    let left = cloud.amp().list_workspaces().send().await.unwrap().workspaces;
    assert_eq!(left.into_iter().map(|w| w.workspace_id).collect::<Vec<_>>(), [theirs.workspace_id]);
}

/// What comes to nothing after it was taken is told in the service's own words, and what was made for it goes.
#[tokio::test]
async fn what_fails_later_is_told_and_taken_back() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let want = stack("wire-failing", case().world);
    // The rules stand, and came to nothing, from when they are made until they are taken away.
    let stand = AtomicBool::new(false);
    proxy.rule(move |call, _| {
        let (method, path) = call.operation.split_once(' ').unwrap_or_default();
        let (all, one) = (path.ends_with("/rulegroupsnamespaces"), path.ends_with("/rulegroupsnamespaces/infra"));
        if (method == "POST" && all) || (method == "DELETE" && one) {
            stand.store(all, Ordering::SeqCst);
        }
        if method != "GET" || !one || !stand.load(Ordering::SeqCst) {
            return Reaction::Pass;
        }
        let status = serde_json::json!({ "statusCode": "CREATION_FAILED", "statusReason": "no room for these rules" });
        let told = serde_json::json!({ "arn": "arn", "name": "infra", "status": status, "data": "", "createdAt": 0, "modifiedAt": 0 });
        Reaction::Answer { status: 200, body: serde_json::json!({ "ruleGroupsNamespace": told }).to_string() }
    });
    let (outcome, events) = apply(&cloud, &plan_for(&cloud, &want).await.unwrap(), "r1").await;
    let Outcome::RolledBack(Some(why)) = &outcome else { panic!("{outcome:?} {events:#?}") };
    assert_eq!((why.code.as_str(), why.message.as_str()), ("CREATION_FAILED", "no room for these rules"));
    proxy.reset();
    assert!(Observe::list(&cloud, Kind::MetricsWorkspace, "wire-failing").await.unwrap().is_empty());
    assert!(Observe::list(&cloud, Kind::Topic, "wire-failing").await.unwrap().is_empty());
}

/// Rules stand as Prometheus's own API tells of the stack's namespace, since their first alert, with its values; what can't be looked at is unknown, with the reason.
/// And the workspace tells its state, and when something was measured last (`ListRules`, `QueryMetrics`).
#[tokio::test]
async fn rules_tell_how_they_stand() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let more = [("slow".to_owned(), rule("up == 0", "critical")), ("errors".to_owned(), rule("errors > 1", "warning"))];
    let want = MetricsWorkspace { rules: more.into(), topics: Open::new(), ..workspace() };
    let (outcome, events) =
        apply(&cloud, &plan_for(&cloud, &stack("wire-told", [("metrics_workspace.main", want.into())])).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let told = async || cloud.alarms("wire-told").await.unwrap();
    let states = |told: &[Standing]| told.iter().map(|one| (one.rule.clone().unwrap(), one.state)).collect::<Vec<_>>();
    let all = |state| vec![("errors".to_owned(), state), ("slow".to_owned(), state)];
    let now = told().await;
    assert_eq!(states(&now), all(State::Quiet));
    assert!(now.iter().all(|one| one.judged.is_some() && one.since.is_none()), "{now:?}");

    let answer = |body: serde_json::Value| Reaction::Answer {
        status: 200,
        body: serde_json::json!({ "status": "success", "data": body }).to_string(),
    };
    let alert = |state: &str, at: &str, value: &str| {
        let labels = serde_json::json!({ "alertname": "slow", "severity": "critical", "job": format!("app{value}") });
        serde_json::json!({ "labels": labels, "state": state, "activeAt": at, "value": value })
    };
    let firing = [
        alert("firing", "2026-12-01T12:04:05.5Z", "2"),
        alert("pending", "2026-12-01T11:00:00Z", "7"),
        alert("firing", "2026-12-01T12:01:00Z", "3"),
    ];
    let slow = serde_json::json!({ "name": "slow", "type": "alerting", "state": "firing", "health": "ok", "alerts": firing });
    let broken = serde_json::json!({ "name": "errors", "type": "alerting", "state": "inactive", "health": "err", "lastError": "many-to-many matching", "alerts": [] });
    let theirs = serde_json::json!({ "name": "errors", "type": "alerting", "state": "firing", "health": "ok", "alerts": [] });
    let groups = serde_json::json!({ "groups": [{ "name": "a", "file": "theirs", "rules": [theirs] }, { "name": "infra", "file": "infra", "rules": [slow, broken] }] });
    let rules = |call: &crate::support::proxy::Call| call.operation.ends_with("/api/v1/rules");
    let told_of = answer(groups);
    proxy.rule(move |call, _| if rules(call) { told_of.clone() } else { Reaction::Pass });
    let now = told().await;
    assert_eq!(states(&now), [("errors".to_owned(), State::Unknown), ("slow".to_owned(), State::Firing)]);
    assert_eq!(now[0].why, "many-to-many matching");
    assert_eq!((now[1].since.unwrap().to_string().as_str(), now[1].why.as_str()), ("2026-12-01T12:01:00.000Z", "job=app2: 2; job=app3: 3"));
    proxy.rule(
        move |call, _| {
            if rules(call) { Reaction::Answer { status: 403, body: r#"{"message":"not authorized"}"#.into() } } else { Reaction::Pass }
        },
    );
    let now = told().await;
    assert_eq!(states(&now), all(State::Unknown));
    assert!(now[0].why.contains("aps:ListRules"), "{now:?}");

    proxy.reset();
    let live = Observe::list(&cloud, Kind::MetricsWorkspace, "wire-told").await.unwrap().remove(0);
    let fares = async || cloud.health(&live).await.unwrap().into_iter().map(|sign| (sign.level, sign.text)).collect::<Vec<_>>();
    let (active, sample) = ((Level::Ok, "ACTIVE".to_owned()), (Level::Ok, "last sample 12 s ago".to_owned()));
    assert_eq!(fares().await, [active.clone(), sample]);
    let nothing = answer(serde_json::json!({ "resultType": "vector", "result": [] }));
    proxy.rule(move |call, _| if call.operation.ends_with("/api/v1/query") { nothing.clone() } else { Reaction::Pass });
    assert_eq!(fares().await, [active.clone(), (Level::Warning, "no sample in the last five minutes".to_owned())]);
    proxy.rule(|call, _| {
        if call.operation.ends_with("/api/v1/query") { Reaction::Answer { status: 403, body: "{}".into() } } else { Reaction::Pass }
    });
    assert_eq!(fares().await, [active]);
}
