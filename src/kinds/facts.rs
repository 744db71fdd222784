//! What the account's region offers: versions, classes, types, parameters; and what code is there. Rules of kinds name what they need to know; it is read, and they are asked
//! again. What can't be read refuses nothing: the service itself tells it then.
mod ask;
mod parameter;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub use parameter::Parameter;

use crate::files::package::directory::Files;

/// Something that only the account's region knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The files of the archive that a version of a function runs.
    Archive { function: String, version: String },
    /// The parameters of a family of caches: `redis7`.
    CacheParameters(String),
    /// The versions of a cache engine.
    CacheVersions(String),
    /// The classes in which instances of an engine's whole version can be ordered, each with its types of storage.
    DatabaseClasses { engine: String, version: String },
    /// The parameters of a family of databases: `postgres16`.
    DatabaseParameters(String),
    /// The versions to which an instance can be upgraded that runs this one.
    DatabaseUpgrades { engine: String, version: String },
    /// The versions with which an instance of an engine can be made.
    DatabaseVersions(String),
    /// The availability zones that have an instance type.
    InstanceType(String),
    /// The vCPUs of an instance type.
    InstanceVcpus(String),
    /// The security policies of load balancers' listeners.
    TlsPolicies,
    /// What EKS says stands in the way of a cluster's upgrade to a version of Kubernetes.
    UpgradeInsights { cluster: String, version: String },
    /// How many vCPUs all running standard instances of the account may have here.
    VcpuQuota,
}

/// Names, each with what else goes with it.
pub type Offers = BTreeMap<String, BTreeSet<String>>;

/// What the service answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    Files(Files),
    Number(i64),
    Offers(Offers),
    Parameters(BTreeMap<String, Parameter>),
}

impl Fact {
    /// Names with which nothing else goes.
    pub fn names(names: impl IntoIterator<Item = String>) -> Fact {
        Fact::Offers(names.into_iter().map(|name| (name, BTreeSet::new())).collect())
    }
}

/// What is known, and what has been asked for in vain so far.
#[derive(Debug, Default)]
pub struct Facts {
    known: BTreeMap<Question, Option<Fact>>,
    open: RefCell<BTreeSet<Question>>,
}

impl Facts {
    /// Takes note of an answer; `None` for what can't be read.
    pub fn know(&mut self, question: Question, answer: Option<Fact>) {
        self.known.insert(question, answer);
    }

    /// What rules asked for and isn't known yet; each question once.
    pub fn open(&self) -> BTreeSet<Question> {
        self.open.take()
    }

    /// What is offered; `None` while that isn't known.
    pub fn offers(&self, question: Question) -> Option<&Offers> {
        match self.answer(question)? {
            Fact::Offers(offers) => Some(offers),
            _ => None,
        }
    }

    /// The parameters that a family has; `None` while they aren't known.
    pub fn parameters(&self, question: Question) -> Option<&BTreeMap<String, Parameter>> {
        match self.answer(question)? {
            Fact::Parameters(parameters) => Some(parameters),
            _ => None,
        }
    }

    /// The files of an archive; `None` while they aren't known.
    pub fn files(&self, question: Question) -> Option<&Files> {
        match self.answer(question)? {
            Fact::Files(files) => Some(files),
            _ => None,
        }
    }

    /// A number that is told; `None` while it isn't known.
    pub fn number(&self, question: Question) -> Option<i64> {
        match self.answer(question)? {
            Fact::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn answer(&self, question: Question) -> Option<&Fact> {
        match self.known.get(&question) {
            Some(answer) => answer.as_ref(),
            None => {
                self.open.borrow_mut().insert(question);
                None
            }
        }
    }
}

/// The numbers of a version, by which it is older or newer than another: `16.11`, `8.0.43`, `11.22-rds.20241121`.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).filter_map(|part| part.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse().ok()).collect()
}

/// Whether a whole version is the one that is written, or one of the line that is.
pub(super) fn within(version: &str, written: &str) -> bool {
    version.strip_prefix(written).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// The newest of these versions.
pub(super) fn newest<'a>(versions: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    versions.max_by_key(|v| numbers(v)).map(String::as_str)
}

/// The name that a word was probably meant to be; of several that are as near, the first.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    let near = known.map(|name| (strsim::damerau_levenshtein(word, name), name.as_str())).min()?;
    (near.0 <= word.len().max(3) / 3).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        let all = ["16.9", "16.11", "16.10"].map(String::from);
        assert_eq!(newest(all.iter()), Some("16.11"));
        assert!(within("16.11", "16") && within("16.11", "16.11") && within("11.22-rds.20241121", "11.22"));
        assert!(!within("16.11", "16.1") && !within("16", "16.1"));
    }

    #[test]
    fn what_is_not_known_is_asked_for_once() {
        let mut facts = Facts::default();
        let question = || Question::CacheVersions("redis".into());
        assert_eq!((facts.offers(question()), facts.offers(question())), (None, None));
        assert_eq!(facts.open(), [question()].into());
        facts.know(question(), None);
        assert_eq!((facts.offers(question()), facts.open()), (None, BTreeSet::new()), "what can't be read isn't asked for again");
        facts.know(question(), Some(Fact::names(["7.1".into()])));
        assert!(facts.offers(question()).is_some_and(|offers| offers.contains_key("7.1")));
    }
}
