//! What the emulator does not do with rules: descriptions of groups and prefix lists, and taking one away. Answers after the API reference.
use infra::cloud::Cloud;
use infra::kinds::security_group::{Peer, Rule};
use infra::kinds::{Kind, Links, Live, Ref, SecurityGroup, SecurityGroupRule};

use super::prefix_list::prefix_list;
use super::replay_world::stamp;
use super::security_group::{rule, security_group};
use super::vpc::vpc;
use crate::support::address;
use crate::support::replay::Replay;

const SEEN: &str = "<DescribeSecurityGroupsResponse><securityGroupInfo><item>
    <groupId>sg-1</groupId><vpcId>vpc-1</vpcId><groupDescription>who may enter</groupDescription>
    <ipPermissions>
        <item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>
            <ipRanges><item><cidrIp>203.0.113.0/24</cidrIp><description>office</description></item></ipRanges>
            <prefixListIds><item><prefixListId>pl-1</prefixListId><description>before</description></item></prefixListIds></item>
        <item><ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort>
            <groups><item><userId>123456789012</userId><groupId>sg-2</groupId></item></groups></item>
        <item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort>
            <groups><item><userId>123456789012</userId><groupId>sg-old</groupId></item></groups></item>
    </ipPermissions>
    <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress>
</item></securityGroupInfo></DescribeSecurityGroupsResponse>";

const AUTHORIZED: &str = "<AuthorizeSecurityGroupIngressResponse><return>true</return></AuthorizeSecurityGroupIngressResponse>";
const REVOKED: &str = "<RevokeSecurityGroupIngressResponse><return>true</return></RevokeSecurityGroupIngressResponse>";

/// A group whose one rule lets this peer in by HTTPS.
fn seen(peer: &str) -> String {
    let rule = format!("<item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>{peer}</item>");
    let all = "<ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress>";
    let group = format!("<groupId>sg-1</groupId><vpcId>vpc-1</vpcId><ipPermissions>{rule}</ipPermissions>{all}");
    format!("<DescribeSecurityGroupsResponse><securityGroupInfo><item>{group}</item></securityGroupInfo></DescribeSecurityGroupsResponse>")
}

/// A list of the stack, one that takes its place, and one that isn't the stack's: who is let in is let in before others are shut out.
#[tokio::test(start_paused = true)]
async fn a_prefix_list_is_let_in_before_others_are_shut_out() {
    let with = |peer: Peer| SecurityGroup { vpc: Ref::to("=vpc-1"), ingress: [rule(443, peer)].into(), ..security_group() };
    let anyone = "<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges>";
    let list = |id: &str| format!("<prefixListIds><item><prefixListId>{id}</prefixListId></item></prefixListIds>");
    let edge = || Peer::PrefixList(Ref::to("edge"));
    let theirs = Peer::PrefixList(Ref::to("=pl-9"));
    let links = Links([(address("prefix_list.edge"), Live::found("pl-2", prefix_list(), stamp("prefix_list.edge")))].into());
    let cases = [
        ("a list for anyone", Peer::Cidr("0.0.0.0/0".into()), anyone.to_owned(), vec!["vpc-1"], edge(), "pl-2", "CidrIp=0.0.0.0%2F0"),
        ("its successor", edge(), list("pl-1"), vec!["vpc-1", "pl-1"], edge(), "pl-2", "PrefixListId=pl-1"),
        ("another's", edge(), list("pl-2"), vec!["vpc-1", "pl-2"], theirs.clone(), "pl-9", "PrefixListId=pl-2"),
        ("our own again", theirs, list("pl-9"), vec!["vpc-1", "pl-9"], edge(), "pl-2", "PrefixListId=pl-9"),
    ];
    for (what, before, shown, points, after, new, old) in cases {
        let mut live = Live::found("sg-1", with(before), stamp("security_group.a"));
        live.points = points.into_iter().map(String::from).collect();
        let (cloud, replay) = Replay::clients([(200, seen(&shown).as_str()), (200, AUTHORIZED), (200, REVOKED)]);
        cloud.update(&live, &with(after).into(), &links, &stamp("security_group.a")).await.unwrap();
        let asked = replay.asked();
        let new = format!("IpPermissions.1.PrefixListIds.1.PrefixListId={new}");
        assert!(asked[1].contains("Action=AuthorizeSecurityGroupIngress") && asked[1].contains(&new), "{what}: {}", asked[1]);
        assert!(asked[2].contains("Action=RevokeSecurityGroupIngress") && asked[2].contains(old), "{what}: {}", asked[2]);
    }
}

