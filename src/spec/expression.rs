//! Expressions of Cloudflare's Rules language, as far as they are looked into: Cloudflare knows its fields and functions, but a parenthesis or a
//! quote without its other half is seen here.

/// How long an expression may be (Cloudflare: the maximum length of a rule expression).
const LONGEST: usize = 4096;

/// What is wrong with an expression, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, to follow the expression's name.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl Fault {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Fault { message: message.into(), help: help.into() }
    }
}

/// Looks at the pairs of an expression: `()`, `{}`, `[]`, quotes, and raw strings such as `r#"…"#`.
///
/// # Errors
/// The first pair that is none.
pub fn check(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new("is empty", "write an expression, such as `http.request.uri.path eq \"/login\"`; `true` is every request"));
    }
    if text.chars().count() > LONGEST {
        return Err(Fault::new(format!("is longer than {LONGEST} characters"), "Cloudflare takes no longer one; write several rules"));
    }
    let letters: Vec<char> = text.chars().collect();
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        match letter {
            '"' => at = quoted(&letters, at)?,
            'r' if !at.checked_sub(1).is_some_and(|before| word(letters[before])) && raw(&letters, at).is_some() => {
                let hashes = raw(&letters, at).unwrap_or_default();
                at = closed(&letters, at, hashes)?;
            }
            '(' | '{' | '[' => open.push((letter, at)),
            ')' | '}' | ']' => match open.pop() {
                Some((opener, _)) if closer(opener) == letter => {}
                Some((opener, started)) => {
                    let message =
                        format!("has a `{letter}` {}, where the `{opener}` {} is open", place(&letters, at), place(&letters, started));
                    return Err(Fault::new(message, format!("close it with `{}` first", closer(opener))));
                }
                None => {
                    let message = format!("has a `{letter}` {} that closes nothing", place(&letters, at));
                    return Err(Fault::new(message, "take it away, or open it before"));
                }
            },
            _ => {}
        }
        at += 1;
    }
    match open.last() {
        Some((opener, started)) => {
            let message = format!("has a `{opener}` {} that nothing closes", place(&letters, *started));
            Err(Fault::new(message, format!("add the `{}`, or take it away", closer(*opener))))
        }
        None => Ok(()),
    }
}

/// A string of the Rules language that stands for `text`.
pub fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn closer(opener: char) -> char {
    match opener {
        '(' => ')',
        '{' => '}',
        _ => ']',
    }
}

fn word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '.'
}

/// The last quote of the string that starts at `start`.
fn quoted(letters: &[char], start: usize) -> Result<usize, Fault> {
    let mut at = start + 1;
    while let Some(letter) = letters.get(at) {
        match letter {
            '"' => return Ok(at),
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    let message = format!("has a quote {} that nothing closes", place(letters, start));
    Err(Fault::new(message, "add the other quote; a quote within a string is written `\\\"`"))
}

/// How many hashes open the raw string at `start`; nothing when none starts there.
fn raw(letters: &[char], start: usize) -> Option<usize> {
    let hashes = letters[start + 1..].iter().take_while(|letter| **letter == '#').count();
    (letters.get(start + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The last letter of the raw string that starts at `start`.
fn closed(letters: &[char], start: usize, hashes: usize) -> Result<usize, Fault> {
    let first = start + hashes + 2;
    let ends = |at: &usize| letters[*at] == '"' && letters[at + 1..].iter().take(hashes).filter(|letter| **letter == '#').count() == hashes;
    let end = (first..letters.len()).find(ends);
    end.map(|at| at + hashes).ok_or_else(|| {
        let message = format!("has a raw string {} that nothing closes", place(letters, start));
        Fault::new(message, format!("close it with `\"{}`", "#".repeat(hashes)))
    })
}

/// Where a letter stands, counted from 1 as editors do.
fn place(letters: &[char], at: usize) -> String {
    let line = letters[..at].iter().filter(|letter| **letter == '\n').count();
    let column = letters[..at].iter().rev().take_while(|letter| **letter != '\n').count() + 1;
    if letters.contains(&'\n') { format!("in line {}, column {column}", line + 1) } else { format!("in column {column}") }
}
