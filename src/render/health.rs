//! How an environment fares: its parts in the order of the spec, an object a line.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::alarms;
use super::style::{Label, Style};
use super::values::count;
use crate::kinds::metric_alarm::Standing;
use crate::kinds::{Kind, Level, Live, Sign};
use crate::spec::sections::SECTIONS;
use crate::stack::Stack;
use crate::visible::visible;

/// Where what the spec doesn't name any more is told.
const LEFT: &str = "not in the spec";

/// What services tell of the stack's objects, by the part of the spec that they come from.
pub struct Told<'a> {
    parts: Vec<(String, Vec<(&'a Live, Sign)>)>,
}

impl<'a> Told<'a> {
    pub fn new(stack: &Stack, told: Vec<(&'a Live, Vec<Sign>)>, alarms: &'a [Standing]) -> Self {
        let mut parts: BTreeMap<(usize, String), Vec<(&'a Live, Sign)>> = BTreeMap::new();
        for (live, signs) in told {
            let part = stack.origins.get(&live.stamp.address).map_or((SECTIONS.len(), LEFT.into()), |origin| part(origin));
            parts.entry(part).or_default().extend(signs.into_iter().map(|sign| (live, sign)));
        }
        for alarm in alarms {
            parts.entry(alarms::of(alarm)).or_default().extend(alarms::sign(alarm).map(|sign| (&alarm.live, sign)));
        }
        let parts = parts.into_iter().filter(|(_, signs)| !signs.is_empty());
        Told { parts: parts.map(|((_, name), signs)| (name, signs)).collect() }
    }

    /// The worst of all that is told.
    pub fn level(&self) -> Level {
        self.signs().map(|sign| sign.level).max().unwrap_or(Level::Ok)
    }

    fn signs(&self) -> impl Iterator<Item = &Sign> {
        self.parts.iter().flat_map(|(_, signs)| signs).map(|(_, sign)| sign)
    }

    /// For people; `style`: whether in colour.
    pub fn text(&self, stack: &str, style: Style) -> String {
        if self.parts.is_empty() {
            return format!("Nothing of {} stands that could tell how it fares.\n", visible(stack));
        }
        let named = |live: &Live| live.stamp.address.to_string();
        let width = self.parts.iter().flat_map(|(_, signs)| signs).map(|(live, _)| named(live).chars().count()).max().unwrap_or_default();
        let mut out = String::new();
        for (name, signs) in &self.parts {
            out += &format!("{}\n", style.paint(Label::Heading, name));
            for (live, Sign { level, text }) in signs {
                out += &format!("  {}  {:width$}  {}\n", word(*level, style), named(live), visible(text));
            }
        }
        // What groups tell is what their alarms tell.
        let all = || self.parts.iter().flat_map(|(_, signs)| signs).filter(|(live, _)| live.stamp.address.kind != Kind::CompositeAlarm);
        let many = |level: Level| all().filter(|(_, sign)| sign.level == level).count();
        out + &match (many(Level::Critical), many(Level::Warning)) {
            (0, 0) => "All of it is well.\n".to_owned(),
            (critical, warning) => format!("{critical} critical, {}.\n", count(warning, "warning")),
        }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let signs = |(part, signs): &(String, Vec<(&Live, Sign)>)| {
            let sign = |(live, sign): &(&Live, Sign)| json!({ "part": part, "address": live.stamp.address, "id": live.id, "level": sign.level, "text": sign.text });
            signs.iter().map(sign).collect::<Vec<_>>()
        };
        self.parts.iter().flat_map(signs).collect()
    }
}

/// The section of an origin, or of an alarm's name, and its place in the order of sections, with the entry where the section has named ones.
pub(super) fn part(origin: &str) -> (usize, String) {
    let mut steps = origin.split('.');
    let section = steps.next().unwrap_or_default();
    let nth = SECTIONS.iter().position(|s| s.name == section).unwrap_or(SECTIONS.len());
    let entry = steps.next().filter(|_| SECTIONS.get(nth).is_some_and(|s| s.named));
    (nth, entry.map_or_else(|| section.to_owned(), |entry| format!("{section}.{entry}")))
}

/// All words are equally long, so that what follows stands in one column.
pub(super) fn word(level: Level, style: Style) -> String {
    match level {
        Level::Ok => style.paint(Label::Added, "ok      "),
        Level::Warning => style.paint(Label::Changed, "warning "),
        Level::Critical => style.paint(Label::Removed, "critical"),
    }
}
