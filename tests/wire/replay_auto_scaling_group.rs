//! Scaling groups where the emulator is silent: instance refreshes, launches that fail, targets that are ill, warm-up and maintenance.
//! Answers after the API reference.
use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::{AutoScalingGroup, Kind, Links, Live, Ref};
use infra::wire::{Class, CloudError};

use super::auto_scaling_group::auto_scaling_group;
use super::replay_world::{has, stamp};
use crate::support::replay::Replay;

const AT: &str = "auto_scaling_group.shop";

/// A group of ours as it is wanted; what it points at is known by physical ids.
fn wanted(template: &str) -> AutoScalingGroup {
    AutoScalingGroup {
        launch_template: Ref::to(format!("={template}")),
        subnets: [Ref::to("=subnet-a"), Ref::to("=subnet-b")].into(),
        target_groups: [Ref::to("=arn:app")].into(),
        default_instance_warmup: 60,
        ..auto_scaling_group()
    }
}

fn live(template: &str) -> Live {
    Live::found("shop-1", wanted(template), stamp(AT))
}

fn ok(action: &str, result: &str) -> (u16, String) {
    (200, format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

fn error(code: &str, message: &str) -> (u16, String) {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    (400, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}

/// An instance in service, launched from a template.
fn instance(id: &str, state: &str, template: &str) -> String {
    format!(
        "<member><InstanceId>{id}</InstanceId><LifecycleState>{state}</LifecycleState><HealthStatus>Healthy</HealthStatus>\
         <LaunchTemplate><LaunchTemplateId>{template}</LaunchTemplateId><Version>1</Version></LaunchTemplate></member>"
    )
}

/// The group with its template, its instances, and whatever else.
fn group(template: &str, instances: &[String], more: &str) -> (u16, String) {
    let tags = [("Name", "shop"), ("infra:stack", "s"), ("infra:address", AT), ("infra:run", "r/7"), ("infra:digest", "0123456789abcdef")];
    let tags: String = tags.map(|(k, v)| format!("<member><Key>{k}</Key><Value>{v}</Value></member>")).concat();
    let template = format!("<LaunchTemplate><LaunchTemplateId>{template}</LaunchTemplateId><Version>1</Version></LaunchTemplate>");
    let shape = "<MinSize>2</MinSize><MaxSize>4</MaxSize><DesiredCapacity>2</DesiredCapacity><HealthCheckType>EC2</HealthCheckType>\
         <HealthCheckGracePeriod>120</HealthCheckGracePeriod><VPCZoneIdentifier>subnet-b,subnet-a</VPCZoneIdentifier>\
         <TargetGroupARNs><member>arn:app</member></TargetGroupARNs><DefaultInstanceWarmup>60</DefaultInstanceWarmup>\
         <InstanceMaintenancePolicy><MinHealthyPercentage>90</MinHealthyPercentage><MaxHealthyPercentage>110</MaxHealthyPercentage></InstanceMaintenancePolicy>";
    let instances = format!("<Instances>{}</Instances>", instances.concat());
    let name = "<AutoScalingGroupName>shop-1</AutoScalingGroupName>";
    let member = format!("<member>{name}{template}{shape}{instances}<Tags>{tags}</Tags>{more}</member>");
    ok("DescribeAutoScalingGroups", &format!("<AutoScalingGroups>{member}</AutoScalingGroups>"))
}

fn nothing() -> (u16, String) {
    ok("DescribeAutoScalingGroups", "<AutoScalingGroups/>")
}

fn policies() -> (u16, String) {
    let metric = "<PredefinedMetricSpecification><PredefinedMetricType>ASGAverageCPUUtilization</PredefinedMetricType></PredefinedMetricSpecification>";
    let tracking = format!("<TargetTrackingConfiguration>{metric}<TargetValue>60.0</TargetValue></TargetTrackingConfiguration>");
    let names = "<AutoScalingGroupName>shop-1</AutoScalingGroupName><PolicyName>shop-1</PolicyName>";
    ok("DescribePolicies", &format!("<ScalingPolicies><member>{names}{tracking}<Enabled>true</Enabled></member></ScalingPolicies>"))
}

fn started(id: &str) -> (u16, String) {
    ok("StartInstanceRefresh", &format!("<InstanceRefreshId>{id}</InstanceRefreshId>"))
}

fn refresh(id: &str, status: &str) -> (u16, String) {
    let refresh = format!(
        "<member><InstanceRefreshId>{id}</InstanceRefreshId><Status>{status}</Status><PercentageComplete>50</PercentageComplete>\
         <StatusReason>the health check failed</StatusReason></member>"
    );
    ok("DescribeInstanceRefreshes", &format!("<InstanceRefreshes>{refresh}</InstanceRefreshes>"))
}

fn targets(state: &str) -> (u16, String) {
    let target = |id: &str| {
        let health = format!("<TargetHealth><State>{state}</State><Description>answered with 502</Description></TargetHealth>");
        format!("<member><Target><Id>{id}</Id><Port>80</Port></Target>{health}</member>")
    };
    let all = target("i-1") + &target("i-2");
    ok("DescribeTargetHealth", &format!("<TargetHealthDescriptions>{all}</TargetHealthDescriptions>"))
}

fn pair(one: &str, other: &str) -> [String; 2] {
    [instance("i-1", "InService", one), instance("i-2", "InService", other)]
}

fn clients(answers: &[(u16, String)]) -> (infra::wire::Clients, Replay) {
    Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())))
}

