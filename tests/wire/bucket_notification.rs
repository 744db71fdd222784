use aws_sdk_s3::types::{Event, LambdaFunctionConfiguration, NotificationConfiguration};
use infra::cloud::Observe;
use infra::kinds::bucket::Purpose;
use infra::kinds::bucket_notification::{CREATED, REMOVED, Told};
use infra::kinds::function::LIVE;
use infra::kinds::{Bucket, BucketNotification, Function, Kind, Ref};
use infra::plan::Verb;
use infra::run::Outcome;
use infra::stack::Stack;
use serde_json::{Value, json};

use super::function::{function, ground};
use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

fn told(function: &str, events: &[&str], prefix: &str, suffix: &str) -> (String, Told) {
    let events = events.iter().map(|e| (*e).to_owned()).collect();
    (function.into(), Told { function: Ref::to(function), events, prefix: prefix.into(), suffix: suffix.into() })
}

fn notification<const N: usize>(functions: [(String, Told); N]) -> BucketNotification {
    BucketNotification { bucket: Ref::to("uploads"), functions: functions.into() }
}

pub fn case() -> Case {
    let outside = |folder| Function { subnets: [].into(), security_groups: [].into(), ..function(folder) };
    let one = || told("app", &[CREATED], "photos/", ".jpg");
    let base = notification([one()]);
    let variants = vec![
        ("bucket", BucketNotification { bucket: Ref::to("exports"), ..base.clone() }.into()),
        ("another function", notification([told("other", &[CREATED], "photos/", ".jpg")]).into()),
        ("two functions", notification([one(), told("other", &[CREATED, REMOVED], "", ".png")]).into()),
        ("events", notification([told("app", &[REMOVED], "photos/", ".jpg")]).into()),
        ("prefix", notification([told("app", &[CREATED], "", ".jpg")]).into()),
        ("suffix", notification([told("app", &[CREATED], "photos/", "")]).into()),
    ];
    let mut world = ground();
    world.extend([
        ("bucket.uploads", Bucket::plain(Purpose::Storage).into()),
        ("bucket.exports", Bucket::plain(Purpose::Storage).into()),
        ("function.app", outside("hello").into()),
        ("function.other", outside("other").into()),
        ("bucket_notification.uploads", base.into()),
    ]);
    Case { address: "bucket_notification.uploads", world, variants }
}

/// What others let a bucket tell stays through every change, byte for byte; a part or a permission that somebody took away comes back in place.
#[tokio::test]
async fn what_others_are_told_of_stays() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let case = case();
    let want = stack("wire-told", case.world);
    let go = async |want: &Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        plan.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect::<Vec<_>>()
    };
    go(&want, "r1").await;
    let list = async |kind| Observe::list(&cloud, kind, "wire-told").await.unwrap();
    let bucket = list(Kind::BucketNotification).await.remove(0).id.trim_end_matches("/notifications").to_owned();
    let functions = list(Kind::Function).await;
    let app = functions.iter().find(|f| f.stamp.address.name == "app").unwrap();
    let arn = app.of::<Function>().unwrap().arn.0.unwrap();
    let parts = async || {
        let told = cloud.s3().get_bucket_notification_configuration().bucket(&bucket).send().await.unwrap();
        told.lambda_function_configurations.unwrap_or_default()
    };
    let write = async |parts: Vec<LambdaFunctionConfiguration>| {
        let all = NotificationConfiguration::builder().set_lambda_function_configurations(Some(parts)).build();
        cloud.s3().put_bucket_notification_configuration().bucket(&bucket).notification_configuration(all).send().await.unwrap();
    };
    let mine = parts().await;
    assert_eq!((mine.len(), mine[0].lambda_function_arn()), (1, arn.as_str()));
    let policy = cloud.lambda().get_policy().function_name(&app.id).qualifier(LIVE).send().await.unwrap().policy.unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let condition = json!({ "ArnLike": { "AWS:SourceArn": format!("arn:aws:s3:::{bucket}") }, "StringEquals": { "AWS:SourceAccount": "123456789012" } });
    assert_eq!((&policy["Statement"][0]["Condition"], policy["Statement"].as_array().unwrap().len()), (&condition, 1));

    // Somebody else's part, for the same function.
    let theirs = LambdaFunctionConfiguration::builder().id("theirs").lambda_function_arn(&arn).events(Event::from("s3:ObjectRestore:Post"));
    let theirs = theirs.build().unwrap();
    write(vec![mine[0].clone(), theirs.clone()]).await;
    assert_eq!(go(&want, "r2").await, []);
    // Ours goes, and then what lets it happen.
    write(vec![theirs.clone()]).await;
    assert_eq!(go(&want, "r3").await, [("bucket_notification.uploads".to_owned(), Verb::Create)]);
    cloud.lambda().remove_permission().function_name(&app.id).qualifier(LIVE).statement_id(&bucket).send().await.unwrap();
    assert_eq!(go(&want, "r4").await, [("bucket_notification.uploads".to_owned(), Verb::Update)]);
    assert!(parts().await.len() == 2 && parts().await.contains(&theirs));

    let mut without = want.clone();
    without.nodes.retain(|a, _| a.kind != Kind::BucketNotification);
    go(&without, "r5").await;
    assert_eq!(parts().await, vec![theirs]);
    assert!(cloud.lambda().get_policy().function_name(&app.id).qualifier(LIVE).send().await.is_err());
    go(&stack("wire-told", []), "r6").await;
}

pub const SENDS: Sends = Sends { kind: Kind::BucketNotification, lists: &["GET /"], creates: &[], unseen: &[] };
