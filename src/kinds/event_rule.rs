//! What calls a function at certain times: a rule of EventBridge with a schedule. It bears tags and needs no role.
//!
//! A rule may have targets of several; the stack's own is known by its `Id`, and others' stay, until the rule goes.
mod expression;
mod terraform;

use aws_sdk_eventbridge::types::{RuleState, Target};
use futures_util::future::try_join_all;

use super::calls::{FUNCTIONS_AND_VERSIONS, On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::permission::{self, Grant};
use super::quotas::quota;
use super::*;
use crate::diag::Code;
use crate::model::partition::principal;
use crate::model::{Tags, partition};
use crate::wire::tags::{from_tags, retag, to_tags};

object! {
    /// `AWS::Events::Rule` of the default bus, with a schedule and a function as its target. Its id is its name.
    pub struct EventRule {
        /// `ScheduleExpression`, in UTC: `rate(5 minutes)`, `cron(0 3 * * ? *)`.
        update schedule: String,
        /// `State`: `ENABLED`, or `DISABLED`.
        update enabled: bool,
        /// The function that is called, by its alias, and what lets EventBridge call it (`AddPermission`). One without either is shown as none.
        update function: Option<Ref<Function>>,
        update tags: Tags,
    }
}

/// `Name` of `PutRule`.
pub const NAMES: NameRule = NameRule::most(64);

const RULE: &str = "events:{region}:{account}:rule/{names}";
const RULES: &[On] = &[On::Own(RULE)];
const RULE_TAGS: &[On] = &[On::NewTags(RULE), On::Own(RULE)];

/// `Id` of the target that is the stack's.
const TARGET: &str = "function";

impl Resource for EventRule {
    const KIND: Kind = Kind::EventRule;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::EventBridge;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const HINT: &'static [&'static str] = &["{schedule}", "calls {function}"];
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::EventBridge, "ListRules"),
            call(Service::EventBridge, "ListTagsForResource", &[On::Named(RULE)]),
            call(Service::EventBridge, "ListTargetsByRule", RULES),
            call(Service::Lambda, "GetPolicy", FUNCTIONS_AND_VERSIONS),
        ],
        write: &[
            call(Service::EventBridge, "DeleteRule", RULES),
            call(Service::EventBridge, "PutRule", &[On::New(RULE), On::Own(RULE)]),
            needs(Service::EventBridge, "PutRule", "events:TagResource", RULE_TAGS),
            call(Service::EventBridge, "PutTargets", RULES),
            call(Service::EventBridge, "RemoveTargets", RULES),
            call(Service::EventBridge, "TagResource", RULE_TAGS),
            call(Service::EventBridge, "UntagResource", RULES),
            call(Service::Lambda, "AddPermission", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "RemovePermission", FUNCTIONS_AND_VERSIONS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] =
        &[quota(Service::EventBridge, "LimitExceededException", ("events", "L-244521F2"), "Rules").of("PutRule")];

    fn example() -> Self {
        EventRule { schedule: "cron(0 3 * * ? *)".into(), enabled: true, function: Some(Ref::to(EXAMPLE)), tags: tags() }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let (messages, helps): (Vec<_>, Vec<_>) = expression::wrong(&self.schedule).into_iter().unzip();
        let breach = || Breach::new(Code::BadText, "schedule", messages.join("; "), helps.join("; "));
        (!messages.is_empty()).then(breach).into_iter().collect()
    }

    /// The rules whose names begin as the stack's do; tags and targets of each are requests of their own.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.eventbridge().list_rules().name_prefix(NAMES.start(stack)).limit(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::EventBridge, "ListRules", send, |page| (page.rules, page.next_token)).await?;
        let each = found.into_iter().map(async |rule| {
            let (Some(name), Some(arn)) = (rule.name, rule.arn) else { return Ok(None) };
            let Some((stamp, tags)) = present(tagged(cx, &arn).await)?.and_then(|all| Stamp::read(stack, all)) else { return Ok(None) };
            let Some(targets) = present(targets(cx, &name).await)? else { return Ok(None) };
            let mut schedule = rule.schedule_expression.unwrap_or_default();
            if rule.event_pattern.is_some() {
                schedule += " and events";
            }
            let function = match targets.iter().find(|t| plain(t)).and_then(|t| permission::called(t.arn())) {
                Some(function) if permission::stands(cx, function, &grant(&name, &arn)).await? => Some(Ref::to(function)),
                _ => None,
            };
            let enabled = rule.state == Some(RuleState::Enabled);
            Ok::<_, CloudError>(Some(Live::found(name, EventRule { schedule, enabled, function, tags }, stamp)))
        });
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    /// `PutRule` twice says the same: the generated name answers for a lost reply.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        self.put(cx, &name, Some(stamp)).await?;
        half(self.lead(cx, links, &name, None).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: EventRule = live.of()?;
        if (&self.schedule, self.enabled) != (&old.schedule, old.enabled) {
            self.put(cx, &live.id, None).await?;
        }
        let before = live.points.first();
        if self.function.as_ref().map(|f| links.to(f)).transpose()?.as_ref() != before {
            half(self.lead(cx, links, &live.id, before).await)?;
        }
        half(self.retag(cx, live, &old, stamp).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    /// A rule with targets can't be deleted.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let name = &live.id;
        let ids: Vec<String> = present(targets(cx, name).await)?.into_iter().flatten().map(|t| t.id).collect();
        if !ids.is_empty() {
            let request = cx.eventbridge().remove_targets().rule(name).set_ids(Some(ids));
            gone(cx.safe(Service::EventBridge, "RemoveTargets", async || request.clone().send().await).await)?;
        }
        let request = cx.eventbridge().delete_rule().name(name);
        half(gone(cx.safe(Service::EventBridge, "DeleteRule", async || request.clone().send().await).await))?;
        match live.points.first() {
            Some(function) => half(permission::forbid(cx, function, &grant(name, "")).await),
            None => Ok(()),
        }
    }
}

impl EventRule {
    /// `PutRule`: what it doesn't say of a rule that is there is nothing afterwards, but tags and targets stay.
    async fn put(&self, cx: &Clients, name: &str, made: Option<&Stamp>) -> Result<(), CloudError> {
        let state = if self.enabled { RuleState::Enabled } else { RuleState::Disabled };
        let tags = made.map(|stamp| to_tags(&stamp.tags(&self.tags)));
        let request = cx.eventbridge().put_rule().name(name).schedule_expression(&self.schedule).state(state).set_tags(tags);
        cx.safe(Service::EventBridge, "PutRule", async || request.clone().send().await).await.map(drop)
    }

    /// Lets EventBridge call the function, and makes it the rule's target in place of the one before.
    async fn lead(&self, cx: &Clients, links: &Links, name: &str, before: Option<&String>) -> Result<(), CloudError> {
        let rule = arn(cx, name).await?;
        let wanted = match &self.function {
            Some(function) => Some((links.to(function)?, links.output(&function.address(), "arn")?)),
            None => None,
        };
        match &wanted {
            Some((function, target)) => {
                permission::allow(cx, function, &grant(name, &rule)).await?;
                half(put_target(cx, name, target).await)?;
            }
            None => {
                let request = cx.eventbridge().remove_targets().rule(name).ids(TARGET);
                cx.safe(Service::EventBridge, "RemoveTargets", async || request.clone().send().await).await?;
            }
        }
        match before.filter(|before| wanted.as_ref().is_none_or(|(function, _)| function != *before)) {
            Some(before) => half(permission::forbid(cx, before, &grant(name, &rule)).await),
            None => Ok(()),
        }
    }

    async fn retag(&self, cx: &Clients, live: &Live, old: &EventRule, stamp: &Stamp) -> Result<(), CloudError> {
        let (set, unset) = retag(&live.stamp.tags(&old.tags), &live.stamp.renewed(stamp).tags(&self.tags));
        if set.is_empty() && unset.is_empty() {
            return Ok(());
        }
        let arn = arn(cx, &live.id).await?;
        if !set.is_empty() {
            let request = cx.eventbridge().tag_resource().resource_arn(&arn).set_tags(Some(to_tags(&set)));
            cx.safe(Service::EventBridge, "TagResource", async || request.clone().send().await).await?;
        }
        if !unset.is_empty() {
            let request = cx.eventbridge().untag_resource().resource_arn(&arn).set_tag_keys(Some(unset));
            half(cx.safe(Service::EventBridge, "UntagResource", async || request.clone().send().await).await)?;
        }
        Ok(())
    }
}

/// A target that was refused is told in an answer that is a success as a whole.
async fn put_target(cx: &Clients, rule: &str, function: &str) -> Result<(), CloudError> {
    let target = Target::builder().id(TARGET).arn(function).build().map_err(|e| CloudError::bug(e.to_string()))?;
    let request = cx.eventbridge().put_targets().rule(rule).targets(target);
    let answer = cx.safe(Service::EventBridge, "PutTargets", async || request.clone().send().await).await?;
    match answer.failed_entries().first() {
        Some(failed) => {
            let (code, why) = (failed.error_code().unwrap_or("PutTargets"), failed.error_message().unwrap_or_default());
            Err(CloudError::new(crate::wire::classify::class(code, 0), code, why))
        }
        None => Ok(()),
    }
}

/// Whether a target is the stack's, as it was written: with nothing said of what the function is given, or how often it is tried.
fn plain(target: &Target) -> bool {
    let built = Target::builder().id(TARGET).arn(target.arn()).build();
    built.is_ok_and(|built| built == *target)
}

/// The statement of a rule has the rule's name.
fn grant<'a>(name: &'a str, arn: &'a str) -> Grant<'a> {
    Grant { id: name, service: principal!("events"), source: arn, account: arn.split(':').nth(4).unwrap_or_default() }
}

async fn arn(cx: &Clients, name: &str) -> Result<String, CloudError> {
    let (region, account) = (cx.region(), cx.identity().await?.account);
    Ok(format!("arn:{}:events:{region}:{account}:rule/{name}", partition(region).name))
}

async fn tagged(cx: &Clients, arn: &str) -> Result<Tags, CloudError> {
    let request = cx.eventbridge().list_tags_for_resource().resource_arn(arn);
    let seen = cx.safe(Service::EventBridge, "ListTagsForResource", async || request.clone().send().await).await?;
    Ok(from_tags(seen.tags))
}

async fn targets(cx: &Clients, name: &str) -> Result<Vec<Target>, CloudError> {
    let request = cx.eventbridge().list_targets_by_rule().rule(name).limit(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    cx.pages(Service::EventBridge, "ListTargetsByRule", send, |page| (page.targets, page.next_token)).await
}
