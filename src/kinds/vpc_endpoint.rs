//! A gateway endpoint: traffic to a service that stays inside AWS.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, Word, is, known, made, of, one};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::model::partition::gateway;
use crate::wire::classify::refused;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{ResourceType, VpcEndpointType};

object! {
    /// `AWS::EC2::VPCEndpoint` of type `Gateway`, open to all that its service allows (the default policy).
    pub struct VpcEndpoint {
        /// `VpcId`.
        replace vpc: Ref<Vpc>,
        /// `ServiceName`: `com.amazonaws.us-east-1.s3` or `….dynamodb`.
        replace service: String,
        /// The tables that get a route to the service (`RouteTableIds`). A table has one route to a service at most.
        update route_tables: BTreeSet<Ref<RouteTable>>,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

impl Resource for VpcEndpoint {
    const KIND: Kind = Kind::VpcEndpoint;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(5, 3, 10);
    const HINT: &'static [&'static str] = &["{service}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeVpcEndpoints")],
        write: &[
            EC2_TAG,
            call(Service::Ec2, "CreateVpcEndpoint", NEW_IN_OWN),
            EC2_UNTAG,
            call(Service::Ec2, "DeleteVpcEndpoints", OWN),
            call(Service::Ec2, "ModifyVpcEndpoint", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_vpc_endpoint",
        &[
            known("arn", "arn:${partition}:ec2:${region}:${account}:vpc-endpoint/${id}"),
            ID,
            REGION,
            of("route_table_ids", "route_tables"),
            of("service_name", "service"),
            TAGS,
            TAGS_ALL,
            is("vpc_endpoint_type", Word::Text("Gateway")),
            of("vpc_id", "vpc"),
        ],
    )]);
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Ec2, "VpcEndpointLimitExceeded", ("vpc", "L-1B52E74A"), "Gateway VPC endpoints per Region")];

    fn example() -> Self {
        VpcEndpoint { vpc: Ref::to(EXAMPLE), service: gateway("s3", "us-east-1"), route_tables: [Ref::to(EXAMPLE)].into(), tags: tags() }
    }

    /// AWS refuses a second route to one service in a table.
    fn claims(&self) -> Vec<Claim> {
        self.route_tables.iter().map(|t| Claim::Name { within: Some(t.address()), name: self.service.clone() }).collect()
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_vpc_endpoints().filters(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeVpcEndpoints", send, |page| (page.vpc_endpoints, page.next_token)).await?;
        let live = found.into_iter().filter(|e| !state(e, &["deleting", "deleted"])).filter_map(|e| {
            let (stamp, tags) = Stamp::read(stack, from_tags(e.tags))?;
            let route_tables = e.route_table_ids.into_iter().flatten().map(Ref::to).collect();
            let endpoint = VpcEndpoint { vpc: Ref::to(e.vpc_id?), service: e.service_name?, route_tables, tags };
            Some(Live::found(e.vpc_endpoint_id?, endpoint, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let tables = links.all(&self.route_tables)?.into_iter().collect();
        let request = cx.ec2().create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Gateway).vpc_id(links.to(&self.vpc)?);
        let request =
            request.service_name(&self.service).set_route_table_ids(Some(tables)).client_token(stamp.physical_name(&super::ec2::TOKEN));
        let request = request.tag_specifications(ec2_tags(ResourceType::VpcEndpoint, &stamp.tags(&self.tags)));
        let made = cx.safe(Service::Ec2, "CreateVpcEndpoint", async || request.clone().send().await).await?;
        let ready = made.vpc_endpoint.as_ref().is_some_and(|e| state(e, &["available"]));
        let id = made.vpc_endpoint.and_then(|e| e.vpc_endpoint_id);
        let id = id.ok_or_else(|| CloudError::incomplete("CreateVpcEndpoint", "VpcEndpointId"))?;
        if !ready {
            let what = format!("{id} to become available");
            let why = async || told(cx, &id).await;
            half(cx.policy.wait_saying(&what, deadline(Self::TYPICAL.create), async || usable(cx, &id).await, why).await)?;
        }
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (old, new) = (live.of::<Self>()?, Live::made(&live.id, self.clone(), stamp, links)?);
        if self.route_tables != old.route_tables || new.points != live.points {
            let now = describe(cx, &live.id).await?.ok_or_else(|| CloudError::incomplete("DescribeVpcEndpoints", &live.id))?;
            let now: BTreeSet<String> = now.route_table_ids.into_iter().flatten().collect();
            let wanted = links.all(&self.route_tables)?;
            let add = Some(wanted.difference(&now).cloned().collect::<Vec<_>>()).filter(|a| !a.is_empty());
            let remove = Some(now.difference(&wanted).cloned().collect::<Vec<_>>()).filter(|r| !r.is_empty());
            if add.is_some() || remove.is_some() {
                let request = cx.ec2().modify_vpc_endpoint().vpc_endpoint_id(&live.id);
                let request = request.set_add_route_table_ids(add).set_remove_route_table_ids(remove);
                cx.write(Service::Ec2, "ModifyVpcEndpoint", async || request.clone().send().await).await?;
            }
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Ok(new)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().delete_vpc_endpoints().vpc_endpoint_ids(&live.id);
        let answer = cx.safe(Service::Ec2, "DeleteVpcEndpoints", async || request.clone().send().await).await;
        gone(answer.and_then(|a| refused("DeleteVpcEndpoints", a.unsuccessful.as_deref())))?;
        let what = format!("{} to go", live.id);
        let look = async || Ok(describe(cx, &live.id).await?.is_none().then_some(()));
        cx.policy.wait_saying(&what, deadline(Self::TYPICAL.delete), look, async || told(cx, &live.id).await).await
    }
}

/// One endpoint as it is now; `None` when it is gone.
async fn describe(cx: &Clients, id: &str) -> Result<Option<aws_sdk_ec2::types::VpcEndpoint>, CloudError> {
    let request = cx.ec2().describe_vpc_endpoints().vpc_endpoint_ids(id);
    match cx.safe(Service::Ec2, "DescribeVpcEndpoints", async || request.clone().send().await).await {
        Err(e) if e.class == Class::NotFound => Ok(None),
        seen => Ok(seen?.vpc_endpoints.and_then(|all| all.into_iter().next()).filter(|e| !state(e, &["deleted"]))),
    }
}

/// Whether a new endpoint can be used. One that failed is an error with the service's own reason (`LastError`).
async fn usable(cx: &Clients, id: &str) -> Result<Option<()>, CloudError> {
    let Some(endpoint) = describe(cx, id).await? else { return Ok(None) };
    if state(&endpoint, &["failed", "rejected", "expired", "deleting"]) {
        let (code, message) = endpoint.last_error.map_or((None, None), |e| (e.code, e.message));
        let message = message.or(endpoint.failure_reason).unwrap_or_else(|| format!("{id} did not become available"));
        return Err(CloudError::new(Class::Invalid, code.unwrap_or_else(|| "Failed".into()), message));
    }
    Ok(state(&endpoint, &["available"]).then_some(()))
}

/// What AWS says of an endpoint that takes too long.
async fn told(cx: &Clients, id: &str) -> Option<String> {
    let endpoint = describe(cx, id).await.ok()??;
    let why = endpoint.last_error.and_then(|e| e.message).or(endpoint.failure_reason).map_or(String::new(), |m| format!(": {m}"));
    Some(format!("{id} is {}{why}", endpoint.state?.as_str()))
}

/// Whether an endpoint is in one of these states; the API writes them in either case.
fn state(endpoint: &aws_sdk_ec2::types::VpcEndpoint, any: &[&str]) -> bool {
    endpoint.state.as_ref().is_some_and(|s| any.iter().any(|a| s.as_str().eq_ignore_ascii_case(a)))
}
