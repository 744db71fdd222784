//! Patterns of the models, written for Java, in this language's words.
use regex::Regex;

/// What this language says in another way, and how: a character beyond the first plane, which is a pair of halves in Java, and looks ahead,
/// which there are none of here. Each is to be the very same set of texts.
const REWRITTEN: &[(&str, &str)] = &[
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\u{10000}-\u{10FFFF}"),
    // Lambda's aliases, which are no numbers.
    ("(?!^[0-9]+$)([a-zA-Z0-9-_]+)", "[a-zA-Z0-9_-]*[a-zA-Z_-][a-zA-Z0-9_-]*"),
    ("(?!^\\d+$)^[0-9a-zA-Z-_]+$", "[0-9a-zA-Z_-]*[a-zA-Z_-][0-9a-zA-Z_-]*"),
    ("(?!\\d+$)[0-9a-zA-Z-_]+", "[0-9a-zA-Z_-]*[a-zA-Z_-][0-9a-zA-Z_-]*"),
    // The bucket of Lambda's code, which ends with no dot.
    (r"[0-9A-Za-z\.\-_]*(?<!\.)", r"(?:[0-9A-Za-z\.\-_]*[0-9A-Za-z\-_])?"),
    // ACM's labels of a domain.
    ("(?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9]", "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"),
    ("(?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9]", "[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]"),
];

/// The pattern for a whole text: that is how AWS means it, whether it says `^…$` or not. `None` when it asks for what can't be had here:
/// looking ahead or back, and naming an earlier group.
pub fn whole(pattern: &str) -> Option<Regex> {
    let known = REWRITTEN.iter().fold(pattern.to_owned(), |p, (from, to)| p.replace(from, to));
    Regex::new(&format!("^(?:{})$", translated(&known))).ok()
}

/// Classes of characters are of ASCII alone in Java.
fn translated(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('d')) => out.push_str("[0-9]"),
            ('\\', Some('s')) => out.push_str(r"[ \t\n\x0B\f\r]"),
            ('\\', Some('w')) => out.push_str("[0-9A-Za-z_]"),
            (c, escaped) => out.extend([c].into_iter().chain(escaped)),
        }
    }
    out
}
