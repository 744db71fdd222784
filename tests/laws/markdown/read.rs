//! A page as a host reads it; what is not as it must be is a failure.
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use infra::plan::{Change, Saved, Verb};
use infra::render::markdown::{PageOptions, Stage, marker, page};

/// What a page shows.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// Neither heading nor anything after it fit.
    pub line_only: bool,
    pub rows: usize,
    /// Changes of which a fence has the lines.
    pub details: usize,
    pub code: String,
    /// All text that isn't code.
    pub text: String,
}

/// GitHub's dialect, as far as it is in the library.
fn options() -> Options<'static> {
    let mut o = Options::default();
    let e = &mut o.extension;
    (e.table, e.strikethrough, e.autolink, e.tasklist, e.footnotes, e.alerts) = (true, true, true, true, true, true);
    e.math_dollars = true;
    e.math_code = true;
    o
}

/// The words that are ours, and may stand between angle brackets.
fn allowed(html: &str) -> bool {
    let line = |l: &str| {
        let summary = l.strip_prefix("<summary>").and_then(|l| l.strip_suffix("</summary>"));
        let harmless = |s: &str| s.chars().all(|c| c.is_ascii_alphanumeric() || " _-:?".contains(c));
        l == "<details>" || l == "</details>" || summary.is_some_and(harmless)
    };
    html.lines().all(line)
}

fn dangerous(c: &Change) -> bool {
    matches!(c.verb, Verb::Delete | Verb::Replace(_)) || (c.verb == Verb::Update && c.loses_data)
}

/// Renders a page, and reads it.
pub fn read(saved: &Saved, stage: Stage<'_>, how: PageOptions<'_>) -> (String, Read) {
    let text = page(saved, stage, how);
    let read = check(saved, &text, how);
    (text, read)
}

fn check(saved: &Saved, text: &str, how: PageOptions<'_>) -> Read {
    let what = || format!("within {}:\n{text}", how.budget);
    assert!(text.chars().count() <= how.budget && text.encode_utf16().count() <= how.budget, "{} {}", text.chars().count(), what());
    if text.is_empty() {
        return Read { line_only: true, ..Read::default() };
    }
    let first = marker(saved);
    assert_eq!(text.lines().next(), Some(first.as_str()), "{}", what());
    if text.lines().count() <= 2 {
        return Read { line_only: true, ..Read::default() };
    }
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options());
    let blocks: Vec<_> = root.children().collect();
    let is = |i: usize, f: &dyn Fn(&NodeValue) -> bool| f(&blocks[i].data().value);
    assert!(is(0, &|v| matches!(v, NodeValue::HtmlBlock(h) if h.literal.trim_end() == first)), "{}", what());
    assert!(is(1, &|v| matches!(v, NodeValue::Heading(h) if h.level == 2)), "{}", what());
    assert!(is(blocks.len() - 1, &|v| matches!(v, NodeValue::Paragraph)), "the last block is the footer {}", what());
    assert!(text.lines().last().unwrap().starts_with("Plan `"), "{}", what());
    let (mut read, mut headings, mut open) = (Read::default(), 0, 0i32);
    for (i, node) in root.descendants().enumerate() {
        match &node.data().value {
            NodeValue::Heading(_) => headings += 1,
            NodeValue::HtmlBlock(h) if i > 1 => {
                assert!(allowed(h.literal.trim_end()), "{:?} {}", h.literal, what());
                open += h.literal.matches("<details>").count() as i32 - h.literal.matches("</details>").count() as i32;
                assert!((0..=1).contains(&open), "{}", what());
            }
            NodeValue::CodeBlock(c) => {
                assert!(c.fenced && c.closed && c.info == "diff", "{c:?} {}", what());
                let bar = char::from(c.fence_char);
                let run = c.literal.split(|other| other != bar).map(str::len).max().unwrap_or_default();
                assert!(run < c.fence_length, "a fence that its content could close: {}", what());
                for line in c.literal.lines() {
                    assert!(["+ ", "- ", "! ", "  "].iter().any(|s| line.starts_with(s)), "{line:?} {}", what());
                    read.details += usize::from(!line[1..].starts_with("     ") && !line.starts_with(' '));
                    read.code += &format!("{line}\n");
                }
            }
            NodeValue::Table(t) => assert_eq!(t.num_columns, 3, "{}", what()),
            NodeValue::TableRow(head) => {
                assert_eq!(node.children().count(), 3, "{}", what());
                // A section's row has no verb.
                let verb = node.first_child().is_some_and(|cell| cell.first_child().is_some());
                read.rows += usize::from(!head && verb);
            }
            NodeValue::Code(c) => read.code += &format!("{}\n", c.literal),
            NodeValue::Text(t) => read.text += t,
            NodeValue::SoftBreak => read.text.push('\n'),
            NodeValue::Link(l) => assert_eq!(Some(l.url.as_str()), how.log, "{}", what()),
            NodeValue::Document | NodeValue::HtmlBlock(_) | NodeValue::Paragraph | NodeValue::Alert(_) | NodeValue::List(_) => {}
            NodeValue::Item(_) | NodeValue::TableCell | NodeValue::Strong => {}
            other => panic!("{other:?} {}", what()),
        }
    }
    assert_eq!((headings, open), (1, 0), "{}", what());
    // A few changes are told by their lines alone, unless none is shown: then the lines are a refusal's.
    if !text.contains("\n|---|") && !text.contains(" not shown here") {
        read.rows = read.details.min(saved.plan.changes.len());
    }
    // The library pads rows and cuts them; others may not.
    for line in text.lines().filter(|l| l.starts_with('|')) {
        let bars = line.match_indices('|').filter(|(i, _)| !line[..*i].ends_with('\\')).count();
        assert_eq!(bars, 4, "{line}");
    }
    let reference = read.text.match_indices('#').any(|(i, _)| read.text[i + 1..].starts_with(|c: char| c.is_ascii_digit()));
    assert!(!reference && !read.text.contains('@'), "{} {}", read.text, what());
    for c in text.chars().filter(|c| *c != '\n') {
        let deceives = c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
        assert!(!deceives, "{c:?} {}", what());
    }
    loud(saved, text, &read);
    read
}

/// What goes is told before anything else is: by number always, by name as long as there is room for a name.
fn loud(saved: &Saved, text: &str, read: &Read) {
    let goes: Vec<String> = saved.plan.changes.iter().filter(|c| dangerous(c)).map(|c| c.address.to_string()).collect();
    assert_eq!(text.contains("> [!CAUTION]\n> - ") || text.contains("> [!WARNING]\n> - "), !goes.is_empty(), "{text}");
    if !goes.is_empty() {
        assert!(["delete", "replace", "lose"].iter().any(|w| text.to_lowercase().contains(w)), "{text}");
    }
    let plain = |g: &&String| g.len() < 250 && g.chars().all(|c| c.is_ascii_graphic() && !"|\\`".contains(c));
    if read.rows >= goes.len() {
        goes.iter().filter(plain).for_each(|g| assert!(read.code.contains(g.as_str()), "{g} is not in {text}"));
    }
    assert!(text.contains(&format!("Plan `{}`", saved.plan.digest)), "{text}");
}
