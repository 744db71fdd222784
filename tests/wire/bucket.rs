use std::collections::BTreeSet;

use infra::cloud::{Cloud, Observe};
use infra::kinds::bucket::{Archive, CorsRule, Purpose};
use infra::kinds::{Bucket, Kind, Near, Object, Resource};
use infra::model::Ranked;
use infra::observe::observe;
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::Clients;
use serde_json::json;

use super::{Case, Sends, Why};
use crate::support::moto::Moto;
use crate::support::{address, apply, plan_for, stack};

/// A bucket of logs.
pub fn bucket() -> Bucket {
    Bucket { expiration_days: Some(90), tags: [("Name".into(), "wire".into())].into(), ..Bucket::plain(Purpose::LoadBalancerLogs) }
}

/// A bucket of which everything is said.
pub fn storage() -> Bucket {
    Bucket { tags: [("Name".into(), "wire".into())].into(), ..Bucket::example() }
}

fn rule(origin: &str, method: &str) -> CorsRule {
    let set = |text: &str| BTreeSet::from([text.to_owned()]);
    CorsRule { origins: set(origin), methods: set(method), headers: [].into(), expose: [].into(), max_age: None }
}

fn ranked(rules: Vec<CorsRule>) -> Ranked<CorsRule> {
    Ranked(rules.into_iter().enumerate().map(|(i, rule)| (i.to_string(), rule)).collect())
}

pub fn case() -> Case {
    let other = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }],
    });
    let base = Bucket {
        cors: ranked(vec![rule("https://a.example.com", "GET"), rule("https://b.example.com", "PUT")]),
        old_versions_days: Some(30),
        ..bucket()
    };
    let key = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4444-8888-0123456789ab";
    let whole = CorsRule {
        headers: ["*".into()].into(),
        expose: ["ETag".into()].into(),
        max_age: Some(3600),
        ..rule("https://b.example.com", "PUT")
    };
    let cors = ranked(vec![whole, rule("https://a.example.com", "GET")]);
    let variants = vec![
        ("no policy", Bucket { purpose: Purpose::Other(String::new()), ..base.clone() }.into()),
        ("another policy", Bucket { purpose: Purpose::Other(other.to_string()), ..base.clone() }.into()),
        ("another purpose", Bucket { purpose: Purpose::Storage, ..base.clone() }.into()),
        ("expiration_days", Bucket { expiration_days: Some(7), ..base.clone() }.into()),
        ("no expiration", Bucket { expiration_days: None, ..base.clone() }.into()),
        ("no lifecycle", Bucket { expiration_days: None, old_versions_days: None, ..base.clone() }.into()),
        ("old_versions_days", Bucket { old_versions_days: Some(1), ..base.clone() }.into()),
        ("archive", Bucket { archive: Some(Archive { days: 30, class: "STANDARD_IA".into() }), ..base.clone() }.into()),
        ("abort_uploads_days", Bucket { abort_uploads_days: Some(7), ..base.clone() }.into()),
        ("versioning", Bucket { versioning: true, ..base.clone() }.into()),
        ("encryption", Bucket { encryption: "aws:kms".into(), ..base.clone() }.into()),
        ("a key", Bucket { encryption: "aws:kms".into(), kms_key: Some(key.into()), bucket_key: true, ..base.clone() }.into()),
        ("no rule for other origins", Bucket { cors: ranked(vec![]), ..base.clone() }.into()),
        ("a rule for other origins of which everything is said", Bucket { cors: storage().cors, ..base.clone() }.into()),
        ("another order of rules", Bucket { cors, ..base.clone() }.into()),
        ("ownership", Bucket { ownership: "ObjectWriter".into(), ..base.clone() }.into()),
        ("public_access_blocked", Bucket { public_access_blocked: false, ..base.clone() }.into()),
        ("tags", Bucket { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    Case { address: "bucket.logs", world: vec![("bucket.logs", base.into())], variants }
}

/// The bucket of a stack of one, made of `want`.
async fn made(cloud: &Clients, want: &Stack, at: &str) -> String {
    let plan = plan_for(cloud, want).await.unwrap();
    let (outcome, events) = apply(cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    observe(cloud, &want.name, &Default::default()).await.unwrap().live[&address(at)][0].id.clone()
}

/// What AWS itself put there as a trial goes with the bucket; what anybody else put there keeps it.
#[tokio::test]
async fn a_bucket_that_holds_something_stays() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let name = made(&cloud, &stack("wire-held", [("bucket.logs", bucket().into())]), "bucket.logs").await;
    let put = async |key: &str| drop(cloud.s3().put_object().bucket(&name).key(key).send().await.unwrap());
    put("AWSLogs/123456789012/ELBAccessLogTestFile").await;
    put("AWSLogs/123456789012/today.log").await;
    let nothing = stack("wire-held", []);
    let plan = plan_for(&cloud, &nothing).await.unwrap();
    let (outcome, _) = apply(&cloud, &plan, "r2").await;
    assert!(matches!(&outcome, Outcome::Leftovers(e) if e.code == "BucketNotEmpty"), "{outcome:?}");
    cloud.s3().delete_object().bucket(&name).key("AWSLogs/123456789012/today.log").send().await.unwrap();
    let plan = plan_for(&cloud, &nothing).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r3").await.0, Outcome::Applied);
}

/// Versions and marks of deletions are content, too, and so is what looks like AWS's trial in a bucket that keeps what users like.
#[tokio::test]
async fn what_a_bucket_holds_is_told() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let name = made(&cloud, &stack("wire-told", [("bucket.uploads", storage().into())]), "bucket.uploads").await;
    assert!(name.starts_with("wire-told-uploads-") && name.ends_with("-123456789012-us-east-1-an"), "{name}");
    let s3 = cloud.s3();
    for key in ["a.png", "a.png", "b.png", "c.png", "mine/ELBAccessLogTestFile"] {
        s3.put_object().bucket(&name).key(key).send().await.unwrap();
    }
    s3.delete_object().bucket(&name).key("b.png").send().await.unwrap();
    let plan = plan_for(&cloud, &stack("wire-told", [])).await.unwrap();
    let Outcome::Leftovers(e) = apply(&cloud, &plan, "r2").await.0 else { panic!("it is gone") };
    let said = e.message.replace(&name, "BUCKET");
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("bucket_holds", said);
    });
    let left = s3.list_object_versions().bucket(&name).send().await.unwrap();
    assert_eq!((left.versions().len(), left.delete_markers().len()), (5, 1), "nothing of it was touched");
}

