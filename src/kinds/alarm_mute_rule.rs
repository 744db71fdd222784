//! A time in which alarms judge as ever, and tell nobody.
//!
//! It begins and ends by itself, once: its schedule is `at(…)` and a length. Where it ends, and where it is deleted, alarms that fire then tell so
//! (`DeleteAlarmMuteRule`). A list of them shows ARNs alone, and knows no prefix: the stamp is the name, `infra_STACK_NAME_RUN-STEP`, and each of the stack's is read by itself; the digest and the
//! stack's identity are the last words of the description.
mod terraform;

use aws_sdk_cloudwatch::operation::get_alarm_mute_rule::GetAlarmMuteRuleOutput as Seen;
use aws_sdk_cloudwatch::types::{MuteTargets, Rule, Schedule, Tag};
use futures_util::future::try_join_all;

use super::calls::{On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::metric_alarm::{ALARM, marks};
use super::quotas::quota;
use super::*;
use crate::diag::Code;
use crate::model::Tags;

object! {
    /// `AWS::CloudWatch::AlarmMuteRule`. Its id is its name.
    pub struct AlarmMuteRule {
        /// `Description`: why.
        update description: String,
        /// `MuteTargets`: the alarms that tell nobody, 100 at most with the composites.
        update alarms: BTreeSet<Ref<MetricAlarm>>,
        /// Those of `MuteTargets` that are over other alarms.
        update composites: BTreeSet<Ref<CompositeAlarm>>,
        /// The minute in which it begins, in UTC: `2026-12-01T04:00`. One that lies in the past is sent as it is: "the duration begins when the schedule expression time is
        /// reached" (`Schedule`), so the rest of it is taken to hold from now on; what AWS does with one no page of its own says *(unsourced)*. Where the schedule is none of ours, all of it.
        update from: String,
        /// `Duration`: 1 to 21,600 (15 days).
        update minutes: i32,
        /// Set at creation, then left alone.
        initial tags: Tags,
    }
}

/// "Minimum of 1 minute (PT1M) and maximum of 15 days (P15D)".
pub const LONGEST: i32 = 15 * 24 * 60;
/// "Each mute rule can target up to 100 specific alarms by name."
const TARGETS: usize = 100;
/// `Description` takes 1,024 characters, of which the digest and the stack's identity need some.
const DESCRIPTION: usize = 960;
/// `Name`, but for what the stack, the run and the step need beside the address.
const NAME: usize = 255 - 120;
/// How the addresses of composites begin, by which their names are told from those of metric alarms.
pub const GROUP: &str = "group.";

const RULE: &str = "cloudwatch:{region}:{account}:alarm-mute-rule:infra_{stack}_*";
const RULES: &[On] = &[On::Named(RULE)];

impl Resource for AlarmMuteRule {
    const KIND: Kind = Kind::AlarmMuteRule;
    const SERVICE: Service = Service::CloudWatch;
    const TYPICAL: Typical = Typical::secs(1, 1, 1);
    const HINT: &'static [&'static str] = &["from {from}", "{minutes} minutes", "alarms {alarms#}"];
    const CALLS: Calls = Calls {
        read: &[call(Service::CloudWatch, "GetAlarmMuteRule", RULES), reads(Service::CloudWatch, "ListAlarmMuteRules")],
        write: &[
            call(Service::CloudWatch, "DeleteAlarmMuteRule", RULES),
            // "You must have the permission on two types of resources": the rule, and each alarm.
            call(Service::CloudWatch, "PutAlarmMuteRule", &[On::Named(RULE), On::Named(ALARM)]),
            needs(Service::CloudWatch, "PutAlarmMuteRule", "cloudwatch:TagResource", &[On::NewTags(RULE)]),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[quota(Service::CloudWatch, "LimitExceeded", ("monitoring", ""), "Number of Alarm Mute Rules")];

    fn example() -> Self {
        AlarmMuteRule {
            description: "The database moves.".into(),
            alarms: [Ref::to(EXAMPLE)].into(),
            composites: [Ref::to(EXAMPLE)].into(),
            from: "2026-12-01T04:00".into(),
            minutes: 120,
            tags: tags(),
        }
    }

    fn breaches(&self, me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        let mut say = |code, path: &str, message: String, help: &str| found.push(Breach::new(code, path, message, help));
        let targets = self.alarms.len() + self.composites.len();
        if targets > TARGETS {
            say(Code::Count, "alarms", format!("{targets} alarms can't be silenced at once"), "name 100 at most");
        }
        if !(1..=LONGEST).contains(&self.minutes) {
            say(Code::OutOfRange, "minutes", format!("a silence can't last {} minutes", self.minutes), "write a minute to 15 days");
        }
        if begins(&self.from).is_none() {
            say(Code::BadText, "from", format!("`{}` is no minute", self.from), "write one such as 2026-12-01T04:00");
        }
        if self.description.chars().count() > DESCRIPTION || me.name.len() > NAME {
            say(Code::Count, "description", format!("the name or the description of {me} is too long"), "write a shorter one");
        }
        found
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.cloudwatch().list_alarm_mute_rules().max_records(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found =
            cx.pages(Service::CloudWatch, "ListAlarmMuteRules", send, |page| (page.alarm_mute_rule_summaries, page.next_token)).await?;
        let names = found.into_iter().filter_map(|one| one.alarm_mute_rule_arn?.rsplit_once(':').map(|(_, name)| name.to_owned()));
        let each = names.filter(|name| name.starts_with(&prefix(stack))).map(async |name| {
            let request = cx.cloudwatch().get_alarm_mute_rule().alarm_mute_rule_name(&name);
            let seen = present(cx.safe(Service::CloudWatch, "GetAlarmMuteRule", async || request.clone().send().await).await)?;
            Ok::<_, CloudError>(seen.and_then(|seen| read(stack, name, seen)))
        });
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    /// No other run and step makes a rule of this name.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = format!("{}{}_{}-{}", prefix(&stamp.stack), stamp.address.name, stamp.run, stamp.step);
        self.put(cx, links, &name, stamp, Some(stamp.tags(&self.tags))).await
    }

    /// A new address would need a new name, and a rule keeps its name.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        live.keeps_name(stamp)?;
        self.put(cx, links, &live.id, stamp, None).await
    }

    /// "This operation is idempotent."
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.cloudwatch().delete_alarm_mute_rule().alarm_mute_rule_name(&live.id);
        gone(cx.safe(Service::CloudWatch, "DeleteAlarmMuteRule", async || request.clone().send().await).await)
    }
}

impl AlarmMuteRule {
    /// When it is over.
    pub fn ends(&self) -> Option<crate::model::Moment> {
        let minutes = u64::try_from(self.minutes).ok()?;
        Some(crate::model::Moment(begins(&self.from)?.0 + Duration::from_secs(60 * minutes)))
    }

    /// When it begins.
    pub fn begins(&self) -> Option<crate::model::Moment> {
        begins(&self.from)
    }

    /// `PutAlarmMuteRule` with every field; tags are taken at the creation alone.
    async fn put(&self, cx: &Clients, links: &Links, name: &str, stamp: &Stamp, tags: Option<Tags>) -> Result<Live, CloudError> {
        let tags = tags.map(|tags| tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect());
        let schedule =
            Schedule::builder().expression(format!("at({})", self.from)).duration(format!("PT{}M", self.minutes)).timezone("UTC");
        let targets = links.all(&self.alarms)?.into_iter().chain(links.all(&self.composites)?).collect();
        let request = cx
            .cloudwatch()
            .put_alarm_mute_rule()
            .name(name)
            .description(marks::described(&self.description, stamp))
            .rule(Rule::builder().schedule(schedule.build()).build())
            .mute_targets(MuteTargets::builder().set_alarm_names(Some(targets)).build())
            .set_tags(tags);
        cx.safe(Service::CloudWatch, "PutAlarmMuteRule", async || request.clone().send().await).await?;
        Live::made(name, self.clone(), stamp, links)
    }
}

/// How the names of a stack's rules begin. A stack's name has no underscore.
fn prefix(stack: &str) -> String {
    format!("infra_{stack}_")
}

/// The minute as a moment.
fn begins(minute: &str) -> Option<crate::model::Moment> {
    let whole = minute.len() == 16 && minute.is_ascii();
    whole.then(|| humantime::parse_rfc3339(&format!("{minute}:00Z")).ok()).flatten().map(crate::model::Moment)
}

/// The minutes of a duration as ISO 8601 writes it, of days, hours and minutes.
fn minutes(text: &str) -> Option<i32> {
    let mut sum = 0i32;
    let (days, time) = text.strip_prefix('P')?.split_once('T').unwrap_or((&text[1..], ""));
    for (part, units) in [(days, &[('D', 1440)][..]), (time, &[('H', 60), ('M', 1)][..])] {
        let mut rest = part;
        for (unit, size) in units {
            if let Some((number, after)) = rest.split_once(*unit) {
                sum = sum.checked_add(number.parse::<i32>().ok()?.checked_mul(*size)?)?;
                rest = after;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(sum)
}

/// A rule that was read; `None` when it isn't the stack's.
fn read(stack: &str, name: String, seen: Seen) -> Option<Live> {
    let (address, made) = name.strip_prefix(&prefix(stack))?.rsplit_once('_')?;
    // As an alarm's name has it.
    let (description, stamp) = marks::read(
        Kind::AlarmMuteRule,
        stack,
        &format!("{}{address}/{made}", marks::prefix(stack)),
        seen.description().unwrap_or_default(),
    )?;
    let schedule = seen.rule.and_then(|rule| rule.schedule);
    let own = seen.start_date.is_none() && seen.expire_date.is_none();
    let own = own && schedule.as_ref().is_some_and(|schedule| schedule.timezone().is_none_or(|zone| zone == "UTC"));
    let expression = schedule.as_ref().and_then(|schedule| schedule.expression()).unwrap_or_default();
    let from = expression.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')')).filter(|_| own).unwrap_or(expression).to_owned();
    let composite = |name: &String| name.strip_prefix(&marks::prefix(stack)).is_some_and(|rest| rest.starts_with(GROUP));
    let names = seen.mute_targets.map(|targets| targets.alarm_names.unwrap_or_default()).unwrap_or_default();
    let (composites, alarms): (Vec<String>, Vec<String>) = names.into_iter().partition(composite);
    let rule = AlarmMuteRule {
        description,
        alarms: alarms.into_iter().map(Ref::to).collect(),
        composites: composites.into_iter().map(Ref::to).collect(),
        from: if own { from } else { format!("{from} {}", if expression.is_empty() { "never" } else { "otherwise" }) },
        minutes: schedule.and_then(|schedule| minutes(&schedule.duration.unwrap_or_default())).unwrap_or_default(),
        tags: Tags::new(),
    };
    Some(Live::found(name, rule, stamp))
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn durations_are_read_however_they_are_written() {
        let read = [
            ("PT90M", Some(90)),
            ("PT1H30M", Some(90)),
            ("P2DT12H", Some(3600)),
            ("P15D", Some(21_600)),
            ("PT1S", None),
            ("2h", None),
            ("P1H", None),
        ];
        for (text, wanted) in read {
            assert_eq!(minutes(text), wanted, "{text}");
        }
    }
}
