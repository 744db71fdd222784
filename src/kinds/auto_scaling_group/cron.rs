//! When a schedule runs: five fields as in a crontab (`Recurrence`), and the time zone they are meant in.
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// An area and its places a line, as the time zone database has them (2025b: its table of zones, and `Etc`).
const ZONES: &str = include_str!("zones.txt");

static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let of = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let area = words.next().unwrap_or_default();
        words.map(|place| format!("{area}/{place}")).collect::<Vec<_>>()
    };
    ZONES.lines().flat_map(of).collect()
});

const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Whether a time zone is one of the database's, by the name that it has there.
pub fn zone(name: &str) -> bool {
    NAMES.contains(name)
}

/// The moments of a recurring schedule, each field as the set of its values. A day is one when both of its fields have it; where both are restricted, when
/// either has it (`crontab(5)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moments {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// The values of a field; whether it was restricted at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    values: u64,
    restricted: bool,
}

impl Field {
    fn meets(self, other: Field) -> bool {
        self.values & other.values != 0
    }
}

impl Moments {
    /// `None` for what isn't five fields of numbers, ranges, lists and steps; months and weekdays have their English names, too.
    pub fn read(text: &str) -> Option<Moments> {
        let [minutes, hours, days, months, weekdays] = text.split(' ').collect::<Vec<_>>()[..] else { return None };
        let mut weekdays = field(weekdays, 0..=7, DAYS, 0)?;
        // Sunday is 0 and 7.
        weekdays.values |= weekdays.values >> 7 & 1;
        weekdays.values &= 0x7f;
        Some(Moments {
            minutes: field(minutes, 0..=59, &[], 0)?,
            hours: field(hours, 0..=23, &[], 0)?,
            days: field(days, 1..=31, &[], 0)?,
            months: field(months, 1..=12, MONTHS, 1)?,
            weekdays,
        })
    }

    /// Whether some moment is one of both. Of two months and days no calendar is asked.
    pub fn meets(&self, other: &Moments) -> bool {
        let time = self.minutes.meets(other.minutes) && self.hours.meets(other.hours) && self.months.meets(other.months);
        // A day of the month may be any day of the week.
        let only = |a: &Moments, f: fn(&Moments) -> (Field, Field)| f(a).0.restricted && !f(a).1.restricted;
        let by_date: fn(&Moments) -> (Field, Field) = |m| (m.days, m.weekdays);
        let by_week: fn(&Moments) -> (Field, Field) = |m| (m.weekdays, m.days);
        let dates = only(self, by_date) && only(other, by_date) && !self.days.meets(other.days);
        let weeks = only(self, by_week) && only(other, by_week) && !self.weekdays.meets(other.weekdays);
        time && !dates && !weeks
    }
}

fn field(text: &str, range: RangeInclusive<u32>, names: &[&str], first: u32) -> Option<Field> {
    let one = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|n| n as u32 + first);
        let number = || text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        named.or_else(number).filter(|n| range.contains(n))
    };
    let mut values = 0;
    for part in text.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, step.parse::<u32>().ok().filter(|n| *n > 0 && step.len() <= 2)?),
            None => (part, 1),
        };
        let (from, to) = match span.split_once('-') {
            _ if span == "*" => (*range.start(), *range.end()),
            Some((from, to)) => (one(from)?, one(to)?),
            None if step == 1 => (one(span)?, one(span)?),
            None => (one(span)?, *range.end()),
        };
        if from > to {
            return None;
        }
        values |= (from..=to).step_by(step as usize).fold(0, |all, n| all | 1 << n);
    }
    Some(Field { values, restricted: !text.starts_with('*') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_fields_are_read() {
        for good in ["0 8 * * MON-FRI", "*/15 0-6,22 1 1,JUL *", "5/10 * 31 12 7", "59 23 * * sun"] {
            assert!(Moments::read(good).is_some(), "{good}");
        }
        for bad in [
            "0 8 * *",
            "0 8 * * * *",
            "60 8 * * *",
            "0 24 * * *",
            "0 8 0 * *",
            "0 8 * 13 *",
            "0 8 * * 8",
            "0 8 * * FRI-MON",
            "0 8 ? * MON",
            "0 8 L * *",
            "0/0 8 * * *",
            "0 8  * *",
            "+1 8 * * *",
            "",
            "rate(1 day)",
            "1,,2 * * * *",
        ] {
            assert_eq!(Moments::read(bad), None, "{bad}");
        }
        assert_eq!(Moments::read("0 8 * * 0"), Moments::read("0 8 * * SUN"));
        assert_eq!(Moments::read("0 8 * * 7"), Moments::read("0 8 * * SUN"));
    }

    #[test]
    fn moments_meet() {
        let meet = |a: &str, b: &str| Moments::read(a).expect(a).meets(&Moments::read(b).expect(b));
        for (a, b) in
            [("0 8 * * *", "0 8 * * MON"), ("0 8 1 * *", "0 8 * * MON"), ("*/15 * * * *", "30 4 * * *"), ("0 8 1 * MON", "0 8 2 * *")]
        {
            assert!(meet(a, b) && meet(b, a), "{a}, {b}");
        }
        for (a, b) in
            [("0 8 * * *", "0 9 * * *"), ("0 8 * * MON-FRI", "0 8 * * SAT,SUN"), ("0 8 1 * *", "0 8 2 * *"), ("0 8 * 1 *", "0 8 * 2 *")]
        {
            assert!(!meet(a, b) && !meet(b, a), "{a}, {b}");
        }
    }

    #[test]
    fn zones_are_known_by_their_names() {
        assert!(
            zone("Europe/Berlin") && zone("Etc/UTC") && zone("America/Argentina/Buenos_Aires") && !zone("Europe/Berln") && !zone("CET")
        );
    }
}
