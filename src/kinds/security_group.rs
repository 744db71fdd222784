//! Who may talk to whom.
mod breaches;
pub(super) mod rules;
pub(super) mod terraform;

use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::ResourceType;
use futures_util::future::join;
use rules::Direction;

pub use breaches::text;

object! {
    /// `AWS::EC2::SecurityGroup`, with its rules. The rule that AWS adds to a new group (everything may leave) stays only when it is wanted.
    pub struct SecurityGroup {
        /// `VpcId`.
        replace vpc: Ref<Vpc>,
        /// `GroupDescription`, 1 to 255 characters.
        replace description: String,
        /// What may come in (`IpPermissions`).
        update ingress: BTreeSet<Rule>,
        /// What may go out (`IpPermissionsEgress`).
        update egress: BTreeSet<Rule>,
        /// Records that lead clients to what the group guards: it closes only when they do so through Cloudflare.
        computed reached_by: BTreeSet<Address>,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

/// One rule: a protocol, a range of ports, one peer. Two rules of a group may not differ in their description alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// `IpProtocol`: `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `all`.
    pub protocol: String,
    /// `FromPort`, 0 to 65535; the type for ICMP, -1 being every type; -1 for `all`.
    pub from_port: i32,
    /// `ToPort`, 0 to 65535; the code for ICMP, -1 being every code; -1 for `all`.
    pub to_port: i32,
    /// The one peer: AWS lists peers in permissions, and counts each as a rule.
    pub peer: Peer,
    /// `Description`, up to 255 characters; empty for none.
    pub description: String,
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// `CidrIp` or `CidrIpv6`, in canonical form: `10.0.0.0/16`, `::/0`.
    Cidr(String),
    /// `GroupId` of another group.
    Group(Ref<SecurityGroup>),
    /// The group that has the rule.
    Itself,
    /// `PrefixListId`: one of the stack, or any by its id.
    PrefixList(Ref<PrefixList>),
}

/// `GroupName` of `CreateSecurityGroup`: it can't begin with `sg-`.
pub const NAMES: NameRule = NameRule::most(255).never(&["sg-"]);

impl Resource for SecurityGroup {
    const KIND: Kind = Kind::SecurityGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 2, 10);
    const HINT: &'static [&'static str] = &["in on {ingress@from_port}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeSecurityGroups")],
        write: &[
            call(Service::Ec2, "AuthorizeSecurityGroupEgress", OWN),
            call(Service::Ec2, "AuthorizeSecurityGroupIngress", OWN),
            call(Service::Ec2, "CreateSecurityGroup", NEW_IN_OWN),
            EC2_TAG,
            call(Service::Ec2, "DeleteSecurityGroup", OWN),
            EC2_UNTAG,
            call(Service::Ec2, "RevokeSecurityGroupEgress", OWN),
            call(Service::Ec2, "RevokeSecurityGroupIngress", OWN),
            call(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsEgress", OWN),
            call(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsIngress", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[
        quota(Service::Ec2, "RulesPerSecurityGroupLimitExceeded", ("vpc", "L-0EA8095F"), "Inbound or outbound rules per security group"),
        quota(Service::Ec2, "SecurityGroupLimitExceeded", ("vpc", "L-E79EC296"), "VPC security groups per Region"),
        quota(Service::Ec2, "SecurityGroupsPerInterfaceLimitExceeded", ("vpc", "L-2AFB9258"), "Security groups per network interface"),
    ];

    fn example() -> Self {
        let rule = |protocol: &str, port, peer| Rule {
            protocol: protocol.into(),
            from_port: port,
            to_port: port,
            peer,
            description: "why".into(),
        };
        SecurityGroup {
            vpc: Ref::to(EXAMPLE),
            description: "an example".into(),
            ingress: [rule("tcp", 443, Peer::PrefixList(Ref::to(EXAMPLE)))].into(),
            egress: [rule("all", -1, Peer::Cidr("0.0.0.0/0".into()))].into(),
            reached_by: BTreeSet::new(),
            tags: tags(),
        }
    }

    fn follows(&self, before: &Self) -> Vec<Address> {
        let closes = before.ingress.iter().any(|rule| !self.ingress.contains(rule));
        if closes { self.reached_by.iter().cloned().collect() } else { vec![] }
    }

    /// A new door opens before the old one closes. A description tells no rule from another.
    fn meanwhile(&self, before: &Self) -> Option<Self> {
        let bare = |rules: &BTreeSet<Rule>| rules.iter().map(Rule::bare).collect::<BTreeSet<_>>();
        let both = |new: &BTreeSet<Rule>, old: &BTreeSet<Rule>| {
            let there = bare(new);
            old.iter().filter(|rule| !there.contains(&rule.bare())).chain(new).cloned().collect::<BTreeSet<_>>()
        };
        let (ingress, egress) = (both(&self.ingress, &before.ingress), both(&self.egress, &before.egress));
        let opens = bare(&ingress) != bare(&before.ingress) || bare(&egress) != bare(&before.egress);
        let closes = ingress != self.ingress || egress != self.egress;
        (opens && closes).then(|| SecurityGroup { ingress, egress, ..self.clone() })
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        breaches::breaches(self)
    }

    fn doubts(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        breaches::doubts(self, near)
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_security_groups().filters(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeSecurityGroups", send, |page| (page.security_groups, page.next_token)).await?;
        let live = found.into_iter().filter_map(|group| {
            let (ingress, egress) = (rules::of(&group, Direction::Ingress), rules::of(&group, Direction::Egress));
            let (stamp, tags) = Stamp::read(stack, from_tags(group.tags))?;
            let object = SecurityGroup {
                vpc: Ref::to(group.vpc_id?),
                description: group.description?,
                ingress,
                egress,
                reached_by: BTreeSet::new(),
                tags,
            };
            Some(Live::found(group.group_id?, object, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let tags = ec2_tags(ResourceType::SecurityGroup, &stamp.tags(&self.tags));
        let request = cx.ec2().create_security_group().vpc_id(links.to(&self.vpc)?).group_name(stamp.physical_name(&NAMES));
        let request = request.description(&self.description).tag_specifications(tags);
        let made = cx.write(Service::Ec2, "CreateSecurityGroup", async || request.clone().send().await).await?;
        let id = made.group_id.ok_or_else(|| CloudError::incomplete("CreateSecurityGroup", "GroupId"))?;
        half(self.arrange(cx, links, &id, BTreeSet::new(), BTreeSet::from([rules::everything()])).await)?;
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (old, new) = (live.of::<Self>()?, Live::made(&live.id, self.clone(), stamp, links)?);
        if self.ingress != old.ingress || self.egress != old.egress || new.points != live.points {
            let request = cx.ec2().describe_security_groups().group_ids(&live.id);
            let seen = cx.safe(Service::Ec2, "DescribeSecurityGroups", async || request.clone().send().await).await?;
            let group = seen.security_groups().first().ok_or_else(|| CloudError::incomplete("DescribeSecurityGroups", &live.id))?;
            let (ingress, egress) = (rules::of(group, Direction::Ingress), rules::of(group, Direction::Egress));
            half(self.arrange(cx, links, &live.id, ingress, egress).await)?;
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Ok(new)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().delete_security_group().group_id(&live.id);
        let send = async || gone(cx.safe(Service::Ec2, "DeleteSecurityGroup", async || request.clone().send().await).await);
        function::left(cx, live, "group-id", send).await
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("network interfaces, rules of other security groups", members(cx, &live.id).await))
    }
}

impl SecurityGroup {
    /// Both directions at once, from the rules there are to the rules of this group.
    async fn arrange(
        &self,
        cx: &Clients,
        links: &Links,
        id: &str,
        ingress: BTreeSet<Rule>,
        egress: BTreeSet<Rule>,
    ) -> Result<(), CloudError> {
        let inwards = rules::arrange(cx, id, Direction::Ingress, ingress, rules::physical(&self.ingress, links, id)?);
        let outwards = rules::arrange(cx, id, Direction::Egress, egress, rules::physical(&self.egress, links, id)?);
        let (inwards, outwards) = join(inwards, outwards).await;
        inwards.and(outwards)
    }
}

/// Who is in a security group, and which groups name it in their rules.
async fn members(cx: &Clients, id: &str) -> Result<Vec<String>, CloudError> {
    let mut found = holders::interfaces(cx, "group-id", id).await?;
    found.extend(holders::naming(cx, ["ip-permission.group-id", "egress.ip-permission.group-id"], id).await?);
    Ok(found)
}
