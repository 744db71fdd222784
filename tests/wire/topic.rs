use std::collections::BTreeSet;

use infra::cloud::Observe;
use infra::kinds::{Kind, Topic};
use infra::model::Computed;
use infra::plan::Verb;
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::Clients;
use serde_json::Value;

use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4444-8888-0123456789ab";

fn texts(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

pub fn topic() -> Topic {
    Topic {
        display_name: "shop alerts".into(),
        publishers: texts(&["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]),
        kms_key: None,
        subscribers: texts(&["ops@example.com", "https://events.example.com/alerts"]),
        tags: [("Name".into(), "alerts".into())].into(),
        pending: Computed(None),
    }
}

pub fn case() -> Case {
    let told = |all: &[&str]| Topic { subscribers: texts(all), ..topic() }.into();
    let variants = vec![
        ("display_name", Topic { display_name: "shop".into(), ..topic() }.into()),
        ("publishers", Topic { publishers: texts(&["cloudwatch.amazonaws.com"]), ..topic() }.into()),
        ("kms_key", Topic { kms_key: Some(KEY.into()), ..topic() }.into()),
        ("one more", told(&["ops@example.com", "https://events.example.com/alerts", "team@example.com"])),
        ("nobody by mail", told(&["https://events.example.com/alerts"])),
        ("nobody over https", told(&["ops@example.com"])),
        ("nobody", told(&[])),
        ("tags", Topic { tags: [("team".into(), "a b".into())].into(), ..topic() }.into()),
        ("no tags", Topic { tags: [].into(), ..topic() }.into()),
    ];
    Case { address: "topic.alerts", world: vec![("topic.alerts", topic().into())], variants }
}

pub const SENDS: Sends =
    Sends { kind: Kind::Topic, lists: &["GetResources"], creates: &[("CreateTopic", 1), ("Subscribe", 1)], unseen: &[] };

async fn go(cloud: &Clients, want: &Stack, run: &str) -> Vec<(Verb, Vec<String>)> {
    let plan = plan_for(cloud, want).await.unwrap();
    let (outcome, events) = apply(cloud, &plan, run).await;
    assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
    assert!(plan_for(cloud, want).await.unwrap().is_empty(), "{run}");
    plan.changes.iter().map(|c| (c.verb, c.attrs.iter().map(|a| a.path.clone()).collect())).collect()
}

/// Who hasn't confirmed counts as told, and is named; who isn't wanted any more and can't be taken away is no difference. What others let in or shut out is mended.
#[tokio::test]
async fn who_has_not_confirmed_is_no_difference() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-told-of", case().world);
    go(&cloud, &want, "r1").await;
    let seen = async || {
        let live = Observe::list(&cloud, Kind::Topic, "wire-told-of").await.unwrap().remove(0);
        (live.id.clone(), live.of::<Topic>().unwrap())
    };
    let (arn, found) = seen().await;
    assert_eq!(found.pending.0, Some(texts(&["ops@example.com"])));
    let attribute = async |name: &str| {
        let all = cloud.sns().get_topic_attributes().topic_arn(&arn).send().await.unwrap().attributes.unwrap();
        all.get(name).cloned().unwrap_or_default()
    };
    let policy: Value = serde_json::from_str(&attribute("Policy").await).unwrap();
    let [owner, cloudwatch, rds] = policy["Statement"].as_array().unwrap().as_slice() else { panic!("{policy}") };
    assert_eq!(owner["Condition"]["StringEquals"]["AWS:SourceOwner"], "123456789012");
    for (statement, service) in [(cloudwatch, "cloudwatch.amazonaws.com"), (rds, "events.rds.amazonaws.com")] {
        assert_eq!((statement["Principal"]["Service"].as_str(), statement["Action"].as_str()), (Some(service), Some("sns:Publish")));
        assert_eq!(
            (&statement["Condition"]["StringEquals"]["aws:SourceAccount"], &statement["Resource"]),
            (&"123456789012".into(), &arn.as_str().into())
        );
    }

    // The letter was sent, and can't be called back.
    let fewer =
        stack("wire-told-of", [("topic.alerts", Topic { subscribers: texts(&["https://events.example.com/alerts"]), ..topic() }.into())]);
    go(&cloud, &fewer, "r2").await;
    let standing = cloud.sns().list_subscriptions_by_topic().topic_arn(&arn).send().await.unwrap().subscriptions.unwrap();
    assert!(standing.iter().any(|s| s.subscription_arn() == Some("PendingConfirmation")), "{standing:?}");
    assert_eq!(seen().await.1.pending.0, Some(texts(&[])));

    // Somebody encrypts the topic, which silences it, subscribes another, and lets anybody publish.
    let set = async |name: &str, value: &str| {
        cloud.sns().set_topic_attributes().topic_arn(&arn).attribute_name(name).attribute_value(value).send().await.unwrap();
    };
    set("KmsMasterKeyId", "alias/aws/sns").await;
    set("Policy", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}]}"#)
        .await;
    cloud.sns().subscribe().topic_arn(&arn).protocol("https").endpoint("https://elsewhere.example.com").send().await.unwrap();
    let mended = go(&cloud, &fewer, "r3").await;
    let [(Verb::Update, paths)] = mended.as_slice() else { panic!("{mended:?}") };
    assert!(["kms_key", "publishers", "subscribers"].iter().all(|path| paths.iter().any(|p| p.starts_with(path))), "{paths:?}");
    assert_eq!(attribute("KmsMasterKeyId").await, "");
    go(&cloud, &stack("wire-told-of", []), "r4").await;
}
