use infra::kinds::bucket::Purpose;
use infra::kinds::{Bucket, Kind};
use infra::observe::observe;
use infra::run::Outcome;
use serde_json::json;

use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::{address, apply, plan_for, stack};

pub fn bucket() -> Bucket {
    Bucket {
        purpose: Purpose::LoadBalancerLogs,
        expiration_days: 90,
        encryption: "AES256".into(),
        public_access_blocked: true,
        tags: [("Name".into(), "wire".into())].into(),
    }
}

pub fn case() -> Case {
    let other = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }],
    });
    let variants = vec![
        ("no policy", Bucket { purpose: Purpose::Other(String::new()), ..bucket() }.into()),
        ("another policy", Bucket { purpose: Purpose::Other(other.to_string()), ..bucket() }.into()),
        ("expiration_days", Bucket { expiration_days: 7, ..bucket() }.into()),
        ("no expiration", Bucket { expiration_days: 0, ..bucket() }.into()),
        ("encryption", Bucket { encryption: "aws:kms".into(), ..bucket() }.into()),
        ("public_access_blocked", Bucket { public_access_blocked: false, ..bucket() }.into()),
        ("tags", Bucket { tags: [("team".into(), "a b".into())].into(), ..bucket() }.into()),
    ];
    Case { address: "bucket.logs", world: vec![("bucket.logs", bucket().into())], variants }
}

/// What AWS itself put there as a trial goes with the bucket; what anybody else put there keeps it.
#[tokio::test]
async fn a_bucket_that_holds_something_stays() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-held", [("bucket.logs", bucket().into())]);
    let plan = plan_for(&cloud, &want).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    let name = observe(&cloud, "wire-held", &Default::default()).await.unwrap().live[&address("bucket.logs")][0].id.clone();
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

pub const SENDS: Sends = Sends {
    kind: Kind::Bucket,
    lists: &["GET /"],
    // The bucket, its public access block, policy, lifecycle, and tags, which the emulator does not take with the creation.
    creates: &[("PUT /BUCKET/", 1), ("PUT /BUCKET/", 4)],
    unseen: &[],
};
