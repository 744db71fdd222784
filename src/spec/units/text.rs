//! Text with references to attributes of other sections.
use super::{Malformed, Name, Unit};
use crate::diag::Code;
use crate::spec::sections::{SECTIONS, SectionInfo};
use crate::spec::suggest::{list, nearest};
use std::fmt;

/// A string whose references are resolved at the moment of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<TemplatePart>);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
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
    /// One of those that the target's section has.
    pub attribute: &'static str,
}

/// A section, or an entry of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The section's name.
    pub section: &'static str,
    /// The entry's name, where the section has entries.
    pub name: Option<Name>,
}

impl Target {
    /// A section without entries.
    pub const fn one(section: &'static str) -> Self {
        Target { section, name: None }
    }

    /// An entry of a section.
    pub fn entry(section: &'static str, name: &Name) -> Self {
        Target { section, name: Some(name.clone()) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.section)?;
        self.name.iter().try_for_each(|name| write!(f, ".{name}"))
    }
}

impl Template {
    /// Its pieces; neighbouring literals are one.
    pub fn parts(&self) -> &[TemplatePart] {
        &self.0
    }

    /// Its references, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter_map(|part| match part {
            TemplatePart::Reference(reference) => Some(reference),
            TemplatePart::Literal(_) => None,
        })
    }

    /// The whole of it, when nothing in it must be resolved.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [TemplatePart::Literal(text)] => Some(text),
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
                            parts.push(TemplatePart::Literal(std::mem::take(&mut literal)));
                        }
                        parts.push(TemplatePart::Reference(reference));
                    }
                    Err(error) => errors.push((dollar..end, error)),
                }
                at = end;
            }
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(TemplatePart::Literal(literal));
        }
        if errors.is_empty() { Ok(Template(parts)) } else { Err(errors) }
    }
}

impl Reference {
    /// Reads `${section.name.attribute}`, or without a name where the section has no entries.
    fn parse(written: &str) -> Result<Self, Malformed> {
        let bad = |help: String| {
            let line = written.lines().next().unwrap_or_default();
            Malformed::new(Code::BadReference, format!("`{line}` is not a reference"), help)
        };
        let Some(inner) = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
            return Err(bad("close it with `}`, or write `$$` for a dollar sign".into()));
        };
        let parts: Vec<&str> = inner.split('.').collect();
        let Some(info) = referable().find(|known| known.name == parts[0]) else {
            let mut known: Vec<&str> = referable().map(|section| section.name).collect();
            known.sort_unstable();
            let help = match nearest(parts[0], known.iter().copied()) {
                Some(near) if parts.len() > 1 => format!("did you mean `{near}`?"),
                _ if parts.len() == 1 => format!("for a literal dollar sign write `$${{{inner}}}`"),
                _ => format!("write one of {}", list(known.into_iter())),
            };
            return Err(bad(help));
        };
        let section = info.name;
        let (name, attribute) = match (info.named, parts.as_slice()) {
            (false, [_, attribute]) => (None, *attribute),
            (true, [_, name, attribute]) => (Some(Name::read(name).map_err(|error| bad(error.help))?), *attribute),
            (false, _) => return Err(bad(format!("write `${{{section}.ATTRIBUTE}}`"))),
            (true, _) => return Err(bad(format!("write `${{{section}.NAME.ATTRIBUTE}}`"))),
        };
        let known = info.attributes.iter().map(|(name, _)| *name);
        let Some(attribute) = known.clone().find(|known| *known == attribute) else {
            let near = nearest(attribute, known.clone());
            let proposal = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            return Err(bad(format!("{proposal}`{section}` has {}", list(known))));
        };
        Ok(Reference { target: Target { section, name }, attribute })
    }
}

/// Sections that texts may refer to.
fn referable() -> impl Iterator<Item = &'static SectionInfo> {
    SECTIONS.iter().filter(|section| !section.attributes.is_empty())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}.{}}}", self.target, self.attribute)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            TemplatePart::Literal(text) => f.write_str(&text.replace('$', "$$")),
            TemplatePart::Reference(reference) => reference.fmt(f),
        })
    }
}

impl serde::Serialize for Template {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Template {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(d)?;
        let first = |errors: Vec<(_, Malformed)>| errors.into_iter().map(|e| e.1).next();
        Template::parse(&text).map_err(|errors| match first(errors) {
            Some(error) => serde::de::Error::custom(error),
            None => serde::de::Error::custom("not a text"),
        })
    }
}

impl schemars::JsonSchema for Template {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Text that may hold references such as `${cache.main.url}`; `$$` is a dollar sign.",
            "examples": ["${database.main.endpoint}"],
        })
    }
}
