//! One block of a VPC in one availability zone.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, OWN, call, reads};
use super::example::{EXAMPLE, block, tags};
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, known, made, of, one, same};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType};

object! {
    /// `AWS::EC2::Subnet`.
    pub struct Subnet {
        replace vpc: Ref<Vpc>,
        /// `us-east-1a`.
        replace availability_zone: String,
        /// `CidrBlock`, from /16 to /28, inside the VPC's.
        #[schemars(with = "String")]
        replace cidr: ipnet::Ipv4Net,
        /// Whether instances get a public address at launch (`MapPublicIpOnLaunch`).
        update map_public_ip_on_launch: bool,
        update tags: Tags,
    }
}

impl Resource for Subnet {
    const KIND: Kind = Kind::Subnet;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 1, 2);
    const HINT: &'static [&'static str] = &["{availability_zone}", "{cidr}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeSubnets")],
        write: &[
            call(Service::Ec2, "CreateSubnet", NEW_IN_OWN),
            EC2_TAG,
            call(Service::Ec2, "DeleteSubnet", OWN),
            EC2_UNTAG,
            call(Service::Ec2, "ModifySubnetAttribute", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_subnet",
        &[
            known("arn", "arn:${partition}:ec2:${region}:${account}:subnet/${id}"),
            same("availability_zone"),
            of("cidr_block", "cidr"),
            ID,
            same("map_public_ip_on_launch"),
            REGION,
            TAGS,
            TAGS_ALL,
            of("vpc_id", "vpc"),
        ],
    )]);
    const QUOTAS: &'static [Quota] = &[quota(Service::Ec2, "SubnetLimitExceeded", ("vpc", "L-407747CB"), "Subnets per VPC")];

    fn example() -> Self {
        Subnet {
            vpc: Ref::to(EXAMPLE),
            availability_zone: "us-east-1a".into(),
            cidr: block([10, 0, 1, 0], 24),
            map_public_ip_on_launch: false,
            tags: tags(),
        }
    }

    /// Two subnets of one VPC may not overlap.
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Block { within: self.vpc.address(), block: self.cidr }]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_subnets().filters(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeSubnets", send, |page| (page.subnets, page.next_token)).await?;
        let live = found.into_iter().filter_map(|s| {
            let (stamp, tags) = Stamp::read(stack, from_tags(s.tags))?;
            let subnet = Subnet {
                vpc: Ref::to(s.vpc_id?),
                availability_zone: s.availability_zone?,
                cidr: s.cidr_block?.parse().ok()?,
                map_public_ip_on_launch: s.map_public_ip_on_launch.unwrap_or(false),
                tags,
            };
            Some(Live::found(s.subnet_id?, subnet, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let tags = ec2_tags(ResourceType::Subnet, &stamp.tags(&self.tags));
        let request = cx
            .ec2()
            .create_subnet()
            .vpc_id(links.to(&self.vpc)?)
            .availability_zone(&self.availability_zone)
            .cidr_block(self.cidr.to_string())
            .tag_specifications(tags);
        let made = cx.write(Service::Ec2, "CreateSubnet", async || request.clone().send().await).await?;
        let id = made.subnet.and_then(|s| s.subnet_id).ok_or_else(|| CloudError::incomplete("CreateSubnet", "SubnetId"))?;
        if self.map_public_ip_on_launch {
            half(set_map_public_ip(cx, &id, true).await)?;
        }
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Subnet = live.of()?;
        if self.map_public_ip_on_launch != old.map_public_ip_on_launch {
            set_map_public_ip(cx, &live.id, self.map_public_ip_on_launch).await?;
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().delete_subnet().subnet_id(&live.id);
        let send = async || gone(cx.safe(Service::Ec2, "DeleteSubnet", async || request.clone().send().await).await);
        function::left(cx, live, "subnet-id", send).await
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("network interfaces", holders::interfaces(cx, "subnet-id", &live.id).await))
    }
}

async fn set_map_public_ip(cx: &Clients, id: &str, on: bool) -> Result<(), CloudError> {
    let value = AttributeBooleanValue::builder().value(on).build();
    let request = cx.ec2().modify_subnet_attribute().subnet_id(id).map_public_ip_on_launch(value);
    cx.safe(Service::Ec2, "ModifySubnetAttribute", async || request.clone().send().await).await.map(drop)
}
