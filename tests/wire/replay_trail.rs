//! Who did it, after CloudTrail's reference: the emulator keeps no trail.
use std::time::Duration;

use infra::cloud::{AuditLog, Observe};
use infra::kinds::{Kind, Live, Vpc};
use serde_json::{Value, json};

use super::replay_world::{has, stamp};
use crate::support::replay::Replay;

/// An event as `LookupEvents` gives it: what it was is told twice, the second time as a text of its own.
fn event(name: &str, read_only: bool, agent: &str, identity: Value) -> Value {
    let inner = json!({
        "eventVersion": "1.09",
        "userIdentity": identity,
        "eventTime": "2026-11-02T10:20:30Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": agent,
        "readOnly": read_only,
    });
    json!({
        "EventId": "e",
        "EventName": name,
        "ReadOnly": read_only.to_string(),
        "EventTime": 1793614830.0,
        "EventSource": "ec2.amazonaws.com",
        "Username": "somebody",
        "Resources": [],
        "CloudTrailEvent": inner.to_string(),
    })
}

fn alice() -> Value {
    json!({ "type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/alice", "userName": "alice" })
}

fn role() -> Value {
    json!({
        "type": "AssumedRole",
        "arn": "arn:aws:sts::123456789012:assumed-role/Admin/bob@example.com",
        "sessionContext": { "sessionIssuer": { "type": "Role", "userName": "Admin" } },
    })
}

fn page(events: Vec<Value>, next: Option<&str>) -> String {
    json!({ "Events": events, "NextToken": next }).to_string()
}

fn object(kind: &str, id: &str) -> Live {
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().unwrap(), dns_hostnames: true, tags: [].into() };
    match kind {
        "vpc" => Live::found(id, vpc, stamp("vpc.main")),
        _ => Live::found(id, Kind::IamRole.example(), stamp("iam_role.app")),
    }
}

async fn who(answers: &[(u16, String)], objects: &[Live]) -> (AuditLog, Replay) {
    let (cloud, replay) = Replay::clients_in("eu-central-1", answers.iter().map(|(status, body)| (*status, body.as_str())));
    let log = cloud.who(&objects.iter().collect::<Vec<_>>()).await;
    (log, replay)
}

/// Others' changes, the newest first; reads and our own are left out, and pages are read until there are enough.
#[tokio::test(start_paused = true)]
async fn the_trail_tells_who() {
    let ours = "aws-sdk-rust/1.3.7 ua/2.1 api/ec2#1.0 os/linux lang/rust#1.94 app/infra";
    let first = page(vec![event("DescribeVpcs", true, "aws-cli/2", alice()), event("CreateTags", false, ours, role())], Some("more"));
    let second =
        page(vec![event("ModifyVpcAttribute", false, "AWS Console", role()), event("CreateTags", false, "aws-cli/2.1 x", alice())], None);
    let (log, replay) = who(&[(200, first), (200, second)], &[object("vpc", "vpc-1")]).await;
    let said: Vec<String> = log.events["vpc-1"].iter().map(|d| format!("{} {} {} {} {}", d.who, d.when, d.what, d.from, d.with)).collect();
    assert_eq!(
        said,
        [
            "role Admin, session bob@example.com 2026-11-02T10:20:30.000Z ModifyVpcAttribute 203.0.113.9 the console",
            "alice 2026-11-02T10:20:30.000Z CreateTags 203.0.113.9 aws-cli/2.1",
        ]
    );
    let asked = replay.asked();
    has(&asked[0], &[r#""AttributeKey":"ResourceName""#, r#""AttributeValue":"vpc-1""#]);
    has(&asked[1], &[r#""NextToken":"more""#, r#""AttributeValue":"vpc-1""#]);
}

/// Two requests a second are what CloudTrail bears; services without a region are told of in us-east-1 alone.
#[tokio::test(start_paused = true)]
async fn the_trail_is_asked_slowly_and_where_it_is() {
    let began = tokio::time::Instant::now();
    let none = || (200, page(vec![], None));
    let (log, replay) = who(&[none(), none(), none()], &[object("vpc", "vpc-1"), object("iam_role", "role"), object("vpc", "vpc-2")]).await;
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!((log.unread.len(), log.events.len()), (0, 3));
    let regions: Vec<bool> = replay.signed().iter().map(|s| s.contains("/us-east-1/cloudtrail/")).collect();
    assert_eq!((replay.asked().len(), regions), (3, vec![false, true, false]));
    let (log, replay) = who(&[], &[]).await;
    assert_eq!((log, replay.asked().len()), (AuditLog::default(), 0), "nothing has drifted: nothing is asked");
}

/// A trail that is closed to us is tried once, and never fatal.
#[tokio::test(start_paused = true)]
async fn a_closed_trail_is_said_once() {
    let denied = r#"{"__type": "AccessDeniedException", "Message": "not authorized to perform: cloudtrail:LookupEvents"}"#;
    let (log, replay) = who(&[(400, denied.into())], &[object("vpc", "vpc-1"), object("vpc", "vpc-2")]).await;
    assert_eq!((log.unread.len(), log.events.len(), replay.asked().len()), (1, 0, 1));
    assert!(log.unread[0].forbidden() && log.unread[0].operation == "LookupEvents", "{}", log.unread[0]);
}

/// One that fails is asked once, and not for every object: who did it only adds to what is known.
#[tokio::test(start_paused = true)]
async fn a_broken_trail_is_asked_once() {
    for status in [500, 503] {
        let (log, replay) = who(&[(status, "{}".into())], &[object("vpc", "vpc-1"), object("vpc", "vpc-2")]).await;
        assert_eq!((log.unread.len(), log.events.len(), replay.asked().len()), (1, 0, 1));
        assert_eq!(log.unread[0].operation, "LookupEvents");
    }
}
