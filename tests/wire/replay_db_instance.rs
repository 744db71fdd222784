//! Databases change state slowly, put changes off, and may fail: answers after the API reference, since the emulator does all at once.
use std::collections::BTreeMap;
use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::{Address, DbInstance, DbReplica, Kind, Live, Near, Object, Ref, SecurityGroup};
use infra::wire::Class;

use super::db_instance::{db_instance, ground};
use super::db_replica::db_replica;
use super::replay_world::{has, links, stamp};
use super::security_group::security_group;
use crate::support::address;
use crate::support::replay::Replay;

const GONE: &str =
    "<ErrorResponse><Error><Code>DBInstanceNotFound</Code><Message>DBInstance x not found.</Message></Error></ErrorResponse>";

/// `DescribeDBInstances` showing the instance of the wire case, with other values of `port`, `insights`, and more elements.
fn seen(status: &str, port: i32, insights: bool, more: &str) -> String {
    let instance = format!(
        "<DBInstanceIdentifier>s-main-1</DBInstanceIdentifier><DBInstanceArn>arn:aws:rds:us-east-1:123456789012:db:s-main-1</DBInstanceArn>
        <DBInstanceStatus>{status}</DBInstanceStatus><DBInstanceClass>db.r7g.large</DBInstanceClass>
        <Engine>postgres</Engine><EngineVersion>16.13</EngineVersion><AllocatedStorage>120</AllocatedStorage>
        <MaxAllocatedStorage>500</MaxAllocatedStorage><StorageType>gp3</StorageType><Iops>3000</Iops><StorageThroughput>125</StorageThroughput>
        <StorageEncrypted>true</StorageEncrypted><MultiAZ>true</MultiAZ><DBSubnetGroup><DBSubnetGroupName>data</DBSubnetGroupName></DBSubnetGroup>
        <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>id-security_group.data</VpcSecurityGroupId><Status>active</Status>
        </VpcSecurityGroupMembership></VpcSecurityGroups><DBParameterGroups><DBParameterGroup>
        <DBParameterGroupName>id-db_parameter_group.main</DBParameterGroupName></DBParameterGroup></DBParameterGroups>
        <Endpoint><Address>main.example</Address><Port>{port}</Port></Endpoint><BackupRetentionPeriod>14</BackupRetentionPeriod>
        <PreferredBackupWindow>03:00-04:00</PreferredBackupWindow><PreferredMaintenanceWindow>sun:05:00-sun:06:00</PreferredMaintenanceWindow>
        <PerformanceInsightsEnabled>{insights}</PerformanceInsightsEnabled><AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade>
        <EnabledCloudwatchLogsExports><member>postgresql</member></EnabledCloudwatchLogsExports><DBName>shop</DBName>
        <MasterUsername>shop</MasterUsername><MasterUserSecret><SecretArn>arn:secret</SecretArn></MasterUserSecret>{more}"
    );
    let list = format!("<DBInstances><DBInstance>{instance}</DBInstance></DBInstances>");
    format!("<DescribeDBInstancesResponse><DescribeDBInstancesResult>{list}</DescribeDBInstancesResult></DescribeDBInstancesResponse>")
}

fn live(object: DbInstance) -> Live {
    Live::found("s-main-1", object, stamp("db_instance.main"))
}

