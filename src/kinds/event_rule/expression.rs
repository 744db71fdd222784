//! When a rule calls: `rate(…)`, or the six fields of `cron(…)` ("Schedule expressions of rules" in the EventBridge user guide).

/// One field of cron: what it is, its numbers, their names, and what it takes beside numbers, names, lists and ranges.
struct Field {
    name: &'static str,
    least: u16,
    most: u16,
    words: &'static [&'static str],
    /// `a/n`: every n from a.
    steps: bool,
    /// `L`, `LW` and `3W` of days; `L`, `5L` and `3#2` of weekdays.
    last: Last,
}

#[derive(PartialEq)]
enum Last {
    Never,
    Day,
    Weekday,
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 6] = [
    Field { name: "minutes", least: 0, most: 59, words: &[], steps: true, last: Last::Never },
    Field { name: "hours", least: 0, most: 23, words: &[], steps: true, last: Last::Never },
    Field { name: "days of the month", least: 1, most: 31, words: &[], steps: true, last: Last::Day },
    Field { name: "months", least: 1, most: 12, words: MONTHS, steps: true, last: Last::Never },
    Field { name: "days of the week", least: 1, most: 7, words: DAYS, steps: false, last: Last::Weekday },
    Field { name: "years", least: 1970, most: 2199, words: &[], steps: true, last: Last::Never },
];

/// What is wrong, and what to write instead.
type Wrong = (String, String);

/// All that is wrong with a schedule.
pub(super) fn wrong(text: &str) -> Vec<Wrong> {
    let within = |begin| text.strip_prefix(begin).and_then(|rest: &str| rest.strip_suffix(')'));
    match (within("rate("), within("cron(")) {
        (Some(inner), _) => rate(inner).into_iter().collect(),
        (_, Some(inner)) => cron(inner),
        _ => {
            let help = "write one such as `rate(5 minutes)` or `cron(0 3 * * ? *)`";
            vec![(format!("`{text}` is no schedule of EventBridge"), help.into())]
        }
    }
}

/// A whole number, and a unit which has an `s` unless the number is 1.
fn rate(text: &str) -> Option<Wrong> {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    if !["minute", "hour", "day"].contains(&singular) {
        return Some((format!("`{unit}` is no unit of a rate"), "write minutes, hours or days: `rate(5 minutes)`".into()));
    }
    match number.parse::<u32>() {
        Ok(1) if unit != singular => Some((format!("EventBridge takes no `rate(1 {unit})`"), format!("write `rate(1 {singular})`"))),
        Ok(n) if n > 1 && unit == singular => {
            Some((format!("EventBridge takes no `rate({n} {unit})`"), format!("write `rate({n} {singular}s)`")))
        }
        Ok(n) if n > 0 && n.to_string() == number => None,
        _ => Some((format!("`{number}` is no number of {singular}s"), "write a whole number, 1 or more: `rate(5 minutes)`".into())),
    }
}

fn cron(text: &str) -> Vec<Wrong> {
    let fields: Vec<&str> = text.split(' ').collect();
    if fields.len() != FIELDS.len() {
        let message = format!("a cron of EventBridge has 6 fields, and `{text}` has {}", fields.len());
        return vec![(message, "write minutes, hours, day of the month, month, day of the week and year: `cron(0 3 * * ? *)`".into())];
    }
    let mut found = vec![];
    for (field, text) in FIELDS.iter().zip(&fields) {
        if *text == "?" && field.last != Last::Never {
            continue;
        }
        found.extend(text.split(',').filter(|item| !field.takes(item)).map(|item| field.refusal(item)));
    }
    let (day, weekday) = (fields[2], fields[4]);
    if (day == "?") == (weekday == "?") {
        let message = format!("`{day}` says days of the month and `{weekday}` days of the week, of which EventBridge takes one");
        found.push((message, "write `?` for the other: `cron(0 3 * * ? *)`, `cron(0 3 ? * MON-FRI *)`".into()));
    }
    found
}

