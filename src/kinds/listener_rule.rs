//! A rule of a listener: which requests it takes before the listener's default action does, and what becomes of them.
mod conditions;
pub mod priority;
mod terraform;

use super::calls::{ELB_TAG, ELB_UNTAG, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::listener::Action;
use super::quotas::quota;
use super::*;
use crate::diag::Code;
use crate::kinds::elb::{self, Own};
use crate::model::Tags;
use crate::wire::tags::to_tags;
use aws_sdk_elasticloadbalancingv2::types::{self as sdk, RulePriorityPair};
use futures_util::future::try_join_all;

pub use conditions::Conditions;

object! {
    /// `AWS::ElasticLoadBalancingV2::ListenerRule` of an application load balancer. Rules that others have made at the listener stay as they are.
    pub struct ListenerRule {
        /// `ListenerArn`.
        replace listener: Ref<Listener>,
        /// `Priority`, from 1 to 50000: the rule with the lowest is asked first; one rule a priority.
        update priority: i32,
        /// The first and the last of the priorities that say as much as `priority`: a rule keeps the one it has of them, and gives way to others there.
        computed range: (i32, i32),
        /// `Conditions`.
        update conditions: Conditions,
        /// `Actions`.
        update action: Action,
        /// The instances that answer.
        computed waits_for: BTreeSet<Pointer>,
        update tags: Tags,
    }
}

/// Rules that a load balancer has at most, unless its quota is raised.
const RULES: usize = 100;

impl Resource for ListenerRule {
    const KIND: Kind = Kind::ListenerRule;
    const SERVICE: Service = Service::Elb;
    const TYPICAL: Typical = Typical::secs(3, 3, 3);
    const HINT: &'static [&'static str] = &[
        "priority {priority}",
        "{conditions.method}",
        "{conditions.host}",
        "{conditions.path}",
        "{conditions.header?by header}",
        "{conditions.query?by query}",
        "{conditions.source?by source}",
        "to {action.forward}",
        "redirects to {action.redirect.path}",
        "answers {action.respond.status}",
    ];
    const SHARED: bool = true;
    /// Making a rule is a change of its listener.
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::Elb, "DescribeListeners"),
            reads(Service::Elb, "DescribeLoadBalancers"),
            reads(Service::Elb, "DescribeRules"),
            reads(Service::Elb, "DescribeTags"),
        ],
        write: &[
            ELB_TAG,
            call(Service::Elb, "CreateRule", OWN),
            call(Service::Elb, "DeleteRule", OWN),
            reads(Service::Elb, "DescribeTargetHealth"),
            call(Service::Elb, "ModifyRule", OWN),
            ELB_UNTAG,
            call(Service::Elb, "SetRulePriorities", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Elb, "TooManyRules", ("elasticloadbalancing", "L-13D2FA6A"), "Rules per Application Load Balancer")];

    fn example() -> Self {
        let one = |v: &str| [v.to_owned()].into();
        ListenerRule {
            listener: Ref::to(EXAMPLE),
            priority: 100,
            range: (100, 100),
            conditions: Conditions {
                host: one("api.example.com"),
                header: [("X-Canary".into(), one("no*"))].into(),
                ..Conditions::default()
            },
            action: Action::Forward(Ref::to(EXAMPLE)),
            waits_for: BTreeSet::new(),
            tags: tags(),
        }
    }

    /// A listener has one rule a priority.
    fn claims(&self) -> Vec<Claim> {
        vec![claim(&self.listener, self.priority)]
    }

    /// The order in which rules are asked.
    fn turn(&self) -> Option<(&str, i32)> {
        Some((&self.listener.0, self.priority))
    }

    fn elsewhere(&self, now: Option<&Self>, taken: &dyn Fn(&Claim) -> bool) -> Option<Self> {
        let free = |n: &i32| !taken(&claim(&self.listener, *n));
        let (first, last) = self.range;
        if !(first..=last).contains(&self.priority) {
            return None;
        }
        let stays = now.map(|now| now.priority).filter(|n| (first..=last).contains(n) && free(n));
        let next = || (self.priority..=last).chain(first..self.priority).find(free);
        // Where all are taken, what comes next is as near as can be.
        let near = || now.map(|now| now.priority).filter(free).or_else(|| (last + 1..=priority::LAST).find(free));
        stays.or_else(next).or_else(near).filter(|n| *n != self.priority).map(|priority| ListenerRule { priority, ..self.clone() })
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let protocol = near.get(&self.listener).map(|l| l.protocol.as_str());
        let mut found = self.conditions.breaches();
        found.extend(self.action.breaches(protocol));
        if !(1..=priority::LAST).contains(&self.priority) {
            let message = format!("a rule's priority is from 1 to {}, not {}", priority::LAST, self.priority);
            found.push(Breach::new(Code::OutOfRange, "priority", message, "write another"));
        }
        found
    }

    /// 100 rules by default (`L-13D2FA6A`), those of all listeners together. The first one that is too many says it.
    fn doubts(&self, me: &Address, near: Near<'_>) -> Vec<Breach> {
        let all: Vec<Address> = near.all::<ListenerRule>().into_iter().map(|(a, _)| a).collect();
        let breach = || {
            let message = format!("a load balancer with {} routes; an account has {RULES} by default", all.len());
            Breach::new(Code::Quota, "conditions", message, "have the quota L-13D2FA6A raised first, or let one route take several paths")
        };
        (all.get(RULES) == Some(me)).then(breach).into_iter().collect()
    }

    fn split(&self, new: &Address, old: &str, share: u8, sticky: i32) -> Option<Self> {
        Some(ListenerRule { action: self.action.split(new, old, share, sticky)?, ..self.clone() })
    }

    fn simulate(&mut self, _id: &str) {
        self.waits_for.clear();
    }

    /// The rules of every listener of the stack's load balancers, `DescribeRules` each, whoever made them; the tags of all together.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let balancers = elb::balancers(cx, stack).await?;
        let listeners = try_join_all(balancers.iter().map(async |b| present(listener::listeners(cx, &b.arn).await))).await?;
        let arns: Vec<String> = listeners.into_iter().flatten().flatten().filter_map(|l| l.listener_arn).collect();
        let rules = try_join_all(arns.iter().map(async |arn| Ok((arn, present(rules(cx, arn).await)?)))).await?;
        let mut found = vec![];
        for (listener, rules) in rules {
            let rules = rules.into_iter().flatten().filter(|rule| rule.is_default != Some(true));
            found.extend(rules.filter_map(|rule| Some((rule.rule_arn.clone()?, (listener.clone(), rule)))));
        }
        let all: Vec<(String, (String, sdk::Rule))> = found.clone();
        let own = elb::own(cx, stack, found).await?;
        let ours: BTreeSet<String> = own.iter().map(|o| o.arn.clone()).collect();
        let theirs = all.into_iter().filter(|(arn, _)| !ours.contains(arn)).filter_map(|(arn, seen)| {
            read(Own { arn, seen, stamp: Stamp::nobody(Kind::ListenerRule), tags: Tags::new(), all: Tags::new() })
        });
        Ok(theirs.chain(own.into_iter().filter_map(read)).collect())
    }

    /// Returns when the targets that are there answer.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let request = cx
            .elb()
            .create_rule()
            .listener_arn(links.to(&self.listener)?)
            .priority(self.priority)
            .set_conditions(Some(self.conditions.resolve()))
            .actions(self.action.resolve(links)?)
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        let made = cx.write(Service::Elb, "CreateRule", async || request.clone().send().await).await?;
        let id = made.rules.and_then(|mut all| all.pop()).and_then(|rule| rule.rule_arn);
        let id = id.ok_or_else(|| CloudError::incomplete("CreateRule", "RuleArn"))?;
        let live = Live::made(&id, self.clone(), stamp, links)?;
        listener::answered_or_gone(cx, self.action.group(links)?, async || Self::delete(cx, &live).await).await?;
        Ok(live)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: ListenerRule = live.of()?;
        let group = self.action.group(links)?;
        let moved = group.as_ref().is_some_and(|id| !live.points.contains(id));
        if moved || (&self.conditions, &self.action) != (&old.conditions, &old.action) {
            let modify = async |action: sdk::Action| {
                let request = cx.elb().modify_rule().rule_arn(&live.id).actions(action).reset_transforms(true);
                let request = request.set_conditions(Some(self.conditions.resolve()));
                cx.safe(Service::Elb, "ModifyRule", async || request.clone().send().await).await.map(drop)
            };
            listener::forwarded(cx, live, group.as_deref(), self.action.resolve(links)?, modify).await?;
        }
        if self.priority != old.priority {
            let pair = RulePriorityPair::builder().rule_arn(&live.id).priority(self.priority).build();
            let request = cx.elb().set_rule_priorities().rule_priorities(pair);
            half(cx.safe(Service::Elb, "SetRulePriorities", async || request.clone().send().await).await)?;
        }
        half(elb::retag_elb(cx, &live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.elb().delete_rule().rule_arn(&live.id);
        gone(cx.safe(Service::Elb, "DeleteRule", async || request.clone().send().await).await)
    }
}

