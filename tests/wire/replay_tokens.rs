//! Creations whose answer is lost: with a client token they are sent again, without one they are not. The emulator heeds no token.
use infra::cloud::Cloud;
use infra::kinds::launch_template::Boot;
use infra::kinds::{
    FlowLog, InternetGateway, LaunchTemplate, Links, NatGateway, Object, Ref, RouteTable, SecurityGroup, Subnet, Text, VpcEndpoint,
};
use infra::wire::Class;

use super::elastic_ip::elastic_ip;
use super::flow_log::flow_log;
use super::internet_gateway::internet_gateway;
use super::launch_template::launch_template;
use super::nat_gateway::nat_gateway;
use super::replay_world::{has, stamp};
use super::route_table::route_table;
use super::security_group::security_group;
use super::subnet::subnet;
use super::vpc::vpc;
use super::vpc_endpoint::vpc_endpoint;
use crate::support::replay::Replay;

const LOST: (u16, &str) = (503, "<Response><Errors><Error><Code>Unavailable</Code><Message>later</Message></Error></Errors></Response>");
const ROLE: &str = "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>flow</RoleName><RoleId>i</RoleId><Arn>arn:role</Arn>\
    <CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>";

#[tokio::test(start_paused = true)]
async fn a_creation_with_a_token_is_sent_again_with_the_same() {
    let template = LaunchTemplate {
        instance_profile: Ref::to("=profile"),
        security_groups: [Ref::to("=sg-1")].into(),
        boot: Boot::UserData(Text::literal("")),
        ..launch_template()
    };
    let gateway = NatGateway {
        subnet: Ref::to("=subnet-1"),
        elastic_ip: Ref::to("=eipalloc-1"),
        internet_gateway: Ref::to("=igw-1"),
        ..nat_gateway()
    };
    type Case<'a> = (Object, &'a [(u16, &'a str)], &'a str);
    let cases: Vec<Case> = vec![
        (
            FlowLog { vpc: Ref::to("=vpc-1"), log_group: Ref::to("=group"), role: Ref::to("=flow"), ..flow_log() }.into(),
            &[(200, ROLE)],
            "<CreateFlowLogsResponse><flowLogIdSet><item>fl-1</item></flowLogIdSet></CreateFlowLogsResponse>",
        ),
        (
            template.into(),
            &[],
            "<CreateLaunchTemplateResponse><launchTemplate><launchTemplateId>lt-1</launchTemplateId></launchTemplate></CreateLaunchTemplateResponse>",
        ),
        (
            gateway.into(),
            &[],
            "<CreateNatGatewayResponse><natGateway><natGatewayId>nat-1</natGatewayId></natGateway></CreateNatGatewayResponse>",
        ),
        (
            RouteTable { vpc: Ref::to("=vpc-1"), subnets: [].into(), routes: [].into(), ..route_table() }.into(),
            &[],
            "<CreateRouteTableResponse><routeTable><routeTableId>rtb-1</routeTableId></routeTable></CreateRouteTableResponse>",
        ),
        (
            VpcEndpoint { vpc: Ref::to("=vpc-1"), route_tables: [].into(), ..vpc_endpoint() }.into(),
            &[],
            "<CreateVpcEndpointResponse><vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId><state>available</state></vpcEndpoint></CreateVpcEndpointResponse>",
        ),
    ];
    let available =
        "<DescribeNatGatewaysResponse><natGatewaySet><item><state>available</state></item></natGatewaySet></DescribeNatGatewaysResponse>";
    for (want, before, made) in cases {
        let waits = matches!(want, Object::NatGateway(_));
        let stamp = stamp(&format!("{}.a", want.kind().label()));
        let after: &[(u16, &str)] = if waits { &[(200, available)] } else { &[] };
        let (cloud, replay) = Replay::clients([before, &[LOST, LOST, (200, made)], after].concat());
        cloud.create(&want, &Links::default(), &stamp).await.unwrap_or_else(|e| panic!("{}: {e}", stamp.address));
        let token = format!("ClientToken={}", stamp.physical_name(&infra::kinds::NameRule::most(64)));
        let asked = replay.asked();
        for request in &asked[before.len()..before.len() + 3] {
            has(request, &["Action=Create", &token]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_without_a_token_is_looked_for_instead() {
    let cases: [Object; 5] = [
        elastic_ip().into(),
        InternetGateway { vpc: Ref::to("=vpc-1"), ..internet_gateway() }.into(),
        SecurityGroup { vpc: Ref::to("=vpc-1"), ..security_group() }.into(),
        Subnet { vpc: Ref::to("=vpc-1"), ..subnet("us-east-1a", "10.0.1.0/24") }.into(),
        vpc().into(),
    ];
    for want in cases {
        let (cloud, replay) = Replay::clients([LOST]);
        let e = cloud.create(&want, &Links::default(), &stamp("vpc.main")).await.unwrap_err();
        assert_eq!((e.class, replay.asked().len()), (Class::Ambiguous, 1), "{}", want.kind().label());
    }
}
