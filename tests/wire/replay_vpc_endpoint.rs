//! Endpoints that fail or take too long: answers after the API reference, since the emulator's are there at once.
use std::time::Duration;

use infra::cloud::Cloud;
use infra::kinds::{Live, Ref, VpcEndpoint};
use infra::wire::Class;

use super::replay_world::stamp;
use super::vpc_endpoint::vpc_endpoint;
use crate::support::replay::Replay;

const AT: &str = "vpc_endpoint.s3";
const CREATED: &str = "<CreateVpcEndpointResponse><vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId><state>pending</state></vpcEndpoint></CreateVpcEndpointResponse>";

fn seen(state: &str, more: &str) -> String {
    let endpoint = format!("<item><vpcEndpointId>vpce-1</vpcEndpointId><state>{state}</state>{more}</item>");
    format!("<DescribeVpcEndpointsResponse><vpcEndpointSet>{endpoint}</vpcEndpointSet></DescribeVpcEndpointsResponse>")
}

fn wanted() -> VpcEndpoint {
    VpcEndpoint { vpc: Ref::to("=vpc-1"), route_tables: [Ref::to("=rtb-1")].into(), ..vpc_endpoint() }
}

#[tokio::test(start_paused = true)]
async fn a_failed_endpoint_ends_the_wait_with_its_reason() {
    let why = "<lastError><code>RouteConflict</code><message>the table has such a route</message></lastError>";
    let (cloud, _) = Replay::clients([(200, CREATED), (200, &seen("failed", why))]);
    let e = cloud.create(&wanted().into(), &infra::kinds::Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str(), e.message.as_str()), (Class::Ambiguous, "RouteConflict", "the table has such a route"));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_takes_too_long_is_told_with_its_state() {
    let pending = seen("pending", "");
    let (mut cloud, _) = Replay::clients([(200, CREATED), (200, &pending), (200, &pending), (200, &pending)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.create(&wanted().into(), &infra::kinds::Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!((e.class, e.message.as_str()), (Class::Ambiguous, "waited 2m for vpce-1 to become available: vpce-1 is pending"));
    let deleted = "<DeleteVpcEndpointsResponse><unsuccessful/></DeleteVpcEndpointsResponse>";
    let deleting = seen("deleting", "<failureReason>still in use</failureReason>");
    let (mut cloud, _) = Replay::clients([(200, deleted), (200, &deleting), (200, &deleting), (200, &deleting)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.delete(&Live::found("vpce-1", wanted(), stamp(AT))).await.unwrap_err();
    assert_eq!(e.message, "waited 2m for vpce-1 to go: vpce-1 is deleting: still in use");
}
