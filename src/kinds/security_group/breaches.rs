//! What EC2 refuses of a group and its rules.
use std::fmt;

use super::*;
use crate::diag::Code;

/// Rules of one direction, by default (`L-0EA8095F`).
const RULES: i32 = 60;

/// Whether a text is 255 characters of the alphabet of descriptions (`CreateSecurityGroup.Description`, `IpRanges[].Description`).
pub fn text(text: &str) -> bool {
    text.len() <= 255 && text.chars().all(|c| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c))
}

impl Rule {
    /// The rule without its description: what tells it from others.
    pub fn bare(&self) -> Rule {
        Rule { description: String::new(), ..self.clone() }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = match (self.from_port, self.to_port) {
            (-1, _) => String::new(),
            (from, to) if from == to => format!(" {from}"),
            (from, to) => format!(" {from}-{to}"),
        };
        let peer = match &self.peer {
            Peer::Cidr(block) => block.as_str(),
            Peer::Group(group) => group.0.as_str(),
            Peer::Itself => "the group itself",
            Peer::PrefixList(list) => list.0.as_str(),
        };
        write!(f, "{}{ports}, {peer}", self.protocol)
    }
}

pub(super) fn breaches(group: &SecurityGroup) -> Vec<Breach> {
    let mut found = vec![];
    if group.description.is_empty() || !text(&group.description) {
        let message = format!("`{}` is no description of a security group", group.description);
        found.push(Breach::new(
            Code::BadText,
            "description",
            message,
            "write 1 to 255 letters, digits, spaces and `._-:/()#,@[]+=&;{}!$*`",
        ));
    }
    for (attribute, rules) in [("ingress", &group.ingress), ("egress", &group.egress)] {
        found.extend(twice(attribute, rules));
        found.extend(described(attribute, rules));
    }
    found
}

/// `The same permission must not appear multiple times`: a description tells no rule from another (as others report of
/// `AuthorizeSecurityGroupIngress`; `InvalidPermission.Duplicate`).
fn twice(attribute: &str, rules: &BTreeSet<Rule>) -> Vec<Breach> {
    let mut seen: BTreeMap<Rule, &Rule> = BTreeMap::new();
    let mut found = vec![];
    for rule in rules {
        if let Some(other) = seen.insert(rule.bare(), rule) {
            let message = format!(
                "the rule `{rule}` stands twice, as `{}` and as `{}`: a description tells no rule from another",
                other.description, rule.description
            );
            found.push(Breach::new(Code::Duplicate, attribute, message, "keep one of them"));
        }
    }
    found
}

/// The alphabet of descriptions; beside groups and prefix lists it has no `&` (`UserIdGroupPairs[].Description`, `PrefixListIds[].Description`).
fn described(attribute: &str, rules: &BTreeSet<Rule>) -> Vec<Breach> {
    let blocks = |rule: &Rule| matches!(rule.peer, Peer::Cidr(_));
    let wrong = rules.iter().find(|rule| !text(&rule.description) || (rule.description.contains('&') && !blocks(rule)));
    let breach = |rule: &Rule| {
        let message = format!("EC2 doesn't take the description `{}` of the rule `{rule}`", rule.description);
        let help = "write at most 255 letters, digits, spaces and `._-:/()#,@[]+=;{}!$*`; `&` stands beside blocks alone";
        Breach::new(Code::BadText, attribute, message, help)
    };
    wrong.map(breach).into_iter().collect()
}

/// A direction has 60 rules by default, of which a prefix list takes as many as it has room for entries ("Amazon VPC quotas" in the user guide).
pub(super) fn doubts(group: &SecurityGroup, near: Near<'_>) -> Vec<Breach> {
    let weight = |rule: &Rule| match &rule.peer {
        Peer::PrefixList(list) => near.get(list).map_or(1, |list| list.max_entries),
        _ => 1,
    };
    let over = |(attribute, rules): (&str, &BTreeSet<Rule>)| {
        let sum: i32 = rules.iter().map(weight).sum();
        (sum > RULES).then(|| {
            let message = format!("{sum} rules of one security group in one direction; an account has {RULES} by default");
            let lists = rules.iter().any(|rule| weight(rule) > 1);
            let why = if lists { "; a prefix list counts as many as it has room for, once a port" } else { "" };
            let help = format!("write fewer peers or ports, or have the quota L-0EA8095F raised first{why}");
            Breach::new(Code::Quota, attribute, message, help)
        })
    };
    [("ingress", &group.ingress), ("egress", &group.egress)].into_iter().filter_map(over).collect()
}
