//! Load balancing where the emulator is wrong (it takes a second balancer of one name, deletes a protected one, never fails one, has no
//! limit of tags a request): exchanges written after the API reference.
use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::{Kind, Links, Live, LoadBalancer, Object, Ref, Stamp};
use infra::model::Computed;
use infra::wire::{Class, Clients};

use super::load_balancer::load_balancer;
use crate::support::address;
use crate::support::replay::Replay;

const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-main-1/50dc6c495c0c9188";

/// Clients that get these answers, one after the other.
fn replay(answers: Vec<(u16, String)>) -> (Clients, Replay) {
    Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())))
}

/// What was asked: the action of every request and the parameters of interest.
fn asked(replay: &Replay, parameters: &[&str]) -> Vec<String> {
    let said = |body: &String| {
        let kept = body.split('&').filter(|p| p.starts_with("Action=") || parameters.iter().any(|name| p.starts_with(name)));
        kept.map(|p| p.trim_start_matches("Action=")).collect::<Vec<_>>().join(" ")
    };
    replay.asked().iter().map(said).collect()
}

fn ok(action: &str, result: &str) -> (u16, String) {
    let body = format!("<{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>");
    (200, format!(r#"<{action}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">{body}</{action}Response>"#))
}

fn error(status: u16, code: &str) -> (u16, String) {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error><RequestId>r</RequestId>");
    (status, format!(r#"<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">{error}</ErrorResponse>"#))
}

fn shown(state: &str, reason: &str) -> String {
    format!(
        "<LoadBalancers><member><LoadBalancerArn>{ARN}</LoadBalancerArn><LoadBalancerName>shop-main-1</LoadBalancerName>\
         <DNSName>Shop-1.elb.amazonaws.com</DNSName><CanonicalHostedZoneId>Z1</CanonicalHostedZoneId><Scheme>internal</Scheme>\
         <VpcId>vpc-1</VpcId><State><Code>{state}</Code><Reason>{reason}</Reason></State></member></LoadBalancers>"
    )
}

/// Objects that all carry [`stamp`].
fn tags(stamp: &Stamp, arns: &[String]) -> (u16, String) {
    let tag = |(k, v): (&String, &String)| format!("<member><Key>{k}</Key><Value>{v}</Value></member>");
    let own: String = stamp.tags(&[].into()).iter().map(tag).collect();
    let each = arns.iter().map(|arn| format!("<member><ResourceArn>{arn}</ResourceArn><Tags>{own}</Tags></member>"));
    ok("DescribeTags", &format!("<TagDescriptions>{}</TagDescriptions>", each.collect::<String>()))
}

fn stamp() -> Stamp {
    Stamp {
        stack: "shop".into(),
        address: address("load_balancer.main"),
        run: "r1".into(),
        step: 3,
        identity: String::new(),
        digest: "0123456789abcdef".into(),
    }
}

fn balancer() -> LoadBalancer {
    LoadBalancer { subnets: [Ref::to("=subnet-1"), Ref::to("=subnet-2")].into(), security_groups: [].into(), ..load_balancer() }
}

async fn create(cloud: &Clients) -> Result<Live, infra::wire::CloudError> {
    cloud.create(&balancer().into(), &Links::default(), &stamp()).await
}

#[tokio::test]
async fn a_lost_answer_is_found_by_name_and_the_creation_goes_on() {
    let (cloud, http) = replay(vec![
        error(503, "ServiceUnavailable"),
        ok("DescribeLoadBalancers", &shown("provisioning", "")),
        tags(&stamp(), &[ARN.into()]),
        ok("ModifyLoadBalancerAttributes", ""),
        ok("DescribeLoadBalancers", &shown("provisioning", "")),
        ok("DescribeLoadBalancers", &shown("active", "")),
    ]);
    let live = create(&cloud).await.unwrap();
    assert_eq!(live.id, ARN);
    let made: LoadBalancer = live.of().unwrap();
    assert_eq!((made.dns_name, made.zone_id), (Computed(Some("shop-1.elb.amazonaws.com".into())), Computed(Some("Z1".into()))));
    let name = stamp().physical_name(&infra::kinds::load_balancer::NAMES);
    let arn = "LoadBalancerArns.member.1=arn%3Aaws%3Aelasticloadbalancing%3Aus-east-1%3A123456789012%3Aloadbalancer%2Fapp%2Fshop-main-1%2F50dc6c495c0c9188";
    assert_eq!(
        asked(&http, &["Name", "LoadBalancerArns"]),
        [
            format!("CreateLoadBalancer Name={name}"),
            format!("DescribeLoadBalancers Names.member.1={name}"),
            "DescribeTags".into(),
            "ModifyLoadBalancerAttributes".into(),
            format!("DescribeLoadBalancers {arn}"),
            format!("DescribeLoadBalancers {arn}"),
        ]
    );
}

#[tokio::test]
async fn a_lost_answer_without_a_balancer_stays_open() {
    let (cloud, _) = replay(vec![error(503, "ServiceUnavailable"), error(400, "LoadBalancerNotFound")]);
    assert_eq!(create(&cloud).await.unwrap_err().class, Class::Ambiguous);
}

#[tokio::test]
async fn a_balancer_of_that_name_without_our_stamp_is_not_touched() {
    let (cloud, http) = replay(vec![
        error(400, "DuplicateLoadBalancerName"),
        ok("DescribeLoadBalancers", &shown("active", "")),
        ok("DescribeTags", "<TagDescriptions></TagDescriptions>"),
    ]);
    assert_eq!(create(&cloud).await.unwrap_err().code, "NameTaken");
    assert_eq!(http.asked().len(), 3);
}

#[tokio::test]
async fn a_refused_attribute_leaves_something_to_look_at() {
    let (cloud, _) = replay(vec![ok("CreateLoadBalancer", &shown("provisioning", "")), error(400, "InvalidConfigurationRequest")]);
    let error = create(&cloud).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Ambiguous, "InvalidConfigurationRequest"));
}

#[tokio::test]
async fn a_failed_balancer_is_taken_away_and_says_why() {
    let (cloud, http) = replay(vec![
        ok("CreateLoadBalancer", &shown("provisioning", "")),
        ok("ModifyLoadBalancerAttributes", ""),
        ok("DescribeLoadBalancers", &shown("failed", "no addresses left")),
        ok("DeleteLoadBalancer", ""),
        error(400, "LoadBalancerNotFound"),
    ]);
    let error = create(&cloud).await.unwrap_err();
    assert_eq!((error.class, error.message.as_str()), (Class::Invalid, "no addresses left"));
    assert_eq!(asked(&http, &[])[3], "DeleteLoadBalancer");
}

#[tokio::test]
async fn protection_is_lifted_before_the_deletion_which_ends_when_it_is_gone() {
    let (cloud, http) = replay(vec![
        ok("ModifyLoadBalancerAttributes", ""),
        ok("DeleteLoadBalancer", ""),
        ok("DescribeLoadBalancers", &shown("active", "")),
        error(400, "LoadBalancerNotFound"),
    ]);
    let object: Object = LoadBalancer { deletion_protection: true, ..balancer() }.into();
    cloud.delete(&Live { id: ARN.into(), object, stamp: stamp(), points: [].into() }).await.unwrap();
    assert_eq!(
        asked(&http, &["Attributes"]),
        [
            "ModifyLoadBalancerAttributes Attributes.member.1.Key=deletion_protection.enabled Attributes.member.1.Value=false",
            "DeleteLoadBalancer",
            "DescribeLoadBalancers",
            "DescribeLoadBalancers",
        ]
    );
}

/// Only what may be ours is asked for its tags, 20 a request; one that goes meanwhile fails its batch, which is then asked one by one.
#[tokio::test]
async fn tags_come_in_batches_and_what_goes_meanwhile_is_left_out() {
    let arn = |i: usize| format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop-{i}/{i}");
    let group = |i: usize, name: &str| {
        format!(
            "<member><TargetGroupArn>{}</TargetGroupArn><TargetGroupName>{name}</TargetGroupName><TargetType>instance</TargetType><VpcId>vpc-1</VpcId><Port>80</Port>\
             <Protocol>HTTP</Protocol><HealthCheckPath>/</HealthCheckPath><HealthCheckIntervalSeconds>30</HealthCheckIntervalSeconds>\
             <HealthCheckTimeoutSeconds>5</HealthCheckTimeoutSeconds><HealthyThresholdCount>3</HealthyThresholdCount>\
             <UnhealthyThresholdCount>2</UnhealthyThresholdCount><Matcher><HttpCode>200</HttpCode></Matcher></member>",
            arn(i)
        )
    };
    let group_stamp = Stamp { address: address("target_group.app"), ..stamp() };
    let tags = |range: std::ops::Range<usize>| tags(&group_stamp, &range.map(arn).collect::<Vec<_>>());
    let page = |range: std::ops::Range<usize>, next: &str| {
        let all: String = range.map(|i| group(i, &format!("shop-{i}"))).collect();
        let foreign = group(99, "other-99");
        ok("DescribeTargetGroups", &format!("<TargetGroups>{all}{foreign}</TargetGroups>{next}"))
    };
    let attributes = || ok("DescribeTargetGroupAttributes", "<Attributes></Attributes>");
    let mut answers = vec![page(0..12, "<NextMarker>more</NextMarker>"), page(12..22, "")];
    answers.extend([tags(0..20), error(400, "TargetGroupNotFound"), tags(20..21), error(400, "TargetGroupNotFound")]);
    answers.extend((0..20).map(|_| attributes()).chain([error(400, "TargetGroupNotFound")]));
    let (cloud, http) = replay(answers);
    let found = cloud.list(Kind::TargetGroup, "shop").await.unwrap();
    assert_eq!(found.len(), 20);
    let asked = asked(&http, &["Marker", "PageSize", "ResourceArns.member.20", "ResourceArns.member.21"]);
    assert_eq!(asked[..2], ["DescribeTargetGroups PageSize=400", "DescribeTargetGroups Marker=more PageSize=400"]);
    let last = arn(19).replace(':', "%3A").replace('/', "%2F");
    assert_eq!(asked[2], format!("DescribeTags ResourceArns.member.20={last}"));
    assert_eq!(asked[3..6], ["DescribeTags", "DescribeTags", "DescribeTags"]);
}

#[tokio::test(start_paused = true)]
async fn a_balancer_that_takes_too_long_is_told_with_its_state() {
    let provisioning = || ok("DescribeLoadBalancers", &shown("provisioning", "waiting for addresses"));
    let answers = vec![
        ok("CreateLoadBalancer", &shown("provisioning", "")),
        ok("ModifyLoadBalancerAttributes", ""),
        provisioning(),
        provisioning(),
        provisioning(),
    ];
    let (mut cloud, _) = replay(answers);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = create(&cloud).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "WaitTimeout"));
    assert_eq!(e.message, "waited 10m for the load balancer to become active: it is provisioning: waiting for addresses");
    let active = || ok("DescribeLoadBalancers", &shown("active", ""));
    let (mut cloud, _) = replay(vec![ok("DeleteLoadBalancer", ""), active(), active(), active()]);
    cloud.policy.poll = Duration::from_secs(9999);
    let live = Live::found(ARN, LoadBalancer { deletion_protection: false, ..balancer() }, stamp());
    assert_eq!(cloud.delete(&live).await.unwrap_err().message, "waited 2m for the load balancer to be gone: it is active");
}

#[tokio::test(start_paused = true)]
async fn a_balancer_that_fails_in_other_subnets_says_why() {
    let (cloud, http) = replay(vec![ok("SetSubnets", ""), ok("DescribeLoadBalancers", &shown("failed", "no addresses left"))]);
    let want = LoadBalancer { subnets: [Ref::to("=subnet-1"), Ref::to("=subnet-3")].into(), ..balancer() };
    let live = Live::found(ARN, balancer(), stamp());
    let e = cloud.update(&live, &want.into(), &Links::default(), &stamp()).await.unwrap_err();
    assert_eq!((e.class, e.message.as_str()), (Class::Ambiguous, "no addresses left"));
    assert_eq!(http.asked().len(), 2);
}