impl Field {
    /// Whether a text is a number of the field, or a number's name.
    fn has(&self, text: &str) -> bool {
        self.words.contains(&text) || number(text).is_some_and(|n| (self.least..=self.most).contains(&n))
    }

    /// Whether an item of its list is one.
    fn takes(&self, item: &str) -> bool {
        let (base, step) = item.split_once('/').map_or((item, None), |(base, step)| (base, Some(step)));
        let step = step.is_none_or(|step| self.steps && number(step).is_some_and(|n| (1..=self.most).contains(&n)));
        let range = base.split_once('-').is_some_and(|(from, to)| self.has(from) && self.has(to));
        let last = match self.last {
            Last::Never => false,
            Last::Day => ["L", "LW"].contains(&item) || item.strip_suffix('W').is_some_and(|day| self.has(day)),
            Last::Weekday => {
                let turn = item.split_once('#').is_some_and(|(day, turn)| self.has(day) && ["1", "2", "3", "4", "5"].contains(&turn));
                item == "L" || turn || item.strip_suffix('L').is_some_and(|day| self.has(day))
            }
        };
        last || step && (base == "*" || range || self.has(base))
    }

    fn refusal(&self, item: &str) -> Wrong {
        let words = self.words.first().zip(self.words.last()).map(|(first, last)| format!(" or {first} to {last}")).unwrap_or_default();
        let steps = if self.steps { ", `a/n`" } else { "" };
        let message = format!("`{item}` is none of the {}", self.name);
        (message, format!("write {} to {}{words}, `*` for all, `a,b`, `a-b`{steps}", self.least, self.most))
    }
}

fn number(text: &str) -> Option<u16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn every_wrong_value_is_told() {
        for good in [
            "rate(1 hour)",
            "rate(5 minutes)",
            "cron(0 3 * * ? *)",
            "cron(0/15 8-17 ? * MON-FRI *)",
            "cron(0,30 8 L JAN,JUL ? 2027-2030)",
            "cron(0 8 15W */2 ? *)",
            "cron(0 8 ? * 3#2,6L *)",
        ] {
            assert_eq!(wrong(good), [], "{good}");
        }
        for (bad, told) in [
            ("every day", "`every day` is no schedule"),
            ("rate(1 hours)", "takes no `rate(1 hours)`"),
            ("rate(5 minute)", "takes no `rate(5 minute)`"),
            ("rate(0 minutes)", "`0` is no number of minutes"),
            ("rate(05 minutes)", "`05` is no number"),
            ("rate(+5 minutes)", "`+5` is no number"),
            ("rate(5 seconds)", "`seconds` is no unit"),
            ("rate(5)", "`` is no unit"),
            ("cron(0 3 * * ?)", "has 5"),
            ("cron(60 3 * * ? *)", "`60` is none of the minutes"),
            ("cron(0 1,24 * * ? *)", "`24` is none of the hours"),
            ("cron(0 3 0 * ? *)", "`0` is none of the days of the month"),
            ("cron(0 3 * JANUARY ? *)", "`JANUARY` is none of the months"),
            ("cron(0 3 ? * mon *)", "`mon` is none of the days of the week"),
            ("cron(0 3 ? * 8 *)", "`8` is none of the days of the week"),
            ("cron(0 3 ? * MON#6 *)", "`MON#6` is none of the days of the week"),
            ("cron(0 3 ? * MON/2 *)", "`MON/2` is none of the days of the week"),
            ("cron(0 3 * * ? 1969)", "`1969` is none of the years"),
            ("cron(*/0 3 * * ? *)", "`*/0` is none of the minutes"),
            ("cron(? 3 * * ? *)", "`?` is none of the minutes"),
            ("cron(0 3 * * * *)", "of which EventBridge takes one"),
            ("cron(0 3 ? * ? *)", "of which EventBridge takes one"),
        ] {
            let found = wrong(bad);
            assert!(found.len() == 1 && found[0].0.contains(told), "{bad}: {found:?}");
        }
        assert_eq!(wrong("cron(60 24 32 13 8 1)").len(), 7);
    }
}
