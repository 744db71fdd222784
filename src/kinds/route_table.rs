//! Where the packets of some subnets go.
mod parts;
mod terraform;

use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::ResourceType;
use parts::{Parts, Step};

object! {
    /// `AWS::EC2::RouteTable`, with its routes and associations.
    pub struct RouteTable {
        /// `VpcId`.
        replace vpc: Ref<Vpc>,
        /// The subnets that follow this table (`AssociateRouteTable`). A subnet follows one table at a time; without one, the VPC's main table.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// Targets by destination (`DestinationCidrBlock` or `DestinationIpv6CidrBlock`, in canonical form: `0.0.0.0/0`). The VPC's own
        /// blocks (`local`), gateway endpoints and targets of other types are not among them and are left alone.
        update routes: Open<Target>,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// `GatewayId`, `igw-…`.
    InternetGateway(Ref<InternetGateway>),
    /// `NatGatewayId`, `nat-…`.
    NatGateway(Ref<NatGateway>),
}

impl Resource for RouteTable {
    const KIND: Kind = Kind::RouteTable;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(5, 3, 3);
    const HINT: &'static [&'static str] = &["{routes}", "for {subnets}"];
    /// A subnet that follows another's table can't be taken over: the other table isn't the stack's.
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeRouteTables")],
        write: &[
            call(Service::Ec2, "AssociateRouteTable", OWN),
            call(Service::Ec2, "CreateRoute", OWN),
            call(Service::Ec2, "CreateRouteTable", NEW_IN_OWN),
            EC2_TAG,
            call(Service::Ec2, "DeleteRoute", OWN),
            call(Service::Ec2, "DeleteRouteTable", OWN),
            EC2_UNTAG,
            call(Service::Ec2, "DisassociateRouteTable", OWN),
            call(Service::Ec2, "ReplaceRoute", OWN),
            call(Service::Ec2, "ReplaceRouteTableAssociation", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[
        quota(Service::Ec2, "RouteLimitExceeded", ("vpc", "L-93826ACB"), "Routes per route table"),
        quota(Service::Ec2, "RouteTableLimitExceeded", ("vpc", "L-589F43AA"), "Route tables per VPC"),
    ];

    fn example() -> Self {
        RouteTable {
            vpc: Ref::to(EXAMPLE),
            subnets: [Ref::to(EXAMPLE)].into(),
            routes: [("0.0.0.0/0".into(), Target::InternetGateway(Ref::to(EXAMPLE)))].into(),
            tags: tags(),
        }
    }

    /// A subnet has one table. A new table that takes a subnet from an old one waits until that is gone, so that the undo of both restores both.
    fn claims(&self) -> Vec<Claim> {
        let subnet = |s: &Ref<Subnet>| Claim::Name { within: Some(s.address()), name: "route_table".into() };
        self.subnets.iter().map(subnet).collect()
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_route_tables().filters(ec2_stack_filter(stack)).max_results(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeRouteTables", send, |page| (page.route_tables, page.next_token)).await?;
        let live = found.into_iter().filter_map(|table| {
            let parts = Parts::read(&table);
            let (stamp, tags) = Stamp::read(stack, from_tags(table.tags))?;
            let subnets = parts.subnets.into_keys().map(Ref::to).collect();
            let routes = parts.routes.into_iter().filter_map(|(cidr, target)| Some((cidr, target?))).collect();
            Some(Live::found(table.route_table_id?, RouteTable { vpc: Ref::to(table.vpc_id?), subnets, routes, tags }, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (vpc, steps) = (links.to(&self.vpc)?, self.steps(cx, links, stamp, &Parts::default()).await?);
        let tags = ec2_tags(ResourceType::RouteTable, &stamp.tags(&self.tags));
        let request =
            cx.ec2().create_route_table().vpc_id(vpc).client_token(stamp.physical_name(&super::ec2::TOKEN)).tag_specifications(tags);
        let made = cx.safe(Service::Ec2, "CreateRouteTable", async || request.clone().send().await).await?;
        let id =
            made.route_table.and_then(|t| t.route_table_id).ok_or_else(|| CloudError::incomplete("CreateRouteTable", "RouteTableId"))?;
        half(parts::perform(cx, &id, &steps).await)?;
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (old, new) = (live.of::<Self>()?, Live::made(&live.id, self.clone(), stamp, links)?);
        if self.subnets != old.subnets || self.routes != old.routes || new.points != live.points {
            let now = Parts::of(cx, &live.id).await?;
            let steps = self.steps(cx, links, stamp, &now).await?;
            half(parts::perform(cx, &live.id, &steps).await)?;
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Ok(new)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let now = match Parts::of(cx, &live.id).await {
            Err(e) if e.class == Class::NotFound => return Ok(()),
            now => now?,
        };
        let leave: Vec<Step> = now.subnets.into_values().map(Step::Disassociate).collect();
        parts::perform(cx, &live.id, &leave).await?;
        let request = cx.ec2().delete_route_table().route_table_id(&live.id);
        gone(cx.safe(Service::Ec2, "DeleteRouteTable", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("associations", followers(cx, &live.id).await))
    }
}

impl RouteTable {
    /// What turns the table that there is into this one.
    async fn steps(&self, cx: &Clients, links: &Links, stamp: &Stamp, now: &Parts) -> Result<Vec<Step>, CloudError> {
        let mut routes = Open::new();
        for (cidr, target) in &self.routes {
            routes.insert(cidr.clone(), target.physical(links)?);
        }
        let mut subnets = BTreeMap::new();
        for subnet in &self.subnets {
            // A subnet made by this very run follows no table yet; of others it is asked.
            let fresh = links.0.get(&subnet.address()).is_some_and(|l| l.stamp.run == stamp.run);
            subnets.insert(links.to(subnet)?, fresh);
        }
        let ask = subnets.iter().filter(|(id, fresh)| !**fresh && !now.subnets.contains_key(*id)).map(|(id, _)| id.clone()).collect();
        let elsewhere = parts::associations(cx, ask).await?;
        let mut steps = vec![];
        for (cidr, target) in &routes {
            match now.routes.get(cidr) {
                Some(Some(there)) if there == target => {}
                Some(_) => steps.push(Step::ReplaceRoute(cidr.clone(), target.clone())),
                None => steps.push(Step::CreateRoute(cidr.clone(), target.clone())),
            }
        }
        let unwanted = now.routes.iter().filter(|(cidr, target)| target.is_some() && !routes.contains_key(*cidr));
        steps.extend(unwanted.map(|(cidr, _)| Step::DeleteRoute(cidr.clone())));
        for subnet in subnets.into_keys().filter(|id| !now.subnets.contains_key(id)) {
            steps.push(match elsewhere.get(&subnet) {
                Some(association) => Step::Move { association: association.clone(), subnet },
                None => Step::Associate(subnet),
            });
        }
        let wanted = links.all(&self.subnets)?;
        let leaving = now.subnets.iter().filter(|(id, _)| !wanted.contains(*id));
        steps.extend(leaving.map(|(_, association)| Step::Disassociate(association.clone())));
        Ok(steps)
    }
}

impl Target {
    /// The target by its physical id.
    fn physical(&self, links: &Links) -> Result<Target, CloudError> {
        Ok(match self {
            Target::InternetGateway(r) => Target::InternetGateway(Ref::to(links.to(r)?)),
            Target::NatGateway(r) => Target::NatGateway(Ref::to(links.to(r)?)),
        })
    }
}

/// Who follows a route table.
async fn followers(cx: &Clients, id: &str) -> Result<Vec<String>, CloudError> {
    let request = cx.ec2().describe_route_tables().route_table_ids(id);
    let seen = cx.safe(Service::Ec2, "DescribeRouteTables", async || request.clone().send().await).await?;
    let follower = |a: aws_sdk_ec2::types::RouteTableAssociation| match a.main {
        Some(true) => Some("its VPC (as the main table)".to_owned()),
        _ => a.subnet_id.or(a.gateway_id),
    };
    Ok(seen.route_tables.into_iter().flatten().flat_map(|t| t.associations.unwrap_or_default()).filter_map(follower).collect())
}
