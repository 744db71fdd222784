//! What is in a bucket that is to go.
use super::*;

/// Elastic Load Balancing writes this object when it is told to log to a bucket.
const TRIAL: &str = "ELBAccessLogTestFile";

/// Removes that object where it is the only one.
pub(super) async fn remove_trial(cx: &Clients, bucket: &str) -> Result<(), CloudError> {
    let request = cx.s3().list_objects_v2().bucket(bucket).max_keys(2);
    let seen = match cx.safe(Service::S3, "ListObjectsV2", async || request.clone().send().await).await {
        Err(e) if e.class == Class::NotFound => return Ok(()),
        seen => seen?.contents.unwrap_or_default(),
    };
    let [only] = &seen[..] else { return Ok(()) };
    let Some(key) = only.key().filter(|k| k.ends_with(TRIAL)) else { return Ok(()) };
    let request = cx.s3().delete_object().bucket(bucket).key(key);
    gone(cx.safe(Service::S3, "DeleteObject", async || request.clone().send().await).await)
}

/// How many keys are named.
const NAMED: usize = 3;

/// The refusal to delete a bucket, with what a page of its content shows and how to go on.
pub(super) async fn told(cx: &Clients, bucket: &str, e: CloudError) -> CloudError {
    let request = cx.s3().list_object_versions().bucket(bucket).max_keys(1000);
    let seen = match cx.safe(Service::S3, "ListObjectVersions", async || request.clone().send().await).await {
        Err(unread) => return e.adding(&format!("what {bucket} holds could not be read: {}", unread.code)),
        Ok(seen) => seen,
    };
    let (versions, marks) = (seen.versions.unwrap_or_default(), seen.delete_markers.unwrap_or_default());
    let objects = versions.iter().filter(|v| v.is_latest == Some(true)).count();
    let counts = [(objects, "object"), (versions.len() - objects, "older version"), (marks.len(), "delete marker")];
    let counted = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}{}", if *n == 1 { "" } else { "s" }));
    let counted = counted.collect::<Vec<_>>().join(", ");
    let least = if seen.is_truncated == Some(true) { "at least " } else { "" };
    let keys: BTreeSet<&str> = versions.iter().filter_map(|v| v.key()).chain(marks.iter().filter_map(|m| m.key())).collect();
    let first = keys.iter().take(NAMED).map(|key| format!("`{}`", crate::visible::visible(key))).collect::<Vec<_>>().join(", ");
    let more = if keys.len() > NAMED { " and others" } else { "" };
    let way = "infra never empties a bucket: save what you need, empty it (`Empty` in the console of S3 takes the versions along), and apply again";
    e.adding(&format!("{bucket} holds {least}{counted}: {first}{more}; {way}"))
}
