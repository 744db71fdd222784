//! An alarm over other alarms: it fires as long as one of them does, so that what breaks together is told once.
//!
//! "Using composite alarms can help you reduce alarm noise": the composite has the actions, its children have none ("Create a composite alarm", CloudWatch's user
//! guide). An `ActionsSuppressor` is no other way there: it holds back the actions of composites alone, and a storm is of metric alarms. A child that is deleted leaves a
//! rule that nothing answers, so a composite goes before its children. Its stamp is that of metric alarms: its name, and the end of its description.
use super::calls::{call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::metric_alarm::{ALARM, ALARMS, Standing, marks};
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, known, made, of, one, same, via};
use super::*;
use crate::diag::Code;
use crate::kinds::calls::On;
use crate::model::Tags;
use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm as Seen, Tag};

object! {
    /// `AWS::CloudWatch::CompositeAlarm`. Its id is its name.
    pub struct CompositeAlarm {
        /// `AlarmDescription`: what is wrong when it fires.
        update description: String,
        /// `AlarmRule`: it fires while one of these does. None where the rule is none of ours.
        update alarms: BTreeSet<Ref<MetricAlarm>>,
        /// `ActionsEnabled`: whether anybody is told.
        update actions_enabled: bool,
        /// `AlarmActions`: what is told when it fires.
        update alarm_actions: BTreeSet<Ref<Topic>>,
        /// `OKActions`: what is told when it is over.
        update ok_actions: BTreeSet<Ref<Topic>>,
        /// Set at creation, then left alone.
        initial tags: Tags,
    }
}

/// "The `AlarmRule` can specify as many as 100 children alarms", and has 10,240 characters at most.
const CHILDREN: usize = 100;
const RULE: usize = 10_240;
/// What an alarm's name has beside its address, at most, with what the rule writes around it: `ALARM("infra/STACK/…/RUN-STEP") OR `.
const AROUND: usize = 80;
/// `AlarmDescription` takes 1,024 characters, of which the digest and the stack's identity need some.
const DESCRIPTION: usize = 960;
/// `AlarmName`, but for what the run and the step need beside the address.
const NAME: usize = 255 - 120;
/// `AlarmActions`, and as many `OKActions`.
const ACTIONS: usize = 5;

impl Resource for CompositeAlarm {
    const KIND: Kind = Kind::CompositeAlarm;
    const SERVICE: Service = Service::CloudWatch;
    const TYPICAL: Typical = Typical::secs(1, 1, 1);
    const HINT: &'static [&'static str] = &["one of {alarms#} alarms"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::CloudWatch, "DescribeAlarms")],
        write: &[
            call(Service::CloudWatch, "DeleteAlarms", ALARMS),
            call(Service::CloudWatch, "PutCompositeAlarm", ALARMS),
            needs(Service::CloudWatch, "PutCompositeAlarm", "cloudwatch:TagResource", &[On::NewTags(ALARM)]),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_cloudwatch_composite_alarm",
        &[
            of("actions_enabled", "actions_enabled"),
            of("alarm_actions", "alarm_actions"),
            of("alarm_description", "description"),
            known("alarm_name", "${id}"),
            via("alarm_rule", "alarms", |names| serde_json::from_value(names.clone()).map(|names| rule(&names)).unwrap_or_default().into()),
            known("arn", "arn:${partition}:cloudwatch:${region}:${account}:alarm:${id}"),
            ID,
            same("ok_actions"),
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] = &[quota(Service::CloudWatch, "LimitExceeded", ("monitoring", ""), "Number of alarms")];

    fn example() -> Self {
        CompositeAlarm {
            description: "critical: Alarms of front fire.".into(),
            alarms: [Ref::to(EXAMPLE)].into(),
            actions_enabled: true,
            alarm_actions: [Ref::to(EXAMPLE)].into(),
            ok_actions: [Ref::to(EXAMPLE)].into(),
            tags: tags(),
        }
    }

    fn breaches(&self, me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        let mut say = |code, path: &str, message: String, help: &str| found.push(Breach::new(code, path, message, help));
        if self.alarms.is_empty() || self.alarms.len() > CHILDREN {
            say(Code::Count, "alarms", format!("{} alarms can't be told as one", self.alarms.len()), "group 100 at most, and at least one");
        }
        if self.alarms.iter().map(|alarm| alarm.0.len() + AROUND).sum::<usize>() > RULE {
            say(Code::Count, "alarms", format!("the names of {} alarms are too long for one rule", self.alarms.len()), "group fewer");
        }
        if self.description.chars().count() > DESCRIPTION || me.name.len() > NAME {
            say(Code::Count, "description", format!("the name or the description of {me} is too long"), "write a shorter one");
        }
        for (path, actions) in [("alarm_actions", &self.alarm_actions), ("ok_actions", &self.ok_actions)] {
            if actions.len() > ACTIONS {
                say(Code::Count, path, format!("an alarm tells {ACTIONS} at most"), "name fewer");
            }
        }
        found
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        Ok(seen(cx, stack).await?.into_iter().filter_map(|seen| read(stack, seen)).collect())
    }

    /// No other run and step makes an alarm of this name.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        self.put(cx, links, &marks::name(stamp), stamp, Some(stamp.tags(&self.tags))).await
    }

    /// A new address would need a new name, and an alarm keeps its name.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        live.keeps_name(stamp)?;
        self.put(cx, links, &live.id, stamp, None).await
    }

    /// "You can delete … only one composite alarm with a single operation."
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.cloudwatch().delete_alarms().alarm_names(&live.id);
        gone(cx.safe(Service::CloudWatch, "DeleteAlarms", async || request.clone().send().await).await)
    }
}

