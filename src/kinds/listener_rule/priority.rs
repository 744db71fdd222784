//! A rule's place among the rules of its listener, told from the rule itself, so that a new rule moves no other: what is said more closely is asked first.
//!
//! Hosts come before all else: a name, a pattern of four labels or more, a shorter pattern, none. Then paths: a whole path, patterns with more plain
//! characters, none. Then other conditions: several, one, none. Rules of one place share a range of priorities, and a hash of the name picks one; a rule
//! with several values stands where its widest value does.
use sha2::{Digest, Sha256};

use super::Conditions;

/// The largest `Priority`.
pub const LAST: i32 = 50_000;

/// Ranks of hosts, and of other conditions.
const HOSTS: i32 = 4;
const OTHERS: i32 = 3;
/// Patterns of paths with so many plain characters or more share a place.
const PLAIN: i32 = 64;
/// Whole paths, and rules without a path, are many: their places are so much wider.
const WIDE: i32 = 16;
/// The width of all places of paths together, in those of one.
const PATHS: i32 = PLAIN + 2 * WIDE;
/// Priorities of a place.
const WIDTH: i32 = LAST / (HOSTS * PATHS * OTHERS);

/// A pattern's wildcards.
const WILD: [char; 2] = ['*', '?'];

/// The first and the last priority of the rule's place, and the one among them for this name.
pub fn of(conditions: &Conditions, name: &str) -> (i32, (i32, i32)) {
    let host = conditions.host.iter().map(|h| host(h)).max().unwrap_or(HOSTS - 1);
    let (path, wide) = conditions.path.iter().map(|p| path(p)).max().unwrap_or((PLAIN + WIDE, WIDE));
    let others = [!conditions.method.is_empty(), !conditions.source.is_empty()].into_iter().filter(|there| *there).count();
    let others = i32::try_from(others + conditions.header.len() + conditions.query.len()).unwrap_or(OTHERS);
    let other = OTHERS - 1 - others.min(OTHERS - 1);
    // Other conditions tell apart what has one host and one path.
    let (width, before) = (wide * WIDTH, (host * PATHS + path) * OTHERS * WIDTH + other * wide * WIDTH);
    let (first, last) = (before + 1, before + width);
    let hash = Sha256::digest(name).iter().take(4).fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    let pick = i32::try_from(hash % u64::try_from(width).unwrap_or(1)).unwrap_or_default();
    (first + pick, (first, last))
}

fn host(host: &str) -> i32 {
    match (host.contains(WILD), host.split('.').count()) {
        (false, _) => 0,
        (true, 4..) => 1,
        (true, _) => 2,
    }
}

/// The place of a path, and its width.
fn path(path: &str) -> (i32, i32) {
    if !path.contains(WILD) {
        return (0, WIDE);
    }
    let plain = path.chars().filter(|c| !WILD.contains(c)).count();
    let plain = i32::try_from(plain).unwrap_or(PLAIN).min(PLAIN - 1);
    (WIDE + PLAIN - 1 - plain, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn rule(host: &str, path: &str, method: &str) -> Conditions {
        let set = |values: &str| values.split_whitespace().map(String::from).collect::<BTreeSet<_>>();
        Conditions { host: set(host), path: set(path), method: set(method), ..Conditions::default() }
    }

    /// Whatever the names are, what is said more closely comes first, and all places lie within what the service takes.
    #[test]
    fn what_is_said_more_closely_comes_first() {
        let order = [
            rule("a.example.com", "/x", "GET"),
            rule("a.example.com", "/x", ""),
            rule("a.example.com", "/much/longer/*", ""),
            rule("a.example.com", "/x*", "POST"),
            rule("a.example.com", "/x*", ""),
            rule("a.example.com", "/*", ""),
            rule("a.example.com", "", "GET"),
            rule("a.example.com", "", ""),
            rule("*.eu.example.com", "", ""),
            rule("*.example.com", "/x", ""),
            rule("a.example.com *.example.com", "/x*", ""),
            rule("*.example.com", "", ""),
            rule("", "/x", ""),
            rule("", "/long/* /x*", ""),
            rule("", "/*", ""),
            rule("", "", "GET"),
            rule("", "", ""),
        ];
        let mut before = 0;
        for conditions in &order {
            for name in ["a", "b", "longer-name"] {
                let (priority, (first, last)) = of(conditions, name);
                assert!(
                    before < first && first <= priority && priority <= last && last <= LAST,
                    "{conditions:?} {first} {priority} {last}"
                );
            }
            before = of(conditions, "a").1.1;
        }
    }
}
