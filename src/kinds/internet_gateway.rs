//! The door of a VPC to the internet.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, known, made, of, one};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{AttachmentStatus, Filter, ResourceType};

object! {
    /// `AWS::EC2::InternetGateway`, attached to its VPC.
    pub struct InternetGateway {
        /// The VPC it is attached to (`AttachInternetGateway`); a VPC has one at most.
        replace vpc: Ref<Vpc>,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

/// Where a gateway that hangs nowhere points.
const DETACHED: &str = "detached";

impl Resource for InternetGateway {
    const KIND: Kind = Kind::InternetGateway;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 2, 3);
    const HINT: &'static [&'static str] = &["of {vpc}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeInternetGateways")],
        write: &[
            call(Service::Ec2, "AttachInternetGateway", OWN),
            call(Service::Ec2, "CreateInternetGateway", NEW),
            EC2_TAG,
            call(Service::Ec2, "DeleteInternetGateway", OWN),
            EC2_UNTAG,
            call(Service::Ec2, "DetachInternetGateway", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_internet_gateway",
        &[
            known("arn", "arn:${partition}:ec2:${region}:${account}:internet-gateway/${id}"),
            ID,
            REGION,
            TAGS,
            TAGS_ALL,
            of("vpc_id", "vpc"),
        ],
    )]);
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Ec2, "InternetGatewayLimitExceeded", ("vpc", "L-A4707A72"), "Internet gateways per Region")];

    fn example() -> Self {
        InternetGateway { vpc: Ref::to(EXAMPLE), tags: tags() }
    }

    /// A VPC has one internet gateway.
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.vpc.address()), name: "internet_gateway".into() }]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let live = found(cx, ec2_stack_filter(stack)).await?.into_iter().filter_map(|gateway| {
            let vpc = Ref::to(attached_to(&gateway).unwrap_or(DETACHED));
            let (stamp, tags) = Stamp::read(stack, from_tags(gateway.tags))?;
            Some(Live::found(gateway.internet_gateway_id?, InternetGateway { vpc, tags }, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let vpc = links.to(&self.vpc)?;
        let tags = ec2_tags(ResourceType::InternetGateway, &stamp.tags(&self.tags));
        let request = cx.ec2().create_internet_gateway().tag_specifications(tags);
        let made = cx.write(Service::Ec2, "CreateInternetGateway", async || request.clone().send().await).await?;
        let id = made.internet_gateway.and_then(|g| g.internet_gateway_id);
        let id = id.ok_or_else(|| CloudError::incomplete("CreateInternetGateway", "InternetGatewayId"))?;
        half(attach(cx, &id, &vpc).await)?;
        Live::made(id, self.clone(), stamp, links)
    }

    /// One that was made, but hangs nowhere, is attached.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: InternetGateway = live.of()?;
        if live.points.contains(DETACHED) {
            attach(cx, &live.id, &links.to(&self.vpc)?).await?;
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        for vpc in live.points.iter().filter(|p| *p != DETACHED) {
            let request = cx.ec2().detach_internet_gateway().internet_gateway_id(&live.id).vpc_id(vpc);
            gone(cx.safe(Service::Ec2, "DetachInternetGateway", async || request.clone().send().await).await)?;
        }
        let request = cx.ec2().delete_internet_gateway().internet_gateway_id(&live.id);
        gone(cx.safe(Service::Ec2, "DeleteInternetGateway", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("network interfaces with public addresses", public(cx, live).await))
    }
}

/// The internet gateways of these VPCs, whoever's they are, for kinds that need one but don't name it to the cloud.
pub(crate) async fn by_vpc(cx: &Clients, vpcs: impl IntoIterator<Item = String>) -> Result<BTreeMap<String, String>, CloudError> {
    let vpcs: BTreeSet<String> = vpcs.into_iter().collect();
    if vpcs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let within = Filter::builder().name("attachment.vpc-id").set_values(Some(vpcs.into_iter().collect())).build();
    let all = found(cx, within).await?;
    Ok(all.into_iter().filter_map(|g| Some((attached_to(&g)?.to_owned(), g.internet_gateway_id?))).collect())
}

async fn attach(cx: &Clients, id: &str, vpc: &str) -> Result<(), CloudError> {
    let request = cx.ec2().attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    cx.write(Service::Ec2, "AttachInternetGateway", async || request.clone().send().await).await.map(drop)
}

async fn found(cx: &Clients, filter: Filter) -> Result<Vec<aws_sdk_ec2::types::InternetGateway>, CloudError> {
    let request = cx.ec2().describe_internet_gateways().filters(filter).max_results(1000);
    let send = async |token| request.clone().set_next_token(token).send().await;
    cx.pages(Service::Ec2, "DescribeInternetGateways", send, |page| (page.internet_gateways, page.next_token)).await
}

fn attached_to(gateway: &aws_sdk_ec2::types::InternetGateway) -> Option<&str> {
    let leaving = |s| matches!(s, &AttachmentStatus::Detaching | &AttachmentStatus::Detached);
    gateway.attachments().iter().find(|a| !a.state().is_some_and(leaving)).and_then(|a| a.vpc_id())
}

/// What keeps an internet gateway attached: public addresses in its VPC.
async fn public(cx: &Clients, live: &Live) -> Result<Vec<String>, CloudError> {
    let mut found = vec![];
    for vpc in &live.points {
        found.extend(holders::described(cx, "vpc-id", vpc).await?.iter().filter(|i| i.association().is_some()).map(holders::interface));
    }
    Ok(found)
}
