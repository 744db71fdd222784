//! Long lines, broken between words for the terminal that they are read on.
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::diag::{freed, held};

/// Narrower than this a line is left to the terminal.
const NARROWEST: usize = 20;

/// The lines of a text, none longer than so many columns unless a word is; what follows stands further in than its beginning. A line that is a command to
/// copy (it begins with `$ `) stays whole, and so does what stands between backticks.
pub fn wrap(text: &str, columns: usize) -> String {
    if columns < NARROWEST {
        return text.into();
    }
    text.split_inclusive('\n').map(|line| broken(line, columns, 4)).collect()
}

/// A paragraph, filled to so many columns; an item of a list stands further in behind its mark.
pub fn fill(paragraph: &str, columns: usize) -> String {
    let further = if paragraph.starts_with("- ") { "  " } else { "" };
    freed(&textwrap::fill(&held(paragraph), options(columns.max(NARROWEST), further)))
}

/// The lines of a text, none longer than so many columns unless a word is; what follows stands `further` in than its beginning.
pub fn hang(text: &str, columns: usize, further: usize) -> String {
    text.split_inclusive('\n').map(|line| broken(line, columns.max(NARROWEST), further)).collect()
}

/// A line, broken; what follows stands `further` in than its beginning.
fn broken(line: &str, columns: usize, further: usize) -> String {
    let (words, end) = line.strip_suffix('\n').map_or((line, ""), |words| (words, "\n"));
    if textwrap::core::display_width(words) <= columns || words.trim_start().starts_with("$ ") {
        return line.into();
    }
    // What colours a line stands before its beginning.
    let begins = words.strip_prefix('\u{1b}').and_then(|rest| rest.split_once('m')).map_or(words, |(_, text)| text);
    let inset = begins.len() - begins.trim_start_matches(' ').len();
    let further = " ".repeat((inset + further).min(columns / 3));
    freed(&textwrap::fill(&held(words), options(columns, &further))) + end
}

/// Words stay whole: a name or an address can be copied.
fn options(columns: usize, further: &str) -> Options<'_> {
    let how = Options::new(columns).subsequent_indent(further).break_words(false);
    how.word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation)
}
