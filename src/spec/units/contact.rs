//! Where somebody is told of something.
use super::{Malformed, Unit};
use crate::diag::Code;
use std::fmt;

/// A mail address, or a URL that takes what it is told over https.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact(String);

/// The most characters of a mail address (RFC 5321, "Path").
const ADDRESS: usize = 254;

impl Contact {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Unit for Contact {
    const PATTERN: &'static str = "^([^\\s@:/]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+|https://[!-~]{1,2040})$";
    const DOC: &'static str = "A mail address or a URL that begins with `https://`.";
    const EXAMPLES: &'static [&'static str] = &["ops@example.com", "https://events.example.com/alerts"];

    fn read(text: &str) -> Result<Self, Malformed> {
        if mail(text) || url(text) {
            return Ok(Contact(text.into()));
        }
        let example = Self::EXAMPLES[0];
        let (message, help) = if let Some(rest) = text.strip_prefix("http://") {
            (format!("`{text}` would be told in the clear"), format!("write `https://{rest}`"))
        } else if let Some(rest) = text.strip_prefix("mailto:").filter(|rest| mail(rest)) {
            (format!("`{text}` has a scheme"), format!("write `{rest}`"))
        } else {
            (format!("`{text}` is neither a mail address nor a URL"), format!("write one such as `{example}` or `https://…`"))
        };
        Err(Malformed::new(Code::BadText, message, help))
    }
}

/// A local part and a host of at least two labels, in ASCII: SNS sends to no other.
fn mail(text: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let host = |host: &str| host.contains('.') && host.split('.').all(label);
    let local = |local: &str| !local.is_empty() && local.bytes().all(|b| b.is_ascii_graphic() && !b"@:/\"(),;<>[\\]".contains(&b));
    text.len() <= ADDRESS && text.split_once('@').is_some_and(|(before, after)| local(before) && host(after))
}

/// A URL with a host.
fn url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    (1..=2040).contains(&rest.len()) && !rest.starts_with('/') && rest.bytes().all(|b| b.is_ascii_graphic())
}
