//! Managed Prometheus takes a request and carries it out later: what a workspace waits for between its requests, answer by answer. The emulator does all of it too
//! soon for a wait that is missing to show.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use infra::canon::Open;
use infra::cloud::Cloud;
use infra::kinds::metrics_workspace::{AlertRule, rules_file};
use infra::kinds::{Links, Live, MetricsWorkspace};
use infra::model::Computed;
use serde_json::json;

use super::replay_world::{has, stamp};
use crate::support::replay::Replay;

const AT: &str = "metrics_workspace.main";
const ID: &str = "ws-0a1b2c3d-0000-4000-8000-000000000000";
const ARN: &str = "arn:aws:aps:us-east-1:123456789012:workspace/ws-0a1b2c3d-0000-4000-8000-000000000000";

fn workspace(retention_days: i32) -> MetricsWorkspace {
    MetricsWorkspace { retention_days, rules: Open::new(), topics: Open::new(), tags: [].into(), arn: Computed::from(ARN.to_owned()) }
}

type Answer = (u16, String);

/// `DescribeWorkspace`.
fn is(status: &str) -> Answer {
    let workspace = json!({ "workspaceId": ID, "arn": ARN, "status": { "statusCode": status }, "createdAt": 0, "tags": {} });
    (200, json!({ "workspace": workspace }).to_string())
}

/// `DescribeWorkspaceConfiguration`.
fn keeps(days: i32, status: &str) -> Answer {
    let configuration = json!({ "status": { "statusCode": status }, "retentionPeriodInDays": days });
    (200, json!({ "workspaceConfiguration": configuration }).to_string())
}

/// Something is taken, and will be done.
fn taken() -> Answer {
    (202, json!({ "status": { "statusCode": "UPDATING" } }).to_string())
}

/// Something else is being done (`ConflictException`).
fn busy() -> Answer {
    let about = json!({ "resourceId": ID, "resourceType": "AWS::APS::Workspace" });
    refused(409, "ConflictException", about)
}

fn missing() -> Answer {
    refused(404, "ResourceNotFoundException", json!({ "resourceId": ID, "resourceType": "AWS::APS::Workspace" }))
}

fn refused(status: u16, code: &str, mut body: serde_json::Value) -> Answer {
    (body["__type"], body["message"]) = (code.into(), code.into());
    (status, body.to_string())
}

fn clients(answers: &[Answer]) -> (infra::wire::Clients, Replay) {
    Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())))
}

/// The requests, without the workspace's id.
fn lines(replay: &Replay) -> Vec<String> {
    replay.lines().into_iter().map(|line| line.replace(ID, "ID")).collect()
}

const STATE: &str = "GET /workspaces/ID";
const READ: &str = "GET /workspaces/ID/configuration";
const WRITE: &str = "PATCH /workspaces/ID/configuration";
const RULES: &str = "GET /workspaces/ID/rulegroupsnamespaces/infra";
const ROUTES: &str = "GET /workspaces/ID/alertmanager/definition";

/// Nothing more is asked of a new workspace before it is known and `ACTIVE`, and it is made once its retention has arrived: neither the old one that is read again
/// nor one that is still being configured is.
#[tokio::test(start_paused = true)]
async fn a_workspace_is_made_once_it_is_active_and_configured() {
    let made = json!({ "workspaceId": ID, "arn": ARN, "status": { "statusCode": "CREATING" } }).to_string();
    let (cloud, replay) = clients(&[
        (202, made),
        missing(),
        is("CREATING"),
        is("ACTIVE"),
        keeps(150, "ACTIVE"),
        taken(),
        keeps(150, "ACTIVE"),
        keeps(90, "UPDATING"),
        keeps(90, "ACTIVE"),
        missing(),
        missing(),
    ]);
    let live = cloud.create(&workspace(90).into(), &Links::default(), &stamp(AT)).await.unwrap();
    assert_eq!((live.id.as_str(), live.object), (ID, workspace(90).into()));
    assert_eq!(lines(&replay), ["POST /workspaces", STATE, STATE, STATE, READ, WRITE, READ, READ, READ, RULES, ROUTES]);
    has(&replay.asked()[5], &[r#""retentionPeriodInDays":90"#]);
}

/// A new retention has arrived before its step ends.
#[tokio::test(start_paused = true)]
async fn a_retention_has_arrived_before_its_step_ends() {
    let live = Live::found(ID, workspace(150), stamp(AT));
    let (cloud, replay) =
        clients(&[keeps(150, "ACTIVE"), taken(), keeps(150, "ACTIVE"), keeps(7, "UPDATING"), keeps(7, "ACTIVE"), missing()]);
    cloud.update(&live, &workspace(7).into(), &Links::default(), &stamp(AT)).await.unwrap();
    assert_eq!(lines(&replay), [READ, WRITE, READ, READ, READ, ROUTES]);
    assert_eq!(replay.asked().len(), 6);
}

/// While another change is under way, the next is sent again as it was, under the same token, until it is taken: a configuration, rules, and the
/// end.
#[tokio::test(start_paused = true)]
async fn a_change_waits_for_the_one_under_way() {
    let live = Live::found(ID, workspace(150), stamp(AT));
    let (cloud, replay) = clients(&[keeps(150, "ACTIVE"), busy(), busy(), taken(), keeps(90, "ACTIVE"), missing()]);
    cloud.update(&live, &workspace(90).into(), &Links::default(), &stamp(AT)).await.unwrap();
    assert_eq!(lines(&replay), [READ, WRITE, WRITE, WRITE, READ, ROUTES]);
    let asked = replay.asked();
    assert!(asked[1].contains("clientToken") && asked[1..4].iter().all(|body| *body == asked[1]), "{asked:?}");

    let slow = AlertRule { expr: "up == 0".into(), lasting: 60, severity: "critical".into(), means: String::new() };
    let ruled = MetricsWorkspace { rules: [("slow".to_owned(), slow)].into(), ..workspace(150) };
    let data = STANDARD.encode(rules_file::render(&ruled.rules));
    let namespace = |status: &str| json!({ "arn": ARN, "name": "infra", "status": { "statusCode": status }, "data": data, "createdAt": 0, "modifiedAt": 0 });
    let created = json!({ "arn": ARN, "name": "infra", "status": { "statusCode": "CREATING" } }).to_string();
    let stands = |status: &str| (200, json!({ "ruleGroupsNamespace": namespace(status) }).to_string());
    let (cloud, replay) = clients(&[missing(), busy(), (202, created), stands("CREATING"), stands("ACTIVE"), missing()]);
    cloud.update(&live, &ruled.into(), &Links::default(), &stamp(AT)).await.unwrap();
    let create = "POST /workspaces/ID/rulegroupsnamespaces";
    assert_eq!(lines(&replay), [RULES, create, create, RULES, RULES, ROUTES]);

    let (cloud, replay) = clients(&[is("ACTIVE"), busy(), busy(), (202, "{}".into()), is("DELETING"), missing()]);
    cloud.delete(&live).await.unwrap();
    let delete = "DELETE /workspaces/ID";
    let told: Vec<String> = lines(&replay).into_iter().map(|line| line.split('?').next().unwrap().to_owned()).collect();
    assert_eq!(told, [STATE, delete, delete, delete, STATE, STATE]);
    assert_eq!(replay.asked().len(), 6);
}
