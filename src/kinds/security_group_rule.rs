//! A rule between two groups that comes when both are there, so that neither has to wait for the other: of groups that allow each other, and of the one that
//! EKS makes for a cluster and all that runs in it, which is nobody's to change beside that.
//!
//! [`SecurityGroup`] leaves it out of its own rules by the beginning of its description.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, NEW_IN_OWN_OR_CLUSTERS, OWN, OWN_OR_CLUSTERS, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::security_group::rules::{self, ALONE, Direction};
use super::security_group::{Peer, Rule, terraform};
use super::terraform::{ID, Line, REGION, Table, Word, is, made, or, same, via};
use super::*;
use crate::diag::Code;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::ResourceType;

object! {
    /// `AWS::EC2::SecurityGroupIngress` or `…Egress`, with another group as its peer. Its id is the `SecurityGroupRuleId`.
    pub struct SecurityGroupRule {
        /// `GroupId`: the group that has the rule; `None`: the cluster's.
        replace security_group: Option<Ref<SecurityGroup>>,
        /// `IsEgress`.
        replace egress: bool,
        /// `ReferencedGroupInfo.GroupId`: who may come in, or where what is in the group may go; `None`: the cluster's.
        replace peer: Option<Ref<SecurityGroup>>,
        /// The cluster whose own security group, `ClusterSecurityGroupId`, is one of the two. A tag keeps which cluster it is.
        replace cluster: Option<Ref<EksCluster>>,
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
    const HINT: &'static [&'static str] = &[
        "{protocol} {from_port}",
        "between {security_group} and {peer}",
        "from {cluster} to {security_group}",
        "from {peer} to {cluster}",
    ];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeSecurityGroupRules")],
        write: &[
            call(Service::Ec2, "AuthorizeSecurityGroupEgress", NEW_IN_OWN),
            call(Service::Ec2, "AuthorizeSecurityGroupIngress", NEW_IN_OWN_OR_CLUSTERS),
            EC2_TAG,
            EC2_UNTAG,
            call(Service::Ec2, "RevokeSecurityGroupEgress", OWN),
            call(Service::Ec2, "RevokeSecurityGroupIngress", OWN_OR_CLUSTERS),
            call(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsEgress", OWN),
            call(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsIngress", OWN_OR_CLUSTERS),
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
            security_group: None,
            egress: false,
            peer: Some(Ref::to(EXAMPLE)),
            cluster: Some(Ref::to(EXAMPLE)),
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
        let (Some(group), Some(peer)) = (self.side(&self.security_group), self.side(&self.peer)) else { return vec![] };
        let name = format!("{group} {way} {peer} {} {}-{}", self.protocol, self.from_port, self.to_port);
        vec![Claim::Name { within: Some(peer), name }]
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let sides = [self.security_group.is_some(), self.peer.is_some(), self.cluster.is_some()];
        if sides.iter().filter(|side| **side).count() == 2 {
            return vec![];
        }
        let message = "a rule is between two security groups, of which one may be a cluster's";
        vec![Breach::new(Code::Refused, "security_group", message, "name two of them").with("peer").with("cluster")]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_security_group_rules().filters(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeSecurityGroupRules", send, |page| (page.security_group_rules, page.next_token)).await?;
        let live = found.into_iter().filter_map(|rule| {
            let all = from_tags(rule.tags);
            let (of, from) = (all.get(TAG_OF).cloned(), all.get(TAG_FROM).cloned());
            let (stamp, tags) = Stamp::read(stack, all)?;
            let (group, peer) = (rule.group_id?, rule.referenced_group_info?.group_id?);
            let object = SecurityGroupRule {
                security_group: of.is_none().then(|| Ref::to(group)),
                egress: rule.is_egress.unwrap_or_default(),
                peer: from.is_none().then(|| Ref::to(peer)),
                cluster: of.or(from).map(Ref::to),
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
        let mut tags = stamp.tags(&self.tags);
        if let Some(cluster) = &self.cluster {
            tags.insert(if self.security_group.is_none() { TAG_OF } else { TAG_FROM }.into(), links.to(cluster)?);
        }
        let tags = ec2_tags(ResourceType::SecurityGroupRule, &tags);
        let (group, rule) = (self.group(&self.security_group, links)?, self.rule(links)?);
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
            let (group, rule) = (self.group(&self.security_group, links)?, self.rule(links)?);
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
    or("security_group_id", "security_group", "cluster.security_group"),
    is("self", Word::No),
    or("source_security_group_id", "peer", "cluster.security_group"),
    via("to_port", "to_port", terraform::port),
    via("type", "egress", |v| if *v == true { "egress".into() } else { "ingress".into() }),
];

/// Names the cluster in whose group the rule is.
const TAG_OF: &str = "infra:of-cluster";
/// Names the cluster whose group is the peer.
const TAG_FROM: &str = "infra:from-cluster";

impl SecurityGroupRule {
    /// What one side is: a group, or the cluster.
    fn side(&self, group: &Option<Ref<SecurityGroup>>) -> Option<Address> {
        group.as_ref().map(Ref::address).or(self.cluster.as_ref().map(Ref::address))
    }

    /// The `GroupId` of one side.
    fn group(&self, group: &Option<Ref<SecurityGroup>>, links: &Links) -> Result<String, CloudError> {
        match (group, &self.cluster) {
            (Some(group), _) => links.to(group),
            (None, Some(cluster)) => links.output(&cluster.address(), "security_group"),
            (None, None) => Err(CloudError::bug("a rule has one side")),
        }
    }

    fn direction(&self) -> Direction {
        if self.egress { Direction::Egress } else { Direction::Ingress }
    }

    /// The same as one of a group's own rules, with physical ids.
    fn rule(&self, links: &Links) -> Result<Rule, CloudError> {
        Ok(Rule {
            protocol: self.protocol.clone(),
            from_port: self.from_port,
            to_port: self.to_port,
            peer: Peer::Group(Ref::to(self.group(&self.peer, links)?)),
            description: format!("{ALONE} {}", self.description).trim_end().into(),
        })
    }
}
