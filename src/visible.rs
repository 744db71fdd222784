//! What others wrote, where a person or a CI system reads it: every character of it is seen, and no line of it is a command.
//!
//! A spec, a tag, an error or a lease may hold anything. [`visible`] is for a part of a line, where it enters the line; [`lines`] and [`json`] are for all
//! that is written, and let nothing through that an entry forgot.
use std::borrow::Cow;
use std::fmt::Write;

/// How a command of a CI system begins that stands anywhere in a line: `##[group]` of GitHub Actions, `##vso[…]` of Azure Pipelines.
const ANYWHERE: &str = "##";

/// How a command of GitHub Actions begins that stands at the beginning of a line, white space aside: `::error::`.
const FIRST: &str = "::";

/// A part of a line: line ends, control characters, and those that turn or hide what follows are told by their numbers.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_visible(text) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    text.chars().for_each(|c| tell(&mut out, c));
    out.into()
}

/// Whether every character of a text is seen.
pub fn is_visible(text: &str) -> bool {
    !text.chars().any(unseen)
}

/// Whether a character is not seen as itself: it controls a terminal, ends a line, or deceives.
pub fn unseen(c: char) -> bool {
    c.is_control() || deceives(c)
}

fn tell(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if unseen(c) => number(out, c),
        c => out.push(c),
    }
}

fn number(out: &mut String, c: char) {
    write!(out, "\\u{{{:x}}}", c as u32).expect("a string takes everything");
}

/// Characters that turn the direction of a text, break its line, have no width, or are blank letters. Joiners stay: scripts and emoji need them.
fn deceives(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whole lines, ended by `\n`: what is not seen is told by its number, but for the colours of a styled text; what a CI system would take for a command is
/// none any more (GitHub's `::…` and `##[…]`; a section of GitLab's needs control characters).
pub fn lines(text: &str, styled: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let words = line.trim_start();
        let (space, mut rest) = line.split_at(line.len() - words.len());
        space.chars().for_each(|c| tell(&mut out, c));
        if words.starts_with(FIRST) {
            number(&mut out, ':');
            rest = &rest[1..];
        }
        while let Some(c) = rest.chars().next() {
            let colour = if styled { colour(rest) } else { 0 };
            match c {
                _ if colour > 0 => out.push_str(&rest[..colour]),
                '#' if command(rest) => number(&mut out, c),
                c => tell(&mut out, c),
            }
            rest = &rest[colour.max(c.len_utf8())..];
        }
        out.push_str(end);
    }
    out
}

/// JSON as it was, with everything in its strings escaped that is not seen or would be a command.
pub fn json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for (at, c) in document.char_indices() {
        match c {
            '\n' => out.push(c),
            '#' if command(&document[at..]) => out.push_str("\\u0023"),
            c if unseen(c) => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(out, "\\u{unit:04x}").expect("a string takes everything"));
            }
            c => out.push(c),
        }
    }
    out
}

/// How many bytes of a text's beginning set a colour (SGR: `ESC [ 1 ; 31 m`); none of them conceals.
fn colour(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(rest.len());
    let conceals = rest[..end].split(';').any(|n| n.parse() == Ok(8));
    if rest[end..].starts_with('m') && !conceals { 2 + end + 1 } else { 0 }
}

/// Whether a text begins as a command that may stand anywhere.
fn command(text: &str) -> bool {
    text.strip_prefix(ANYWHERE).is_some_and(|rest| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_seen() {
        assert_eq!(
            visible("a\u{202e}b\u{0}\n\u{200b}\u{1f468}\u{200d}\u{1f469}"),
            "a\\u{202e}b\\u{0}\\n\\u{200b}\u{1f468}\u{200d}\u{1f469}"
        );
        assert!(matches!(visible("plain \u{e4}"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_line_is_a_command() {
        for (text, becomes) in [
            ("::error::x\n  ::group::y", "\\u{3a}:error::x\n  \\u{3a}:group::y"),
            ("a ::b\n", "a ::b\n"),
            ("a ##[group]b ## [c] ##vso[task.setvariable]", "a \\u{23}#[group]b ## [c] \\u{23}#vso[task.setvariable]"),
            ("section_start:1:x\r\u{1b}[0K", "section_start:1:x\\r\\u{1b}[0K"),
            ("\u{a0}::error::x", "\u{a0}\\u{3a}:error::x"),
        ] {
            assert_eq!(lines(text, false), becomes);
        }
    }

    #[test]
    fn only_colours_of_ours_are_left() {
        let text = "\u{1b}[1;31mred\u{1b}[0m\u{1b}[2J\u{1b}[8mhidden\u{1b}]0;title\u{7}";
        assert_eq!(lines(text, true), "\u{1b}[1;31mred\u{1b}[0m\\u{1b}[2J\\u{1b}[8mhidden\\u{1b}]0;title\\u{7}");
        assert_eq!(lines("\u{1b}[31mred", false), "\\u{1b}[31mred");
    }

    #[test]
    fn json_stays_exact() {
        let value = serde_json::json!({ "a": "##[x]\u{202e}\u{7f}\u{9b}\u{e0041}\n::y", "##[k]": [1] });
        for text in [value.to_string(), format!("{value:#}")] {
            let shown = json(&text);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), Some(value.clone()));
            assert!(!shown.contains("##[") && is_visible(&shown.replace('\n', "")), "{shown}");
        }
    }
}
