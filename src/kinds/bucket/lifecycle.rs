//! The lifecycle of what a bucket holds: one rule of ours over the whole bucket, beside those of others.
use super::settings::absent;
use super::*;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration, Transition, TransitionDefaultMinimumObjectSize, TransitionStorageClass,
};

/// The rule that is ours, by its `ID`.
const RULE: &str = "infra-expiration";

/// All rules, ours and others, and what holds for all of them.
#[derive(Default)]
pub(super) struct Found {
    pub rules: Vec<LifecycleRule>,
    /// Below which size nothing moves (`x-amz-transition-default-minimum-object-size`): written back as it is.
    minimum: Option<TransitionDefaultMinimumObjectSize>,
}

/// What our rule says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Own {
    pub expiration_days: Option<i32>,
    pub old_versions_days: Option<i32>,
    pub archive: Option<Archive>,
    pub abort_uploads_days: Option<i32>,
}

impl Own {
    fn of(bucket: &Bucket) -> Own {
        Own {
            expiration_days: bucket.expiration_days,
            old_versions_days: bucket.old_versions_days,
            archive: bucket.archive.clone(),
            abort_uploads_days: bucket.abort_uploads_days,
        }
    }

    /// The rule; none when it would do nothing. Days of an expiration take marks of deletions along, which otherwise must be named.
    fn rule(&self) -> Option<LifecycleRule> {
        let marks = self.old_versions_days.map(|_| LifecycleExpiration::builder().expired_object_delete_marker(true).build());
        let expiration = self.expiration_days.map(|days| LifecycleExpiration::builder().days(days).build());
        let transition =
            |to: &Archive| Transition::builder().days(to.days).storage_class(TransitionStorageClass::from(to.class.as_str())).build();
        let rule = LifecycleRule::builder()
            .id(RULE)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .set_expiration(expiration.or(marks))
            .set_transitions(self.archive.as_ref().map(|to| vec![transition(to)]))
            .set_noncurrent_version_expiration(
                self.old_versions_days.map(|days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build()),
            )
            .set_abort_incomplete_multipart_upload(
                self.abort_uploads_days.map(|days| AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()),
            );
        (*self != Own::default()).then(|| rule.build().expect("the status is given"))
    }
}

/// Whether two buckets have one lifecycle.
pub(super) fn same(a: &Bucket, b: &Bucket) -> bool {
    Own::of(a) == Own::of(b)
}

pub(super) async fn find(cx: &Clients, name: &str) -> Result<Found, CloudError> {
    let request = cx.s3().get_bucket_lifecycle_configuration().bucket(name);
    let seen = absent(cx.safe(Service::S3, "GetBucketLifecycleConfiguration", async || request.clone().send().await).await)?;
    Ok(seen.map_or_else(Found::default, |seen| Found {
        rules: seen.rules.unwrap_or_default(),
        minimum: seen.transition_default_minimum_object_size,
    }))
}

/// What our rule says; nothing when there is none, or when it doesn't work over the whole bucket.
pub(super) fn read(rules: &[LifecycleRule]) -> Own {
    let whole = |r: &LifecycleRule| {
        let filter = r.filter.as_ref();
        let narrowed = filter.is_some_and(|f| {
            f.tag.is_some() || f.and.is_some() || f.object_size_greater_than.is_some() || f.object_size_less_than.is_some()
        });
        !narrowed && filter.and_then(|f| f.prefix.as_deref()).unwrap_or_default().is_empty()
    };
    let ours = rules.iter().find(|r| r.id.as_deref() == Some(RULE) && r.status == ExpirationStatus::Enabled && whole(r));
    let Some(ours) = ours else { return Own::default() };
    let moved = ours.transitions().first();
    let archive = moved.and_then(|t| Some(Archive { days: t.days?, class: t.storage_class.as_ref()?.as_str().to_owned() }));
    Own {
        expiration_days: ours.expiration.as_ref().and_then(|e| e.days),
        old_versions_days: ours.noncurrent_version_expiration.as_ref().and_then(|e| e.noncurrent_days),
        archive,
        abort_uploads_days: ours.abort_incomplete_multipart_upload.as_ref().and_then(|a| a.days_after_initiation),
    }
}

/// How long S3 usually takes to pass a lifecycle on.
const IN_FORCE: Duration = Duration::from_secs(75);

/// Writes our rule next to what others there are, and waits until it reads so: S3 passes it on within minutes.
pub(super) async fn set(cx: &Clients, name: &str, found: Found, bucket: &Bucket) -> Result<(), CloudError> {
    let own = Own::of(bucket);
    let Found { mut rules, minimum } = found;
    rules.retain(|r| r.id.as_deref() != Some(RULE));
    rules.extend(own.rule());
    if rules.is_empty() {
        let request = cx.s3().delete_bucket_lifecycle().bucket(name);
        cx.safe(Service::S3, "DeleteBucketLifecycle", async || request.clone().send().await).await?;
    } else {
        let all = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().expect("the rules are given");
        let request = cx.s3().put_bucket_lifecycle_configuration().bucket(name).lifecycle_configuration(all);
        let request = request.set_transition_default_minimum_object_size(minimum);
        cx.safe(Service::S3, "PutBucketLifecycleConfiguration", async || request.clone().send().await).await?;
    }
    let look = async || Ok((read(&find(cx, name).await?.rules) == own).then_some(()));
    cx.policy.wait(&format!("the lifecycle of {name} to be in force"), deadline(IN_FORCE), look).await
}
