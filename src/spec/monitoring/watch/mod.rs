//! What can be watched of each section: its metrics, each under one word, and the alarms that follow by themselves. Rules and default alarms speak the same
//! words. A file a section, all of one shape.
mod cache;
mod compute;
mod database;
mod functions;
mod load_balancer;
mod target_group;
mod workloads;

use super::notify::Severity;
use crate::kinds::metric_alarm::{Math, Metric};
use crate::kinds::{Kind, MetricAlarm, Part, Text};
use crate::spec::Spec;
use crate::spec::lower::output;
use crate::spec::units::Name;

/// A section of which something is measured.
pub struct Section {
    /// Where its entries stand: `compute`, `kubernetes.workloads`.
    pub name: &'static str,
    /// Its entries, by name; one without a name where the section has no entries.
    pub entries: fn(&Spec) -> Vec<Option<&Name>>,
    pub words: &'static [Word],
    /// Why words of other sections are none of its own, where one looks for them.
    pub lacks: Option<&'static str>,
    pub presets: &'static [Preset],
}

/// All of them, in the order of a picture: from clients to stores.
pub const SECTIONS: &[Section] =
    &[load_balancer::SECTION, compute::SECTION, workloads::SECTION, functions::SECTION, cache::SECTION, database::SECTION];

/// A metric of a section, by one word.
pub struct Word {
    pub word: &'static str,
    /// What it is, for `infra explain`.
    pub says: &'static str,
    /// In what it is counted, as it stands behind a number; empty where it is a plain number.
    pub unit: &'static str,
    /// What one of that is in CloudWatch's own unit, for an entry.
    pub scale: fn(&Spec, &str) -> f64,
    /// Seconds of one data point.
    pub period: i32,
    /// What is looked at of an entry; nothing where it has none.
    pub looks: fn(&Spec, &str) -> Vec<Look>,
}

/// What an alarm looks at, of one of an entry's parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Which part of the entry, where it has several: a member of a cache.
    pub part: Option<String>,
    pub at: At,
}

#[derive(Clone, Debug, PartialEq)]
pub enum At {
    Metric(Metric),
    Math(Math),
}

/// An alarm that follows by itself.
pub struct Preset {
    pub name: &'static str,
    /// The word of what it looks at.
    pub word: &'static str,
    pub severity: Severity,
    pub side: Side,
    /// Where it fires, in the word's unit; `None` for an entry that has no such alarm.
    pub threshold: fn(&Spec, &str) -> Option<f64>,
    /// How many data points of how many.
    pub points: (i32, i32),
    /// Whether no data is as bad as bad data.
    pub silence: Silence,
    /// What it means, in one sentence.
    pub means: &'static str,
    /// What to do, in one sentence.
    pub advice: &'static str,
}

/// On which side of its threshold an alarm fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Above,
    Below,
}

/// What missing data says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nothing has happened.
    Fine,
    /// What is measured is gone.
    Bad,
    /// Nothing is known yet.
    Unknown,
}

impl Side {
    pub const fn sign(self) -> &'static str {
        match self {
            Side::Above => ">",
            Side::Below => "<",
        }
    }

    pub const fn text(self) -> &'static str {
        match self {
            Side::Above => "above",
            Side::Below => "below",
        }
    }
}

impl Silence {
    /// `TreatMissingData`.
    pub const fn text(self) -> &'static str {
        match self {
            Silence::Fine => "notBreaching",
            Silence::Bad => "breaching",
            Silence::Unknown => "missing",
        }
    }
}

/// Whether an alarm looks at what a word of an entry means (`compute.app`, `cpu`), and what one of the word's unit is in CloudWatch's; `None` for what
/// is nothing of the spec.
pub fn watches(spec: &Spec, entry: &str, word: &str) -> Option<(impl Fn(&MetricAlarm) -> bool, f64)> {
    let (name, key) = entry.rsplit_once('.').unwrap_or((entry, ""));
    let section = section(name)?;
    let word = section.word(word)?;
    (section.entries)(spec).into_iter().find(|known| known.map_or("", Name::as_str) == key)?;
    let looks = (word.looks)(spec, key);
    let same = move |alarm: &MetricAlarm| {
        looks.iter().any(|look| match &look.at {
            At::Metric(metric) => alarm.metric.as_ref() == Some(metric),
            At::Math(math) => alarm.math.as_ref() == Some(math),
        })
    };
    Some((same, (word.scale)(spec, key)))
}

/// The section of a name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

impl Section {
    pub fn word(&self, word: &str) -> Option<&'static Word> {
        self.words.iter().find(|known| known.word == word)
    }

    /// Where its entries stand, step by step.
    pub fn path(&self) -> Vec<&'static str> {
        self.name.split('.').collect()
    }

    /// What an entry is called: `cache.main`, `load_balancer`.
    pub fn entry(&self, name: Option<&Name>) -> String {
        name.map_or_else(|| self.name.to_owned(), |name| format!("{}.{name}", self.name))
    }
}

/// The period of nearly everything.
const MINUTE: i32 = 60;

/// CloudWatch counts as we do.
fn plain(_: &Spec, _: &str) -> f64 {
    1.0
}

/// An attribute of an object, as a whole text.
fn of(kind: Kind, name: &str, attr: &str) -> Text {
    Text(output(kind, name, attr))
}

/// A member of an object whose id has a number behind it.
fn member(kind: Kind, name: &str, number: &str) -> Text {
    Text([output(kind, name, "id"), vec![Part::Literal(format!("-{number}"))]].concat())
}

fn metric<const N: usize>(namespace: &str, name: &str, statistic: &str, dimensions: [(&str, Text); N]) -> Metric {
    Metric {
        namespace: namespace.into(),
        name: name.into(),
        dimensions: dimensions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        statistic: statistic.into(),
        period: MINUTE,
    }
}

fn math<const N: usize>(expression: &str, metrics: [(&str, Metric); N]) -> At {
    let metrics = metrics.into_iter().map(|(id, metric)| (id.to_owned(), metric)).collect();
    At::Math(Math { expression: expression.into(), metrics })
}

/// All of an entry at once.
fn whole(at: At) -> Vec<Look> {
    vec![Look { part: None, at }]
}
