//! What others add to the stack's own objects stays theirs, and what isn't the stack's is known for what it is.
use std::collections::BTreeMap;

use infra::cloud::Cloud;
use infra::kinds::{Kind, Live, Ref, SecurityGroup, Stamp};
use infra::observe::observe;
use infra::run::Outcome;

use super::security_group::security_group;
use crate::support::proxy::Reaction;
use crate::support::reference::Reference;
use crate::support::replay::Replay;
use crate::support::{address, apply, plan_for};

const KEY: &str = "billing:owner";

/// Tags that somebody else gave to our objects are no drift, and they are there still when all of ours have changed. On the way a listener whose
/// certificate isn't the stack's is made, and its answer lost: what stands is known to be whole, and nothing is sent again.
#[tokio::test]
async fn tags_of_others_stay() {
    let reference = Reference::start().await;
    let (ec2, elb) = (aws_sdk_ec2::Client::new(&reference.config), aws_sdk_elasticloadbalancingv2::Client::new(&reference.config));
    let (iam, rds) = (aws_sdk_iam::Client::new(&reference.config), aws_sdk_rds::Client::new(&reference.config));
    let s3 = aws_sdk_s3::config::Builder::from(&reference.config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let want = reference.production("");
    reference.proxy.rule(|call, n| match (call.operation.as_str(), n) {
        ("CreateListener", _) if n < 2 => Reaction::CutAfter,
        _ => Reaction::Pass,
    });
    reference.apply(&want, "r1").await;
    assert_eq!(reference.proxy.counts().get("ModifyListener"), None);
    reference.proxy.reset();
    let seen = observe(&reference.cloud, &want.name, &want.renamed).await.unwrap();
    let ids: BTreeMap<Kind, &Live> = seen.live.values().flatten().map(|l| (l.stamp.address.kind, l)).collect();
    let id = |kind: Kind| ids[&kind].id.clone();
    let arn = seen.live[&address("db_instance.main")][0].id.clone();
    let arn = format!("arn:aws:rds:{}:123456789012:db:{arn}", reference.cloud.region());
    let tag = aws_sdk_ec2::types::Tag::builder().key(KEY).value("them").build();
    ec2.create_tags().resources(id(Kind::Vpc)).resources(id(Kind::Subnet)).tags(tag).send().await.unwrap();
    let tag = aws_sdk_elasticloadbalancingv2::types::Tag::builder().key(KEY).value("them").build();
    elb.add_tags().resource_arns(id(Kind::LoadBalancer)).resource_arns(id(Kind::TargetGroup)).tags(tag).send().await.unwrap();
    let tag = aws_sdk_iam::types::Tag::builder().key(KEY).value("them").build().unwrap();
    iam.tag_role().role_name(id(Kind::IamRole)).tags(tag).send().await.unwrap();
    let tag = aws_sdk_rds::types::Tag::builder().key(KEY).value("them").build();
    rds.add_tags_to_resource().resource_name(&arn).tags(tag).send().await.unwrap();
    let mut tags = s3.get_bucket_tagging().bucket(id(Kind::Bucket)).send().await.unwrap().tag_set;
    tags.push(aws_sdk_s3::types::Tag::builder().key(KEY).value("them").build().unwrap());
    let tags = aws_sdk_s3::types::Tagging::builder().set_tag_set(Some(tags)).build().unwrap();
    s3.put_bucket_tagging().bucket(id(Kind::Bucket)).tagging(tags).send().await.unwrap();

    let drift = reference.drift(&want).await;
    assert!(drift.found.is_empty(), "{drift:#?}");
    // The emulator never shows new tags of a launch template: so it isn't asked whether all is done.
    for (run, layer) in [("r2", "tags: { team: shop }"), ("r3", "")] {
        let plan = plan_for(&reference.cloud, &reference.production(layer)).await.unwrap();
        let (outcome, events) = apply(&reference.cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    }
    let vpc = ec2.describe_vpcs().vpc_ids(id(Kind::Vpc)).send().await.unwrap().vpcs.unwrap().remove(0);
    let subnet = ec2.describe_subnets().subnet_ids(id(Kind::Subnet)).send().await.unwrap().subnets.unwrap().remove(0);
    assert!([vpc.tags(), subnet.tags()].iter().all(|tags| tags.iter().any(|t| t.key() == Some(KEY))));
    let told = elb.describe_tags().resource_arns(id(Kind::LoadBalancer)).resource_arns(id(Kind::TargetGroup)).send().await.unwrap();
    assert!(told.tag_descriptions().iter().all(|d| d.tags().iter().any(|t| t.key() == Some(KEY))));
    let role = iam.list_role_tags().role_name(id(Kind::IamRole)).send().await.unwrap();
    assert!(role.tags().iter().any(|t| t.key() == KEY));
    let database = rds.list_tags_for_resource().resource_name(&arn).send().await.unwrap();
    assert!(database.tag_list().iter().any(|t| t.key() == Some(KEY)));
    let bucket = s3.get_bucket_tagging().bucket(id(Kind::Bucket)).send().await.unwrap();
    assert!(bucket.tag_set().iter().any(|t| t.key() == KEY) && !bucket.tag_set().iter().any(|t| t.key() == "team"));
}

/// Another account's group in a rule that somebody added is revoked with its account: AWS finds it by no other name.
#[tokio::test(start_paused = true)]
async fn another_accounts_group_is_revoked() {
    let stamp = Stamp {
        stack: "s".into(),
        address: address("security_group.a"),
        run: "r".into(),
        step: 1,
        identity: String::new(),
        digest: String::new(),
    };
    let group = "<groupId>sg-1</groupId><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><groupDescription>x</groupDescription>";
    let pair = "<item><userId>999999999999</userId><groupId>sg-9</groupId></item>";
    let rule = format!("<item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><groups>{pair}</groups></item>");
    let all = "<ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress>";
    let item = format!("{group}<ipPermissions>{rule}</ipPermissions>{all}");
    let seen = format!(
        "<DescribeSecurityGroupsResponse><securityGroupInfo><item>{item}</item></securityGroupInfo></DescribeSecurityGroupsResponse>"
    );
    let revoked = "<RevokeSecurityGroupIngressResponse><return>true</return></RevokeSecurityGroupIngressResponse>";
    let want = SecurityGroup { vpc: Ref::to("=vpc-1"), ingress: [].into(), ..security_group() };
    let there =
        SecurityGroup { ingress: [super::security_group::rule(22, infra::kinds::security_group::Peer::Itself)].into(), ..want.clone() };
    let live = Live { points: ["vpc-1".to_owned()].into(), ..Live::found("sg-1", there, stamp.clone()) };
    let (cloud, replay) = Replay::clients([(200, seen.as_str()), (200, revoked)]);
    cloud.update(&live, &want.into(), &Default::default(), &stamp).await.unwrap();
    let asked = &replay.asked()[1];
    assert!(asked.contains("Groups.1.UserId=999999999999") && asked.contains("Groups.1.GroupId=sg-9"), "{asked}");
}
