//! Another template rolls through the group; a refresh fails, is found running, takes too long.
use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::{AutoScalingGroup, Kind, Links, Ref};
use infra::wire::Class;

use super::{AT, actions, clients, error, group, instance, live, ok, pair, policies, refresh, schedules, started, told, update, wanted};
use crate::wire::replay_world::{has, stamp};

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
        schedules(),
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
    has(&asked[7], &["InstanceRefreshIds.member.1=r-0"]);
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
    let (cloud, replay) = clients(&[group("lt-new", &pair("lt-new", "lt-old"), ""), policies(), schedules(), told()]);
    let found = cloud.list(Kind::AutoScalingGroup, "s").await.unwrap();
    let read: AutoScalingGroup = found[0].of().unwrap();
    assert_eq!(read.launch_template, Ref::to("lt-new, but not on 1 of 2 instances"));
    assert!(found[0].points.contains("lt-new") && found[0].points.contains("lt-old"));
    has(&replay.asked()[0], &["Filters.member.1.Name=tag%3Ainfra%3Astack", "Filters.member.1.Values.member.1=s", "MaxRecords=100"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_takes_too_long_is_told_with_its_progress() {
    let answers = [
        group("lt-old", &pair("lt-old", "lt-old"), ""),
        policies(),
        schedules(),
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
