//! The subnets of a cache.
use super::calls::{CACHE_SUBNET_GROUPS, NEW_CACHE_SUBNET_GROUP_TAGS, NEW_CACHE_SUBNET_GROUPS, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::{already, moved};
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, known, made, of, one};
use super::*;
use crate::model::Tags;
use crate::wire::tags::to_tags;
use futures_util::future::try_join_all;

object! {
    /// `AWS::ElastiCache::SubnetGroup`. Its id is its name. The stamp is its description, since lists show no tags.
    pub struct CacheSubnetGroup {
        /// `VpcId`: that of the subnets, for good; what stands in the group can't move.
        replace vpc: Ref<Vpc>,
        /// `SubnetIds`: at least one, all of one VPC.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// Beside the stamp's own, which only the creation writes.
        update tags: Tags,
    }
}

/// What its service takes as a name.
pub const NAMES: NameRule = managed::names(63);

impl Resource for CacheSubnetGroup {
    const KIND: Kind = Kind::CacheSubnetGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::ElastiCache;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const HINT: &'static [&'static str] = &["{subnets}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::ElastiCache, "DescribeCacheSubnetGroups"), reads(Service::ElastiCache, "ListTagsForResource")],
        write: &[
            call(Service::ElastiCache, "AddTagsToResource", CACHE_SUBNET_GROUPS),
            call(Service::ElastiCache, "CreateCacheSubnetGroup", NEW_CACHE_SUBNET_GROUPS),
            needs(Service::ElastiCache, "CreateCacheSubnetGroup", "elasticache:AddTagsToResource", NEW_CACHE_SUBNET_GROUP_TAGS),
            call(Service::ElastiCache, "DeleteCacheSubnetGroup", CACHE_SUBNET_GROUPS),
            call(Service::ElastiCache, "ModifyCacheSubnetGroup", CACHE_SUBNET_GROUPS),
            call(Service::ElastiCache, "RemoveTagsFromResource", CACHE_SUBNET_GROUPS),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_elasticache_subnet_group",
        &[
            known("arn", "arn:${partition}:elasticache:${region}:${account}:subnetgroup:${id}"),
            ID,
            NAME,
            REGION,
            of("subnet_ids", "subnets"),
            TAGS,
            TAGS_ALL,
            of("vpc_id", "vpc"),
        ],
    )]);
    const QUOTAS: &'static [Quota] = &[
        quota(Service::ElastiCache, "CacheSubnetGroupQuotaExceeded", ("elasticache", "L-3E7F7726"), "Subnet groups per Region"),
        quota(Service::ElastiCache, "CacheSubnetQuotaExceededFault", ("elasticache", "L-A87EE522"), "Subnets per subnet group"),
    ];

    fn example() -> Self {
        CacheSubnetGroup { vpc: Ref::to(EXAMPLE), subnets: [Ref::to(EXAMPLE)].into(), tags: tags() }
    }

    fn breaches(&self, _: &Address, near: Near<'_>) -> Vec<Breach> {
        managed::one_vpc(&self.vpc, &self.subnets, near)
    }

    /// `SubnetInUse`.
    fn ways(&self, before: &Self, near: Near<'_>) -> Vec<Breach> {
        let stands = |k: &ReplicationGroup, stay| near.get(&k.subnet_group) == Some(self) && stay < if k.multi_az { 2 } else { 1 };
        managed::held(&before.subnets, &self.subnets, near, "cache", stands)
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.elasticache().describe_cache_subnet_groups().max_records(100);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let found =
            cx.pages(Service::ElastiCache, "DescribeCacheSubnetGroups", send, |page| (page.cache_subnet_groups, page.marker)).await?;
        let own = found.into_iter().filter_map(|group| Some((Stamp::from_line(stack, group.cache_subnet_group_description()?)?, group)));
        let live = own.map(async |(stamp, group)| {
            let Some(tags) = elasticache::tags(cx, group.arn().unwrap_or_default()).await? else { return Ok(None) };
            let vpc = Ref::to(group.vpc_id().unwrap_or_default());
            let subnets = group.subnets().iter().filter_map(|s| s.subnet_identifier()).map(Ref::to).collect();
            let object = CacheSubnetGroup { vpc, subnets, tags: elasticache::asked_for(tags) };
            Ok(group.cache_subnet_group_name.map(|name| Live::found(name, object, stamp)))
        });
        Ok(try_join_all(live).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let request = cx
            .elasticache()
            .create_cache_subnet_group()
            .cache_subnet_group_name(&name)
            .cache_subnet_group_description(stamp.line())
            .set_subnet_ids(Some(links.all(&self.subnets)?.into_iter().collect()))
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        already(cx.safe(Service::ElastiCache, "CreateCacheSubnetGroup", async || request.clone().send().await).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: CacheSubnetGroup = live.of()?;
        let subnets = links.all(&self.subnets)?;
        let line = moved(live, stamp).line();
        let points = subnets.iter().cloned().chain([links.to(&self.vpc)?]).collect::<BTreeSet<_>>();
        if points != live.points || line != live.stamp.line() {
            let request = cx
                .elasticache()
                .modify_cache_subnet_group()
                .cache_subnet_group_name(&live.id)
                .cache_subnet_group_description(line)
                .set_subnet_ids(Some(subnets.into_iter().collect()));
            cx.safe(Service::ElastiCache, "ModifyCacheSubnetGroup", async || request.clone().send().await).await?;
        }
        if self.tags != old.tags {
            let (before, after) = (live.stamp.tags(&old.tags), moved(live, stamp).tags(&self.tags));
            half(elasticache::retag(cx, &arn(cx, &live.id).await?, &before, &after).await)?;
        }
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.elasticache().delete_cache_subnet_group().cache_subnet_group_name(&live.id);
        gone(cx.safe(Service::ElastiCache, "DeleteCacheSubnetGroup", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("caches", holders::caches(cx, &live.id).await))
    }
}

async fn arn(cx: &Clients, name: &str) -> Result<String, CloudError> {
    let request = cx.elasticache().describe_cache_subnet_groups().cache_subnet_group_name(name);
    let seen = cx.safe(Service::ElastiCache, "DescribeCacheSubnetGroups", async || request.clone().send().await).await?;
    let arn = seen.cache_subnet_groups.and_then(|all| all.into_iter().next()).and_then(|group| group.arn);
    arn.ok_or_else(|| CloudError::incomplete("DescribeCacheSubnetGroups", "ARN"))
}
