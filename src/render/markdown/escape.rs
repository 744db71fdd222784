//! What stands between foreign text and a page: nothing of it is markup, hides itself, pings anybody, or leads anywhere.
use crate::visible::visible;

/// A code span is cut at so many characters; the longest name that DNS allows, and a kind before it, is shorter.
const LONGEST: usize = 300;

/// A code span, in which no host looks for mentions, references or links.
pub fn code(text: &str) -> String {
    let text = visible(&window(text, 0, LONGEST)).into_owned();
    let ticks = "`".repeat(longest(&text, '`') + 1);
    let edge = |c: Option<char>| matches!(c, None | Some('`' | ' '));
    let pad = if edge(text.chars().next()) || edge(text.chars().last()) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// What stands in a table's cell. A bar that follows a backslash can't be escaped there, and is told by its number.
pub fn cell(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut before = ' ';
    for c in markdown.chars() {
        match c {
            '|' if before == '\\' => out += "u{7c}",
            '|' => out += "\\|",
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Coloured lines, in a fence that none of them can close.
pub fn fence(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|l| visible(l).into_owned()).collect();
    let run = |c| lines.iter().map(|l| longest(l, c)).max().unwrap_or_default();
    let (ticks, tildes) = (run('`'), run('~'));
    let bars = match (ticks, tildes) {
        (..3, _) => "```".to_owned(),
        (_, ..3) => "~~~".to_owned(),
        _ => "`".repeat(ticks + 1),
    };
    format!("{bars}diff\n{}\n{bars}\n", lines.join("\n"))
}

/// A name of ours, without anything that could be more than a name.
pub fn plain(name: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || " _-".contains(c);
    let name: String = name.chars().take(40).map(|c| if harmless(c) { c } else { '?' }).collect();
    let words = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if words.is_empty() { "other".into() } else { words.to_owned() }
}

/// The same, told apart from the text around it.
pub fn bold(name: &str) -> String {
    format!("**{}**", plain(name).replace('_', "\\_"))
}

/// Words that lead to an address; the words alone when it is not one of the web.
pub fn link(words: &str, address: Option<&str>) -> String {
    let web = address.filter(|a| a.starts_with("https://") || a.starts_with("http://"));
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&*+,;=%".contains(c);
    match web.filter(|a| a.chars().all(harmless)) {
        Some(address) => format!("[{words}](<{}>)", address.replace('&', "&amp;")),
        None => words.to_owned(),
    }
}

/// At most so many characters of a text from one on, and how many there are when that isn't all.
pub fn window(text: &str, from: usize, most: usize) -> String {
    let all = text.chars().count();
    if from == 0 && all <= most {
        return text.to_owned();
    }
    let shown: String = text.chars().skip(from).take(most).collect();
    let (left, right) = (if from > 0 { "…" } else { "" }, if from + most < all { "…" } else { "" });
    format!("{left}{shown}{right} ({all} characters)")
}

/// How long hosts think that a text is, whichever of their ways they count in: no character is less than one.
pub fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The longest run of a character.
fn longest(text: &str, c: char) -> usize {
    text.split(|other| other != c).map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cells_and_fences_hold_what_they_hold() {
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(code(""), "`  `");
        assert_eq!(cell("a|b\\|c"), "a\\|b\\u{7c}c");
        assert!(fence(&["+ ```".into()]).starts_with("~~~diff\n"));
        assert!(fence(&["+ ``` ~~~~".into()]).starts_with("````diff\n"));
        assert_eq!((bold("._"), bold("a_b"), plain("<x>")), ("**other**".into(), "**a\\_b**".into(), "x".into()));
        assert_eq!(link("x", Some("https://a/b)<y")), "x");
        assert_eq!(link("x", Some("javascript:alert")), "x");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(window("abcdef", 0, 6), "abcdef");
        assert_eq!(window("abcdef", 2, 2), "…cd… (6 characters)");
        assert_eq!((length("a"), length("\u{1f468}")), (1, 2));
    }
}