/// Others' rules of the lifecycle, and what holds for all, stay as they are.
#[tokio::test]
async fn rules_of_others_stay() {
    use aws_sdk_s3::types::{BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter};
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let name = made(&cloud, &stack("wire-rules", [("bucket.uploads", storage().into())]), "bucket.uploads").await;
    let s3 = cloud.s3();
    let mut rules = s3.get_bucket_lifecycle_configuration().bucket(&name).send().await.unwrap().rules.unwrap();
    let theirs = LifecycleRule::builder()
        .id("theirs")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("tmp/").build())
        .expiration(LifecycleExpiration::builder().days(1).build())
        .build()
        .unwrap();
    rules.push(theirs.clone());
    let all = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().unwrap();
    s3.put_bucket_lifecycle_configuration().bucket(&name).lifecycle_configuration(all).send().await.unwrap();
    let shorter = Bucket { abort_uploads_days: Some(1), archive: None, ..storage() };
    let want = stack("wire-rules", [("bucket.uploads", shorter.into())]);
    let plan = plan_for(&cloud, &want).await.unwrap();
    assert_eq!(plan.changes.len(), 1, "{:#?}", plan.changes);
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
    let now = s3.get_bucket_lifecycle_configuration().bucket(&name).send().await.unwrap().rules.unwrap();
    let found: Vec<_> = now.iter().filter(|r| r.id() == Some("theirs")).map(|r| r.expiration().and_then(|e| e.days())).collect();
    assert_eq!((now.len(), found), (2, vec![Some(1)]), "{now:#?}");
    assert!(plan_for(&cloud, &want).await.unwrap().is_empty());
}

/// What somebody wrote over a bucket's rules for other origins and over its policy is told, and written back.
#[tokio::test]
async fn what_others_wrote_over_a_bucket_is_mended() {
    use aws_sdk_s3::types::{CorsConfiguration, CorsRule as Shown};
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-over", [("bucket.uploads", storage().into())]);
    let name = made(&cloud, &want, "bucket.uploads").await;
    let s3 = cloud.s3();
    let shown = async || {
        let cors = s3.get_bucket_cors().bucket(&name).send().await.unwrap().cors_rules.unwrap();
        (cors, s3.get_bucket_policy().bucket(&name).send().await.unwrap().policy.unwrap())
    };
    let before = shown().await;
    let theirs = Shown::builder().allowed_methods("GET").allowed_origins("*").build().unwrap();
    let theirs = CorsConfiguration::builder().cors_rules(theirs).build().unwrap();
    s3.put_bucket_cors().bucket(&name).cors_configuration(theirs).send().await.unwrap();
    let open = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*") }] });
    s3.put_bucket_policy().bucket(&name).policy(open.to_string()).send().await.unwrap();
    let plan = plan_for(&cloud, &want).await.unwrap();
    let told: BTreeSet<&str> = plan.changes.iter().flat_map(|c| &c.attrs).map(|a| a.path.split(['.', '[']).next().unwrap()).collect();
    assert_eq!((plan.changes.len(), told), (1, BTreeSet::from(["cors", "purpose"])), "{:#?}", plan.changes);
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
    assert_eq!(shown().await, before);
    assert!(plan_for(&cloud, &want).await.unwrap().is_empty());
}

