//! What the ElastiCache kinds share: tags, what the service offers, and how engines' versions are named.
pub(super) mod offers;

use super::*;
use crate::model::Tags;
use crate::wire::tags::{self, from_tags, to_tags};

/// All tags of the object with this ARN; `None` when there is no such object.
pub(super) async fn tags(cx: &Clients, arn: &str) -> Result<Option<Tags>, CloudError> {
    let request = cx.elasticache().list_tags_for_resource().resource_name(arn);
    let seen = present(cx.safe(Service::ElastiCache, "ListTagsForResource", async || request.clone().send().await).await)?;
    Ok(seen.map(|s| from_tags(s.tag_list)))
}

/// All tags of the object with this ARN as the tagging service knows them, whatever state it is in; a moment late.
pub(super) async fn tags_meanwhile(cx: &Clients, arn: &str) -> Result<Tags, CloudError> {
    let request = cx.tagging().get_resources().resource_arn_list(arn);
    let seen = cx.safe(Service::Tagging, "GetResources", async || request.clone().send().await).await?;
    let tags = seen.resource_tag_mapping_list.into_iter().flatten().flat_map(|r| r.tags.unwrap_or_default());
    Ok(tags.map(|t| (t.key, t.value)).collect())
}

/// The tags among them that users asked for.
pub(super) fn asked_for(all: Tags) -> Tags {
    Stamp::own(all).into_iter().filter(|(key, _)| !key.starts_with("infra:")).collect()
}

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