/// What an update from one template to another comes to, and what it asks; the answers begin after the group has been looked at.
async fn update(from: &str, instances: &[String], answers: &[(u16, String)]) -> (Result<Live, CloudError>, Vec<String>) {
    let first = [group(from, instances, ""), policies()];
    let (cloud, replay) = clients(&[&first[..], answers].concat());
    let answer = cloud.update(&live(from), &wanted("lt-new").into(), &Links::default(), &stamp(AT)).await;
    (answer, replay.asked()[2..].to_vec())
}

fn actions(asked: &[String]) -> Vec<&str> {
    asked.iter().map(|r| r.trim_start_matches("Action=").split('&').next().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn another_template_rolls_through_the_group() {
    let answers = [
        ok("UpdateAutoScalingGroup", ""),
        group("lt-new", &pair("lt-old", "lt-old"), ""),
        started("r-1"),
        refresh("r-1", "Pending"),
        refresh("r-1", "InProgress"),
        refresh("r-1", "Successful"),
    ];
    let (answer, asked) = update("lt-old", &pair("lt-old", "lt-old"), &answers).await;
    assert_eq!(answer.unwrap().id, "shop-1");
    has(&asked[0], &["Action=UpdateAutoScalingGroup&", "LaunchTemplate.LaunchTemplateId=lt-new&", "LaunchTemplate.Version=1&"]);
    has(&asked[0], &["MinHealthyPercentage=90", "MaxHealthyPercentage=110", "DefaultInstanceWarmup=60"]);
    assert!(!asked[0].contains("DesiredCapacity"), "the load decides: {}", asked[0]);
    let preferences =
        ["MinHealthyPercentage=90", "MaxHealthyPercentage=110", "InstanceWarmup=60", "SkipMatching=true", "AutoRollback=false"];
    has(&asked[2], &["Action=StartInstanceRefresh&", "AutoScalingGroupName=shop-1"]);
    has(&asked[2], &preferences.map(|p| format!("Preferences.{p}")).each_ref().map(String::as_str));
    has(&asked[3], &["Action=DescribeInstanceRefreshes&", "InstanceRefreshIds.member.1=r-1"]);
    assert_eq!(asked.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_group_without_other_instances_needs_no_refresh() {
    let leaving = [instance("i-1", "Terminating:Wait", "lt-old"), instance("i-2", "InService", "lt-new")];
    let answers = [ok("UpdateAutoScalingGroup", ""), group("lt-new", &leaving, "")];
    let (answer, asked) = update("lt-old", &[], &answers).await;
    answer.unwrap();
    assert_eq!(actions(&asked), ["UpdateAutoScalingGroup", "DescribeAutoScalingGroups"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_says_why_and_the_group_is_pointed_back() {
    for status in ["Failed", "Cancelled"] {
        let answers = [
            ok("UpdateAutoScalingGroup", ""),
            group("lt-new", &pair("lt-old", "lt-old"), ""),
            started("r-1"),
            refresh("r-1", status),
            ok("UpdateAutoScalingGroup", ""),
        ];
        let (answer, asked) = update("lt-old", &pair("lt-old", "lt-old"), &answers).await;
        let error = answer.unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (Class::Ambiguous, "InstanceRefreshFailed"));
        assert_eq!(error.message, format!("the instance refresh r-1 is {status} at 50 %: the health check failed"));
        has(&asked[4], &["Action=UpdateAutoScalingGroup&", "LaunchTemplate.LaunchTemplateId=lt-old&"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_an_earlier_life_is_taken_up() {
    let half = pair("lt-new", "lt-old");
    let (first, later) = (group("lt-new", &half, ""), group("lt-new", &half, ""));
    let answers = [
        first,
        policies(),
        ok("UpdateAutoScalingGroup", ""),
        later,
        error("InstanceRefreshInProgress", "An Instance Refresh is already in progress"),
        refresh("r-0", "InProgress"),
        refresh("r-0", "Baking"),
        refresh("r-0", "Successful"),
    ];
    let (cloud, replay) = clients(&answers);
    cloud.update(&live("lt-old"), &wanted("lt-new").into(), &Links::default(), &stamp(AT)).await.unwrap();
    let asked = replay.asked();
    assert!(actions(&asked).iter().all(|a| *a != "CancelInstanceRefresh"), "{asked:?}");
    has(&asked[6], &["InstanceRefreshIds.member.1=r-0"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_to_another_template_makes_room() {
    let answers = [
        ok("UpdateAutoScalingGroup", ""),
        group("lt-new", &pair("lt-old", "lt-other"), ""),
        error("InstanceRefreshInProgress", "An Instance Refresh is already in progress"),
        ok("CancelInstanceRefresh", "<InstanceRefreshId>r-0</InstanceRefreshId>"),
        refresh("r-0", "Cancelling"),
        refresh("r-0", "Cancelled"),
        started("r-1"),
        refresh("r-1", "Successful"),
    ];
    let (answer, asked) = update("lt-old", &pair("lt-old", "lt-other"), &answers).await;
    answer.unwrap();
    assert_eq!(
        actions(&asked)[2..7],
        ["StartInstanceRefresh", "CancelInstanceRefresh", "DescribeInstanceRefreshes", "DescribeInstanceRefreshes", "StartInstanceRefresh"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_shows_a_roll_that_stopped_half_way() {
    let (cloud, replay) = clients(&[group("lt-new", &pair("lt-new", "lt-old"), ""), policies()]);
    let found = cloud.list(Kind::AutoScalingGroup, "s").await.unwrap();
    let read: AutoScalingGroup = found[0].of().unwrap();
    assert_eq!(read.launch_template, Ref::to("lt-new, but not on 1 of 2 instances"));
    assert!(found[0].points.contains("lt-new") && found[0].points.contains("lt-old"));
    has(&replay.asked()[0], &["Filters.member.1.Name=tag%3Ainfra%3Astack", "Filters.member.1.Values.member.1=s", "MaxRecords=100"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_reads_what_was_written() {
    let (cloud, _) = clients(&[group("lt-new", &pair("lt-new", "lt-new"), ""), policies()]);
    let found = cloud.list(Kind::AutoScalingGroup, "s").await.unwrap();
    let bare = |s: &str| s.trim_start_matches('=').to_owned();
    let asked = wanted("lt-new");
    let physical = AutoScalingGroup {
        launch_template: Ref::to(bare(&asked.launch_template.0)),
        subnets: asked.subnets.iter().map(|r| Ref::to(bare(&r.0))).collect(),
        target_groups: asked.target_groups.iter().map(|r| Ref::to(bare(&r.0))).collect(),
        ..asked
    };
    assert_eq!(found, [Live::found("shop-1", physical, stamp(AT))]);
    let (cloud, _) = clients(&[group("lt-new", &[], "<Status>Delete in progress</Status>")]);
    assert_eq!(cloud.list(Kind::AutoScalingGroup, "s").await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_creation_waits_for_healthy_targets_and_for_the_profile() {
    let serving = group("lt-new", &pair("lt-new", "lt-new"), "");
    let answers = [
        error("ValidationError", "Value (shop) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"),
        ok("CreateAutoScalingGroup", ""),
        ok("PutScalingPolicy", ""),
        serving.clone(),
        targets("initial"),
        serving,
        targets("healthy"),
    ];
    let (cloud, replay) = clients(&answers);
    let made = cloud.create(&wanted("lt-new").into(), &Links::default(), &stamp(AT)).await.unwrap();
    assert_eq!(made.id, stamp(AT).physical_name(255));
    let asked = replay.asked();
    has(
        &asked[1],
        &[
            "Action=CreateAutoScalingGroup&",
            "DesiredCapacity=2",
            "VPCZoneIdentifier=subnet-a%2Csubnet-b",
            "TargetGroupARNs.member.1=arn%3Aapp",
        ],
    );
    has(
        &asked[1],
        &[
            "Key=Name&Tags.member.1.Value=shop&Tags.member.1.PropagateAtLaunch=true",
            "Key=infra%3Astack&Tags.member.5.Value=s&Tags.member.5.PropagateAtLaunch=false",
        ],
    );
    has(&asked[2], &["Action=PutScalingPolicy&", "PredefinedMetricType=ASGAverageCPUUtilization", "TargetValue=60"]);
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_fails_ends_the_creation_and_leaves_nothing() {
    let failed = "<Activities><member><ActivityId>a</ActivityId><StatusCode>Failed</StatusCode>\
         <StatusMessage>You have requested more vCPU capacity than your current limit</StatusMessage></member></Activities>";
    let answers = [
        ok("CreateAutoScalingGroup", ""),
        ok("PutScalingPolicy", ""),
        group("lt-new", &[], ""),
        ok("DescribeScalingActivities", failed),
        group("lt-new", &[], ""),
        ok("DeleteAutoScalingGroup", ""),
        group("lt-new", &[], "<Status>Delete in progress</Status>"),
        nothing(),
    ];
    let (cloud, replay) = clients(&answers);
    let error = cloud.create(&wanted("lt-new").into(), &Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Invalid, "NotReady"));
    assert_eq!(error.message, "You have requested more vCPU capacity than your current limit");
    has(&replay.asked()[5], &["Action=DeleteAutoScalingGroup&", "ForceDelete=true"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_that_name_must_be_ours() {
    let taken = || error("AlreadyExists", "AutoScalingGroup by this name already exists");
    let (cloud, _) = clients(&[
        taken(),
        group("lt-new", &[], ""),
        ok("PutScalingPolicy", ""),
        group("lt-new", &pair("lt-new", "lt-new"), ""),
        targets("healthy"),
    ]);
    cloud.create(&wanted("lt-new").into(), &Links::default(), &stamp(AT)).await.unwrap();
    let (cloud, _) = clients(&[taken(), group("lt-new", &[], "")]);
    let other = infra::kinds::Stamp { run: "q".into(), ..stamp(AT) };
    let error = cloud.create(&wanted("lt-new").into(), &Links::default(), &other).await.unwrap_err();
    assert_eq!(error.code, "NameTaken");
}

#[tokio::test(start_paused = true)]
async fn a_new_target_group_must_find_the_instances_healthy_first() {
    let serving = || group("lt-new", &pair("lt-new", "lt-new"), "");
    let want = AutoScalingGroup { target_groups: [Ref::to("=arn:next")].into(), ..wanted("lt-new") };
    let answers = [
        serving(),
        policies(),
        ok("AttachLoadBalancerTargetGroups", ""),
        serving(),
        targets("unhealthy"),
        serving(),
        targets("healthy"),
        ok("DetachLoadBalancerTargetGroups", ""),
    ];
    let (cloud, replay) = clients(&answers);
    cloud.update(&live("lt-new"), &want.clone().into(), &Links::default(), &stamp(AT)).await.unwrap();
    let asked = replay.asked();
    has(&asked[2], &["Action=AttachLoadBalancerTargetGroups&", "TargetGroupARNs.member.1=arn%3Anext"]);
    has(&asked[7], &["Action=DetachLoadBalancerTargetGroups&", "TargetGroupARNs.member.1=arn%3Aapp"]);
    // The group has gone meanwhile: what was attached is detached again, and the run has to look.
    let answers = [serving(), policies(), ok("AttachLoadBalancerTargetGroups", ""), nothing(), ok("DetachLoadBalancerTargetGroups", "")];
    let (cloud, replay) = clients(&answers);
    let error = cloud.update(&live("lt-new"), &want.into(), &Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!(error.class, Class::Ambiguous);
    has(&replay.asked()[4], &["TargetGroupARNs.member.1=arn%3Anext"]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_may_come_twice() {
    let going = || group("lt-new", &[], "<Status>Delete in progress</Status>");
    let (cloud, replay) = clients(&[going(), going(), nothing()]);
    cloud.delete(&live("lt-new")).await.unwrap();
    assert!(actions(&replay.asked()).iter().all(|a| *a == "DescribeAutoScalingGroups"));
    let (cloud, _) = clients(&[nothing()]);
    cloud.delete(&live("lt-new")).await.unwrap();
    // It went between the look and the request.
    let late = error("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup 'shop-1' not found");
    let (cloud, _) = clients(&[group("lt-new", &[], ""), late, nothing(), nothing()]);
    cloud.delete(&live("lt-new")).await.unwrap();
}

/// Activities, the latest first: AWS replaces what a balancer finds ill, over and over, and says why only here.
fn replaced() -> (u16, String) {
    let one = |said: &str, cause: &str| {
        format!("<member><StatusCode>Successful</StatusCode><Description>{said}</Description><Cause>{cause}</Cause></member>")
    };
    let all = one("Terminating EC2 instance: i-0", "it failed an ELB system health check") + &one("Launching", "");
    ok("DescribeScalingActivities", &format!("<Activities>{all}</Activities>"))
}

#[tokio::test(start_paused = true)]
async fn instances_that_never_serve_are_told_with_the_balancer_s_reason_and_the_last_activity() {
    let standing = || group("lt-new", &pair("lt-new", "lt-new"), "");
    let answers = [
        ok("CreateAutoScalingGroup", ""),
        ok("PutScalingPolicy", ""),
        standing(),
        targets("unhealthy"),
        standing(),
        targets("unhealthy"),
        replaced(),
        standing(),
        ok("DeleteAutoScalingGroup", ""),
        nothing(),
    ];
    let (mut cloud, _) = clients(&answers);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.create(&wanted("lt-new").into(), &Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Invalid, "NotReady"));
    assert!(e.message.starts_with("waited 14m for 2 instances of s-shop-"), "{e}");
    let why = "i-1 is unhealthy in arn:app: answered with 502; the last activity: Terminating EC2 instance: i-0: it failed an ELB system health check";
    assert!(e.message.ends_with(why), "{e}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_takes_too_long_is_told_with_its_progress() {
    let answers = [
        group("lt-old", &pair("lt-old", "lt-old"), ""),
        policies(),
        ok("UpdateAutoScalingGroup", ""),
        group("lt-new", &pair("lt-old", "lt-old"), ""),
        started("r-1"),
        refresh("r-1", "InProgress"),
        refresh("r-1", "InProgress"),
        refresh("r-1", "InProgress"),
    ];
    let (mut cloud, _) = clients(&answers);
    cloud.policy.poll = Duration::from_secs(99999);
    let e = cloud.update(&live("lt-old"), &wanted("lt-new").into(), &Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "WaitTimeout"));
    assert_eq!(e.message, "waited 42m for the instance refresh r-1 of shop-1: it is InProgress at 50 %: the health check failed");
}

#[tokio::test(start_paused = true)]
async fn a_group_that_never_goes_is_told_with_its_last_activity() {
    let going = || group("lt-new", &[], "<Status>Delete in progress</Status>");
    let (mut cloud, _) = clients(&[going(), going(), going(), replaced()]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.delete(&live("lt-new")).await.unwrap_err();
    assert!(e.message.ends_with("shop-1 to be gone: Terminating EC2 instance: i-0: it failed an ELB system health check"), "{e}");
}
