//! Groups of caches, of which the emulator can only create and describe those of subnets. Answers after the API reference.
use infra::cloud::{Cloud, Observe};
use infra::kinds::{CacheParameterGroup, CacheSubnetGroup, Kind, Links, Live, Object, Ref};

use super::db_subnet_group::network;
use super::replay_world::{has, links, stamp};
use crate::support::replay::Replay;

fn subnet_group() -> CacheSubnetGroup {
    CacheSubnetGroup { vpc: Ref::to("main"), subnets: [Ref::to("a"), Ref::to("b")].into(), tags: [("Name".into(), "cache".into())].into() }
}

fn parameter_group() -> CacheParameterGroup {
    CacheParameterGroup {
        family: "redis7".into(),
        parameters: [("maxmemory-policy", "allkeys-lru"), ("timeout", "300")].map(|(k, v)| (k.into(), v.into())).into(),
        tags: [("Name".into(), "cache".into())].into(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_subnet_group_is_made_listed_changed_and_deleted() {
    let at = "cache_subnet_group.main";
    let (cloud, replay) =
        Replay::clients([(200, "<CreateCacheSubnetGroupResponse><CreateCacheSubnetGroupResult/></CreateCacheSubnetGroupResponse>")]);
    let made = cloud.create(&subnet_group().into(), &links(network()), &stamp(at)).await.unwrap();
    has(
        &replay.asked()[0],
        &["Action=CreateCacheSubnetGroup", "CacheSubnetGroupDescription=s%20cache_subnet_group.main%20r%2F7%20", "=id-subnet.a"],
    );

    let subnet = |id: &str| format!("<Subnet><SubnetIdentifier>{id}</SubnetIdentifier></Subnet>");
    let group = |name: &str, description: &str| {
        let subnets = subnet("id-subnet.b") + &subnet("id-subnet.a");
        format!(
            "<CacheSubnetGroup><CacheSubnetGroupName>{name}</CacheSubnetGroupName><CacheSubnetGroupDescription>{description}</CacheSubnetGroupDescription><ARN>arn:aws:elasticache:us-east-1:123456789012:subnetgroup:{name}</ARN><VpcId>id-vpc.main</VpcId><Subnets>{subnets}</Subnets></CacheSubnetGroup>"
        )
    };
    let page = |groups: String, marker: &str| {
        let inner = format!("<CacheSubnetGroups>{groups}</CacheSubnetGroups>{marker}");
        format!(
            "<DescribeCacheSubnetGroupsResponse><DescribeCacheSubnetGroupsResult>{inner}</DescribeCacheSubnetGroupsResult></DescribeCacheSubnetGroupsResponse>"
        )
    };
    let first = page(group("s-mine", "made by hand"), "<Marker>more</Marker>");
    let second = page(group(&made.id, &stamp(at).line()), "");
    let tags: String =
        stamp(at).tags(&subnet_group().tags).iter().map(|(k, v)| format!("<Tag><Key>{k}</Key><Value>{v}</Value></Tag>")).collect();
    let tags = format!(
        "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList>{tags}</TagList></ListTagsForResourceResult></ListTagsForResourceResponse>"
    );
    let (cloud, _) = Replay::clients([(200, first.as_str()), (200, second.as_str()), (200, tags.as_str())]);
    let found = cloud.list(Kind::CacheSubnetGroup, "s").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].id, &found[0].stamp, &found[0].points), (&made.id, &made.stamp, &made.points));
    assert_eq!(found[0].of::<CacheSubnetGroup>().unwrap().tags, subnet_group().tags);

    let fewer = CacheSubnetGroup { subnets: [Ref::to("a")].into(), ..subnet_group() };
    let (cloud, replay) =
        Replay::clients([(200, "<ModifyCacheSubnetGroupResponse><ModifyCacheSubnetGroupResult/></ModifyCacheSubnetGroupResponse>")]);
    cloud.update(&found[0], &fewer.into(), &links(network()), &stamp(at)).await.unwrap();
    has(&replay.asked()[0], &["Action=ModifyCacheSubnetGroup", "=id-subnet.a"]);
    assert!(!replay.asked()[0].contains("id-subnet.b"));

    let unknown = "<ErrorResponse><Error><Code>CacheSubnetGroupNotFoundFault</Code><Message>not found</Message></Error></ErrorResponse>";
    let (cloud, _) = Replay::clients([
        (200, "<DeleteCacheSubnetGroupResponse><DeleteCacheSubnetGroupResult/></DeleteCacheSubnetGroupResponse>"),
        (400, unknown),
    ]);
    cloud.delete(&found[0]).await.unwrap();
    cloud.delete(&found[0]).await.unwrap();
}

fn parameters(values: &[(&str, &str)]) -> String {
    let one = |(k, v): &(&str, &str)| {
        format!("<Parameter><ParameterName>{k}</ParameterName><ParameterValue>{v}</ParameterValue><Source>user</Source></Parameter>")
    };
    let all: String = values.iter().map(one).collect();
    format!(
        "<DescribeCacheParametersResponse><DescribeCacheParametersResult><Parameters>{all}</Parameters></DescribeCacheParametersResult></DescribeCacheParametersResponse>"
    )
}

