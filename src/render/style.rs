//! Labels, and the one table that gives them colours. Everything reads without colour.
use crate::model::Order;
use crate::plan::Verb;

/// What a piece of text is.
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

/// Whether labels become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
}

impl Style {
    pub const PLAIN: Style = Style { color: false };

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

    /// A change's sign and its label.
    pub fn sign(verb: Verb) -> (&'static str, Label) {
        match verb {
            Verb::Create => ("+", Label::Added),
            Verb::Update => ("~", Label::Changed),
            Verb::Replace(Order::CreateFirst) => ("+/-", Label::Replaced),
            Verb::Replace(Order::DeleteFirst) => ("-/+", Label::Replaced),
            Verb::Delete => ("-", Label::Removed),
        }
    }
}
