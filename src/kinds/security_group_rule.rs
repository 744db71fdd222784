//! A rule between two groups of which each allows the other: it comes when both are there, so that neither has to wait for the other.
//!
//! [`SecurityGroup`] leaves it out of its own rules by the beginning of its description.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::security_group::rules::{self, ALONE, Direction};
use super::security_group::{Peer, Rule, terraform};
use super::terraform::{ID, Line, REGION, Table, Word, is, made, of, same, via};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::ResourceType;

object! {
    /// `AWS::EC2::SecurityGroupIngress` or `…Egress`, with another group as its peer. Its id is the `SecurityGroupRuleId`.
    pub struct SecurityGroupRule {
        /// `GroupId`: the group that has the rule.
        replace security_group: Ref<SecurityGroup>,
        /// `IsEgress`.
        replace egress: bool,
        /// `ReferencedGroupInfo.GroupId`: who may come in, or where what is in the group may go.
        replace peer: Ref<SecurityGroup>,
        /// `IpProtocol`: `tcp`, `udp`, `icmp`, or `all`.
        replace protocol: String,
        /// `FromPort`, as in a group's own rules.
        replace from_port: i32,
        /// `ToPort`, as in a group's own rules.
        replace to_port: i32,
        /// `Description` without its beginning, up to 240 characters; empty for none.
        update description: String,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

impl Resource for SecurityGroupRule {
    const KIND: Kind = Kind::SecurityGroupRule;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const HINT: &'static [&'static str] = &["{protocol} {from_port}", "between {security_group} and {peer}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeSecurityGroupRules")],
        write: &[
            call(Service::Ec2, "AuthorizeSecurityGroupEgress", NEW_IN_OWN),
            call(Service::Ec2, "AuthorizeSecurityGroupIngress", NEW_IN_OWN),
            EC2_TAG,
            EC2_UNTAG,
            call(Service::Ec2, "RevokeSecurityGroupEgress", OWN),
            call(Service::Ec2, "RevokeSecurityGroupIngress", OWN),
            call(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsEgress", OWN),
            call(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsIngress", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made("aws_security_group_rule", LINES)],
        left_out: &[("tags", "Terraform's resource for one rule, either way, has none")],
    };
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Ec2, "RulesPerSecurityGroupLimitExceeded", ("vpc", "L-0EA8095F"), "Inbound or outbound rules per security group")];

    fn example() -> Self {
        SecurityGroupRule {
            security_group: Ref::to(EXAMPLE),
            egress: false,
            peer: Ref::to(EXAMPLE),
            protocol: "tcp".into(),
            from_port: 8080,
            to_port: 8080,
            description: "why".into(),
            tags: tags(),
        }
    }

    /// EC2 has no two rules of a group that differ in their descriptions alone.
    fn claims(&self) -> Vec<Claim> {
        let way = if self.egress { "to" } else { "from" };
        let name = format!("{} {way} {} {} {}-{}", self.security_group.0, self.peer.0, self.protocol, self.from_port, self.to_port);
        vec![Claim::Name { within: Some(self.peer.address()), name }]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_security_group_rules().filters(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeSecurityGroupRules", send, |page| (page.security_group_rules, page.next_token)).await?;
        let live = found.into_iter().filter_map(|rule| {
            let (stamp, tags) = Stamp::read(stack, from_tags(rule.tags))?;
            let object = SecurityGroupRule {
                security_group: Ref::to(rule.group_id?),
                egress: rule.is_egress.unwrap_or_default(),
                peer: Ref::to(rule.referenced_group_info?.group_id?),
                protocol: rules::protocol(rule.ip_protocol.as_deref()),
                from_port: rule.from_port.unwrap_or(-1),
                to_port: rule.to_port.unwrap_or(-1),
                description: rule.description.unwrap_or_default().trim_start_matches(ALONE).trim_start().into(),
                tags,
            };
            Some(Live::found(rule.security_group_rule_id?, object, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let tags = ec2_tags(ResourceType::SecurityGroupRule, &stamp.tags(&self.tags));
        let (group, rule) = (links.to(&self.security_group)?, self.rule(links)?);
        let made = if self.egress {
            let request = cx.ec2().authorize_security_group_egress().group_id(&group).ip_permissions(rules::permission(&rule, &group));
            let request = request.tag_specifications(tags);
            cx.write(Service::Ec2, "AuthorizeSecurityGroupEgress", async || request.clone().send().await).await?.security_group_rules
        } else {
            let request = cx.ec2().authorize_security_group_ingress().group_id(&group).ip_permissions(rules::permission(&rule, &group));
            let request = request.tag_specifications(tags);
            cx.write(Service::Ec2, "AuthorizeSecurityGroupIngress", async || request.clone().send().await).await?.security_group_rules
        };
        let id = made.into_iter().flatten().find_map(|r| r.security_group_rule_id);
        let id = id.ok_or_else(|| CloudError::incomplete("AuthorizeSecurityGroupIngress", "SecurityGroupRuleId"))?;
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: SecurityGroupRule = live.of()?;
        if old.description != self.description {
            let (group, rule) = (links.to(&self.security_group)?, self.rule(links)?);
            rules::describe(cx, &group, self.direction(), vec![rules::permission(&rule, &group)]).await?;
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().describe_security_group_rules().security_group_rule_ids(&live.id);
        let seen = present(cx.safe(Service::Ec2, "DescribeSecurityGroupRules", async || request.clone().send().await).await)?;
        let Some(group) = seen.and_then(|s| s.security_group_rules?.into_iter().next()?.group_id) else { return Ok(()) };
        let old: SecurityGroupRule = live.of()?;
        if old.egress {
            let request = cx.ec2().revoke_security_group_egress().group_id(group).security_group_rule_ids(&live.id);
            gone(cx.safe(Service::Ec2, "RevokeSecurityGroupEgress", async || request.clone().send().await).await)
        } else {
            let request = cx.ec2().revoke_security_group_ingress().group_id(group).security_group_rule_ids(&live.id);
            gone(cx.safe(Service::Ec2, "RevokeSecurityGroupIngress", async || request.clone().send().await).await)
        }
    }
}

const LINES: &[Line] = &[
    is("cidr_blocks", Word::Empty),
    same("description"),
    via("from_port", "from_port", terraform::port),
    ID,
    is("ipv6_cidr_blocks", Word::Empty),
    is("prefix_list_ids", Word::Empty),
    via("protocol", "protocol", terraform::protocol),
    REGION,
    of("security_group_id", "security_group"),
    is("self", Word::No),
    of("source_security_group_id", "peer"),
    via("to_port", "to_port", terraform::port),
    via("type", "egress", |v| if *v == true { "egress".into() } else { "ingress".into() }),
];

impl SecurityGroupRule {
    fn direction(&self) -> Direction {
        if self.egress { Direction::Egress } else { Direction::Ingress }
    }

    /// The same as one of a group's own rules, with physical ids.
    fn rule(&self, links: &Links) -> Result<Rule, CloudError> {
        Ok(Rule {
            protocol: self.protocol.clone(),
            from_port: self.from_port,
            to_port: self.to_port,
            peer: Peer::Group(Ref::to(links.to(&self.peer)?)),
            description: format!("{ALONE} {}", self.description).trim_end().into(),
        })
    }
}
