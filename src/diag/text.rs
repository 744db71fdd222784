//! Findings as people read them.
use std::collections::BTreeMap;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, NamedSource};
use textwrap::{WordSeparator, WordSplitter};

use super::{Finding, Place, Source};
use crate::visible::unseen;

/// Findings for people: one block each, underlined, `width` columns wide, readable without colour. What a file holds that can't be seen stands as a mark.
pub fn render(findings: &[Finding], color: bool, width: usize) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).without_syntax_highlighting();
    // A name or a command that is longer than the line stays whole, so that it can be copied.
    let handler =
        handler.with_break_words(false).with_word_separator(WordSeparator::AsciiSpace).with_word_splitter(WordSplitter::NoHyphenation);
    let mut out = String::new();
    let mut sources = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let finding = shown(finding, &mut sources);
        handler.render_report(&mut out, &finding).expect("writing to a string cannot fail, and spans lie within their sources");
    }
    freed(&out)
}

/// Stands for a space at which no line is broken.
const HELD: char = '\u{e000}';

/// A text in which what stands between backticks is one word for whoever breaks lines: a command can be copied. [`freed`] takes it back.
pub fn held(text: &str) -> String {
    let quoted = |(index, part): (usize, &str)| if index % 2 == 1 { part.replace(' ', &HELD.to_string()) } else { part.into() };
    text.split('`').enumerate().map(quoted).collect::<Vec<String>>().join("`")
}

/// The text that [`held`] was given, whatever lines were broken in it.
pub fn freed(text: &str) -> String {
    text.replace(HELD, " ")
}

/// Sources as they are shown, by where the genuine ones are kept.
type Shown = BTreeMap<usize, Source>;

fn shown(finding: &Finding, sources: &mut Shown) -> Finding {
    let places = finding.places.iter().map(|place| {
        let source = sources.entry(Arc::as_ptr(&place.source) as usize).or_insert_with(|| marked(&place.source));
        Place { source: Arc::clone(source), ..place.clone() }
    });
    let (message, help) = (held(&finding.message), held(&finding.help));
    let bare = Finding { places: vec![], elsewhere: vec![], message, help, ..finding.clone() };
    places.fold(bare, Finding::at)
}

/// A source in which a mark of as many bytes stands for every character that isn't seen, so that places in it stay where they are.
fn marked(source: &Source) -> Source {
    let text = source.inner();
    let odd = |c: char| unseen(c) && !['\n', '\t'].contains(&c);
    if !text.contains(odd) {
        return Arc::clone(source);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => out.push(' '),
            c if odd(c) => out.push_str(["?", "\u{bf}", "\u{fffd}", "\u{fffd}?"][c.len_utf8() - 1]),
            c => out.push(c),
        }
    }
    Arc::new(NamedSource::new(source.name(), out))
}
