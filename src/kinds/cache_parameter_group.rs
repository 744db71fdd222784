//! The settings of a cache engine.
use aws_sdk_elasticache::types::{CacheParameterGroup as Seen, Parameter as SeenParameter, ParameterNameValue};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures_util::future::try_join_all;

use super::calls::{CACHE_PARAMETER_GROUP_TAGS, CACHE_PARAMETER_GROUPS, NEW_CACHE_PARAMETER_GROUPS, call, reads};
use super::example::tags;
use super::managed::{already, moved};
use super::parameters::{Orders, Shown, asked_for, orders};
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, each, known, made, of, one, same};
use super::*;
use crate::kinds::identity::TAG_STACK;
use crate::model::Tags;
use crate::wire::tags::{retag, to_tags};

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
            call(Service::ElastiCache, "AddTagsToResource", CACHE_PARAMETER_GROUP_TAGS),
            call(Service::ElastiCache, "CreateCacheParameterGroup", NEW_CACHE_PARAMETER_GROUPS),
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

    fn unoffered(&self, before: Option<&Self>, _: Near<'_>, facts: &Facts) -> Vec<Breach> {
        let before = before.map(|b| &b.parameters);
        parameters::unoffered(&self.family, &self.parameters, before, || facts.parameters(Question::CacheParameters(self.family.clone())))
    }

    fn waits(&self, path: &str, _: Near<'_>, facts: &Facts) -> bool {
        let name = path.strip_prefix("parameters.");
        name.is_some_and(|name| parameters::fixed(name, facts.parameters(Question::CacheParameters(self.family.clone()))))
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
            .set_tags(Some(to_tags(&self.all_tags(stamp))));
        already(cx.safe(Service::ElastiCache, "CreateCacheParameterGroup", async || request.clone().send().await).await)?;
        let all = if self.parameters.is_empty() { vec![] } else { half(parameters(cx, &name, None).await)? };
        half(self.put_parameters(cx, &name, all).await)?;
        let listed = async || Ok(tagged(cx, &stamp.stack).await?.iter().any(|arn| name_in(arn) == name).then_some(()));
        cx.policy.wait(&format!("{name} to be listed"), deadline(LISTED), listed).await?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: CacheParameterGroup = live.of()?;
        let all = parameters(cx, &live.id, None).await?;
        self.put_parameters(cx, &live.id, all).await?;
        let mut before = live.stamp.tags(&old.tags);
        before.extend(parameters::kept_before(&old.parameters));
        let after = self.all_tags(&moved(live, stamp));
        if retag(&before, &after) != (Tags::new(), vec![]) {
            half(elasticache::retag(cx, &arn(cx, &live.id).await?, &before, &after).await)?;
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
    /// The tags of a group that is asked for this.
    fn all_tags(&self, stamp: &Stamp) -> Tags {
        let mut all = stamp.tags(&self.tags);
        all.extend(parameters::kept(&self.parameters));
        all
    }

    /// Sets what differs, and gives back to the family what is not wanted any more.
    async fn put_parameters(&self, cx: &Clients, name: &str, all: Vec<Shown>) -> Result<(), CloudError> {
        let Orders { set, unset } = orders(all, &self.parameters);
        let one = |p: &Shown| ParameterNameValue::builder().parameter_name(&p.name);
        let set: Vec<_> = set.iter().map(|p| one(p).set_parameter_value(p.value.clone()).build()).collect();
        for batch in set.chunks(BATCH) {
            let request = cx
                .elasticache()
                .modify_cache_parameter_group()
                .cache_parameter_group_name(name)
                .set_parameter_name_values(Some(batch.to_vec()));
            cx.safe(Service::ElastiCache, "ModifyCacheParameterGroup", async || request.clone().send().await).await?;
        }
        let unset: Vec<_> = unset.iter().map(|p| one(p).build()).collect();
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
    let all = elasticache::tags(cx, arn).await?.unwrap_or_default();
    let names = parameters::names_in(&all);
    let Some((stamp, tags)) = Stamp::read(stack, all) else { return Ok(None) };
    let Some(mut shown) = present(parameters(cx, name, Some("user")).await)? else { return Ok(None) };
    if !parameters::complete(&shown, &names) {
        shown = parameters(cx, name, None).await?;
    }
    Ok(Some(Live::found(name, CacheParameterGroup { family, parameters: asked_for(shown, &names), tags }, stamp)))
}

async fn arn(cx: &Clients, name: &str) -> Result<String, CloudError> {
    let arn = group(cx, name).await?.and_then(|g| g.arn);
    arn.ok_or_else(|| CloudError::incomplete("DescribeCacheParameterGroups", "ARN"))
}

async fn group(cx: &Clients, name: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.elasticache().describe_cache_parameter_groups().cache_parameter_group_name(name);
    let seen = present(cx.safe(Service::ElastiCache, "DescribeCacheParameterGroups", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.cache_parameter_groups).and_then(|g| g.into_iter().next()))
}

/// The parameters of a group: all, or those of one source (`user`).
async fn parameters(cx: &Clients, name: &str, source: Option<&str>) -> Result<Vec<Shown>, CloudError> {
    let request =
        cx.elasticache().describe_cache_parameters().cache_parameter_group_name(name).set_source(source.map(String::from)).max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let found = cx.pages(Service::ElastiCache, "DescribeCacheParameters", send, |page| (page.parameters, page.marker)).await?;
    let shown = |p: SeenParameter| {
        let own = source.is_some() || p.source() == Some("user");
        Some(Shown { own, dynamic: true, name: p.parameter_name?, value: p.parameter_value })
    };
    Ok(found.into_iter().filter_map(shown).collect())
}
