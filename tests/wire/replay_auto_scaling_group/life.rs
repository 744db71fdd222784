//! A group is read, made, given targets, deleted; and what is told when its instances never serve or never go.
use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::{AutoScalingGroup, Kind, Links, Live, Ref};
use infra::wire::Class;

use super::{AT, actions, clients, error, group, live, nothing, ok, pair, policies, refresh, schedules, started, targets, told, wanted};
use crate::wire::auto_scaling_group::mixed;
use crate::wire::replay_world::{has, stamp};

#[tokio::test(start_paused = true)]
async fn a_list_reads_what_was_written() {
    let (cloud, _) = clients(&[group("lt-new", &pair("lt-new", "lt-new"), ""), policies(), schedules(), told()]);
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
        serving.clone(),
        targets("initial"),
        serving,
        targets("healthy"),
        ok("PutScalingPolicy", ""),
        ok("PutScheduledUpdateGroupAction", ""),
    ];
    let (cloud, replay) = clients(&answers);
    let made = cloud.create(&wanted("lt-new").into(), &Links::default(), &stamp(AT)).await.unwrap();
    assert_eq!(made.id, stamp(AT).physical_name(&infra::kinds::auto_scaling_group::NAMES));
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
            "Key=infra%3Asizes&Tags.member.5.Value=2-4&Tags.member.5.PropagateAtLaunch=false",
            "Key=infra%3Astack&Tags.member.6.Value=s&Tags.member.6.PropagateAtLaunch=false",
        ],
    );
    has(&asked[6], &["Action=PutScalingPolicy&", "PredefinedMetricType=ASGAverageCPUUtilization", "TargetValue=60"]);
    has(
        &asked[7],
        &["Recurrence=0+22", "TimeZone=Europe%2FBerlin", "MinSize=0"].map(|said| said.replace("+", "%20")).each_ref().map(String::as_str),
    );
    has(&asked[7], &["Action=PutScheduledUpdateGroupAction&", &format!("ScheduledActionName={}-night&", made.id)]);
    assert!(!asked[7].contains("MaxSize") && !asked[7].contains("DesiredCapacity"), "{}", asked[7]);
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_fails_ends_the_creation_and_leaves_nothing() {
    let failed = "<Activities><member><ActivityId>a</ActivityId><StatusCode>Failed</StatusCode>\
         <StatusMessage>You have requested more vCPU capacity than your current limit</StatusMessage></member></Activities>";
    let answers = [
        ok("CreateAutoScalingGroup", ""),
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
    has(&replay.asked()[4], &["Action=DeleteAutoScalingGroup&", "ForceDelete=true"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_that_name_must_be_ours() {
    let taken = || error("AlreadyExists", "AutoScalingGroup by this name already exists");
    let (cloud, _) = clients(&[
        taken(),
        group("lt-new", &[], ""),
        group("lt-new", &pair("lt-new", "lt-new"), ""),
        targets("healthy"),
        ok("PutScalingPolicy", ""),
        ok("PutScheduledUpdateGroupAction", ""),
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
        schedules(),
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
    has(&asked[3], &["Action=AttachLoadBalancerTargetGroups&", "TargetGroupARNs.member.1=arn%3Anext"]);
    has(&asked[8], &["Action=DetachLoadBalancerTargetGroups&", "TargetGroupARNs.member.1=arn%3Aapp"]);
    // The group has gone meanwhile: what was attached is detached again, and the run has to look.
    let answers =
        [serving(), policies(), schedules(), ok("AttachLoadBalancerTargetGroups", ""), nothing(), ok("DetachLoadBalancerTargetGroups", "")];
    let (cloud, replay) = clients(&answers);
    let error = cloud.update(&live("lt-new"), &want.into(), &Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!(error.class, Class::Ambiguous);
    has(&replay.asked()[5], &["TargetGroupARNs.member.1=arn%3Anext"]);
}

/// A run that takes up another's: its refresh still goes on, and no target group can be attached meanwhile.
#[tokio::test(start_paused = true)]
async fn a_new_target_group_ends_the_refresh_that_is_in_its_way() {
    let rolling = || group("lt-new", &pair("lt-new", "lt-old"), "");
    let want = AutoScalingGroup { target_groups: [Ref::to("=arn:app"), Ref::to("=arn:next")].into(), ..wanted("lt-new") };
    let (cloud, replay) = clients(&[
        rolling(),
        policies(),
        schedules(),
        error("InstanceRefreshInProgress", "An active instance refresh already exists"),
        ok("CancelInstanceRefresh", "<InstanceRefreshId>r-0</InstanceRefreshId>"),
        refresh("r-0", "Cancelling"),
        refresh("r-0", "Cancelled"),
        ok("AttachLoadBalancerTargetGroups", ""),
        rolling(),
        targets("healthy"),
        ok("UpdateAutoScalingGroup", ""),
        rolling(),
        started("r-1"),
        refresh("r-1", "Successful"),
    ]);
    cloud.update(&live("lt-new"), &want.into(), &Links::default(), &stamp(AT)).await.unwrap();
    let asked = replay.asked();
    let order = ["AttachLoadBalancerTargetGroups", "CancelInstanceRefresh", "DescribeInstanceRefreshes", "DescribeInstanceRefreshes"];
    assert_eq!(actions(&asked)[3..7], order);
    assert_eq!((actions(&asked)[7], actions(&asked)[12]), ("AttachLoadBalancerTargetGroups", "StartInstanceRefresh"));
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
async fn a_group_that_never_goes_is_told_with_its_last_activity() {
    let going = || group("lt-new", &[], "<Status>Delete in progress</Status>");
    let (mut cloud, _) = clients(&[going(), going(), going(), replaced()]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.delete(&live("lt-new")).await.unwrap_err();
    assert!(e.message.ends_with("shop-1 to be gone: Terminating EC2 instance: i-0: it failed an ELB system health check"), "{e}");
}

/// Of several types the group has a policy, and the template stands in it alone; it is read back from there.
#[tokio::test(start_paused = true)]
async fn a_group_of_several_types_has_its_template_in_their_policy() {
    let want = AutoScalingGroup {
        mixed: Some(mixed(&["t3.medium", "t3a.medium"])),
        target_cpu: None,
        scale_in: true,
        schedules: Default::default(),
        ..wanted("lt-new")
    };
    let bare = |min: &str| {
        let (status, body) = group("lt-new", &pair("lt-new", "lt-new"), "");
        let template = "<LaunchTemplate><LaunchTemplateId>lt-new</LaunchTemplateId><Version>1</Version></LaunchTemplate>";
        let inner =
            "<LaunchTemplateSpecification><LaunchTemplateId>lt-new</LaunchTemplateId><Version>1</Version></LaunchTemplateSpecification>";
        let types =
            format!("<member><InstanceType>t3.medium</InstanceType></member><member><InstanceType>t3a.medium</InstanceType>{min}</member>");
        let distribution = "<InstancesDistribution><OnDemandAllocationStrategy>prioritized</OnDemandAllocationStrategy><OnDemandBaseCapacity>1</OnDemandBaseCapacity>\
             <OnDemandPercentageAboveBaseCapacity>50</OnDemandPercentageAboveBaseCapacity><SpotAllocationStrategy>price-capacity-optimized</SpotAllocationStrategy></InstancesDistribution>";
        let policy = format!(
            "<MixedInstancesPolicy><LaunchTemplate>{inner}<Overrides>{types}</Overrides></LaunchTemplate>{distribution}</MixedInstancesPolicy>"
        );
        (status, body.replacen(template, &policy, 1))
    };
    let (cloud, replay) = clients(&[ok("CreateAutoScalingGroup", ""), bare(""), targets("healthy")]);
    cloud.create(&want.clone().into(), &Links::default(), &stamp(AT)).await.unwrap();
    let (asked, policy) = (&replay.asked()[0], "MixedInstancesPolicy");
    for said in [
        "LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId=lt-new",
        "LaunchTemplate.LaunchTemplateSpecification.Version=1",
        "LaunchTemplate.Overrides.member.2.InstanceType=t3a.medium",
        "InstancesDistribution.OnDemandBaseCapacity=1",
        "InstancesDistribution.OnDemandPercentageAboveBaseCapacity=50",
        "InstancesDistribution.OnDemandAllocationStrategy=prioritized",
        "InstancesDistribution.SpotAllocationStrategy=price-capacity-optimized",
    ] {
        has(asked, &[&format!("&{policy}.{said}")]);
    }
    assert!(!asked.contains("&LaunchTemplate."), "{asked}");
    let none = || ok("DescribePolicies", "<ScalingPolicies/>");
    for (more, same) in [("", true), ("<WeightedCapacity>2</WeightedCapacity>", false)] {
        let (cloud, _) = clients(&[bare(more), none(), ok("DescribeScheduledActions", "<ScheduledUpdateGroupActions/>"), told()]);
        let found: AutoScalingGroup = cloud.list(Kind::AutoScalingGroup, "s").await.unwrap()[0].of().unwrap();
        assert_eq!((found.launch_template.0.as_str(), found.mixed == want.mixed), ("lt-new", same), "{:?}", found.mixed);
    }
}

/// A schedule has given the group another size: that is in force, and no difference. A size that no schedule gives is one.
#[tokio::test(start_paused = true)]
async fn a_size_that_a_schedule_gave_is_no_difference() {
    let noted = |min: i32| {
        let (status, body) = group("lt-new", &pair("lt-new", "lt-new"), "");
        let tag = "<Tags><member><Key>infra:sizes</Key><Value>2-4</Value></member>";
        (status, body.replace("<MinSize>2<", &format!("<MinSize>{min}<")).replace("<Tags>", tag))
    };
    for (min, read) in [(2, 2), (0, 2), (1, 1)] {
        let (cloud, _) = clients(&[noted(min), policies(), schedules(), told()]);
        let found: AutoScalingGroup = cloud.list(Kind::AutoScalingGroup, "s").await.unwrap()[0].of().unwrap();
        assert_eq!((found.min, found.max), (read, 4), "{min}");
        assert_eq!(found.schedules.keys().collect::<Vec<_>>(), ["night"], "what was made by hand is not ours");
    }
    // Another change leaves the size that is in force alone.
    let want = AutoScalingGroup { health_check_grace: 300, ..wanted("lt-new") };
    let (cloud, replay) = clients(&[noted(0), policies(), schedules(), ok("UpdateAutoScalingGroup", "")]);
    cloud.update(&live("lt-new"), &want.into(), &Links::default(), &stamp(AT)).await.unwrap();
    let update = &replay.asked()[3];
    assert!(update.starts_with("Action=UpdateAutoScalingGroup&") && !update.contains("MinSize"), "{update}");
}
