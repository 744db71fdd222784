//! Labels, and the one table that gives them colours. Everything reads without colour.
/// The meaning of a piece of text, from which its colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    Added,
    Changed,
    Dim,
    Forced,
    Heading,
    Removed,
    Replaced,
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
}

impl Style {
    /// Without colour.
    pub const PLAIN: Style = Style { color: false };

    /// A text in its label's colour.
    pub fn paint(self, label: Label, text: &str) -> String {
        let code = match label {
            Label::Added => "32",
            Label::Changed => "33",
            Label::Dim => "2",
            Label::Forced => "1;31",
            Label::Heading => "1",
            Label::Removed => "31",
            Label::Replaced => "35",
        };
        // Yellow is hard to read on white: of what changes the sign has it, and the name doesn't.
        let sign = text.len() - text.trim_start_matches([' ', '~']).len();
        if label != Label::Changed || !text.trim_start().starts_with('~') {
            self.coded(code, text)
        } else {
            self.coded(code, &text[..sign]) + &text[sign..]
        }
    }

    /// A text in the colour of the nth of many things that are alike.
    pub fn nth(self, n: usize, text: &str) -> String {
        const CODES: [&str; 6] = ["36", "33", "32", "35", "34", "31"];
        self.coded(CODES[n % CODES.len()], text)
    }

    fn coded(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
