//! A public IPv4 address that stays.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW, OWN, call, reads};
use super::example::tags;
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, Word, is, known, made, one, same};
use super::*;
use crate::diag::Code;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::{Computed, Loss, Tags};
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{DomainType, ResourceType};

object! {
    /// `AWS::EC2::EIP`. Its id is the `AllocationId`.
    pub struct ElasticIp {
        /// `PublicIp`, from Amazon's pool.
        computed public_ip: Computed<String>,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

impl Resource for ElasticIp {
    const KIND: Kind = Kind::ElasticIp;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(2, 1, 2);
    const LOSS: Loss = Loss::Address;
    const HOURLY: Option<&'static str> = Some("public IP");
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeAddresses")],
        write: &[call(Service::Ec2, "AllocateAddress", NEW), EC2_TAG, EC2_UNTAG, call(Service::Ec2, "ReleaseAddress", OWN)],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_eip",
        &[
            known("allocation_id", "${id}"),
            known("arn", "arn:${partition}:ec2:${region}:${account}:elastic-ip/${id}"),
            is("domain", Word::Text("vpc")),
            ID,
            same("public_ip"),
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] = &[quota(Service::Ec2, "AddressLimitExceeded", ("ec2", "L-0263D0A3"), "EC2-VPC Elastic IPs")];

    fn example() -> Self {
        ElasticIp { public_ip: Computed::default(), tags: tags() }
    }

    fn outputs(&self) -> Outputs {
        self.public_ip.0.iter().map(|ip| ("public_ip".into(), ip.clone())).collect()
    }

    fn simulate(&mut self, id: &str) {
        let host = id.bytes().fold(0u8, |sum, b| sum.wrapping_mul(31).wrapping_add(b));
        self.public_ip = Computed::from(format!("198.51.100.{host}"));
    }

    /// 5 addresses a region by default (`L-0263D0A3`). The first of the stack says so for all.
    fn doubts(&self, me: &Address, near: Near<'_>) -> Vec<Breach> {
        let all = near.all::<ElasticIp>();
        let breach = || {
            let message = format!("{} elastic addresses, one for each NAT gateway; an account has 5 in a region by default", all.len());
            Breach::new(Code::Quota, "public_ip", message, "write `nat: single` or fewer zones, or have the quota L-0263D0A3 raised first")
        };
        (all.len() > 5 && all.first().is_some_and(|(first, _)| first == me)).then(breach).into_iter().collect()
    }

    /// `DescribeAddresses` has no pages.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_addresses().filters(ec2_stack_filter(stack));
        let found = cx.safe(Service::Ec2, "DescribeAddresses", async || request.clone().send().await).await?;
        let live = found.addresses.into_iter().flatten().filter_map(|a| {
            let (stamp, tags) = Stamp::read(stack, from_tags(a.tags))?;
            Some(Live::found(a.allocation_id?, ElasticIp { public_ip: Computed(a.public_ip), tags }, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let tags = ec2_tags(ResourceType::ElasticIp, &stamp.tags(&self.tags));
        let request = cx.ec2().allocate_address().domain(DomainType::Vpc).tag_specifications(tags);
        let made = cx.write(Service::Ec2, "AllocateAddress", async || request.clone().send().await).await?;
        let id = made.allocation_id.ok_or_else(|| CloudError::incomplete("AllocateAddress", "AllocationId"))?;
        Live::made(id, ElasticIp { public_ip: Computed(made.public_ip), ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: ElasticIp = live.of()?;
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, ElasticIp { public_ip: old.public_ip, ..self.clone() }, stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().release_address().allocation_id(&live.id);
        gone(cx.safe(Service::Ec2, "ReleaseAddress", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("network interfaces", holders::interfaces(cx, "association.allocation-id", &live.id).await))
    }
}
