//! Groups of databases change: the emulator loses a subnet group that it modifies and can't reset parameters. Answers after the API reference.
use infra::cloud::Cloud;
use infra::kinds::{DbParameterGroup, DbSubnetGroup, Links, Live, Ref};

use super::db_parameter_group::db_parameter_group;
use super::db_subnet_group::{db_subnet_group, network};
use super::replay_world::{has, links, stamp};
use crate::support::replay::Replay;

#[tokio::test(start_paused = true)]
async fn a_subnet_group_takes_new_subnets_and_a_new_stamp_in_one_request() {
    let mut live = Live::found("s-data-1", db_subnet_group(), stamp("db_subnet_group.data"));
    live.points = ["id-subnet.a".into(), "subnet-old".into(), "id-vpc.main".into()].into();
    let want = DbSubnetGroup { subnets: [Ref::to("a"), Ref::to("b")].into(), ..db_subnet_group() };
    let (cloud, replay) =
        Replay::clients([(200, "<ModifyDBSubnetGroupResponse><ModifyDBSubnetGroupResult/></ModifyDBSubnetGroupResponse>")]);
    cloud.update(&live, &want.clone().into(), &links(network()), &stamp("db_subnet_group.new")).await.unwrap();
    let line = "DBSubnetGroupDescription=s%20db_subnet_group.new%20r%2F7%20";
    has(&replay.asked()[0], &["Action=ModifyDBSubnetGroup", "DBSubnetGroupName=s-data-1", line, "=id-subnet.a", "=id-subnet.b"]);

    live.points = ["id-subnet.a".into(), "id-subnet.b".into(), "id-vpc.main".into()].into();
    let (cloud, replay) = Replay::clients([]);
    cloud.update(&live, &want.into(), &links(network()), &stamp("db_subnet_group.data")).await.unwrap();
    assert!(replay.asked().is_empty(), "nothing differs");
}

const GROUP: &str = "<DescribeDBParameterGroupsResponse><DescribeDBParameterGroupsResult><DBParameterGroups><DBParameterGroup><DBParameterGroupArn>\
                     arn:aws:rds:us-east-1:123456789012:pg:s-main-1</DBParameterGroupArn></DBParameterGroup></DBParameterGroups>\
                     </DescribeDBParameterGroupsResult></DescribeDBParameterGroupsResponse>";

#[tokio::test(start_paused = true)]
async fn parameters_are_set_and_reset_by_what_they_can() {
    let parameter = |name: &str, rest: &str| format!("<Parameter><ParameterName>{name}</ParameterName>{rest}</Parameter>");
    let page = |parameters: String, marker: &str| {
        let inner = format!("<Parameters>{parameters}</Parameters>{marker}");
        format!(
            "<DescribeDBParametersResponse><DescribeDBParametersResult>{inner}</DescribeDBParametersResult></DescribeDBParametersResponse>"
        )
    };
    let own = "<ParameterValue>64</ParameterValue><ApplyType>dynamic</ApplyType><Source>user</Source>";
    let first = parameter("work_mem", own) + &parameter("max_connections", "<ApplyType>static</ApplyType>");
    let first = page(first, "<Marker>more</Marker>");
    let second = page(parameter("log_min_duration_statement", "<ApplyType>dynamic</ApplyType>"), "");
    let (cloud, replay) = Replay::clients([
        (200, first.as_str()),
        (200, second.as_str()),
        (200, "<ModifyDBParameterGroupResponse><ModifyDBParameterGroupResult/></ModifyDBParameterGroupResponse>"),
        (200, "<ResetDBParameterGroupResponse><ResetDBParameterGroupResult/></ResetDBParameterGroupResponse>"),
        (200, GROUP),
        (200, "<AddTagsToResourceResponse/>"),
    ]);
    let old = DbParameterGroup { parameters: [("work_mem".into(), "64".into())].into(), ..db_parameter_group() };
    let live = Live::found("s-main-1", old, stamp("db_parameter_group.main"));
    cloud.update(&live, &db_parameter_group().into(), &Links::default(), &stamp("db_parameter_group.main")).await.unwrap();
    let asked = replay.asked();
    assert!(!asked[0].contains("Source"), "all of them tell which are in force at once: {}", asked[0]);
    has(&asked[1], &["Action=DescribeDBParameters", "Marker=more"]);
    let dynamic =
        "ParameterName=log_min_duration_statement&Parameters.Parameter.1.ParameterValue=500&Parameters.Parameter.1.ApplyMethod=immediate";
    let fixed = "ParameterName=max_connections&Parameters.Parameter.2.ParameterValue=200&Parameters.Parameter.2.ApplyMethod=pending-reboot";
    has(&asked[2], &["Action=ModifyDBParameterGroup", dynamic, fixed]);
    let reset = "ParameterName=work_mem&Parameters.Parameter.1.ApplyMethod=immediate";
    has(&asked[3], &["Action=ResetDBParameterGroup", "ResetAllParameters=false", reset]);
    has(&asked[5], &["Action=AddTagsToResource", "Key=infra%3Aasked&Tags.Tag.1.Value=log_min_duration_statement%20max_connections"]);
}

/// A database that is made within five minutes of its group may have none of the group's characters.
#[tokio::test(start_paused = true)]
async fn what_decides_when_a_database_is_made_is_known_before() {
    for (name, least) in [("character_set_database", 300), ("lower_case_table_names", 300), ("work_mem", 0)] {
        let parameter = format!("<Parameter><ParameterName>{name}</ParameterName><ApplyType>static</ApplyType></Parameter>");
        let shown = format!(
            "<DescribeDBParametersResponse><DescribeDBParametersResult><Parameters>{parameter}</Parameters></DescribeDBParametersResult></DescribeDBParametersResponse>"
        );
        let (cloud, _) = Replay::clients([
            (200, "<CreateDBParameterGroupResponse><CreateDBParameterGroupResult/></CreateDBParameterGroupResponse>"),
            (200, shown.as_str()),
            (200, "<ModifyDBParameterGroupResponse><ModifyDBParameterGroupResult/></ModifyDBParameterGroupResponse>"),
        ]);
        let want = DbParameterGroup { parameters: [(name.into(), "1".into())].into(), ..db_parameter_group() };
        let began = tokio::time::Instant::now();
        cloud.create(&want.into(), &Links::default(), &stamp("db_parameter_group.main")).await.unwrap();
        let waited = began.elapsed().as_secs();
        assert!((least..least + 30).contains(&waited), "{name}: {waited} s");
    }
}