fn tagged(names: &[&str]) -> String {
    let one = |name: &&str| format!(r#"{{"ResourceARN":"arn:aws:elasticache:us-east-1:123456789012:parametergroup:{name}","Tags":[]}}"#);
    let all: Vec<String> = names.iter().map(one).collect();
    format!(r#"{{"PaginationToken":"","ResourceTagMappingList":[{}]}}"#, all.join(","))
}

/// It returns when it can be listed: the tagging service comes after.
#[tokio::test(start_paused = true)]
async fn a_parameter_group_is_made_and_listed() {
    let at = "cache_parameter_group.main";
    let id = stamp(at).physical_name(&infra::kinds::cache_parameter_group::NAMES);
    let (none, one) = (tagged(&[]), tagged(&[&id]));
    let (cloud, replay) = Replay::clients([
        (200, "<CreateCacheParameterGroupResponse><CreateCacheParameterGroupResult/></CreateCacheParameterGroupResponse>"),
        (200, parameters(&[]).as_str()),
        (200, "<ModifyCacheParameterGroupResponse><ModifyCacheParameterGroupResult/></ModifyCacheParameterGroupResponse>"),
        (200, &none),
        (200, &one),
    ]);
    let made = cloud.create(&parameter_group().into(), &Links::default(), &stamp(at)).await.unwrap();
    assert_eq!(made.id, id);
    let asked = replay.asked();
    has(&asked[0], &["Action=CreateCacheParameterGroup", "CacheParameterGroupFamily=redis7", "infra%3Aaddress"]);
    has(&asked[2], &["ParameterName=maxmemory-policy", "ParameterValue=allkeys-lru", "ParameterName=timeout"]);
    has(&asked[3], &["elasticache:parametergroup", "infra:stack"]);

    let family = format!(
        "<CacheParameterGroups><CacheParameterGroup><CacheParameterGroupName>{id}</CacheParameterGroupName><CacheParameterGroupFamily>redis7</CacheParameterGroupFamily></CacheParameterGroup></CacheParameterGroups>"
    );
    let family = format!(
        "<DescribeCacheParameterGroupsResponse><DescribeCacheParameterGroupsResult>{family}</DescribeCacheParameterGroupsResult></DescribeCacheParameterGroupsResponse>"
    );
    let all = stamp(at).tags(&parameter_group().tags);
    let tags: String = all.iter().map(|(k, v)| format!("<Tag><Key>{k}</Key><Value>{v}</Value></Tag>")).collect();
    let tags = format!(
        "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList>{tags}</TagList></ListTagsForResourceResult></ListTagsForResourceResponse>"
    );
    let own = parameters(&[("timeout", "300"), ("maxmemory-policy", "allkeys-lru")]);
    let (cloud, _) = Replay::clients([(200, one.as_str()), (200, &family), (200, &tags), (200, &own)]);
    let found = cloud.list(Kind::CacheParameterGroup, "s").await.unwrap();
    assert_eq!(found, vec![made]);

    let unknown = "<ErrorResponse><Error><Code>CacheParameterGroupNotFound</Code><Message>not found</Message></Error></ErrorResponse>";
    let (cloud, _) = Replay::clients([(200, one.as_str()), (404, unknown)]);
    assert!(cloud.list(Kind::CacheParameterGroup, "s").await.unwrap().is_empty(), "a deleted group is still tagged for a while");
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_is_not_wanted_any_more_is_reset() {
    let at = "cache_parameter_group.main";
    let live = Live::found("s-main-1", parameter_group(), stamp(at));
    let want = CacheParameterGroup { parameters: [("timeout".into(), "60".into())].into(), ..parameter_group() };
    let own = parameters(&[("timeout", "300"), ("maxmemory-policy", "allkeys-lru")]);
    let (cloud, replay) = Replay::clients([
        (200, own.as_str()),
        (200, "<ModifyCacheParameterGroupResponse><ModifyCacheParameterGroupResult/></ModifyCacheParameterGroupResponse>"),
        (200, "<ResetCacheParameterGroupResponse><ResetCacheParameterGroupResult/></ResetCacheParameterGroupResponse>"),
        (
            200,
            "<DescribeCacheParameterGroupsResponse><DescribeCacheParameterGroupsResult><CacheParameterGroups><CacheParameterGroup><ARN>arn:aws:elasticache:us-east-1:123456789012:parametergroup:s-main-1</ARN></CacheParameterGroup></CacheParameterGroups></DescribeCacheParameterGroupsResult></DescribeCacheParameterGroupsResponse>",
        ),
        (200, "<AddTagsToResourceResponse><AddTagsToResourceResult/></AddTagsToResourceResponse>"),
    ]);
    cloud.update(&live, &Object::from(want), &Links::default(), &stamp(at)).await.unwrap();
    let asked = replay.asked();
    has(&asked[1], &["ParameterName=timeout", "ParameterValue=60"]);
    has(&asked[2], &["Action=ResetCacheParameterGroup", "ResetAllParameters=false", "ParameterName=maxmemory-policy"]);
    has(&asked[4], &["Action=AddTagsToResource", "Key=infra%3Aasked", "Value=timeout"]);
}
