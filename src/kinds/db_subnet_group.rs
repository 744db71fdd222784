//! The subnets of a database.
use super::calls::{DB_SUBNET_GROUPS, NEW_DB_SUBNET_GROUP_TAGS, NEW_DB_SUBNET_GROUPS, On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::{already, moved};
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, known, made, of, one};
use super::*;
use crate::model::Tags;
use crate::wire::tags::to_tags;

object! {
    /// `AWS::RDS::DBSubnetGroup`. Its id is its name. The stamp is its description, since lists show no tags.
    pub struct DbSubnetGroup {
        /// `VpcId`: that of the subnets, for good; what stands in the group can't move.
        replace vpc: Ref<Vpc>,
        /// `SubnetIds`: at least two, in at least two availability zones of one VPC.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// Written at creation, beside the stamp's tags; lists don't show them.
        initial tags: Tags,
    }
}

/// What its service takes as a name.
pub const NAMES: NameRule = managed::names(63);

impl Resource for DbSubnetGroup {
    const KIND: Kind = Kind::DbSubnetGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Rds;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const HINT: &'static [&'static str] = &["{subnets}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Rds, "DescribeDBSubnetGroups")],
        write: &[
            call(Service::Rds, "CreateDBSubnetGroup", NEW_DB_SUBNET_GROUPS),
            needs(Service::Rds, "CreateDBSubnetGroup", "iam:CreateServiceLinkedRole", &[On::Linked("rds")]),
            needs(Service::Rds, "CreateDBSubnetGroup", "rds:AddTagsToResource", NEW_DB_SUBNET_GROUP_TAGS),
            call(Service::Rds, "DeleteDBSubnetGroup", DB_SUBNET_GROUPS),
            call(Service::Rds, "ModifyDBSubnetGroup", DB_SUBNET_GROUPS),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_db_subnet_group",
        &[
            known("arn", "arn:${partition}:rds:${region}:${account}:subgrp:${id}"),
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
        quota(Service::Rds, "DBSubnetGroupQuotaExceeded", ("rds", "L-48C6BF61"), "DB subnet groups"),
        quota(Service::Rds, "DBSubnetQuotaExceededFault", ("rds", "L-6F3ACC36"), "Subnets per DB subnet group"),
    ];

    fn example() -> Self {
        DbSubnetGroup { vpc: Ref::to(EXAMPLE), subnets: [Ref::to(EXAMPLE)].into(), tags: tags() }
    }

    fn breaches(&self, _: &Address, near: Near<'_>) -> Vec<Breach> {
        managed::one_vpc(&self.vpc, &self.subnets, near)
    }

    /// `SubnetAlreadyInUse`.
    fn ways(&self, before: &Self, near: Near<'_>) -> Vec<Breach> {
        let stands = |k: &DbInstance, stay| near.get(&k.subnet_group) == Some(self) && stay < if k.multi_az { 2 } else { 1 };
        managed::held(&before.subnets, &self.subnets, near, "database", stands)
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.rds().describe_db_subnet_groups().max_records(100);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let found = cx.pages(Service::Rds, "DescribeDBSubnetGroups", send, |page| (page.db_subnet_groups, page.marker)).await?;
        let live = found.into_iter().filter_map(|group| {
            let stamp = Stamp::from_line(stack, group.db_subnet_group_description()?)?;
            let vpc = Ref::to(group.vpc_id().unwrap_or_default());
            let subnets = group.subnets().iter().filter_map(|s| s.subnet_identifier()).map(Ref::to).collect();
            Some(Live::found(group.db_subnet_group_name?, DbSubnetGroup { vpc, subnets, tags: Tags::new() }, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let request = cx
            .rds()
            .create_db_subnet_group()
            .db_subnet_group_name(&name)
            .db_subnet_group_description(stamp.line())
            .set_subnet_ids(Some(links.all(&self.subnets)?.into_iter().collect()))
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        already(cx.safe(Service::Rds, "CreateDBSubnetGroup", async || request.clone().send().await).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let subnets = links.all(&self.subnets)?;
        let line = moved(live, stamp).line();
        let points = subnets.iter().cloned().chain([links.to(&self.vpc)?]).collect::<BTreeSet<_>>();
        if points != live.points || line != live.stamp.line() {
            let request = cx
                .rds()
                .modify_db_subnet_group()
                .db_subnet_group_name(&live.id)
                .db_subnet_group_description(line)
                .set_subnet_ids(Some(subnets.into_iter().collect()));
            cx.safe(Service::Rds, "ModifyDBSubnetGroup", async || request.clone().send().await).await?;
        }
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.rds().delete_db_subnet_group().db_subnet_group_name(&live.id);
        gone(cx.safe(Service::Rds, "DeleteDBSubnetGroup", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("database instances", holders::databases(cx, &live.id).await))
    }
}
