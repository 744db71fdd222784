//! Replication groups: the emulator has no nodes to describe, can't change their number, and never ends a deletion. Answers after the API
//! reference.
mod logs;

use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::replication_group::LogDelivery;
use infra::kinds::{CacheParameterGroup, CacheSubnetGroup, Kind, Links, Live, LogGroup, Object, Ref, ReplicationGroup};
use infra::model::Computed;
use infra::wire::Class;

use super::db_subnet_group::network;
use super::replay_world::{has, links, stamp};
use super::security_group::security_group;
use crate::support::replay::Replay;

const AT: &str = "replication_group.main";
const GONE: &str = "<ErrorResponse><Error><Code>ReplicationGroupNotFoundFault</Code><Message>not found</Message></Error></ErrorResponse>";

fn world() -> Links {
    let mut world = network();
    let parameters = CacheParameterGroup { family: "redis7".into(), parameters: [].into(), tags: [].into() };
    world.push(("cache_parameter_group.main", parameters.into()));
    world.push((
        "cache_subnet_group.main",
        CacheSubnetGroup { vpc: Ref::to("main"), subnets: [Ref::to("a")].into(), tags: [].into() }.into(),
    ));
    world.push(("security_group.main", security_group().into()));
    world.push(("topic.alerts", super::topic::topic().into()));
    let logs = LogGroup { retention_days: Some(30), metric_filters: [].into(), tags: [].into() };
    world.push(("log_group.cache.main", logs.into()));
    links(world)
}

fn group() -> ReplicationGroup {
    ReplicationGroup {
        engine: "redis".into(),
        engine_version: "7.1".into(),
        node_type: "cache.r7g.large".into(),
        replicas: 1,
        automatic_failover: true,
        multi_az: true,
        port: 6379,
        subnet_group: Ref::to("main"),
        security_groups: [Ref::to("main")].into(),
        parameter_group: None,
        notification_topic: Some(Ref::to("alerts")),
        log_delivery: [].into(),
        snapshot_retention: 7,
        snapshot_window: "03:00-04:00".into(),
        maintenance_window: "sun:05:00-sun:06:00".into(),
        at_rest_encryption: true,
        transit_encryption: true,
        primary_endpoint: Computed(None),
        reader_endpoint: Computed(None),
        tags: [].into(),
    }
}

/// `DescribeReplicationGroups` with one group of so many nodes.
fn seen(id: &str, status: &str, nodes: usize, failover: &str, multi_az: &str) -> String {
    let members: String = (1..=nodes).map(|n| format!("<ClusterId>{id}-00{n}</ClusterId>")).collect();
    let endpoint = |name: &str| format!("<{name}><Address>{name}.example</Address><Port>6379</Port></{name}>");
    let shard = format!("<NodeGroup>{}{}</NodeGroup>", endpoint("PrimaryEndpoint"), endpoint("ReaderEndpoint"));
    let group = format!(
        "<ReplicationGroupId>{id}</ReplicationGroupId><ARN>arn:aws:elasticache:us-east-1:123456789012:replicationgroup:{id}</ARN><Description>{}</Description><Status>{status}</Status><PendingModifiedValues/>
        <MemberClusters>{members}</MemberClusters><NodeGroups>{shard}</NodeGroups><AutomaticFailover>{failover}</AutomaticFailover>
        <MultiAZ>{multi_az}</MultiAZ><SnapshotRetentionLimit>7</SnapshotRetentionLimit><SnapshotWindow>03:00-04:00</SnapshotWindow>
        <CacheNodeType>cache.r7g.large</CacheNodeType><TransitEncryptionEnabled>true</TransitEncryptionEnabled>
        <AtRestEncryptionEnabled>true</AtRestEncryptionEnabled><Engine>redis</Engine>",
        stamp(AT).line()
    );
    let all = format!("<ReplicationGroups><ReplicationGroup>{group}</ReplicationGroup></ReplicationGroups>");
    format!(
        "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult>{all}</DescribeReplicationGroupsResult></DescribeReplicationGroupsResponse>"
    )
}

