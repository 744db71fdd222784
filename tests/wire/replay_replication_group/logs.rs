//! Its logs: what is asked for, what is waited for, and what can't be delivered.
use super::*;

/// A group that delivers these logs, each in a state; and a group whose changes of logs are pending.
fn delivering(logs: &[(&str, &str)]) -> String {
    let one = |(log, status): &(&str, &str)| {
        let to = "<CloudWatchLogsDetails><LogGroup>id-log_group.cache.main</LogGroup></CloudWatchLogsDetails>";
        let why = if *status == "error" { "<Message>No policy lets it write.</Message>" } else { "" };
        format!(
            "<LogDeliveryConfiguration><LogType>{log}</LogType><DestinationType>cloudwatch-logs</DestinationType><DestinationDetails>{to}</DestinationDetails>
            <LogFormat>json</LogFormat><Status>{status}</Status>{why}</LogDeliveryConfiguration>"
        )
    };
    let all: String = logs.iter().map(one).collect();
    let group = seen("g", "available", 2, "enabled", "enabled");
    group.replace("<MemberClusters>", &format!("<LogDeliveryConfigurations>{all}</LogDeliveryConfigurations><MemberClusters>"))
}

fn logged() -> ReplicationGroup {
    let to = || LogDelivery { log_group: Ref::to("cache.main"), format: "json".into() };
    ReplicationGroup { log_delivery: [("engine-log".into(), to()), ("slow-log".into(), to())].into(), ..group() }
}

const MODIFIED: &str = "<ModifyReplicationGroupResponse><ModifyReplicationGroupResult/></ModifyReplicationGroupResponse>";

/// Logs are asked for with the group, which is made once they are delivered. What is under way reads as it will be, what has failed or goes as not there.
#[tokio::test(start_paused = true)]
async fn a_group_is_made_once_its_logs_are_delivered() {
    let ready = node("g", "available");
    let on = delivering(&[("engine-log", "active"), ("slow-log", "active")]);
    let (none, half, pending) = (
        delivering(&[]),
        delivering(&[("engine-log", "active"), ("slow-log", "enabling")]),
        on.replace("<PendingModifiedValues/>", "<PendingModifiedValues><LogDeliveryConfigurations><member><LogType>slow-log</LogType></member></LogDeliveryConfigurations></PendingModifiedValues>"),
    );
    let empty = on.replace("<PendingModifiedValues/>", "<PendingModifiedValues><LogDeliveryConfigurations/></PendingModifiedValues>");
    let (cloud, replay) = Replay::clients([
        (200, MADE),
        (200, none.as_str()),
        (200, &ready),
        (200, &ready),
        (200, &half),
        (200, &pending),
        (200, &empty),
        (200, &ready),
        (200, &ready),
    ]);
    cloud.create(&logged().into(), &world(), &stamp(AT)).await.unwrap();
    let of = |nth: usize, field: &str| format!("LogDeliveryConfigurations.LogDeliveryConfigurationRequest.{nth}.{field}");
    let group = "DestinationDetails.CloudWatchLogsDetails.LogGroup=id-log_group.cache.main";
    let asked = &replay.asked()[0];
    for (nth, log) in [(1, "LogType=engine-log"), (2, "LogType=slow-log")] {
        has(
            asked,
            &[
                &of(nth, log),
                &of(nth, group),
                &of(nth, "DestinationType=cloudwatch-logs"),
                &of(nth, "LogFormat=json"),
                &of(nth, "Enabled=true"),
            ],
        );
    }

    let tags =
        "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList/></ListTagsForResourceResult></ListTagsForResourceResponse>";
    for (status, there) in [("active", true), ("enabling", true), ("modifying", true), ("disabling", false), ("error", false)] {
        let shown = delivering(&[("slow-log", status)]);
        let (cloud, _) = Replay::clients([(200, shown.as_str()), (200, &ready), (200, tags)]);
        let found: ReplicationGroup = cloud.list(Kind::ReplicationGroup, "s").await.unwrap()[0].of().unwrap();
        assert_eq!(found.log_delivery.contains_key("slow-log"), there, "{status}");
    }
}

/// Only what differs is said, at once (`ApplyImmediately`), and the step ends when it has arrived: what goes is gone, and what comes is delivered.
#[tokio::test(start_paused = true)]
async fn logs_change_one_by_one() {
    let ready = node("g", "available");
    let [both, going, slow, coming] = [
        delivering(&[("engine-log", "active"), ("slow-log", "active")]),
        delivering(&[("engine-log", "disabling"), ("slow-log", "active")]),
        delivering(&[("slow-log", "active")]),
        delivering(&[("engine-log", "enabling"), ("slow-log", "active")]),
    ];
    let only = || {
        let all = logged();
        ReplicationGroup { log_delivery: all.log_delivery.into_iter().filter(|(log, _)| log == "slow-log").collect(), ..group() }
    };
    let live = Live::found("g", logged(), stamp(AT));
    for (from, turning, to, want, says, never) in [
        (&both, &going, &slow, only(), &["LogType=engine-log", "Enabled=false"][..], "slow-log"),
        (&slow, &coming, &both, logged(), &["LogType=engine-log", "Enabled=true", "LogGroup=id-log_group.cache.main"][..], "slow-log"),
    ] {
        let answers = [from.as_str(), &ready, &ready, MODIFIED, turning, to, &ready, &ready].map(|body| (200, body));
        let (cloud, replay) = Replay::clients(answers);
        cloud.update(&live, &want.into(), &world(), &stamp(AT)).await.unwrap();
        let asked = &replay.asked()[3];
        has(asked, &["Action=ModifyReplicationGroup", "ApplyImmediately=true"]);
        has(asked, says);
        assert!(!asked.contains(never), "{asked}");
    }
}

/// What can't be delivered ends the step with ElastiCache's own words, once it was shown twice: the first look may still tell of what was wrong before.
#[tokio::test(start_paused = true)]
async fn logs_that_fail_say_why() {
    let ready = node("g", "available");
    let failed = delivering(&[("engine-log", "active"), ("slow-log", "error")]);
    let (both, live) = (delivering(&[("engine-log", "active"), ("slow-log", "active")]), Live::found("g", group(), stamp(AT)));
    let looked = [failed.as_str(), &ready, &ready];
    let answers = |last: &[&str]| {
        [&looked[..], &[MODIFIED], &looked[..], last].concat().into_iter().map(|body| (200, body.to_owned())).collect::<Vec<_>>()
    };
    let clients = |answers: &[(u16, String)]| Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())));
    let (cloud, replay) = clients(&answers(&looked));
    let e = cloud.update(&live, &logged().into(), &world(), &stamp(AT)).await.unwrap_err();
    assert_eq!(
        (e.class, e.code.as_str(), e.message.as_str()),
        (Class::Invalid, "error", "the slow-log is not delivered: No policy lets it write.")
    );
    has(&replay.asked()[3], &["LogType=slow-log"]);
    let (cloud, replay) = clients(&answers(&[both.as_str(), &ready, &ready]));
    cloud.update(&live, &logged().into(), &world(), &stamp(AT)).await.unwrap();
    assert_eq!(replay.asked().len(), 10);
}
