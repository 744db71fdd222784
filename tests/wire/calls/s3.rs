//! S3's operations, which its requests don't name.
use crate::support::proxy;

/// The API's own name of a request to S3, which tells its operations apart by method, path and query.
pub fn operation(call: &proxy::Call) -> &'static str {
    let (method, path) = call.operation.split_once(' ').unwrap();
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let asked = |word: &str| call.query.split('&').any(|part| part.split('=').next() == Some(word));
    let setting = [
        "cors",
        "encryption",
        "lifecycle",
        "list-type",
        "notification",
        "ownershipControls",
        "policy",
        "publicAccessBlock",
        "tagging",
        "versioning",
        "versions",
    ]
    .into_iter()
    .find(|word| asked(word));
    match (method, bucket.is_empty(), key.is_empty(), setting) {
        ("GET", true, true, None) => "ListBuckets",
        ("DELETE", false, true, None) => "DeleteBucket",
        ("DELETE", false, true, Some("cors")) => "DeleteBucketCors",
        ("DELETE", false, true, Some("lifecycle")) => "DeleteBucketLifecycle",
        ("DELETE", false, true, Some("policy")) => "DeleteBucketPolicy",
        ("DELETE", false, false, None) => "DeleteObject",
        ("GET", false, true, Some("cors")) => "GetBucketCors",
        ("GET", false, true, Some("encryption")) => "GetBucketEncryption",
        ("GET", false, true, Some("lifecycle")) => "GetBucketLifecycleConfiguration",
        ("GET", false, true, Some("list-type")) => "ListObjectsV2",
        ("GET", false, true, Some("notification")) => "GetBucketNotificationConfiguration",
        ("GET", false, true, Some("ownershipControls")) => "GetBucketOwnershipControls",
        ("GET", false, true, Some("policy")) => "GetBucketPolicy",
        ("GET", false, true, Some("publicAccessBlock")) => "GetPublicAccessBlock",
        ("GET", false, true, Some("tagging")) => "GetBucketTagging",
        ("GET", false, true, Some("versioning")) => "GetBucketVersioning",
        ("GET", false, true, Some("versions")) => "ListObjectVersions",
        ("HEAD", false, true, None) => "HeadBucket",
        ("PUT", false, true, None) => "CreateBucket",
        ("PUT", false, true, Some("cors")) => "PutBucketCors",
        ("PUT", false, true, Some("encryption")) => "PutBucketEncryption",
        ("PUT", false, true, Some("lifecycle")) => "PutBucketLifecycleConfiguration",
        ("PUT", false, true, Some("notification")) => "PutBucketNotificationConfiguration",
        ("PUT", false, true, Some("ownershipControls")) => "PutBucketOwnershipControls",
        ("PUT", false, true, Some("policy")) => "PutBucketPolicy",
        ("PUT", false, true, Some("publicAccessBlock")) => "PutPublicAccessBlock",
        ("PUT", false, true, Some("tagging")) => "PutBucketTagging",
        ("PUT", false, true, Some("versioning")) => "PutBucketVersioning",
        _ => panic!("{call:?} is no request of ours"),
    }
}
