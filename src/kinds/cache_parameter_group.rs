//! The settings of a cache engine.
use aws_sdk_elasticache::types::{CacheParameterGroup as Seen, ParameterNameValue};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures_util::future::try_join_all;

use super::calls::{CACHE_PARAMETER_GROUPS, call, reads};
use super::example::tags;
use super::managed::{already, moved};
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, each, known, made, of, one, same};
use super::*;
use crate::kinds::identity::TAG_STACK;
use crate::model::Tags;
use crate::wire::tags::{from_tags, retag, to_tags};

object! {
    /// `AWS::ElastiCache::ParameterGroup`. Its id is its name.
    pub struct CacheParameterGroup {
        /// `CacheParameterGroupFamily`: the engine and its major version, `redis7`.
        replace family: String,
        /// The parameters that differ from the family's own, by `ParameterName`.
        update parameters: Open<String>,
        update tags: Tags,
    }
}

/// How long the tagging service usually takes to know a new group.
const LISTED: Duration = Duration::from_secs(75);

/// Parameters that one request may change.
const BATCH: usize = 20;

/// What its service takes as a name.
pub const NAMES: NameRule = managed::names(255);

impl Resource for CacheParameterGroup {
    const KIND: Kind = Kind::CacheParameterGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::ElastiCache;
    const TYPICAL: Typical = Typical::secs(10, 2, 2);
    const HINT: &'static [&'static str] = &["{family}", "{parameters}"];
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::ElastiCache, "DescribeCacheParameterGroups"),
            reads(Service::ElastiCache, "DescribeCacheParameters"),
            reads(Service::ElastiCache, "ListTagsForResource"),
            reads(Service::Tagging, "GetResources"),
        ],
        write: &[
            call(Service::ElastiCache, "AddTagsToResource", CACHE_PARAMETER_GROUPS),
            call(Service::ElastiCache, "CreateCacheParameterGroup", CACHE_PARAMETER_GROUPS),
            call(Service::ElastiCache, "DeleteCacheParameterGroup", CACHE_PARAMETER_GROUPS),
            call(Service::ElastiCache, "ModifyCacheParameterGroup", CACHE_PARAMETER_GROUPS),
            call(Service::ElastiCache, "RemoveTagsFromResource", CACHE_PARAMETER_GROUPS),
            call(Service::ElastiCache, "ResetCacheParameterGroup", CACHE_PARAMETER_GROUPS),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_elasticache_parameter_group",
        &[
            known("arn", "arn:${partition}:elasticache:${region}:${account}:parametergroup:${id}"),
            same("family"),
            ID,
            NAME,
            each("parameter", "parameters", &[of("name", "@key"), of("value", "@")]),
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] =
        &[quota(Service::ElastiCache, "CacheParameterGroupQuotaExceeded", ("elasticache", "L-3F15A733"), "Parameter groups per Region")];

    fn example() -> Self {
        CacheParameterGroup {
            family: "redis7".into(),
            parameters: [("maxmemory-policy".into(), "allkeys-lru".into())].into(),
            tags: tags(),
        }
    }

    /// The groups by tag, from the tagging service; then each with its family, tags and parameters, for which there is no batched read.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let arns = tagged(cx, stack).await?;
        Ok(try_join_all(arns.iter().map(|arn| read(cx, stack, arn))).await?.into_iter().flatten().collect())
    }

    /// Returns when the group can be listed too.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let request = cx
            .elasticache()
            .create_cache_parameter_group()
            .cache_parameter_group_name(&name)
            .cache_parameter_group_family(&self.family)
            .description(stamp.address.to_string())
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        already(cx.safe(Service::ElastiCache, "CreateCacheParameterGroup", async || request.clone().send().await).await)?;
        self.put_parameters(cx, &name).await?;
        let listed = async || Ok(tagged(cx, &stamp.stack).await?.iter().any(|arn| name_in(arn) == name).then_some(()));
        cx.policy.wait(&format!("{name} to be listed"), deadline(LISTED), listed).await?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: CacheParameterGroup = live.of()?;
        self.put_parameters(cx, &live.id).await?;
        let (before, after) = (live.stamp.tags(&old.tags), moved(live, stamp).tags(&self.tags));
        if retag(&before, &after) != (Tags::new(), vec![]) {
            let arn = group(cx, &live.id).await?.and_then(|g| g.arn);
            let arn = arn.ok_or_else(|| CloudError::incomplete("DescribeCacheParameterGroups", "ARN"))?;
            elasticache::retag(cx, &arn, &before, &after).await?;
        }
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.elasticache().delete_cache_parameter_group().cache_parameter_group_name(&live.id);
        gone(cx.safe(Service::ElastiCache, "DeleteCacheParameterGroup", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("caches", holders::caches(cx, &live.id).await))
    }
}

