//! Names of the DNS: zones, names within a zone, hosts, and how long answers are kept.
use super::{Duration, Malformed, Unit};
use crate::diag::Code;
use crate::kinds::dns_record::canonical::{host, host_pattern};
use std::fmt;

/// A domain that can be a zone, in the one form of a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Domain(String);

impl Domain {
    /// In its ASCII form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a host in the one form of a host, perhaps `*` first is this domain or below it.
    pub fn has(&self, host: &str) -> bool {
        host == self.0 || host.strip_suffix(self.as_str()).is_some_and(|rest| rest.ends_with('.'))
    }

    fn of(text: &str) -> Option<Self> {
        let plain = |label: &str| !label.contains('_') && !label.starts_with('-') && !label.ends_with('-');
        let top = |name: &str| name.rsplit_once('.').is_some_and(|(_, top)| top.bytes().any(|b| !b.is_ascii_digit()));
        host(text).filter(|name| top(name) && name.split('.').all(plain)).map(Domain)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Unit for Domain {
    const PATTERN: &'static str = "^[^\\s/:@*_]+$";
    const DOC: &'static str = "A domain of at least two labels.";
    const EXAMPLES: &'static [&'static str] = &["example.com"];

    fn read(text: &str) -> Result<Self, Malformed> {
        Domain::of(text).ok_or_else(|| {
            let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
            let bare = bare.split(['/', ':']).next().unwrap_or_default().trim();
            let near =
                Domain::of(bare).or_else(|| Domain::of(bare.trim_start_matches("*."))).or_else(|| Domain::of(&format!("{bare}.com")));
            let near = near.as_ref().map_or("example.com", Domain::as_str);
            let message = format!("`{text}` is not a domain");
            Malformed::new(Code::BadHost, message, format!("write the name alone, such as `{near}`"))
        })
    }
}

/// A name within a zone, in the one form of a host, perhaps `*` first; `@` is the zone itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordName {
    name: String,
    /// It was written with a point at the end, which says that no zone follows.
    pub whole: bool,
}

impl RecordName {
    /// As far as it was written, without a point at the end.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// With the zone.
    pub fn within(&self, zone: &Domain) -> String {
        match self.name.as_str() {
            "@" => zone.to_string(),
            name => format!("{name}.{zone}"),
        }
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, if self.whole { "." } else { "" })
    }
}

impl Unit for RecordName {
    const PATTERN: &'static str = "^(@|[^\\s/:@]+)$";
    const DOC: &'static str = "A name within the zone, without the zone: `www`, `@` for the zone itself, `*.dev`, `_dmarc`.";
    const EXAMPLES: &'static [&'static str] = &["www", "@", "*.dev", "_dmarc"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let name = match text {
            "@" | "*" => Some(text.to_string()),
            _ => host_pattern(text),
        };
        let read = name.map(|name| RecordName { name, whole: text.ends_with('.') });
        read.ok_or_else(|| {
            let rule = "write labels of letters, digits, `-` and `_` with points between them, such as `www`";
            let help = format!("{rule}; `*` stands only for the whole first label, and `@` alone for the zone itself");
            Malformed::new(Code::BadHost, format!("`{text}` is not a name of a record"), help)
        })
    }
}

/// How long an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// As Cloudflare decides.
    Auto,
    /// So long.
    Fixed(Duration),
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ttl::Auto => f.write_str("auto"),
            Ttl::Fixed(duration) => duration.fmt(f),
        }
    }
}

impl Unit for Ttl {
    const PATTERN: &'static str = "^(auto|[0-9]{1,9}(s|m|h|d))$";
    const DOC: &'static str = "How long an answer may be kept: `auto`, or 60s to 1d.";
    const EXAMPLES: &'static [&'static str] = &["auto", "5m"];

    fn read(text: &str) -> Result<Self, Malformed> {
        match text {
            "auto" => Ok(Ttl::Auto),
            _ => Duration::read(text).map(Ttl::Fixed),
        }
    }
}
