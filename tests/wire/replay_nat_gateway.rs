//! NAT gateways come and go slowly, and may fail: answers after the API reference, since the emulator has neither.
use std::time::Duration;

use infra::cloud::Cloud;
use infra::kinds::{Links, Live, Object, Stamp};
use infra::wire::Class;

use super::nat_gateway::{nat_gateway, network};
use crate::support::address;
use crate::support::replay::Replay;

const CREATED: &str = "<CreateNatGatewayResponse><natGateway><natGatewayId>nat-1</natGatewayId><state>pending</state></natGateway></CreateNatGatewayResponse>";
const DELETED: &str = "<DeleteNatGatewayResponse><natGatewayId>nat-1</natGatewayId></DeleteNatGatewayResponse>";
const UNKNOWN: &str = "<Response><Errors><Error><Code>NatGatewayNotFound</Code><Message>The Nat Gateway nat-1 was not found</Message></Error></Errors></Response>";

fn seen(state: &str) -> String {
    let gateway = format!("<item><natGatewayId>nat-1</natGatewayId>{state}</item>");
    format!("<DescribeNatGatewaysResponse><natGatewaySet>{gateway}</natGatewaySet></DescribeNatGatewaysResponse>")
}

fn stamp() -> Stamp {
    Stamp { stack: "s".into(), address: address("nat_gateway.a"), run: "r".into(), step: 7, identity: String::new(), digest: String::new() }
}

/// The world of the wire case, each object under its own address as physical id.
fn links() -> Links {
    let live = |name: &str, object: Object| Live::found(format!("id-{name}"), object, stamp());
    Links(network().into_iter().map(|(a, o)| (address(a), live(a, o))).collect())
}

#[tokio::test(start_paused = true)]
async fn a_creation_waits_until_the_gateway_is_available() {
    let (pending, available) = (seen("<state>pending</state>"), seen("<state>available</state>"));
    let (cloud, replay) = Replay::clients([(200, CREATED), (400, UNKNOWN), (200, &pending), (200, &available)]);
    let live = cloud.create(&nat_gateway().into(), &links(), &stamp()).await.unwrap();
    assert_eq!(live.id, "nat-1");
    let asked = replay.asked();
    let token = format!("ClientToken={}", stamp().physical_name(&infra::kinds::NameRule::most(64)));
    for part in ["Action=CreateNatGateway", "SubnetId=id-subnet.a", "AllocationId=id-elastic_ip.a", &token, "infra%3Aaddress"] {
        assert!(asked[0].contains(part), "{part} in {}", asked[0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_gateway_ends_the_wait_with_its_reason() {
    let failed = seen(
        "<state>failed</state><failureCode>Gateway.NotAttached</failureCode><failureMessage>Network vpc-1 has no Internet gateway attached</failureMessage>",
    );
    let (cloud, replay) = Replay::clients([(200, CREATED), (200, &failed)]);
    let error = cloud.create(&nat_gateway().into(), &links(), &stamp()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Ambiguous, "Gateway.NotAttached"));
    assert_eq!(error.message, "Network vpc-1 has no Internet gateway attached");
    assert_eq!(replay.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_waits_until_the_gateway_is_gone_and_may_come_twice() {
    let live = Live::found("nat-1", nat_gateway(), stamp());
    let (deleting, deleted) = (seen("<state>deleting</state>"), seen("<state>deleted</state>"));
    let (cloud, replay) = Replay::clients([(200, DELETED), (200, &deleting), (200, &deleted)]);
    cloud.delete(&live).await.unwrap();
    assert!(replay.asked()[0].contains("Action=DeleteNatGateway"));
    let (cloud, replay) = Replay::clients([(400, UNKNOWN), (400, UNKNOWN)]);
    cloud.delete(&live).await.unwrap();
    assert_eq!(replay.asked().len(), 2);
}

/// The look at the deadline itself is the last one; then it is asked once more what AWS says.
#[tokio::test(start_paused = true)]
async fn a_gateway_that_takes_too_long_is_told_with_its_state() {
    let pending = seen("<state>pending</state>");
    let (mut cloud, _) = Replay::clients([(200, CREATED), (200, &pending), (200, &pending), (200, &pending)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.create(&nat_gateway().into(), &links(), &stamp()).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "WaitTimeout"));
    assert_eq!(e.message, "waited 6m 40s for nat-1 to become available: nat-1 is pending");
    let stuck = seen("<state>deleting</state><failureMessage>its interface is in use</failureMessage>");
    let (mut cloud, _) = Replay::clients([(200, DELETED), (200, &stuck), (200, &stuck), (200, &stuck)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.delete(&Live::found("nat-1", nat_gateway(), stamp())).await.unwrap_err();
    assert_eq!(e.message, "waited 4m for nat-1 to go: nat-1 is deleting: its interface is in use");
}