/// All composites whose names begin as the stack's do.
async fn seen(cx: &Clients, stack: &str) -> Result<Vec<Seen>, CloudError> {
    let request = cx.cloudwatch().describe_alarms().alarm_name_prefix(marks::prefix(stack)).max_records(100);
    let request = request.alarm_types(AlarmType::CompositeAlarm);
    let send = async |token| request.clone().set_next_token(token).send().await;
    cx.pages(Service::CloudWatch, "DescribeAlarms", send, |page| (page.composite_alarms, page.next_token)).await
}

/// The groups of a stack as they stand.
pub(crate) async fn standing(cx: &Clients, stack: &str) -> Result<Vec<Standing>, CloudError> {
    let one = |seen: Seen| {
        let times = [seen.state_transitioned_timestamp, seen.state_updated_timestamp];
        let (state, why) = (seen.state_value.clone(), seen.state_reason.clone());
        Some(Standing::of_alarm(read(stack, seen)?, state.as_ref(), times, why))
    };
    Ok(seen(cx, stack).await?.into_iter().filter_map(one).collect())
}

impl CompositeAlarm {
    /// How bad it is when it fires, as its description begins.
    pub fn level(&self) -> Level {
        if self.description.starts_with("critical: ") { Level::Critical } else { Level::Warning }
    }

    /// `PutCompositeAlarm` with every field; tags are taken at the creation alone.
    async fn put(&self, cx: &Clients, links: &Links, name: &str, stamp: &Stamp, tags: Option<Tags>) -> Result<Live, CloudError> {
        let tags = tags.map(|tags| tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect());
        let request = cx
            .cloudwatch()
            .put_composite_alarm()
            .alarm_name(name)
            .alarm_description(marks::described(&self.description, stamp))
            .alarm_rule(rule(&links.all(&self.alarms)?))
            .actions_enabled(self.actions_enabled)
            .set_alarm_actions(Some(links.all(&self.alarm_actions)?.into_iter().collect()))
            .set_ok_actions(Some(links.all(&self.ok_actions)?.into_iter().collect()))
            .set_tags(tags);
        cx.safe(Service::CloudWatch, "PutCompositeAlarm", async || request.clone().send().await).await?;
        Live::made(name, self.clone(), stamp, links)
    }
}

/// `ALARM("…") OR ALARM("…")`
fn rule(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("ALARM(\"{name}\")")).collect::<Vec<_>>().join(" OR ")
}

/// The names in a rule as [`rule`] writes it; none of another one.
fn children(said: &str) -> BTreeSet<String> {
    let names = said.split(" OR ").map(|one| Some(one.strip_prefix("ALARM(\"")?.strip_suffix("\")")?.to_owned()));
    names.collect::<Option<BTreeSet<_>>>().filter(|names| rule(names) == said).unwrap_or_default()
}

/// An alarm that was read; `None` when it isn't the stack's.
fn read(stack: &str, seen: Seen) -> Option<Live> {
    let name = seen.alarm_name?;
    let (description, stamp) = marks::read(Kind::CompositeAlarm, stack, &name, &seen.alarm_description.unwrap_or_default())?;
    // Somebody else's suppressor makes it another rule.
    let own = seen.actions_suppressor.is_none_or(|name| name.is_empty());
    let said = seen.alarm_rule.filter(|_| own).unwrap_or_default();
    let topics = |actions: Option<Vec<String>>| actions.into_iter().flatten().map(Ref::to).collect();
    let alarm = CompositeAlarm {
        description,
        alarms: children(&said).into_iter().map(Ref::to).collect(),
        actions_enabled: seen.actions_enabled.unwrap_or_default(),
        alarm_actions: topics(seen.alarm_actions),
        ok_actions: topics(seen.ok_actions),
        tags: Tags::new(),
    };
    Some(Live::found(name, alarm, stamp))
}
