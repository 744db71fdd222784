//! A bucket's settings, each read and written by requests of its own.
use super::*;
use crate::wire::tags::{from_tags, to_tags};
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, Tagging,
};

/// The lifecycle rule that is ours, by its `ID`.
const RULE: &str = "infra-expiration";

/// A setting that isn't there, which S3 calls an error.
fn absent<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
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

/// The algorithm new objects are encrypted with. `AES256` is S3's default, for buckets that say nothing.
pub(super) async fn encryption(cx: &Clients, name: &str) -> Result<String, CloudError> {
    let request = cx.s3().get_bucket_encryption().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketEncryption", async || request.clone().send().await).await)?;
    let rules = seen.and_then(|s| s.server_side_encryption_configuration).map(|c| c.rules).unwrap_or_default();
    let default = rules.into_iter().find_map(|r| r.apply_server_side_encryption_by_default);
    Ok(default.map_or(ServerSideEncryption::Aes256, |d| d.sse_algorithm).as_str().into())
}

pub(super) async fn set_encryption(cx: &Clients, name: &str, algorithm: &str) -> Result<(), CloudError> {
    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm.into()).build().expect("the algorithm is given");
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default).build();
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule).build().expect("a rule is given");
    let request = cx.s3().put_bucket_encryption().bucket(name).server_side_encryption_configuration(configuration);
    cx.safe(Service::S3, "PutBucketEncryption", async || request.clone().send().await).await.map(drop)
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

/// All lifecycle rules, ours and others.
pub(super) async fn rules(cx: &Clients, name: &str) -> Result<Vec<LifecycleRule>, CloudError> {
    let request = cx.s3().get_bucket_lifecycle_configuration().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketLifecycleConfiguration", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.rules).unwrap_or_default())
}

/// The days of our rule; 0 when there is none, or when it doesn't work over the whole bucket.
pub(super) fn expiration(rules: &[LifecycleRule]) -> i32 {
    let whole = |r: &LifecycleRule| {
        let filter = r.filter.as_ref();
        let narrowed = filter.is_some_and(|f| {
            f.tag.is_some() || f.and.is_some() || f.object_size_greater_than.is_some() || f.object_size_less_than.is_some()
        });
        !narrowed && filter.and_then(|f| f.prefix.as_deref()).unwrap_or_default().is_empty()
    };
    let ours = rules.iter().find(|r| r.id.as_deref() == Some(RULE) && r.status == ExpirationStatus::Enabled && whole(r));
    ours.and_then(|r| r.expiration.as_ref()).and_then(|e| e.days).unwrap_or(0)
}

/// How long S3 usually takes to pass a lifecycle on.
const IN_FORCE: Duration = Duration::from_secs(75);

/// Writes our rule next to what others there are, and waits until it reads so: S3 passes it on within minutes.
pub(super) async fn set_expiration(cx: &Clients, name: &str, mut rules: Vec<LifecycleRule>, days: i32) -> Result<(), CloudError> {
    rules.retain(|r| r.id.as_deref() != Some(RULE));
    if days > 0 {
        let rule = LifecycleRule::builder()
            .id(RULE)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .expiration(LifecycleExpiration::builder().days(days).build());
        rules.push(rule.build().expect("the status is given"));
    }
    if rules.is_empty() {
        let request = cx.s3().delete_bucket_lifecycle().bucket(name);
        cx.safe(Service::S3, "DeleteBucketLifecycle", async || request.clone().send().await).await?;
    } else {
        let all = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().expect("the rules are given");
        let request = cx.s3().put_bucket_lifecycle_configuration().bucket(name).lifecycle_configuration(all);
        cx.safe(Service::S3, "PutBucketLifecycleConfiguration", async || request.clone().send().await).await?;
    }
    let look = async || Ok((expiration(&self::rules(cx, name).await?) == days).then_some(()));
    cx.policy.wait(&format!("the lifecycle of {name} to be in force"), deadline(IN_FORCE), look).await
}