/// One list of all buckets whose names begin so, and eight reads for each own one: S3 shows one setting a request.
#[tokio::test]
async fn a_bucket_is_read_by_eight_requests() {
    let moto = Moto::start().await;
    let proxy = crate::support::proxy::Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let asked = async |stack: &str| {
        cloud.list(Kind::Bucket, stack).await.unwrap();
        proxy.reset();
        cloud.list(Kind::Bucket, stack).await.unwrap();
        proxy.log().iter().filter(|c| c.service == "s3").count()
    };
    assert_eq!(asked("wire-none").await, 1);
    let one = stack("wire-one", [("bucket.a", storage().into())]);
    made(&cloud, &one, "bucket.a").await;
    assert_eq!(asked("wire-one").await, 1 + 8);
    assert_eq!(asked("wire-none").await, 1, "nothing is asked of others' buckets whose names begin otherwise");
    let two = stack("wire-one", [("bucket.a", storage().into()), ("bucket.b", storage().into())]);
    made(&cloud, &two, "bucket.b").await;
    assert_eq!(asked("wire-one").await, 1 + 2 * 8);
    let before: usize = proxy.log().iter().filter(|c| c.mutating).count();
    assert!(plan_for(&cloud, &two).await.unwrap().is_empty());
    assert_eq!(proxy.log().iter().filter(|c| c.mutating).count(), before, "a plan writes");
}

/// What S3 refuses, its stand-in refuses, and so do the kind's own rules before anything is sent.
#[tokio::test]
async fn what_s3_refuses_is_said_beforehand() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-no", [("bucket.uploads", storage().into())]);
    made(&cloud, &want, "bucket.uploads").await;
    let live = observe(&cloud, "wire-no", &Default::default()).await.unwrap().live[&address("bucket.uploads")][0].clone();
    let archive = |days, class: &str| Some(Archive { days, class: class.into() });
    let refused = [
        Bucket { expiration_days: Some(0), archive: None, ..storage() },
        Bucket { expiration_days: Some(30), ..storage() },
        Bucket { old_versions_days: Some(0), ..storage() },
        Bucket { abort_uploads_days: Some(0), ..storage() },
        Bucket { archive: archive(29, "STANDARD_IA"), ..storage() },
        Bucket { archive: archive(29, "ONEZONE_IA"), ..storage() },
        Bucket { cors: ranked(vec![rule("https://*.example.*", "GET")]), ..storage() },
        Bucket { cors: ranked(vec![CorsRule { headers: ["x-*-*".into()].into(), ..rule("*", "GET") }]), ..storage() },
        Bucket { cors: ranked(vec![CorsRule { expose: ["x-*".into()].into(), ..rule("*", "GET") }]), ..storage() },
        Bucket { cors: ranked(vec![rule("*", "PATCH")]), ..storage() },
        Bucket { cors: ranked(vec![rule("*", "GET"); 101]), ..storage() },
    ];
    for bad in refused {
        assert!(!bad.breaches(&address("bucket.uploads"), Near(&want.nodes)).is_empty(), "{bad:#?}");
        let object: Object = bad.into();
        let e = cloud.update(&live, &object, &Default::default(), &live.stamp).await.expect_err("taken");
        assert!(["InvalidArgument", "InvalidRequest", "MalformedXML"].contains(&e.code.as_str()), "{e:?} {object:#?}");
    }
    for good in [
        Bucket { archive: archive(30, "STANDARD_IA"), ..storage() },
        Bucket { archive: archive(0, "DEEP_ARCHIVE"), expiration_days: Some(1), ..storage() },
        Bucket { cors: ranked(vec![rule("*", "HEAD"); 100]), ..storage() },
    ] {
        assert!(good.breaches(&address("bucket.uploads"), Near(&want.nodes)).is_empty(), "{good:#?}");
        cloud.update(&live, &good.into(), &Default::default(), &live.stamp).await.unwrap();
    }
}

pub const SENDS: Sends = Sends {
    kind: Kind::Bucket,
    lists: &["GET /"],
    // The buckets, their public access block, policy, lifecycle, and tags, which the emulator does not take with the creation; and of the one that
    // isn't for logs versioning and rules for other origins.
    creates: &[("PUT /BUCKET/", 2), ("PUT /BUCKET/", 10)],
    unseen: &[(
        "ListObjectVersions",
        Why::Rare("only a bucket that isn't empty when it is to go is looked into: `what_a_bucket_holds_is_told`"),
    )],
};
