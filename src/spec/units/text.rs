//! Text with references to attributes of other sections.
use super::{Malformed, Name, Unit};
use crate::diag::Code;
use std::fmt;

/// A string whose references are resolved at the moment of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Vec<Part>);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself.
    Literal(String),
    /// Stands for what it refers to.
    Reference(Reference),
}

/// An attribute of a section or of one of its entries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Whose.
    pub target: Target,
    /// One of `ATTRIBUTES` for the target's section.
    pub attribute: &'static str,
}

/// What can be referred to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// An entry of `cache`.
    Cache(Name),
    /// The CDN.
    Cdn,
    /// An entry of `compute`.
    Compute(Name),
    /// An entry of `database`.
    Database(Name),
    /// The load balancer.
    LoadBalancer,
    /// The VPC.
    Vpc,
}

impl Target {
    /// Its section's name.
    pub fn section(&self) -> &'static str {
        match self {
            Target::Cache(_) => "cache",
            Target::Cdn => "cdn",
            Target::Compute(_) => "compute",
            Target::Database(_) => "database",
            Target::LoadBalancer => "load_balancer",
            Target::Vpc => "vpc",
        }
    }

    /// Its entry's name, where the section has entries.
    pub fn name(&self) -> Option<&Name> {
        match self {
            Target::Cache(name) | Target::Compute(name) | Target::Database(name) => Some(name),
            Target::Cdn | Target::LoadBalancer | Target::Vpc => None,
        }
    }
}

/// Sections that can be referred to, and their attributes.
pub const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("cache", &["endpoint", "port", "reader_endpoint", "url"]),
    ("cdn", &["zone"]),
    ("compute", &["group_name"]),
    ("database", &["endpoint", "port", "reader_endpoint", "secret_arn"]),
    ("load_balancer", &["dns_name", "url", "zone_id"]),
    ("vpc", &["cidr", "id"]),
];

/// The names in `ATTRIBUTES`.
pub const SECTIONS_REFERRED: &[&str] = &["cache", "cdn", "compute", "database", "load_balancer", "vpc"];

impl Text {
    /// Its pieces; neighbouring literals are one.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Its references, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter_map(|part| match part {
            Part::Reference(reference) => Some(reference),
            Part::Literal(_) => None,
        })
    }

    /// The whole of it, when nothing in it must be resolved.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Reads `text`; all errors, each with the bytes of `text` that it is about.
    pub fn parse(text: &str) -> Result<Self, Vec<(std::ops::Range<usize>, Malformed)>> {
        let mut parts = Vec::new();
        let mut errors = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find('$') {
            let dollar = at + found;
            literal.push_str(&text[at..dollar]);
            let rest = &text[dollar + 1..];
            if rest.starts_with('$') {
                literal.push('$');
                at = dollar + 2;
            } else if !rest.starts_with('{') {
                literal.push('$');
                at = dollar + 1;
            } else {
                let end = rest.find('}').map_or(text.len(), |end| dollar + 1 + end + 1);
                match Reference::parse(&text[dollar..end]) {
                    Ok(reference) => {
                        if !literal.is_empty() {
                            parts.push(Part::Literal(std::mem::take(&mut literal)));
                        }
                        parts.push(Part::Reference(reference));
                    }
                    Err(error) => errors.push((dollar..end, error)),
                }
                at = end;
            }
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        if errors.is_empty() { Ok(Text(parts)) } else { Err(errors) }
    }
}

impl Reference {
    /// Reads `${section.name.attribute}`, or without a name for `cdn`, `load_balancer` and `vpc`.
    fn parse(written: &str) -> Result<Self, Malformed> {
        let bad = |help: String| {
            let line = written.lines().next().unwrap_or_default();
            Malformed::new(Code::BadReference, format!("`{line}` is not a reference"), help)
        };
        let Some(inner) = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
            return Err(bad("close it with `}`, or write `$$` for a dollar sign".into()));
        };
        let parts: Vec<&str> = inner.split('.').collect();
        let known = ATTRIBUTES.iter().find(|(section, _)| *section == parts[0]);
        let Some((section, attributes)) = known else {
            let near = crate::spec::near::nearest(parts[0], SECTIONS_REFERRED.iter().copied());
            let help = match near {
                Some(near) if parts.len() > 1 => format!("did you mean `{near}`?"),
                _ if parts.len() == 1 => format!("for a literal dollar sign write `$${{{inner}}}`"),
                _ => format!("write one of {}", crate::spec::near::list(SECTIONS_REFERRED.iter().copied())),
            };
            return Err(bad(help));
        };
        let single = matches!(*section, "cdn" | "load_balancer" | "vpc");
        let shape = if single { format!("${{{section}.ATTRIBUTE}}") } else { format!("${{{section}.NAME.ATTRIBUTE}}") };
        let (name, attribute) = match (single, parts.as_slice()) {
            (true, [_, attribute]) => (None, *attribute),
            (false, [_, name, attribute]) => {
                let name = Name::read(name).map_err(|error| bad(error.help))?;
                (Some(name), *attribute)
            }
            _ => return Err(bad(format!("write `{shape}`"))),
        };
        let Some(attribute) = attributes.iter().find(|known| **known == attribute) else {
            let near = crate::spec::near::nearest(attribute, attributes.iter().copied());
            let proposal = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let list = crate::spec::near::list(attributes.iter().copied());
            return Err(bad(format!("{proposal}`{section}` has {list}")));
        };
        let target = match (*section, name) {
            ("cache", Some(name)) => Target::Cache(name),
            ("cdn", None) => Target::Cdn,
            ("compute", Some(name)) => Target::Compute(name),
            ("database", Some(name)) => Target::Database(name),
            ("load_balancer", None) => Target::LoadBalancer,
            _ => Target::Vpc,
        };
        Ok(Reference { target, attribute })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}.", self.target.section())?;
        if let Some(name) = self.target.name() {
            write!(f, "{name}.")?;
        }
        write!(f, "{}}}", self.attribute)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(&text.replace('$', "$$")),
            Part::Reference(reference) => reference.fmt(f),
        })
    }
}

impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(d)?;
        let first = |errors: Vec<(_, Malformed)>| errors.into_iter().map(|e| e.1).next();
        Text::parse(&text).map_err(|errors| match first(errors) {
            Some(error) => serde::de::Error::custom(error),
            None => serde::de::Error::custom("not a text"),
        })
    }
}

/// The format that marks a text in the schema.
pub(in crate::spec) const FORMAT: &str = "infra-text";

impl schemars::JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": FORMAT,
            "description": "Text that may hold references such as `${cache.main.url}`; `$$` is a dollar sign.",
            "examples": ["${database.main.endpoint}"],
        })
    }
}