impl CacheParameterGroup {
    /// Sets what differs, and gives back to the family what is not wanted any more.
    async fn put_parameters(&self, cx: &Clients, name: &str) -> Result<(), CloudError> {
        let (set, unset) = retag(&parameters(cx, name).await?, &self.parameters);
        let set: Vec<_> = set.iter().map(|(k, v)| ParameterNameValue::builder().parameter_name(k).parameter_value(v).build()).collect();
        for batch in set.chunks(BATCH) {
            let request = cx
                .elasticache()
                .modify_cache_parameter_group()
                .cache_parameter_group_name(name)
                .set_parameter_name_values(Some(batch.to_vec()));
            cx.safe(Service::ElastiCache, "ModifyCacheParameterGroup", async || request.clone().send().await).await?;
        }
        let unset: Vec<_> = unset.iter().map(|k| ParameterNameValue::builder().parameter_name(k).build()).collect();
        for batch in unset.chunks(BATCH) {
            let request = cx
                .elasticache()
                .reset_cache_parameter_group()
                .cache_parameter_group_name(name)
                .reset_all_parameters(false)
                .set_parameter_name_values(Some(batch.to_vec()));
            cx.safe(Service::ElastiCache, "ResetCacheParameterGroup", async || request.clone().send().await).await?;
        }
        Ok(())
    }
}

/// The ARNs of the stack's groups. The tagging service still shows deleted ones for a while.
async fn tagged(cx: &Clients, stack: &str) -> Result<Vec<String>, CloudError> {
    let filter = TagFilter::builder().key(TAG_STACK).values(stack).build();
    let request =
        cx.tagging().get_resources().resource_type_filters("elasticache:parametergroup").tag_filters(filter).resources_per_page(100);
    let send = async |token| request.clone().set_pagination_token(token).send().await;
    let found = cx.pages(Service::Tagging, "GetResources", send, |page| (page.resource_tag_mapping_list, page.pagination_token)).await?;
    Ok(found.into_iter().filter_map(|r| r.resource_arn).collect())
}

/// `arn:aws:elasticache:us-east-1:123456789012:parametergroup:NAME`.
fn name_in(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

async fn read(cx: &Clients, stack: &str, arn: &str) -> Result<Option<Live>, CloudError> {
    let name = name_in(arn);
    let Some(family) = group(cx, name).await?.and_then(|g| g.cache_parameter_group_family) else { return Ok(None) };
    let request = cx.elasticache().list_tags_for_resource().resource_name(arn);
    let tags = present(cx.safe(Service::ElastiCache, "ListTagsForResource", async || request.clone().send().await).await)?;
    let Some((stamp, tags)) = tags.and_then(|t| Stamp::read(stack, from_tags(t.tag_list))) else { return Ok(None) };
    let Some(parameters) = present(parameters(cx, name).await)? else { return Ok(None) };
    Ok(Some(Live::found(name, CacheParameterGroup { family, parameters, tags }, stamp)))
}

async fn group(cx: &Clients, name: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.elasticache().describe_cache_parameter_groups().cache_parameter_group_name(name);
    let seen = present(cx.safe(Service::ElastiCache, "DescribeCacheParameterGroups", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.cache_parameter_groups).and_then(|g| g.into_iter().next()))
}

/// The parameters of a group that are its own (`Source` is `user`).
async fn parameters(cx: &Clients, name: &str) -> Result<Open<String>, CloudError> {
    let request = cx.elasticache().describe_cache_parameters().cache_parameter_group_name(name).source("user").max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let found = cx.pages(Service::ElastiCache, "DescribeCacheParameters", send, |page| (page.parameters, page.marker)).await?;
    Ok(found.into_iter().filter_map(|p| Some((p.parameter_name?, p.parameter_value?))).collect())
}
