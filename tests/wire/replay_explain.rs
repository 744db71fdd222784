//! Failures that say more than the service does: quotas with their values, permissions with their resource, holders by name. Answers
//! after the API reference, since the emulator has no quotas, permits everything, and lets go of everything.
use infra::cloud::{Cloud, Observe};
use infra::kinds::{DbSubnetGroup, Kind, Links, Live, Object, Ref, Subnet};
use infra::wire::{Class, CloudError};

use super::elastic_ip::elastic_ip;
use super::iam_role::role;
use super::internet_gateway::internet_gateway;
use super::replay_world::{has, links, stamp};
use super::route_table::route_table;
use super::security_group::security_group;
use super::subnet::subnet;
use super::target_group::target_group;
use super::vpc::vpc;
use crate::support::replay::{Headers, Replay};

const NO_SUCH_QUOTA: (u16, &str) = (400, r#"{"__type": "NoSuchResourceException", "Message": "no"}"#);
const IN_USE: &str = "DependencyViolation";

fn ec2_error(code: &str, message: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r-1</RequestID></Response>"
    )
}

fn query_error(code: &str, message: &str) -> String {
    format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
}

/// What the creation of a subnet comes to, when it is refused and then looked into.
async fn refused(status: u16, refusal: &str, then: &[(u16, &str)]) -> (CloudError, Vec<String>) {
    let (cloud, replay) = Replay::clients([&[(status, refusal)], then].concat());
    let world = links([("vpc.main", vpc().into())]);
    let want: Object = Subnet { vpc: Ref::to("main"), ..subnet("us-east-1a", "10.0.1.0/24") }.into();
    let e = cloud.create(&want, &world, &stamp("subnet.app-a")).await.unwrap_err();
    (e, replay.asked())
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_named_with_its_value() {
    let refusal = ec2_error("SubnetLimitExceeded", "The maximum number of subnets has been reached.");
    let applied = r#"{"Quota": {"QuotaName": "Subnets per VPC", "Value": 250.0, "Adjustable": true}}"#;
    let (e, asked) = refused(400, &refusal, &[(200, applied)]).await;
    assert_eq!((e.class, e.code.as_str(), e.request_id.is_none()), (Class::Quota, "SubnetLimitExceeded", true));
    let said = "The maximum number of subnets has been reached; the quota \"Subnets per VPC\" (vpc/L-407747CB) is 250 here (us-east-1) and \
                can be raised in Service Quotas";
    assert_eq!(e.message, said);
    has(&asked[1], &[r#""ServiceCode":"vpc""#, r#""QuotaCode":"L-407747CB""#]);
    let fixed = r#"{"Quota": {"Value": 200.0, "Adjustable": false}}"#;
    let (e, _) = refused(400, &refusal, &[NO_SUCH_QUOTA, (200, fixed)]).await;
    assert!(e.message.ends_with("(vpc/L-407747CB) is 200 by default and can't be raised"), "{e}");
}

/// What can't be looked up is left out, at once, and never hides the failure.
#[tokio::test(start_paused = true)]
async fn a_quota_that_cannot_be_read_is_named_still() {
    let refusal = ec2_error("SubnetLimitExceeded", "no more.");
    let denied = r#"{"__type": "AccessDeniedException", "Message": "no"}"#;
    for broken in [(400, denied), (500, "{}"), (429, "{}")] {
        let began = tokio::time::Instant::now();
        let (e, asked) = refused(400, &refusal, &[broken, broken]).await;
        assert_eq!((e.class, e.code.as_str()), (Class::Quota, "SubnetLimitExceeded"));
        assert_eq!(e.message, "no more; the quota \"Subnets per VPC\" (vpc/L-407747CB) is reached; its value could not be read");
        assert_eq!((asked.len(), began.elapsed().as_secs()), (3, 0));
    }
    let (e, asked) = refused(400, &ec2_error("TagLimitExceeded", "too many."), &[]).await;
    assert_eq!((e.class, e.message.as_str(), asked.len()), (Class::Quota, "too many.", 1), "a quota that nobody knows");
}

/// One code of IAM's stands for several quotas; which one, only the request tells.
#[tokio::test(start_paused = true)]
async fn the_same_code_of_another_request_is_another_quota() {
    let refusal = query_error("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000.");
    let (cloud, replay) = Replay::clients([(409, refusal.as_str()), (200, r#"{"Quota": {"Value": 1000.0, "Adjustable": true}}"#)]);
    let e = cloud.create(&role("ec2.amazonaws.com").into(), &Links::default(), &stamp("iam_role.app")).await.unwrap_err();
    assert!(e.message.contains("the quota \"Roles per account\" (iam/L-FE177D64) is 1000 here (us-east-1)"), "{e}");
    has(&replay.asked()[1], &["L-FE177D64"]);
}

#[tokio::test(start_paused = true)]
async fn a_permission_is_named_with_what_it_was_for() {
    let refusal = ec2_error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    let (e, _) = refused(403, &refusal, &[]).await;
    assert_eq!(e.class, Class::Denied);
    let needed = "it needs the permission ec2:CreateSubnet on subnet.app-a";
    assert_eq!(e.message, format!("You are not authorized to perform this operation; {needed}"));
    let (cloud, _) = Replay::clients([(403, r#"{"__type": "AccessDeniedException", "Message": "no."}"#)]);
    let e = cloud.list(Kind::LogGroup, "s").await.unwrap_err();
    assert_eq!(e.message, "no; it needs the permission logs:DescribeLogGroups");
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_refused_lack_no_permission() {
    let (e, asked) = refused(401, &ec2_error("AuthFailure", "AWS was not able to validate the provided access credentials"), &[]).await;
    assert_eq!(
        (e.class, e.message.as_str(), asked.len()),
        (Class::Denied, "AWS was not able to validate the provided access credentials", 1)
    );
}

#[tokio::test(start_paused = true)]
async fn an_encoded_refusal_is_decoded_where_that_is_allowed() {
    let message = "You are not authorized to perform this operation. Encoded authorization failure message: 4GIO-x_y";
    let refusal = ec2_error("UnauthorizedOperation", message);
    let verdict =
        r#"{"allowed":false,"explicitDeny":true,"context":{"action":"ec2:CreateTags","resource":"arn:aws:ec2:us-east-1:1:subnet/*"}}"#;
    let verdict = format!(
        "<DecodeAuthorizationMessageResponse><DecodeAuthorizationMessageResult><DecodedMessage>{verdict}</DecodedMessage>\
         </DecodeAuthorizationMessageResult></DecodeAuthorizationMessageResponse>"
    );
    let (e, asked) = refused(403, &refusal, &[(200, &verdict)]).await;
    has(&asked[1], &["Action=DecodeAuthorizationMessage", "EncodedMessage=4GIO-x_y"]);
    assert_eq!(
        e.message,
        "You are not authorized to perform this operation; a policy denies ec2:CreateTags on arn:aws:ec2:us-east-1:1:subnet/*, for subnet.app-a"
    );
    let (e, _) = refused(403, &refusal, &[(403, &query_error("AccessDenied", "no"))]).await;
    assert_eq!(e.message, format!("{message}; it needs the permission ec2:CreateSubnet on subnet.app-a"));
}

/// What the deletion of an object comes to, when it is refused and then looked into.
async fn held(id: &str, object: impl Into<Object>, answers: &[(u16, String)]) -> (CloudError, Vec<String>) {
    let (cloud, replay) = Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())));
    let live = Live::found(id, object, stamp("subnet.a"));
    (cloud.delete(&live).await.unwrap_err(), replay.asked())
}

fn in_use() -> (u16, String) {
    (400, ec2_error(IN_USE, "it has dependencies and cannot be deleted."))
}

fn described(action: &str, set: &str, items: &[&str]) -> (u16, String) {
    let items: String = items.iter().map(|i| format!("<item>{i}</item>")).collect();
    (200, format!("<{action}Response><{set}>{items}</{set}></{action}Response>"))
}

fn interfaces(items: &[&str]) -> (u16, String) {
    described("DescribeNetworkInterfaces", "networkInterfaceSet", items)
}

const OF_A_BALANCER: &str = "<networkInterfaceId>eni-2</networkInterfaceId><description>ELB app/shop-x/abc</description>\
    <requesterId>amazon-elb</requesterId><attachment><instanceOwnerId>amazon-elb</instanceOwnerId></attachment>\
    <association><publicIp>198.51.100.7</publicIp></association>";
const OF_AN_INSTANCE: &str = "<networkInterfaceId>eni-1</networkInterfaceId><description/><interfaceType>interface</interfaceType>\
    <attachment><instanceId>i-7</instanceId><instanceOwnerId>123456789012</instanceOwnerId></attachment>";
const LEFT_OVER: &str = "<networkInterfaceId>eni-3</networkInterfaceId><interfaceType>lambda</interfaceType>";

#[tokio::test(start_paused = true)]
async fn who_stands_in_a_subnet_is_named() {
    let found = interfaces(&[OF_A_BALANCER, OF_AN_INSTANCE, LEFT_OVER]);
    let (e, asked) = held("subnet-1", subnet("us-east-1a", "10.0.1.0/24"), &[in_use(), interfaces(&[]), found]).await;
    assert_eq!((e.class, e.code.as_str()), (Class::Conflict, IN_USE));
    assert_eq!(
        e.message,
        "it has dependencies and cannot be deleted; subnet-1 is held by eni-1 (attached to i-7), \
         eni-2 (ELB app/shop-x/abc, made by amazon-elb, attached to amazon-elb), eni-3 (lambda, attached to nothing)"
    );
    has(&asked[2], &["Action=DescribeNetworkInterfaces", "Filter.1.Name=subnet-id", "Filter.1.Value.1=subnet-1"]);
}

#[tokio::test(start_paused = true)]
async fn many_holders_are_counted() {
    let many: Vec<String> = (1..=7).map(|n| format!("<networkInterfaceId>eni-{n}</networkInterfaceId>")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (e, _) = held("eipalloc-1", elastic_ip(), &[(400, ec2_error("InvalidIPAddress.InUse", "in use")), interfaces(&many)]).await;
    assert!(e.message.ends_with("eni-5 (attached to nothing) and 2 more"), "{e}");
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_nobody_explains_says_what_was_looked_for() {
    let (e, _) = held("subnet-1", subnet("us-east-1a", "10.0.1.0/24"), &[in_use(), interfaces(&[]), interfaces(&[])]).await;
    assert!(e.message.ends_with("; none of these holds subnet-1 by now: network interfaces; there may be holders of other kinds"), "{e}");
}

#[tokio::test(start_paused = true)]
async fn holders_that_cannot_be_read_do_not_hide_the_conflict() {
    let denied = (403, ec2_error("UnauthorizedOperation", "no"));
    let (e, _) = held("subnet-1", subnet("us-east-1a", "10.0.1.0/24"), &[in_use(), denied.clone(), denied]).await;
    assert_eq!((e.class, e.code.as_str(), e.operation.as_str()), (Class::Conflict, IN_USE, "DeleteSubnet"));
    assert!(e.message.ends_with("cannot be deleted; who holds subnet-1 could not be read: UnauthorizedOperation"), "{e}");
}

#[tokio::test(start_paused = true)]
async fn other_failures_of_a_deletion_ask_for_nobody() {
    let (e, asked) = held("subnet-1", subnet("us-east-1a", "10.0.1.0/24"), &[(400, ec2_error("InvalidParameterValue", "no."))]).await;
    assert_eq!((e.message.as_str(), asked.len()), ("no.", 1));
}

#[tokio::test(start_paused = true)]
async fn members_and_namesakes_of_a_security_group_are_named() {
    let groups = |ids: &[&str]| {
        let items: Vec<String> = ids.iter().map(|id| format!("<groupId>{id}</groupId>")).collect();
        described("DescribeSecurityGroups", "securityGroupInfo", &items.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let answers = [in_use(), interfaces(&[]), interfaces(&[OF_AN_INSTANCE]), groups(&["sg-1", "sg-9"]), groups(&["sg-9", "sg-8"])];
    let (e, asked) = held("sg-1", security_group(), &answers).await;
    let said = "sg-1 is held by eni-1 (attached to i-7), sg-8 (names it in a rule), sg-9 (names it in a rule)";
    assert!(e.message.ends_with(said), "{e}");
    has(&asked[2], &["Filter.1.Name=group-id"]);
    has(&asked[3], &["Filter.1.Name=ip-permission.group-id", "Filter.1.Value.1=sg-1"]);
    has(&asked[4], &["Filter.1.Name=egress.ip-permission.group-id"]);
}

#[tokio::test(start_paused = true)]
async fn public_addresses_keep_an_internet_gateway() {
    let gateway = infra::kinds::InternetGateway { vpc: Ref::to("vpc-1"), ..internet_gateway() };
    let (e, asked) = held("igw-1", gateway, &[in_use(), interfaces(&[OF_A_BALANCER, OF_AN_INSTANCE])]).await;
    assert_eq!(e.operation, "DetachInternetGateway");
    assert!(e.message.ends_with("igw-1 is held by eni-2 (ELB app/shop-x/abc, made by amazon-elb, attached to amazon-elb)"), "{e}");
    has(&asked[1], &["Filter.1.Name=vpc-id", "Filter.1.Value.1=vpc-1"]);
}

#[tokio::test(start_paused = true)]
async fn all_that_stands_in_a_vpc_is_named_but_what_goes_with_it() {
    let main = "<routeTableId>rtb-main</routeTableId><associationSet><item><main>true</main></item></associationSet>";
    let groups = ["<groupId>sg-1</groupId><groupName>default</groupName>", "<groupId>sg-2</groupId><groupName>app</groupName>"];
    let answers = [
        in_use(),
        interfaces(&[]),
        described("DescribeSubnets", "subnetSet", &["<subnetId>subnet-1</subnetId>"]),
        described("DescribeSecurityGroups", "securityGroupInfo", &groups),
        described("DescribeRouteTables", "routeTableSet", &[main, "<routeTableId>rtb-2</routeTableId>"]),
        described("DescribeInternetGateways", "internetGatewaySet", &["<internetGatewayId>igw-1</internetGatewayId>"]),
        described("DescribeVpcEndpoints", "vpcEndpointSet", &["<vpcEndpointId>vpce-1</vpcEndpointId>"]),
    ];
    let (e, asked) = held("vpc-1", vpc(), &answers).await;
    assert!(e.message.ends_with("vpc-1 is held by igw-1, rtb-2, sg-2, subnet-1, vpce-1"), "{e}");
    for request in &asked[1..] {
        has(request, &["vpc-id", "vpc-1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn holders_of_other_services_are_named() {
    let table = "<routeTableId>rtb-1</routeTableId><associationSet><item><gatewayId>igw-7</gatewayId></item></associationSet>";
    let tables = || described("DescribeRouteTables", "routeTableSet", &[table]);
    let (e, _) = held("rtb-1", route_table(), &[tables(), in_use(), tables()]).await;
    assert!(e.message.ends_with("rtb-1 is held by igw-7"), "{e}");

    let database = "<DBInstance><DBInstanceIdentifier>other</DBInstanceIdentifier><DBInstanceStatus>deleting</DBInstanceStatus>\
        <DBSubnetGroup><DBSubnetGroupName>data</DBSubnetGroupName></DBSubnetGroup></DBInstance>";
    let stranger = "<DBInstance><DBInstanceIdentifier>stranger</DBInstanceIdentifier></DBInstance>";
    let all = format!(
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>{database}{stranger}</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    );
    let group = DbSubnetGroup { vpc: Ref::to("main"), subnets: [].into(), tags: [].into() };
    let (e, _) = held("data", group, &[(400, query_error("InvalidDBSubnetGroupStateFault", "in use")), (200, all)]).await;
    assert_eq!(e.message, "in use; data is held by other (deleting)");

    let group = "<TargetGroups><member><LoadBalancerArns><member>arn:app/shop</member></LoadBalancerArns></member></TargetGroups>";
    let all = format!(
        "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult>{group}</DescribeTargetGroupsResult></DescribeTargetGroupsResponse>"
    );
    let (e, _) = held("arn:tg", target_group(), &[(400, query_error("ResourceInUse", "in use")), (200, all)]).await;
    assert_eq!(e.message, "in use; arn:tg is held by arn:app/shop");
}

#[tokio::test(start_paused = true)]
async fn the_service_is_left_alone_for_as_long_as_it_asks() {
    let slow = ec2_error("RequestLimitExceeded", "slow down");
    let list = described("DescribeAddresses", "addressesSet", &[]).1;
    let cases: [(Headers, f64); 4] = [
        (&[("Retry-After", "9")], 9.0),
        (&[("x-amz-retry-after", "1500")], 1.5),
        (&[("Retry-After", "Wed, 21 Oct 2015 07:28:30 GMT"), ("Date", "Wed, 21 Oct 2015 07:28:00 GMT")], 30.0),
        (&[("Retry-After", "?")], 0.0),
    ];
    for (headers, seconds) in cases {
        let (cloud, replay) = Replay::with_headers([(503, slow.as_str(), headers), (200, list.as_str(), &[])]);
        let began = tokio::time::Instant::now();
        cloud.list(Kind::ElasticIp, "s").await.unwrap();
        let waited = began.elapsed().as_secs_f64();
        assert!((seconds..seconds + 0.3).contains(&waited), "{headers:?}: {waited}");
        assert_eq!(replay.asked().len(), 2);
    }
}
