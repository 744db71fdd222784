//! Durations and windows of time.
use super::{Malformed, Unit, digits};
use crate::diag::Code;
use crate::stack::fields::duration;
use std::fmt;

/// A length of time in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

const STEPS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Duration {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Duration(seconds)
    }

    /// So many days of 24 hours.
    pub const fn days(days: u64) -> Self {
        Duration(days * 86_400)
    }

    /// In seconds.
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    /// In days, when it is a whole number of them.
    pub const fn as_days(self) -> Option<u64> {
        if self.0.is_multiple_of(86_400) { Some(self.0 / 86_400) } else { None }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration(self.0))
    }
}

impl Unit for Duration {
    const PATTERN: &'static str = "^[0-9]{1,9}(s|m|h|d)$";
    const DOC: &'static str = "A length of time: a whole number and s, m, h or d (seconds, minutes, hours, days).";
    const EXAMPLES: &'static [&'static str] = &["15s", "5m", "14d"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let read = STEPS.iter().find_map(|(unit, size)| {
            let number = text.strip_suffix(unit).filter(|n| n.len() <= 9)?;
            digits(number).map(|n| Duration(n * size))
        });
        read.ok_or_else(|| Malformed::new(Code::BadDuration, format!("`{text}` is not a duration"), nearest(text)))
    }
}

/// How long something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// For so long.
    For(Duration),
    /// Until somebody takes it away.
    Forever,
}

impl Kept {
    /// For how long, when not for ever.
    pub fn duration(self) -> Option<Duration> {
        match self {
            Kept::For(duration) => Some(duration),
            Kept::Forever => None,
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::For(duration) => duration.fmt(f),
            Kept::Forever => f.write_str("forever"),
        }
    }
}

impl Unit for Kept {
    const PATTERN: &'static str = "^(forever|[0-9]{1,9}(s|m|h|d))$";
    const DOC: &'static str = "How long something is kept: a whole number and s, m, h or d, or `forever`.";
    const EXAMPLES: &'static [&'static str] = &["30d", "forever"];

    fn read(text: &str) -> Result<Self, Malformed> {
        if text == "forever" {
            return Ok(Kept::Forever);
        }
        let kept = Duration::read(text).map(Kept::For);
        kept.map_err(|no| Malformed { help: format!("{}; or `forever`", no.help), ..no })
    }
}

/// `14 days` means `14d`; a bare number needs a unit.
fn nearest(text: &str) -> String {
    let number: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text[number.len()..].trim().to_ascii_lowercase();
    let unit = match rest.as_str() {
        "" => {
            return format!("write a whole number and its unit, such as `{}s`", or(&number, "15"));
        }
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "w" | "week" | "weeks" if !number.is_empty() => {
            let weeks: u64 = number.parse().unwrap_or(1);
            return format!("write `{}d`", weeks.saturating_mul(7));
        }
        unit if STEPS.iter().any(|(step, _)| *step == unit) => unit,
        _ => {
            return "write a whole number and one of s, m, h, d, such as `15s`, `5m` or `14d`".into();
        }
    };
    format!("write `{}{unit}`", or(&number, "15"))
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// A span of time that comes every day, in UTC, at least 30 minutes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyWindow {
    /// Minutes after midnight.
    pub start: u16,
    /// Minutes after midnight; may be before `start`, then it ends on the next day.
    pub end: u16,
}

impl DailyWindow {
    /// How long it is, in minutes.
    pub fn minutes(self) -> u16 {
        (self.end + DAY - self.start) % DAY
    }
}

/// When nothing else is said: 03:00-04:00.
impl Default for DailyWindow {
    fn default() -> Self {
        DailyWindow { start: 3 * 60, end: 4 * 60 }
    }
}

const DAY: u16 = 24 * 60;
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl fmt::Display for DailyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        clock(f, self.start)?;
        f.write_str("-")?;
        clock(f, self.end)
    }
}

impl Unit for DailyWindow {
    const PATTERN: &'static str = "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$";
    const DOC: &'static str = "A daily window in UTC, at least 30 minutes long.";
    const EXAMPLES: &'static [&'static str] = &["03:00-04:00"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let read = text.split_once('-').and_then(|(start, end)| Some(DailyWindow { start: minutes(start)?, end: minutes(end)? }));
        match read {
            Some(window) if window.minutes() >= 30 => Ok(window),
            Some(_) => Err(Malformed::new(
                Code::BadWindow,
                format!("the window `{text}` is shorter than 30 minutes"),
                "AWS asks for at least 30 minutes, such as `03:00-04:00`",
            )),
            None => Err(Malformed::new(
                Code::BadWindow,
                format!("`{text}` is not a daily window"),
                "write start and end in UTC, such as `03:00-04:00`",
            )),
        }
    }
}

/// A span of time that comes every week, in UTC, at least 30 minutes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeeklyWindow {
    /// Minutes after the midnight that starts Monday.
    pub start: u16,
    /// The same; may be before `start`, then it ends in the next week.
    pub end: u16,
}

/// When nothing else is said: sun:05:00-sun:06:00.
impl Default for WeeklyWindow {
    fn default() -> Self {
        WeeklyWindow { start: 6 * DAY + 5 * 60, end: 6 * DAY + 6 * 60 }
    }
}

impl WeeklyWindow {
    /// How long it is, in minutes.
    pub fn minutes(self) -> u16 {
        (self.end + 7 * DAY - self.start) % (7 * DAY)
    }

    /// Whether it and a daily window share a minute.
    pub fn meets(self, daily: DailyWindow) -> bool {
        (0..self.minutes()).any(|step| {
            let minute = (self.start + step) % DAY;
            (minute + DAY - daily.start) % DAY < daily.minutes()
        })
    }
}

impl fmt::Display for WeeklyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = |f: &mut fmt::Formatter<'_>, minute: u16| {
            write!(f, "{}:", WEEK[usize::from(minute / DAY) % 7])?;
            clock(f, minute % DAY)
        };
        half(f, self.start)?;
        f.write_str("-")?;
        half(f, self.end)
    }
}

impl Unit for WeeklyWindow {
    const PATTERN: &'static str =
        "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$";
    const DOC: &'static str = "A weekly window in UTC, at least 30 minutes long.";
    const EXAMPLES: &'static [&'static str] = &["sun:03:00-sun:04:00"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let half = |part: &str| {
            let (day, time) = part.split_once(':')?;
            let day = WEEK.iter().zip(0u16..).find(|(name, _)| **name == day)?.1;
            Some(day * DAY + minutes(time)?)
        };
        let read = text.split_once('-').and_then(|(start, end)| Some(WeeklyWindow { start: half(start)?, end: half(end)? }));
        match read {
            Some(window) if (30..=DAY).contains(&window.minutes()) => Ok(window),
            Some(_) => Err(Malformed::new(
                Code::BadWindow,
                format!("the window `{text}` is not between 30 minutes and 24 hours long"),
                "write a shorter or longer one, such as `sun:03:00-sun:04:00`",
            )),
            None => Err(Malformed::new(
                Code::BadWindow,
                format!("`{text}` is not a weekly window"),
                "write day and time of start and end in UTC, such as `sun:03:00-sun:04:00`",
            )),
        }
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str, below: u64| {
        let number = digits(part).filter(|n| part.len() == 2 && *n < below)?;
        u16::try_from(number).ok()
    };
    Some(two(hour, 24)? * 60 + two(minute, 60)?)
}

fn clock(f: &mut fmt::Formatter<'_>, minute: u16) -> fmt::Result {
    write!(f, "{:02}:{:02}", minute / 60, minute % 60)
}
