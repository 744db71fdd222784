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
            Label::Forced => "31",
            Label::Heading => "1",
            Label::Removed => "31",
            Label::Replaced => "35",
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
