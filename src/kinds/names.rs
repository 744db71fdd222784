//! The names that objects get: one rule a kind, which stands in the kind's own file, and the beginning that all names of a stack have by it.

/// What a service takes as a name of letters, digits and `-`, which all services take. The first is a letter, the last is no `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRule {
    /// Characters at most.
    pub most: usize,
    /// Whether capital letters are refused, or kept as small ones.
    pub small: bool,
    /// Whether two `-` in a row are refused.
    pub single: bool,
    /// What no name begins with, whatever its case.
    pub beginnings: &'static [&'static str],
    /// What no name ends with.
    pub ends: &'static [&'static str],
}

/// What makes names unique: a `-` and eight digits.
const UNIQUE: usize = 9;

impl NameRule {
    /// A rule of a length alone.
    pub const fn most(most: usize) -> Self {
        NameRule { most, small: false, single: false, beginnings: &[], ends: &[] }
    }

    /// What no name begins with, too.
    #[must_use]
    pub const fn never(self, beginnings: &'static [&'static str]) -> Self {
        NameRule { beginnings, ..self }
    }

    /// Whether a name is one that the service takes.
    pub fn holds(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        name.len() <= self.most
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !name.ends_with('-')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !(self.small && lower != name)
            && !(self.single && name.contains("--"))
            && !self.beginnings.iter().any(|b| lower.starts_with(b))
            && !self.ends.iter().any(|e| lower.ends_with(e))
    }

    /// How the names of all objects of a stack begin; another stack's may begin so, too.
    pub fn start(&self, stack: &str) -> String {
        let room = self.most - UNIQUE;
        let mut start = self.readable(stack, "");
        let whole = start.trim_end_matches('-').len();
        start.truncate(whole.min(room));
        start.truncate(start.trim_end_matches('-').len());
        if whole <= room { start + "-" } else { start }
    }

    /// The names that the generations of an object get, as IAM's patterns have it: `?` is one character.
    pub fn pattern(&self, stack: &str, entry: &str) -> String {
        self.name(stack, entry, "????????")
    }

    /// A name of a stack's object, as readable as there is room, that ends with what no other's ends with.
    pub(super) fn name(&self, stack: &str, entry: &str, unique: &str) -> String {
        let mut readable = self.readable(stack, entry);
        readable.truncate(self.most - UNIQUE);
        format!("{}-{unique}", readable.trim_end_matches('-'))
    }

    /// The stack and what is named, of characters that are taken. Whether something stands before them depends on the stack alone.
    fn readable(&self, stack: &str, entry: &str) -> String {
        let start = self.plain(&format!("{stack}-"));
        let refused = |beginning: &&str| start.starts_with(*beginning) || beginning.starts_with(&start);
        let before = if self.beginnings.iter().any(refused) { "x-" } else { "" };
        self.plain(&format!("{before}{stack}-{entry}"))
    }

    fn plain(&self, text: &str) -> String {
        let mut plain = text.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        if self.small {
            plain.make_ascii_lowercase();
        }
        while self.single && plain.contains("--") {
            plain = plain.replace("--", "-");
        }
        plain
    }
}
