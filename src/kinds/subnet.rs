//! One block of a VPC in one availability zone.
use super::*;
use crate::attributes;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_ec2_tags};
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType};

/// `AWS::EC2::Subnet`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Subnet {
    pub vpc: Ref<Vpc>,
    /// `us-east-1a`.
    pub availability_zone: String,
    /// `CidrBlock`, from /16 to /28, inside the VPC's.
    #[schemars(with = "String")]
    pub cidr: ipnet::Ipv4Net,
    /// Whether instances get a public address at launch (`MapPublicIpOnLaunch`).
    pub map_public_ip_on_launch: bool,
    pub tags: Tags,
}

attributes! { Subnet { replace vpc, replace availability_zone, replace cidr, update map_public_ip_on_launch, update tags } }

impl Resource for Subnet {
    const KIND: Kind = Kind::Subnet;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 1, 2);

    /// Two subnets of one VPC may not overlap.
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Block { within: self.vpc.address(), block: self.cidr }]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_subnets().filters(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeSubnets", send, |page| (page.subnets, page.next_token)).await?;
        let live = found.into_iter().filter_map(|s| {
            let (stamp, tags) = Stamp::read(stack, from_ec2_tags(s.tags))?;
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
        gone(cx.safe(Service::Ec2, "DeleteSubnet", async || request.clone().send().await).await)
    }
}

async fn set_map_public_ip(cx: &Clients, id: &str, on: bool) -> Result<(), CloudError> {
    let value = AttributeBooleanValue::builder().value(on).build();
    let request = cx.ec2().modify_subnet_attribute().subnet_id(id).map_public_ip_on_launch(value);
    cx.safe(Service::Ec2, "ModifySubnetAttribute", async || request.clone().send().await).await.map(drop)
}