#[tokio::test(start_paused = true)]
async fn new_rules_come_first_then_descriptions_then_old_rules_go() {
    let texted = |description: &str, rule: Rule| Rule { description: description.into(), ..rule };
    let office = Peer::Cidr("203.0.113.0/24".into());
    let old = SecurityGroup { ingress: [rule(22, Peer::Group(Ref::to("=sg-old")))].into(), ..security_group() };
    let want = SecurityGroup {
        ingress: [
            rule(443, office),
            texted("after", rule(443, Peer::PrefixList(Ref::to("=pl-1")))),
            texted("peer", rule(80, Peer::Group(Ref::to("peer")))),
            rule(22, Peer::Group(Ref::to("peer"))),
        ]
        .into(),
        ..security_group()
    };
    let mut live = Live::found("sg-1", old, stamp("security_group.a"));
    live.points = ["vpc-1".into(), "sg-old".into()].into();
    let links = Links(
        [
            (address("vpc.main"), Live::found("vpc-1", vpc(), stamp("vpc.main"))),
            (address("security_group.peer"), Live::found("sg-2", security_group(), stamp("security_group.peer"))),
        ]
        .into(),
    );
    let (cloud, replay) = Replay::clients([
        (200, SEEN),
        (200, "<AuthorizeSecurityGroupIngressResponse><return>true</return></AuthorizeSecurityGroupIngressResponse>"),
        (
            200,
            "<UpdateSecurityGroupRuleDescriptionsIngressResponse><return>true</return></UpdateSecurityGroupRuleDescriptionsIngressResponse>",
        ),
        (200, "<RevokeSecurityGroupIngressResponse><return>true</return></RevokeSecurityGroupIngressResponse>"),
    ]);
    cloud.update(&live, &want.into(), &links, &stamp("security_group.a")).await.unwrap();
    let asked = replay.asked();
    let has = |i: usize, parts: &[&str]| parts.iter().for_each(|p| assert!(asked[i].contains(p), "{p} in {}", asked[i]));
    has(0, &["Action=DescribeSecurityGroups", "GroupId.1=sg-1"]);
    has(1, &["Action=AuthorizeSecurityGroupIngress", "IpPermissions.1.Groups.1.GroupId=sg-2", "IpPermissions.1.FromPort=22"]);
    has(2, &["Action=UpdateSecurityGroupRuleDescriptionsIngress", "Description=after", "Description=peer", "CidrIp=203.0.113.0%2F24"]);
    assert!(!asked[2].contains("office") && !asked[2].contains("IpRanges.1.Description"), "a description is taken away by leaving it out");
    has(3, &["Action=RevokeSecurityGroupIngress", "IpPermissions.1.Groups.1.GroupId=sg-old"]);
    assert!(!asked[1].contains("IpPermissions.2") && !asked[3].contains("IpPermissions.2"));
}

/// A rule that is an object of its own has its description changed either way, and the group whose rules change leaves it alone.
#[tokio::test(start_paused = true)]
async fn a_rule_of_its_own_is_no_rule_of_its_group() {
    let group = |id: &str, name: &str| (address(name), Live::found(id, security_group(), stamp(name)));
    let links = Links([group("sg-1", "security_group.a"), group("sg-2", "security_group.b")].into());
    for (egress, operation) in [(false, "UpdateSecurityGroupRuleDescriptionsIngress"), (true, "UpdateSecurityGroupRuleDescriptionsEgress")]
    {
        let old = SecurityGroupRule {
            security_group: Some(Ref::to("a")),
            peer: Some(Ref::to("b")),
            cluster: None,
            egress,
            ..SecurityGroupRule::try_from(Kind::SecurityGroupRule.example()).unwrap()
        };
        let live = Live::found("sgr-1", old.clone(), stamp("security_group_rule.a"));
        let want = SecurityGroupRule { description: "after".into(), ..old };
        let done = format!("<{operation}Response><return>true</return></{operation}Response>");
        let (cloud, replay) = Replay::clients([(200, done.as_str())]);
        cloud.update(&live, &want.into(), &links, &stamp("security_group_rule.a")).await.unwrap();
        let asked = &replay.asked()[0];
        for part in [&format!("Action={operation}"), "GroupId=sg-1", "Groups.1.GroupId=sg-2", "Description=infra%3Arule+after"] {
            assert!(asked.replace("%20", "+").contains(part), "{part} in {asked}");
        }
    }
    let both =
        "<groups><item><userId>123456789012</userId><groupId>sg-2</groupId><description>infra:rule why</description></item></groups>";
    let live =
        Live::found("sg-1", SecurityGroup { ingress: [rule(22, Peer::Itself)].into(), ..security_group() }, stamp("security_group.a"));
    let want = SecurityGroup { vpc: Ref::to("=vpc-1"), ingress: [].into(), ..security_group() };
    let (cloud, replay) = Replay::clients([(200, seen(both).as_str())]);
    cloud.update(&live, &want.into(), &links, &stamp("security_group.a")).await.unwrap();
    assert_eq!(replay.asked().len(), 1, "nothing is revoked: {:?}", replay.asked());
}
