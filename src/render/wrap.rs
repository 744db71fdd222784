//! Long lines, broken between words for the terminal that they are read on.
use textwrap::{Options, WordSeparator, WordSplitter};

/// Narrower than this a line is left to the terminal.
const NARROWEST: usize = 20;

/// The lines of a text, none longer than so many columns unless a word is; what follows stands further in than its beginning. A line that is a command to
/// copy (it begins with `$ `) stays whole.
pub fn wrap(text: &str, columns: usize) -> String {
    if columns < NARROWEST {
        return text.into();
    }
    text.split_inclusive('\n').map(|line| wrap_line(line, columns)).collect()
}

/// A paragraph, filled to so many columns; an item of a list stands further in behind its mark.
pub fn fill(paragraph: &str, columns: usize) -> String {
    let further = if paragraph.starts_with("- ") { "  " } else { "" };
    textwrap::fill(paragraph, options(columns.max(NARROWEST), further))
}

fn wrap_line(line: &str, columns: usize) -> String {
    let (words, end) = line.strip_suffix('\n').map_or((line, ""), |words| (words, "\n"));
    if textwrap::core::display_width(words) <= columns || words.trim_start().starts_with("$ ") {
        return line.into();
    }
    let inset = words.len() - words.trim_start_matches(' ').len();
    let further = " ".repeat((inset + 4).min(columns / 3));
    textwrap::fill(words, options(columns, &further)) + end
}

/// Words stay whole: a name or an address can be copied.
fn options(columns: usize, further: &str) -> Options<'_> {
    let how = Options::new(columns).subsequent_indent(further).break_words(false);
    how.word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation)
}
