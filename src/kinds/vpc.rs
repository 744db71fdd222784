//! A virtual network.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW, OWN, call, reads};
use super::example::{block, tags};
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, Word, is, known, made, of, one};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, VpcAttributeName};

object! {
    /// `AWS::EC2::VPC`.
    pub struct Vpc {
        /// The primary IPv4 block (`CidrBlock`), from /16 to /28.
        #[schemars(with = "String")]
        replace cidr: ipnet::Ipv4Net,
        /// Whether instances with public addresses get public host names (`EnableDnsHostnames`).
        update dns_hostnames: bool,
        update tags: Tags,
    }
}

impl Resource for Vpc {
    const KIND: Kind = Kind::Vpc;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(5, 2, 2);
    const HINT: &'static [&'static str] = &["{cidr}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeVpcAttribute"), reads(Service::Ec2, "DescribeVpcs")],
        write: &[
            EC2_TAG,
            call(Service::Ec2, "CreateVpc", NEW),
            EC2_UNTAG,
            call(Service::Ec2, "DeleteVpc", OWN),
            call(Service::Ec2, "ModifyVpcAttribute", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_vpc",
        &[
            known("arn", "arn:${partition}:ec2:${region}:${account}:vpc/${id}"),
            of("cidr_block", "cidr"),
            of("enable_dns_hostnames", "dns_hostnames"),
            is("enable_dns_support", Word::Yes),
            ID,
            is("instance_tenancy", Word::Text("default")),
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] = &[quota(Service::Ec2, "VpcLimitExceeded", ("vpc", "L-F678F1CE"), "VPCs per Region")];

    fn example() -> Self {
        Vpc { cidr: block([10, 0, 0, 0], 16), dns_hostnames: true, tags: tags() }
    }

    fn outputs(&self) -> Outputs {
        BTreeMap::from([("cidr".into(), self.cidr.to_string())])
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_vpcs().filters(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeVpcs", send, |page| (page.vpcs, page.next_token)).await?;
        let mut all = vec![];
        for vpc in found {
            let Some((stamp, tags)) = Stamp::read(stack, from_tags(vpc.tags)) else { continue };
            let (Some(id), Some(cidr)) = (vpc.vpc_id, vpc.cidr_block.and_then(|c| c.parse().ok())) else { continue };
            let dns_hostnames = dns_hostnames(cx, &id).await?;
            all.push(Live::found(id, Vpc { cidr, dns_hostnames, tags }, stamp));
        }
        Ok(all)
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let tags = ec2_tags(ResourceType::Vpc, &stamp.tags(&self.tags));
        let request = cx.ec2().create_vpc().cidr_block(self.cidr.to_string()).tag_specifications(tags);
        let made = cx.write(Service::Ec2, "CreateVpc", async || request.clone().send().await).await?;
        let id = made.vpc.and_then(|v| v.vpc_id).ok_or_else(|| CloudError::incomplete("CreateVpc", "VpcId"))?;
        if self.dns_hostnames {
            half(set_dns_hostnames(cx, &id, true).await)?;
        }
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Vpc = live.of()?;
        if self.dns_hostnames != old.dns_hostnames {
            set_dns_hostnames(cx, &live.id, self.dns_hostnames).await?;
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().delete_vpc().vpc_id(&live.id);
        gone(cx.safe(Service::Ec2, "DeleteVpc", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        let looked = "network interfaces, subnets, security groups, route tables, internet gateways, VPC endpoints";
        Some((looked, holders::contents(cx, &live.id).await))
    }
}

/// The one attribute that no batched call shows; asked per VPC, of which a stack has one.
async fn dns_hostnames(cx: &Clients, id: &str) -> Result<bool, CloudError> {
    let request = cx.ec2().describe_vpc_attribute().vpc_id(id).attribute(VpcAttributeName::EnableDnsHostnames);
    let seen = cx.safe(Service::Ec2, "DescribeVpcAttribute", async || request.clone().send().await).await?;
    Ok(seen.enable_dns_hostnames.and_then(|v| v.value).unwrap_or(false))
}

async fn set_dns_hostnames(cx: &Clients, id: &str, on: bool) -> Result<(), CloudError> {
    let value = AttributeBooleanValue::builder().value(on).build();
    let request = cx.ec2().modify_vpc_attribute().vpc_id(id).enable_dns_hostnames(value);
    cx.safe(Service::Ec2, "ModifyVpcAttribute", async || request.clone().send().await).await.map(drop)
}