/// RDS may show an instance as available for a moment before it begins; what it grew and upgraded by itself is no difference.
#[tokio::test(start_paused = true)]
async fn an_update_waits_until_nothing_is_pending() {
    let want = DbInstance { port: 5444, performance_insights: true, ..db_instance() };
    let (before, after) = (seen("available", 5432, false, ""), seen("available", 5444, true, ""));
    let begun = seen("available", 5432, true, "<PendingModifiedValues><Port>5444</Port></PendingModifiedValues>");
    let busy = seen("modifying", 5444, true, "");
    let (cloud, replay) = Replay::clients([
        (200, before.as_str()),
        (200, "<AddTagsToResourceResponse><AddTagsToResourceResult/></AddTagsToResourceResponse>"),
        (200, "<ModifyDBInstanceResponse><ModifyDBInstanceResult/></ModifyDBInstanceResponse>"),
        (200, &begun),
        (200, &busy),
        (200, &after),
    ]);
    let made = cloud.update(&live(db_instance()), &want.into(), &links(ground()), &stamp("db_instance.main")).await.unwrap();
    assert_eq!(made.of::<DbInstance>().unwrap().endpoint.0.as_deref(), Some("main.example"));
    let asked = replay.asked();
    has(&asked[1], &["Action=AddTagsToResource", "Key=infra%3Aasked&Tags.Tag.3.Value=16.11%20100"]);
    has(&asked[2], &["Action=ModifyDBInstance", "ApplyImmediately=true", "DBPortNumber=5444", "EnablePerformanceInsights=true"]);
    for other in ["AllocatedStorage", "EngineVersion", "Iops", "MultiAZ", "VpcSecurityGroupIds"] {
        assert!(!asked[2].contains(other), "{other} in {}", asked[2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deferred_update_is_done_when_it_is_accepted() {
    let want = DbInstance { instance_class: "db.r7g.xlarge".into(), apply_immediately: false, ..db_instance() };
    let pending = "<PendingModifiedValues><DBInstanceClass>db.r7g.xlarge</DBInstanceClass></PendingModifiedValues>";
    let (before, accepted) = (seen("available", 5432, false, ""), seen("available", 5432, false, pending));
    let (cloud, replay) = Replay::clients([
        (200, before.as_str()),
        (200, "<AddTagsToResourceResponse><AddTagsToResourceResult/></AddTagsToResourceResponse>"),
        (200, "<ModifyDBInstanceResponse><ModifyDBInstanceResult/></ModifyDBInstanceResponse>"),
        (200, accepted.as_str()),
    ]);
    cloud.update(&live(db_instance()), &want.into(), &links(ground()), &stamp("db_instance.main")).await.unwrap();
    has(&replay.asked()[2], &["ApplyImmediately=false", "DBInstanceClass=db.r7g.xlarge"]);
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_taken_up_and_a_failed_one_says_why() {
    let taken = "<ErrorResponse><Error><Code>DBInstanceAlreadyExists</Code><Message>exists</Message></Error></ErrorResponse>";
    let failed = seen("incompatible-network", 5432, false, "");
    let event = "<DescribeEventsResponse><DescribeEventsResult><Events><Event><Message>No addresses left.</Message></Event></Events></DescribeEventsResult></DescribeEventsResponse>";
    let (cloud, replay) = Replay::clients([(400, taken), (200, "{}"), (200, "{}"), (400, GONE), (200, &failed), (200, event)]);
    let error = cloud.create(&db_instance().into(), &links(ground()), &stamp("db_instance.main")).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Invalid, "incompatible-network"));
    assert!(error.message.ends_with("No addresses left."), "{error}");
    has(&replay.asked()[0], &["ManageMasterUserPassword=true", "PubliclyAccessible=false", "infra%3Aaddress"]);
    has(&replay.asked()[0], &["EngineLifecycleSupport=open-source-rds-extended-support-disabled"]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_lifts_the_protection_and_waits_until_all_is_gone() {
    let protected = seen("available", 5432, false, "<DeletionProtection>true</DeletionProtection>");
    let deleting = seen("deleting", 5432, false, "");
    let (cloud, replay) = Replay::clients([
        (200, protected.as_str()),
        (200, "<ModifyDBInstanceResponse><ModifyDBInstanceResult/></ModifyDBInstanceResponse>"),
        (200, "<DeleteDBInstanceResponse><DeleteDBInstanceResult/></DeleteDBInstanceResponse>"),
        (200, &deleting),
        (400, GONE),
        (200, r#"{ "logGroups": [{ "logGroupName": "/aws/rds/instance/s-main-1/postgresql", "retentionInDays": 30 }] }"#),
        (200, "{}"),
    ]);
    cloud.delete(&live(db_instance())).await.unwrap();
    let asked = replay.asked();
    has(&asked[1], &["DeletionProtection=false", "ApplyImmediately=true"]);
    has(&asked[2], &["SkipFinalSnapshot=true", "DeleteAutomatedBackups=false"]);
    has(&asked[5], &["/aws/rds/instance/s-main-1/"]);
    has(&asked[6], &["/aws/rds/instance/s-main-1/postgresql"]);
    let (cloud, replay) = Replay::clients([(400, GONE), (200, "{}")]);
    cloud.delete(&live(db_instance())).await.unwrap();
    assert_eq!(replay.asked().len(), 2);
}

/// RDS takes neither parameter group nor maintenance window in the creation of a replica of the same region.
#[tokio::test(start_paused = true)]
async fn a_replica_gets_its_parameter_group_as_soon_as_it_stands() {
    let want = DbReplica { parameter_group: Ref::to("main"), multi_az: true, port: 5432, ..db_replica() };
    let source = "<ReadReplicaSourceDBInstanceIdentifier>id-db_instance.main</ReadReplicaSourceDBInstanceIdentifier>";
    let creating = seen("creating", 5432, false, source);
    let inherited = seen("available", 5432, false, source).replace("id-db_parameter_group.main", "default.postgres16");
    let done = seen("available", 5432, false, source).replace("sun:05:00-sun:06:00", "tue:05:00-tue:06:00");
    let (cloud, replay) = Replay::clients([
        (200, "<CreateDBInstanceReadReplicaResponse><CreateDBInstanceReadReplicaResult/></CreateDBInstanceReadReplicaResponse>"),
        (200, creating.as_str()),
        (200, &inherited),
        (200, "<ModifyDBInstanceResponse><ModifyDBInstanceResult/></ModifyDBInstanceResponse>"),
        (200, &done),
    ]);
    let mut world = ground();
    world.push(("db_instance.main", db_instance().into()));
    cloud.create(&want.into(), &links(world), &stamp("db_replica.reader")).await.unwrap();
    let asked = replay.asked();
    has(&asked[0], &["Action=CreateDBInstanceReadReplica", "SourceDBInstanceIdentifier=id-db_instance.main", "infra%3Aaddress"]);
    assert!(!asked[0].contains("DBParameterGroupName"), "{}", asked[0]);
    has(&asked[3], &["DBParameterGroupName=id-db_parameter_group.main", "PreferredMaintenanceWindow=tue%3A05%3A00-tue%3A06%3A00"]);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_takes_too_long_is_told_with_its_last_event() {
    let event = |said: &str| format!("<Event><Message>{said}</Message></Event>");
    let events = format!(
        "<DescribeEventsResponse><DescribeEventsResult><Events>{}{}</Events></DescribeEventsResult></DescribeEventsResponse>",
        event("DB instance created"),
        event("Backing up DB instance")
    );
    let made = "<CreateDBInstanceResponse><CreateDBInstanceResult/></CreateDBInstanceResponse>";
    let busy = seen("backing-up", 5432, false, "");
    let (mut cloud, replay) =
        Replay::clients([(200, made), (200, "{}"), (200, "{}"), (200, &busy), (200, &busy), (200, &busy), (200, &events)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.create(&db_instance().into(), &links(ground()), &stamp("db_instance.main")).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "WaitTimeout"));
    assert!(e.message.starts_with("waited 48m for s-main-"), "{e}");
    assert!(e.message.ends_with(" is backing-up: Backing up DB instance"), "{e}");
    has(&replay.asked()[6], &["Action=DescribeEvents", "SourceType=db-instance", "Duration=60"]);
    let deleting = seen("deleting", 5432, false, "");
    let (mut cloud, _) = Replay::clients([(200, deleting.as_str()), (200, &deleting), (200, &deleting), (200, &deleting), (200, &events)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = cloud.delete(&live(db_instance())).await.unwrap_err();
    assert_eq!(e.message, "waited 20m for s-main-1 to be gone: s-main-1 is deleting: Backing up DB instance");
}

/// While RDS carries out a change of storage it takes no other; anything else, and what stays, it does.
#[tokio::test(start_paused = true)]
async fn storage_that_is_being_optimized_is_read() {
    let nodes = BTreeMap::new();
    let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let tags = [
        ("infra:stack", "s"),
        ("infra:address", "db_instance.main"),
        ("infra:run", "r/7"),
        ("infra:digest", "0123:"),
        ("infra:asked", "16.11 100"),
    ];
    let tags = format!("<TagList>{}</TagList>", tags.map(|(k, v)| tag(k, v)).concat());
    for (state, free) in [("storage-optimization", false), ("available", true)] {
        let body = seen(state, 5432, false, &tags);
        let (cloud, _) = Replay::clients([(200, body.as_str()), (200, "{}")]);
        let before = cloud.list(Kind::DbInstance, "s").await.unwrap().remove(0).object;
        let now = DbInstance::try_from(before.clone()).unwrap();
        let ways = |want: DbInstance| {
            Object::from(want).ways(&before, Near(&nodes)).into_iter().map(|b| b.attributes[0].clone()).collect::<Vec<_>>()
        };
        for (attribute, want) in [
            ("allocated_storage", DbInstance { allocated_storage: 200, ..now.clone() }),
            ("storage_type", DbInstance { storage_type: "io2".into(), iops: Some(5000), ..now.clone() }),
        ] {
            assert_eq!(ways(want), if free { vec![] } else { vec![attribute] }, "{state}");
        }
        assert_eq!(ways(DbInstance { port: 5444, ..now.clone() }), Vec::<String>::new(), "{state}");
    }
}

/// A database and its security groups are in one VPC.
#[test]
fn a_database_has_groups_of_its_own_network() {
    let mut nodes: BTreeMap<Address, Object> = ground().into_iter().map(|(at, object)| (address(at), object)).collect();
    let database: Object = db_instance().into();
    let wrong = |nodes: &BTreeMap<Address, Object>| {
        let found = database.breaches(&address("db_instance.main"), Near(nodes)).into_iter();
        found.filter(|b| b.message.contains("in one VPC")).map(|b| b.attributes.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(wrong(&nodes), Vec::<String>::new());
    let elsewhere = SecurityGroup { vpc: Ref::to("other"), ..security_group() };
    nodes.insert(address("security_group.data"), elsewhere.into());
    assert_eq!(wrong(&nodes), ["security_groups subnet_group"]);
}
