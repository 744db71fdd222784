//! Instance types, node types, instance classes, engine versions and disk sizes.
use super::{Malformed, Unit, digits};
use crate::diag::Code;
use crate::kinds::launch_template;
use crate::stack::fields::size;
use std::fmt;

macro_rules! class {
    ($(#[$doc:meta])* $name:ident $prefix:literal $pattern:literal $what:literal $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// As written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Unit for $name {
            const PATTERN: &'static str = $pattern;
            const DOC: &'static str = concat!("An AWS ", $what, ", such as `", $example, "`.");
            const EXAMPLES: &'static [&'static str] = &[$example];

            fn read(text: &str) -> Result<Self, Malformed> {
                if text.strip_prefix($prefix).is_some_and(is_class) {
                    return Ok($name(text.into()));
                }
                let bare = text.trim_start_matches("cache.").trim_start_matches("db.");
                let near = format!("{}{bare}", $prefix);
                let near = if is_class(bare) { near.as_str() } else { $example };
                Err(Malformed::new(
                    Code::BadClass,
                    format!(concat!("`{}` is not shaped like an AWS ", $what), text),
                    format!("write it as AWS names it, such as `{near}`"),
                ))
            }
        }
    };
}

class! {
    /// An EC2 instance type.
    InstanceType "" "^[a-z][a-z0-9-]*[0-9][a-z0-9-]*\\.[a-z0-9-]+$" "instance type" "t3.small"
}
class! {
    /// An ElastiCache node type.
    NodeType "cache." "^cache\\.[a-z][a-z0-9-]*[0-9][a-z0-9-]*\\.[a-z0-9-]+$" "cache node type" "cache.t4g.small"
}
class! {
    /// An RDS instance class.
    InstanceClass "db." "^db\\.[a-z][a-z0-9-]*[0-9][a-z0-9-]*\\.[a-z0-9-]+$" "database instance class" "db.t4g.medium"
}

impl InstanceType {
    /// `arm64` or `x86_64`.
    pub fn architecture(&self) -> &'static str {
        launch_template::architecture(&self.0)
    }
}

/// `FAMILY.SIZE`, and the family has its generation's digit.
fn is_class(text: &str) -> bool {
    let Some((family, size)) = text.split_once('.') else {
        return false;
    };
    let word = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    family.starts_with(|c: char| c.is_ascii_lowercase())
        && family.bytes().any(|b| b.is_ascii_digit())
        && word(family)
        && !size.is_empty()
        && word(size)
}

/// An engine's version: `16` stands for any 16.x, `16.11` for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first number.
    pub fn major(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Unit for Version {
    const PATTERN: &'static str = "^[0-9]{1,4}(\\.[0-9]{1,4}){0,2}$";
    const DOC: &'static str = "An engine's version in quotes; `16` stands for any 16.x.";
    const EXAMPLES: &'static [&'static str] = &["7.1", "16.11"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let mut parts = text.split('.');
        let good = parts.clone().count() <= 3 && parts.all(|p| p.len() <= 4 && digits(p).is_some());
        if good {
            return Ok(Version(text.into()));
        }
        let near: String =
            text.trim_start_matches(|c: char| !c.is_ascii_digit()).chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let near = near.trim_matches('.');
        let near = if near.is_empty() { "16.11" } else { near };
        Err(Malformed::new(
            Code::BadVersion,
            format!("`{text}` is not shaped like an engine's version"),
            format!("write its numbers in quotes, such as `\"{near}\"`"),
        ))
    }
}

/// A size of storage in whole GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u32);

impl Size {
    /// So many GiB.
    pub const fn gib(gib: u32) -> Self {
        Size(gib)
    }

    /// In GiB.
    pub const fn as_gib(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&size(self.0.into()))
    }
}

impl Unit for Size {
    const PATTERN: &'static str = "^[0-9]{1,6}(GiB|TiB)$";
    const DOC: &'static str = "A size: a whole number and GiB (2^30 bytes) or TiB (2^40 bytes).";
    const EXAMPLES: &'static [&'static str] = &["100GiB", "2TiB"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let read = [("GiB", 1u32), ("TiB", 1024)].iter().find_map(|(unit, size)| {
            let number = text.strip_suffix(unit).filter(|n| n.len() <= 6)?;
            u32::try_from(digits(number)?).ok().map(|n| Size(n * size))
        });
        read.ok_or_else(|| {
            let number: String = text.chars().take_while(char::is_ascii_digit).collect();
            let rest = text[number.len()..].trim().to_ascii_lowercase();
            let unit = if rest.starts_with('t') { "TiB" } else { "GiB" };
            let number = if number.is_empty() { "100" } else { &number };
            Malformed::new(
                Code::BadSize,
                format!("`{text}` is not a size"),
                format!("sizes are binary, as AWS counts them: write `{number}{unit}`"),
            )
        })
    }
}
