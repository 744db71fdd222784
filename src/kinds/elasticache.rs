//! What the ElastiCache kinds share: tags, and how engines' versions are named.
use super::*;
use crate::model::Tags;
use crate::wire::tags::{self, to_tags};

/// Brings the tags of the object with this ARN from what they are to what they should be.
pub(super) async fn retag(cx: &Clients, arn: &str, now: &Tags, want: &Tags) -> Result<(), CloudError> {
    let (set, unset) = tags::retag(now, want);
    if !set.is_empty() {
        let request = cx.elasticache().add_tags_to_resource().resource_name(arn).set_tags(Some(to_tags(&set)));
        cx.safe(Service::ElastiCache, "AddTagsToResource", async || request.clone().send().await).await?;
    }
    if !unset.is_empty() {
        let request = cx.elasticache().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(unset));
        cx.safe(Service::ElastiCache, "RemoveTagsFromResource", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// `CacheParameterGroupFamily` of an engine version: `redis7`, `redis6.x`, `redis5.0`, `valkey8`.
pub(crate) fn family(engine: &str, version: &str) -> String {
    match major(version) {
        6 => format!("{engine}6.x"),
        major @ 7.. => format!("{engine}{major}"),
        _ => format!("{engine}{}", version.split('.').take(2).collect::<Vec<_>>().join(".")),
    }
}

pub(super) fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|m| m.parse().ok()).unwrap_or_default()
}
