//! The routes and associations of a route table as the cloud shows them, and the single changes of them.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, RouteTableAssociation, RouteTableAssociationStateCode};
use futures_util::future::join_all;

use super::Target;
use crate::kinds::{Ref, gone};
use crate::wire::{Class, Clients, CloudError, Service};

/// What a table consists of.
#[derive(Default)]
pub struct Parts {
    /// The id of the association by subnet.
    pub subnets: BTreeMap<String, String>,
    /// Targets, by physical id, by destination; `None` where a route leads to something else. `local` and prefix lists are left out.
    pub routes: BTreeMap<String, Option<Target>>,
}

impl Parts {
    pub fn read(table: &aws_sdk_ec2::types::RouteTable) -> Parts {
        let mut parts = Parts { subnets: table.associations().iter().filter_map(association).collect(), routes: BTreeMap::new() };
        for route in table.routes() {
            let destination = route.destination_cidr_block().or(route.destination_ipv6_cidr_block());
            let Some(destination) = destination.filter(|_| route.gateway_id() != Some("local")) else { continue };
            let target = match (route.gateway_id(), route.nat_gateway_id()) {
                (Some(id), _) if id.starts_with("igw-") => Some(Target::InternetGateway(Ref::to(id))),
                (_, Some(id)) => Some(Target::NatGateway(Ref::to(id))),
                _ => None,
            };
            parts.routes.insert(destination.into(), target);
        }
        parts
    }

    /// One table as it is now.
    pub async fn of(cx: &Clients, id: &str) -> Result<Parts, CloudError> {
        let request = cx.ec2().describe_route_tables().route_table_ids(id);
        let seen = cx.safe(Service::Ec2, "DescribeRouteTables", async || request.clone().send().await).await?;
        seen.route_tables().first().map(Parts::read).ok_or_else(|| CloudError::incomplete("DescribeRouteTables", id))
    }
}

/// The subnet and the id of an association that stands; the main table's own has no subnet.
fn association(a: &RouteTableAssociation) -> Option<(String, String)> {
    let state = a.association_state().and_then(|s| s.state());
    if matches!(state, Some(RouteTableAssociationStateCode::Disassociating | RouteTableAssociationStateCode::Disassociated)) {
        return None;
    }
    Some((a.subnet_id()?.into(), a.route_table_association_id()?.into()))
}

/// The associations, with whatever table, of those subnets that have one. A filter takes 200 values.
pub async fn associations(cx: &Clients, subnets: BTreeSet<String>) -> Result<BTreeMap<String, String>, CloudError> {
    let subnets: Vec<String> = subnets.into_iter().collect();
    let mut all = BTreeMap::new();
    for some in subnets.chunks(200) {
        let filter = Filter::builder().name("association.subnet-id").set_values(Some(some.to_vec())).build();
        let request = cx.ec2().describe_route_tables().filters(filter).max_results(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let tables = cx.pages(Service::Ec2, "DescribeRouteTables", send, |page| (page.route_tables, page.next_token)).await?;
        all.extend(tables.iter().flat_map(|t| t.associations()).filter_map(association).filter(|(subnet, _)| some.contains(subnet)));
    }
    Ok(all)
}

/// One request that changes a table.
pub enum Step {
    /// A subnet that follows the main table begins to follow this one.
    Associate(String),
    /// A subnet leaves another table for this one without a moment between.
    Move {
        association: String,
        subnet: String,
    },
    Disassociate(String),
    CreateRoute(String, Target),
    ReplaceRoute(String, Target),
    DeleteRoute(String),
}

/// All steps at once. Every one is let end before the first failure is told.
pub async fn perform(cx: &Clients, table: &str, steps: &[Step]) -> Result<(), CloudError> {
    join_all(steps.iter().map(|step| step.send(cx, table))).await.into_iter().collect()
}

/// `DestinationCidrBlock` or `DestinationIpv6CidrBlock`: the one that fits, and nothing for the other.
fn split(destination: &str) -> (Option<String>, Option<String>) {
    let destination = Some(destination.to_owned());
    if destination.as_ref().is_some_and(|d| d.contains(':')) { (None, destination) } else { (destination, None) }
}

/// `GatewayId` and `NatGatewayId`.
fn ids(target: &Target) -> (Option<String>, Option<String>) {
    match target {
        Target::InternetGateway(r) => (Some(r.0.clone()), None),
        Target::NatGateway(r) => (None, Some(r.0.clone())),
    }
}

impl Step {
    async fn send(&self, cx: &Clients, table: &str) -> Result<(), CloudError> {
        match self {
            Step::Associate(subnet) => associate(cx, table, subnet).await,
            Step::Move { association, subnet } => {
                let request = cx.ec2().replace_route_table_association().association_id(association).route_table_id(table);
                let moved = cx.write(Service::Ec2, "ReplaceRouteTableAssociation", async || request.clone().send().await).await;
                match moved {
                    // The other table has let it go meanwhile.
                    Err(e) if e.class == Class::NotFound => associate(cx, table, subnet).await,
                    other => other.map(drop),
                }
            }
            Step::Disassociate(association) => {
                let request = cx.ec2().disassociate_route_table().association_id(association);
                gone(cx.safe(Service::Ec2, "DisassociateRouteTable", async || request.clone().send().await).await)
            }
            Step::CreateRoute(destination, target) => {
                let ((v4, v6), (gateway, nat)) = (split(destination), ids(target));
                let request =
                    cx.ec2().create_route().route_table_id(table).set_destination_cidr_block(v4).set_destination_ipv6_cidr_block(v6);
                let request = request.set_gateway_id(gateway).set_nat_gateway_id(nat);
                cx.write(Service::Ec2, "CreateRoute", async || request.clone().send().await).await.map(drop)
            }
            Step::ReplaceRoute(destination, target) => {
                let ((v4, v6), (gateway, nat)) = (split(destination), ids(target));
                let request =
                    cx.ec2().replace_route().route_table_id(table).set_destination_cidr_block(v4).set_destination_ipv6_cidr_block(v6);
                let request = request.set_gateway_id(gateway).set_nat_gateway_id(nat);
                cx.safe(Service::Ec2, "ReplaceRoute", async || request.clone().send().await).await.map(drop)
            }
            Step::DeleteRoute(destination) => {
                let (v4, v6) = split(destination);
                let request =
                    cx.ec2().delete_route().route_table_id(table).set_destination_cidr_block(v4).set_destination_ipv6_cidr_block(v6);
                gone(cx.safe(Service::Ec2, "DeleteRoute", async || request.clone().send().await).await)
            }
        }
    }
}

async fn associate(cx: &Clients, table: &str, subnet: &str) -> Result<(), CloudError> {
    let request = cx.ec2().associate_route_table().route_table_id(table).subnet_id(subnet);
    cx.write(Service::Ec2, "AssociateRouteTable", async || request.clone().send().await).await.map(drop)
}
