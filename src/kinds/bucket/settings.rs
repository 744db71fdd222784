//! A bucket's settings, each read and written by requests of its own.
use super::*;
use crate::wire::tags::{from_tags, to_tags};
use aws_sdk_s3::types::{
    BucketVersioningStatus, CorsConfiguration, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tagging,
    VersioningConfiguration,
};

/// A setting that isn't there, which S3 calls an error.
pub(super) fn absent<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Err(e) if e.class == Class::NotFound && e.code != "NoSuchBucket" => Ok(None),
        other => other.map(Some),
    }
}

/// The tags of a bucket; `None` when it has none.
pub(super) async fn tags(cx: &Clients, name: &str) -> Result<Option<Tags>, CloudError> {
    let request = cx.s3().get_bucket_tagging().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketTagging", async || request.clone().send().await).await)?;
    Ok(seen.map(|s| from_tags(Some(s.tag_set))).filter(|tags: &Tags| !tags.is_empty()))
}

/// Writes all tags at once; S3 knows no other way.
pub(super) async fn set_tags(cx: &Clients, name: &str, tags: &Tags) -> Result<(), CloudError> {
    let tagging = Tagging::builder().set_tag_set(Some(to_tags(tags))).build().expect("the set is given");
    let request = cx.s3().put_bucket_tagging().bucket(name).tagging(tagging);
    cx.safe(Service::S3, "PutBucketTagging", async || request.clone().send().await).await.map(drop)
}

/// The policy's JSON; `None` when there is none.
pub(super) async fn policy(cx: &Clients, name: &str) -> Result<Option<Value>, CloudError> {
    let request = cx.s3().get_bucket_policy().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketPolicy", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.policy).map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// Writes the policy; an empty one is taken away.
pub(super) async fn set_policy(cx: &Clients, name: &str, text: &str) -> Result<(), CloudError> {
    if text.is_empty() {
        let request = cx.s3().delete_bucket_policy().bucket(name);
        return cx.safe(Service::S3, "DeleteBucketPolicy", async || request.clone().send().await).await.map(drop);
    }
    let request = cx.s3().put_bucket_policy().bucket(name).policy(text);
    cx.safe(Service::S3, "PutBucketPolicy", async || request.clone().send().await).await.map(drop)
}

/// How new objects are encrypted.
pub(super) struct Encryption {
    pub algorithm: String,
    pub key: Option<String>,
    pub bucket_key: bool,
}

/// How new objects are encrypted. `AES256` is S3's default, for buckets that say nothing; a bucket's own key means nothing there.
pub(super) async fn encryption(cx: &Clients, name: &str) -> Result<Encryption, CloudError> {
    let rule = encryption_rule(cx, name).await?;
    let bucket_key = rule.as_ref().and_then(|r| r.bucket_key_enabled).unwrap_or(false);
    let default = rule.and_then(|r| r.apply_server_side_encryption_by_default);
    let (algorithm, key) = default.map_or((ServerSideEncryption::Aes256, None), |d| (d.sse_algorithm, d.kms_master_key_id));
    let bucket_key = bucket_key && algorithm != ServerSideEncryption::Aes256;
    Ok(Encryption { algorithm: algorithm.as_str().into(), key, bucket_key })
}

async fn encryption_rule(cx: &Clients, name: &str) -> Result<Option<ServerSideEncryptionRule>, CloudError> {
    let request = cx.s3().get_bucket_encryption().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketEncryption", async || request.clone().send().await).await)?;
    let rules = seen.and_then(|s| s.server_side_encryption_configuration).map(|c| c.rules).unwrap_or_default();
    Ok(rules.into_iter().find(|r| r.apply_server_side_encryption_by_default.is_some()))
}

/// Writes how new objects are encrypted. Which encryptions are refused at all (`BlockedEncryptionTypes`) stays as it is.
pub(super) async fn set_encryption(cx: &Clients, name: &str, bucket: &Bucket) -> Result<(), CloudError> {
    let blocked = encryption_rule(cx, name).await?.and_then(|rule| rule.blocked_encryption_types);
    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(bucket.encryption.as_str().into());
    let default = default.set_kms_master_key_id(bucket.kms_key.clone()).build().expect("the algorithm is given");
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default);
    let rule = rule.bucket_key_enabled(bucket.bucket_key).set_blocked_encryption_types(blocked).build();
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule).build().expect("a rule is given");
    let request = cx.s3().put_bucket_encryption().bucket(name).server_side_encryption_configuration(configuration);
    cx.safe(Service::S3, "PutBucketEncryption", async || request.clone().send().await).await.map(drop)
}

/// Whether older versions are kept; a bucket of which nothing was ever said, and one where it is suspended, keeps none.
pub(super) async fn versioning(cx: &Clients, name: &str) -> Result<bool, CloudError> {
    let request = cx.s3().get_bucket_versioning().bucket(name);
    let seen = cx.safe(Service::S3, "GetBucketVersioning", async || request.clone().send().await).await?;
    Ok(seen.status == Some(BucketVersioningStatus::Enabled))
}

