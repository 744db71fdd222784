use infra::kinds::Bucket;
use infra::kinds::bucket::Purpose;
use serde_json::json;

use super::Case;

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