fn claim(listener: &Ref<Listener>, priority: i32) -> Claim {
    Claim::Name { within: Some(listener.address()), name: format!("priority {priority}") }
}

/// The rule as its own calls show it. Conditions and actions that this type can't say, and transforms, which it has none of, read as something that
/// differs from all that is wanted.
fn read(own: Own<(String, sdk::Rule)>) -> Option<Live> {
    let Own { arn, seen: (listener, rule), stamp, tags, .. } = own;
    let plain = rule.transforms.as_ref().is_none_or(Vec::is_empty);
    let priority = rule.priority?.parse().ok()?;
    let object = ListenerRule {
        listener: Ref::to(listener),
        priority,
        range: (priority, priority),
        conditions: Conditions::read(rule.conditions.unwrap_or_default()).filter(|_| plain).unwrap_or_else(Conditions::unknown),
        action: Action::read_or_unknown(rule.actions),
        waits_for: BTreeSet::new(),
        tags,
    };
    Some(Live::found(arn, object, stamp))
}

/// What a rule does with requests now; nothing where it is gone.
pub(super) async fn action_of(cx: &Clients, arn: &str) -> Result<Option<Action>, CloudError> {
    let request = cx.elb().describe_rules().rule_arns(arn);
    let seen = cx.safe(Service::Elb, "DescribeRules", async || request.clone().send().await).await?;
    Ok(seen.rules.and_then(|mut all| all.pop()).map(|rule| Action::read_or_unknown(rule.actions)))
}

/// `DescribeRules` of one listener; no call shows those of several.
async fn rules(cx: &Clients, listener: &str) -> Result<Vec<sdk::Rule>, CloudError> {
    let request = cx.elb().describe_rules().listener_arn(listener).page_size(elb::PAGE);
    let send = async |token| request.clone().set_marker(token).send().await;
    cx.pages(Service::Elb, "DescribeRules", send, |page| (page.rules, page.next_marker)).await
}
