//! The way out for private subnets.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, Word, is, made, of};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{Filter, NatGatewayState, ResourceType};

object! {
    /// `AWS::EC2::NatGateway` with `ConnectivityType` public.
    pub struct NatGateway {
        /// `SubnetId`: the public subnet that it stands in.
        replace subnet: Ref<Subnet>,
        /// `AllocationId`; the address serves one gateway at a time.
        replace elastic_ip: Ref<ElasticIp>,
        /// The internet gateway of the same VPC. AWS demands that it is attached first, though no request names it.
        replace internet_gateway: Ref<InternetGateway>,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

/// Where a gateway points whose VPC has no internet gateway of the stack any more.
const NO_DOOR: &str = "none";

impl Resource for NatGateway {
    const KIND: Kind = Kind::NatGateway;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(100, 5, 60);
    const HOURLY: Option<&'static str> = Some("NAT gateway");
    const HINT: &'static [&'static str] = &["in {subnet}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeInternetGateways"), reads(Service::Ec2, "DescribeNatGateways")],
        write: &[call(Service::Ec2, "CreateNatGateway", NEW_IN_OWN), EC2_TAG, call(Service::Ec2, "DeleteNatGateway", OWN), EC2_UNTAG],
    };
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "aws_nat_gateway",
            &[
                of("allocation_id", "elastic_ip"),
                is("connectivity_type", Word::Text("public")),
                ID,
                REGION,
                of("subnet_id", "subnet"),
                TAGS,
                TAGS_ALL,
            ],
        )],
        left_out: &[("internet_gateway", "Terraform says by `depends_on` that the gateway must be attached first")],
    };
    const QUOTAS: &'static [Quota] = &[
        quota(Service::Ec2, "NatGatewayLimitExceeded", ("vpc", "L-FE5A380F"), "NAT gateways per Availability Zone"),
        quota(Service::Ec2, "NetworkInterfaceLimitExceeded", ("vpc", "L-DF5E4CA3"), "Network interfaces per Region"),
    ];

    fn example() -> Self {
        NatGateway { subnet: Ref::to(EXAMPLE), elastic_ip: Ref::to(EXAMPLE), internet_gateway: Ref::to(EXAMPLE), tags: tags() }
    }

    /// An address is associated once.
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.elastic_ip.address()), name: "association".into() }]
    }

    /// A failed gateway removes itself within the hour and holds no address; it counts as gone.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let states = Filter::builder().name("state").values("pending").values("available").build();
        let request = cx.ec2().describe_nat_gateways().filter(ec2_stack_filter(stack)).filter(states).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let mut found = cx.pages(Service::Ec2, "DescribeNatGateways", send, |page| (page.nat_gateways, page.next_token)).await?;
        found.retain(|g| Stamp::read(stack, from_tags(g.tags.clone())).is_some());
        if found.is_empty() {
            return Ok(vec![]);
        }
        let doors = internet_gateway::by_vpc(cx, found.iter().filter_map(|g| g.vpc_id.clone())).await?;
        let live = found.into_iter().filter_map(|g| {
            let (stamp, tags) = Stamp::read(stack, from_tags(g.tags))?;
            let gateway = NatGateway {
                subnet: Ref::to(g.subnet_id?),
                elastic_ip: Ref::to(g.nat_gateway_addresses?.into_iter().find_map(|a| a.allocation_id)?),
                internet_gateway: Ref::to(doors.get(&g.vpc_id?).map_or(NO_DOOR, String::as_str)),
                tags,
            };
            Some(Live::found(g.nat_gateway_id?, gateway, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let tags = ec2_tags(ResourceType::Natgateway, &stamp.tags(&self.tags));
        let request = cx.ec2().create_nat_gateway().subnet_id(links.to(&self.subnet)?).allocation_id(links.to(&self.elastic_ip)?);
        let request = request.client_token(stamp.physical_name(&super::ec2::TOKEN)).tag_specifications(tags);
        let made = cx.safe(Service::Ec2, "CreateNatGateway", async || request.clone().send().await).await?;
        let id =
            made.nat_gateway.and_then(|g| g.nat_gateway_id).ok_or_else(|| CloudError::incomplete("CreateNatGateway", "NatGatewayId"))?;
        let what = format!("{id} to become available");
        let why = async || state(cx, &id).await;
        half(cx.policy.wait_saying(&what, deadline(Self::TYPICAL.create), async || usable(cx, &id).await, why).await)?;
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: NatGateway = live.of()?;
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().delete_nat_gateway().nat_gateway_id(&live.id);
        gone(cx.safe(Service::Ec2, "DeleteNatGateway", async || request.clone().send().await).await)?;
        let what = format!("{} to go", live.id);
        let why = async || state(cx, &live.id).await;
        cx.policy.wait_saying(&what, deadline(Self::TYPICAL.delete), async || absent(cx, &live.id).await, why).await
    }
}

/// One gateway as it is now; `None` when AWS shows none of that id.
async fn describe(cx: &Clients, id: &str) -> Result<Option<aws_sdk_ec2::types::NatGateway>, CloudError> {
    let request = cx.ec2().describe_nat_gateways().nat_gateway_ids(id);
    match cx.safe(Service::Ec2, "DescribeNatGateways", async || request.clone().send().await).await {
        Err(e) if e.class == Class::NotFound => Ok(None),
        seen => Ok(seen?.nat_gateways.and_then(|all| all.into_iter().next())),
    }
}

/// Whether a new gateway can be used. One that failed is an error with the service's own reason (`FailureMessage`).
async fn usable(cx: &Clients, id: &str) -> Result<Option<()>, CloudError> {
    let Some(gateway) = describe(cx, id).await? else { return Ok(None) };
    match gateway.state {
        Some(NatGatewayState::Available) => Ok(Some(())),
        None | Some(NatGatewayState::Pending) => Ok(None),
        Some(state) => {
            let code = gateway.failure_code.unwrap_or_else(|| state.as_str().to_owned());
            Err(CloudError::new(Class::Invalid, code, gateway.failure_message.unwrap_or_else(|| format!("{id} is {}", state.as_str()))))
        }
    }
}

/// What AWS says of a gateway that takes too long.
async fn state(cx: &Clients, id: &str) -> Option<String> {
    let gateway = describe(cx, id).await.ok()??;
    let why = gateway.failure_message.map_or(String::new(), |m| format!(": {m}"));
    Some(format!("{id} is {}{why}", gateway.state?.as_str()))
}

async fn absent(cx: &Clients, id: &str) -> Result<Option<()>, CloudError> {
    let left = describe(cx, id).await?.filter(|g| !matches!(g.state, Some(NatGatewayState::Deleted | NatGatewayState::Failed)));
    Ok(left.is_none().then_some(()))
}