/// `DescribeCacheClusters` with one node.
fn node(id: &str, status: &str) -> String {
    let node = format!(
        "<CacheClusterId>{id}-001</CacheClusterId><ReplicationGroupId>{id}</ReplicationGroupId><CacheClusterStatus>{status}</CacheClusterStatus>
        <Engine>redis</Engine><EngineVersion>7.1.0</EngineVersion><PreferredMaintenanceWindow>sun:05:00-sun:06:00</PreferredMaintenanceWindow>
        <CacheParameterGroup><CacheParameterGroupName>default.redis7</CacheParameterGroupName></CacheParameterGroup><PendingModifiedValues/>
        <CacheSubnetGroupName>id-cache_subnet_group.main</CacheSubnetGroupName><SecurityGroups><member>
        <SecurityGroupId>id-security_group.main</SecurityGroupId><Status>active</Status></member></SecurityGroups>
        <NotificationConfiguration><TopicArn>id-topic.alerts</TopicArn><TopicStatus>active</TopicStatus></NotificationConfiguration>"
    );
    let all = format!("<CacheClusters><CacheCluster>{node}</CacheCluster></CacheClusters>");
    format!(
        "<DescribeCacheClustersResponse><DescribeCacheClustersResult>{all}</DescribeCacheClustersResult></DescribeCacheClustersResponse>"
    )
}

#[tokio::test(start_paused = true)]
async fn a_group_is_made_and_listed_as_it_was_asked_for() {
    let id = stamp(AT).physical_name(&infra::kinds::replication_group::NAMES);
    let on = |status| seen(&id, status, 2, "enabled", "enabled");
    let (creating, available, late, ready) = (on("creating"), on("available"), node(&id, "creating"), node(&id, "available"));
    let (cloud, replay) = Replay::clients([
        (200, "<CreateReplicationGroupResponse><CreateReplicationGroupResult/></CreateReplicationGroupResponse>"),
        (200, creating.as_str()),
        (200, &available),
        (200, &ready),
        (200, &late),
        (200, &available),
        (200, &ready),
        (200, &ready),
    ]);
    let made = cloud.create(&group().into(), &world(), &stamp(AT)).await.unwrap();
    has(
        &replay.asked()[0],
        &[
            "NumCacheClusters=2",
            "NotificationTopicArn=id-topic.alerts",
            "AutomaticFailoverEnabled=true",
            "TransitEncryptionEnabled=true",
            "AtRestEncryptionEnabled=true",
        ],
    );
    assert_eq!(made.object.outputs()["url"], "rediss://PrimaryEndpoint.example:6379");

    let tags =
        "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList/></ListTagsForResourceResult></ListTagsForResourceResponse>";
    let (cloud, _) = Replay::clients([(200, available.as_str()), (200, &ready), (200, tags)]);
    let found = cloud.list(Kind::ReplicationGroup, "s").await.unwrap();
    assert_eq!((&found[0].id, &found[0].stamp, &found[0].points), (&made.id, &made.stamp, &made.points));
    let physical = ReplicationGroup {
        subnet_group: Ref::to("id-cache_subnet_group.main"),
        security_groups: [Ref::to("id-security_group.main")].into(),
        notification_topic: Some(Ref::to("id-topic.alerts")),
        ..made.of().unwrap()
    };
    assert_eq!(found[0].object, Object::from(physical));

    let deleting = on("deleting");
    let (cloud, replay) = Replay::clients([(200, deleting.as_str())]);
    assert!(cloud.list(Kind::ReplicationGroup, "s").await.unwrap().is_empty());
    assert_eq!(replay.asked().len(), 1);
}