/// Keeps older versions from now on, or no longer: what there is stays.
pub(super) async fn set_versioning(cx: &Clients, name: &str, on: bool) -> Result<(), CloudError> {
    let status = if on { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let request = cx.s3().put_bucket_versioning().bucket(name).versioning_configuration(configuration);
    cx.safe(Service::S3, "PutBucketVersioning", async || request.clone().send().await).await.map(drop)
}

/// Whose objects are. A bucket that says nothing is of the time when each was its writer's.
pub(super) async fn ownership(cx: &Clients, name: &str) -> Result<String, CloudError> {
    let request = cx.s3().get_bucket_ownership_controls().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketOwnershipControls", async || request.clone().send().await).await)?;
    let first = seen.and_then(|s| s.ownership_controls).and_then(|c| c.rules.into_iter().next());
    Ok(first.map_or(ObjectOwnership::ObjectWriter, |rule| rule.object_ownership).as_str().into())
}

pub(super) async fn set_ownership(cx: &Clients, name: &str, whose: &str) -> Result<(), CloudError> {
    let rule = OwnershipControlsRule::builder().object_ownership(whose.into()).build().expect("it is given");
    let controls = OwnershipControls::builder().rules(rule).build().expect("a rule is given");
    let request = cx.s3().put_bucket_ownership_controls().bucket(name).ownership_controls(controls);
    cx.safe(Service::S3, "PutBucketOwnershipControls", async || request.clone().send().await).await.map(drop)
}

/// All rules for pages of other origins, by position.
pub(super) async fn cors(cx: &Clients, name: &str) -> Result<Ranked<CorsRule>, CloudError> {
    let request = cx.s3().get_bucket_cors().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketCors", async || request.clone().send().await).await)?;
    let set = |list: Option<Vec<String>>| list.into_iter().flatten().collect();
    let read = |rule: aws_sdk_s3::types::CorsRule| CorsRule {
        origins: set(Some(rule.allowed_origins)),
        methods: set(Some(rule.allowed_methods)),
        headers: set(rule.allowed_headers),
        expose: set(rule.expose_headers),
        max_age: rule.max_age_seconds,
    };
    let rules = seen.and_then(|s| s.cors_rules).unwrap_or_default().into_iter().map(read);
    Ok(Ranked(rules.enumerate().map(|(i, rule)| (i.to_string(), rule)).collect()))
}

/// Writes all rules at once; without any, what was there is taken away.
pub(super) async fn set_cors(cx: &Clients, name: &str, rules: &Ranked<CorsRule>) -> Result<(), CloudError> {
    if rules.0.is_empty() {
        let request = cx.s3().delete_bucket_cors().bucket(name);
        return cx.safe(Service::S3, "DeleteBucketCors", async || request.clone().send().await).await.map(drop);
    }
    let list = |set: &BTreeSet<String>| Some(set.iter().cloned().collect());
    let filled = |set: &BTreeSet<String>| if set.is_empty() { None } else { list(set) };
    let rule = |(_, rule): &(String, CorsRule)| {
        let made = aws_sdk_s3::types::CorsRule::builder()
            .set_allowed_origins(list(&rule.origins))
            .set_allowed_methods(list(&rule.methods))
            .set_allowed_headers(filled(&rule.headers))
            .set_expose_headers(filled(&rule.expose))
            .set_max_age_seconds(rule.max_age);
        made.build().expect("origins and methods are given")
    };
    let all = CorsConfiguration::builder().set_cors_rules(Some(rules.0.iter().map(rule).collect())).build().expect("rules are given");
    let request = cx.s3().put_bucket_cors().bucket(name).cors_configuration(all);
    cx.safe(Service::S3, "PutBucketCors", async || request.clone().send().await).await.map(drop)
}

/// Whether all four settings are on.
pub(super) async fn public_access_blocked(cx: &Clients, name: &str) -> Result<bool, CloudError> {
    let request = cx.s3().get_public_access_block().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetPublicAccessBlock", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.public_access_block_configuration).is_some_and(|c| {
        let all = [c.block_public_acls, c.block_public_policy, c.ignore_public_acls, c.restrict_public_buckets];
        all.into_iter().all(|on| on == Some(true))
    }))
}

pub(super) async fn block_public_access(cx: &Clients, name: &str, on: bool) -> Result<(), CloudError> {
    let all = PublicAccessBlockConfiguration::builder()
        .block_public_acls(on)
        .block_public_policy(on)
        .ignore_public_acls(on)
        .restrict_public_buckets(on)
        .build();
    let request = cx.s3().put_public_access_block().bucket(name).public_access_block_configuration(all);
    cx.safe(Service::S3, "PutPublicAccessBlock", async || request.clone().send().await).await.map(drop)
}