/// ElastiCache shows tags of what is available only; of a group that is being changed the tagging service does (`GetResources`). The stamp's and others' are none of
/// the spec's.
#[tokio::test(start_paused = true)]
async fn tags_are_read_whatever_the_state() {
    let mine = [("team".to_owned(), "shop".to_owned())].into();
    let all: Vec<_> = stamp(AT).tags(&mine).into_iter().chain([("theirs".to_owned(), "x".to_owned())]).collect();
    let one = |(k, v): &(String, String)| format!(r#"{{"Key":"{k}","Value":"{v}"}}"#);
    let list: Vec<String> = all.iter().map(one).collect();
    let tagging = format!(
        r#"{{"PaginationToken":"","ResourceTagMappingList":[{{"ResourceARN":"arn:aws:elasticache:us-east-1:123456789012:replicationgroup:g","Tags":[{}]}}]}}"#,
        list.join(",")
    );
    let list: String = all.iter().map(|(k, v)| format!("<Tag><Key>{k}</Key><Value>{v}</Value></Tag>")).collect();
    let own = format!(
        "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList>{list}</TagList></ListTagsForResourceResult></ListTagsForResourceResponse>"
    );
    for (status, tags, asked) in [("available", &own, "Action=ListTagsForResource"), ("modifying", &tagging, "ResourceARNList")] {
        let (shown, ready) = (seen("g", status, 2, "enabled", "enabled"), node("g", "available"));
        let (cloud, replay) = Replay::clients([(200, shown.as_str()), (200, &ready), (200, tags.as_str())]);
        let found = cloud.list(Kind::ReplicationGroup, "s").await.unwrap();
        let group: ReplicationGroup = found[0].of().unwrap();
        assert_eq!(group.tags, mine, "{status}");
        has(&replay.asked()[2], &[asked]);
    }
}

/// Replicas come before the failover that needs them.
#[tokio::test(start_paused = true)]
async fn replicas_come_first_when_failover_is_turned_on() {
    let mut live = Live::found("g", ReplicationGroup { replicas: 0, automatic_failover: false, multi_az: false, ..group() }, stamp(AT));
    live.points = ["id-cache_subnet_group.main".into(), "id-security_group.main".into()].into();
    let ready = node("g", "available");
    let (alone, grown, on) = (
        seen("g", "available", 1, "disabled", "disabled"),
        seen("g", "available", 2, "disabled", "disabled"),
        seen("g", "available", 2, "enabled", "enabled"),
    );
    let turning = seen("g", "available", 2, "enabling", "enabled");
    let (cloud, replay) = Replay::clients([
        (200, alone.as_str()),
        (200, &ready),
        (200, "<IncreaseReplicaCountResponse><IncreaseReplicaCountResult/></IncreaseReplicaCountResponse>"),
        (200, &grown),
        (200, &ready),
        (200, &ready),
        (200, "<ModifyReplicationGroupResponse><ModifyReplicationGroupResult/></ModifyReplicationGroupResponse>"),
        (200, &turning),
        (200, &on),
        (200, &ready),
        (200, &ready),
    ]);
    cloud.update(&live, &group().into(), &world(), &stamp(AT)).await.unwrap();
    let asked = replay.asked();
    has(&asked[2], &["Action=IncreaseReplicaCount", "NewReplicaCount=1", "ApplyImmediately=true"]);
    has(&asked[6], &["Action=ModifyReplicationGroup", "AutomaticFailoverEnabled=true", "MultiAZEnabled=true"]);
    assert!(!asked[6].contains("EngineVersion") && !asked[6].contains("CacheNodeType"), "{}", asked[6]);
}

/// Failover goes before the replicas that it needs.
#[tokio::test(start_paused = true)]
async fn failover_goes_first_when_replicas_are_taken_away() {
    let live = Live::found("g", group(), stamp(AT));
    let ready = node("g", "available");
    let (on, off, alone) = (
        seen("g", "available", 2, "enabled", "enabled"),
        seen("g", "available", 2, "disabled", "disabled"),
        seen("g", "available", 1, "disabled", "disabled"),
    );
    let (cloud, replay) = Replay::clients([
        (200, on.as_str()),
        (200, &ready),
        (200, &ready),
        (200, "<ModifyReplicationGroupResponse><ModifyReplicationGroupResult/></ModifyReplicationGroupResponse>"),
        (200, &off),
        (200, &ready),
        (200, &ready),
        (200, "<DecreaseReplicaCountResponse><DecreaseReplicaCountResult/></DecreaseReplicaCountResponse>"),
        (200, &alone),
        (200, &ready),
    ]);
    let want = ReplicationGroup { replicas: 0, automatic_failover: false, multi_az: false, ..group() };
    cloud.update(&live, &want.into(), &world(), &stamp(AT)).await.unwrap();
    has(&replay.asked()[3], &["Action=ModifyReplicationGroup", "AutomaticFailoverEnabled=false"]);
    has(&replay.asked()[7], &["Action=DecreaseReplicaCount", "NewReplicaCount=0"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_version_brings_its_parameter_group_and_a_new_name_its_stamp() {
    let live = Live::found("g", ReplicationGroup { engine_version: "6.2".into(), ..group() }, stamp(AT));
    let newer = node("g", "available");
    let ready = newer.replace("7.1.0", "6.2.6").replace("default.redis7", "default.redis6.x");
    let on = seen("g", "available", 2, "enabled", "enabled");
    let (cloud, replay) = Replay::clients([
        (200, on.as_str()),
        (200, &ready),
        (200, &ready),
        (200, "<ModifyReplicationGroupResponse><ModifyReplicationGroupResult/></ModifyReplicationGroupResponse>"),
        (200, &on),
        (200, &newer),
        (200, &ready),
        (200, &on),
        (200, &newer),
        (200, &newer),
    ]);
    cloud.update(&live, &group().into(), &world(), &stamp("replication_group.new")).await.unwrap();
    let line = "ReplicationGroupDescription=s%20replication_group.new%20r%2F7%20";
    has(&replay.asked()[3], &["EngineVersion=7.1", "CacheParameterGroupName=default.redis7", line]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_waits_until_the_group_is_gone_and_may_come_twice() {
    let live = Live::found("g", group(), stamp(AT));
    let (on, deleting) = (seen("g", "available", 2, "enabled", "enabled"), seen("g", "deleting", 2, "enabled", "enabled"));
    let (cloud, replay) = Replay::clients([
        (200, on.as_str()),
        (200, "<DeleteReplicationGroupResponse><DeleteReplicationGroupResult/></DeleteReplicationGroupResponse>"),
        (200, &deleting),
        (404, GONE),
    ]);
    cloud.delete(&live).await.unwrap();
    has(&replay.asked()[1], &["Action=DeleteReplicationGroup", "RetainPrimaryCluster=false"]);
    let (cloud, replay) = Replay::clients([(404, GONE)]);
    cloud.delete(&live).await.unwrap();
    assert_eq!(replay.asked().len(), 1);
}

const MADE: &str = "<CreateReplicationGroupResponse><CreateReplicationGroupResult/></CreateReplicationGroupResponse>";
const EVENTS: &str = "<DescribeEventsResponse><DescribeEventsResult><Events><Event><Message>No addresses left.</Message></Event></Events></DescribeEventsResult></DescribeEventsResponse>";

#[tokio::test(start_paused = true)]
async fn a_group_that_fails_says_why() {
    let failed = seen("g", "create-failed", 1, "enabled", "enabled");
    let (cloud, replay) = Replay::clients([(200, MADE), (200, &failed), (200, EVENTS)]);
    let e = cloud.create(&group().into(), &world(), &stamp(AT)).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Invalid, "create-failed"));
    assert!(e.message.ends_with(" is create-failed: No addresses left."), "{e}");
    has(&replay.asked()[2], &["Action=DescribeEvents", "SourceType=replication-group"]);
    let (on, lost) = (seen("g", "available", 1, "enabled", "enabled"), node("g", "incompatible-network"));
    let (cloud, replay) = Replay::clients([(200, MADE), (200, &on), (200, &lost), (200, EVENTS)]);
    let e = cloud.create(&group().into(), &world(), &stamp(AT)).await.unwrap_err();
    assert_eq!((e.class, e.message.as_str()), (Class::Invalid, "g-001 is incompatible-network: No addresses left."));
    has(&replay.asked()[3], &["SourceIdentifier=g-001", "SourceType=cache-cluster"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_takes_too_long_is_told_with_its_last_event() {
    let making = seen("g", "creating", 1, "enabled", "enabled");
    let (mut cloud, _) = Replay::clients([(200, MADE), (200, &making), (200, &making), (200, &making), (200, EVENTS)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.create(&group().into(), &world(), &stamp(AT)).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "WaitTimeout"));
    assert!(e.message.ends_with(" is creating: No addresses left."), "{e}");
    let deleting = seen("g", "deleting", 1, "enabled", "enabled");
    let (mut cloud, _) = Replay::clients([(200, deleting.as_str()), (200, &deleting), (200, &deleting), (200, &deleting), (200, EVENTS)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.delete(&Live::found("g", group(), stamp(AT))).await.unwrap_err();
    assert!(e.message.ends_with("for g to be gone: g is deleting: No addresses left."), "{e}");
}

/// A topic that isn't wanted any more falls silent, for no request takes it away; a silent one reads as none, and another speaks.
#[tokio::test(start_paused = true)]
async fn a_topic_falls_silent_and_another_speaks() {
    let available = seen("g", "available", 2, "enabled", "enabled");
    let (active, ready) = ("<TopicStatus>active</TopicStatus>", node("g", "available"));
    let silent = ready.replace(active, "<TopicStatus>inactive</TopicStatus>");
    let modified = "<ModifyReplicationGroupResponse><ModifyReplicationGroupResult/></ModifyReplicationGroupResponse>";
    for (from, to, wanted, says) in [
        (&ready, &silent, None, &["NotificationTopicStatus=inactive"][..]),
        (&silent, &ready, Some(Ref::to("alerts")), &["NotificationTopicStatus=active", "NotificationTopicArn=id-topic.alerts"][..]),
    ] {
        let answers = [available.as_str(), from, from, modified, &available, to, to].map(|body| (200, body));
        let (cloud, replay) = Replay::clients(answers);
        let live = Live::found("g", ReplicationGroup { notification_topic: None, ..group() }, stamp(AT));
        let want = ReplicationGroup { notification_topic: wanted, ..group() };
        cloud.update(&live, &want.into(), &world(), &stamp(AT)).await.unwrap();
        let asked = replay.asked().into_iter().find(|body| body.contains("Action=ModifyReplicationGroup")).unwrap();
        has(&asked, says);
        assert_eq!(asked.contains("NotificationTopicArn"), says.len() == 2, "{asked}");
    }
}
