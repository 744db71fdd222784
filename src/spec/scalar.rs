//! Whether a scalar fits its field, and what to write instead.
use super::locate::{At, Sources};
use super::node::{Entry, Node, Val};
use super::schema_view::Leaf;
use super::substitute::within;
use super::suggest::{list, nearest};
use super::units::{FORMS, Form, Malformed, Template};
use crate::diag::{Code, Finding};
use crate::visible::{unseen, visible};
use serde_json::{Map, Value};

/// The kinds of values, as people call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `true` or `false`.
    Bool,
    /// A number with a point.
    Float,
    /// A whole number.
    Int,
    /// A list.
    List,
    /// A map.
    Map,
    /// Nothing.
    Null,
    /// Text.
    Text,
}

impl ValueType {
    /// Whether it is of the schema's type `word`.
    pub fn fits(self, word: &str) -> bool {
        matches!(
            (self, word),
            (ValueType::Bool, "boolean")
                | (ValueType::Float | ValueType::Int, "number")
                | (ValueType::Int, "integer")
                | (ValueType::List, "array")
                | (ValueType::Map, "object")
                | (ValueType::Text, "string")
        )
    }

    fn called(self) -> &'static str {
        match self {
            ValueType::Bool => "true or false",
            ValueType::Float => "a number with a point",
            ValueType::Int => "a whole number",
            ValueType::List => "a list",
            ValueType::Map => "a map",
            ValueType::Null => "nothing",
            ValueType::Text => "text",
        }
    }
}

impl Val {
    /// What kind of value it is.
    pub fn kind(&self) -> ValueType {
        match self {
            Val::Bool(_) => ValueType::Bool,
            Val::Float(_) => ValueType::Float,
            Val::Int(_) => ValueType::Int,
            Val::List(_) => ValueType::List,
            Val::Map(_) => ValueType::Map,
            Val::Null => ValueType::Null,
            Val::Text { .. } => ValueType::Text,
        }
    }
}

fn called(word: &str) -> &'static str {
    match word {
        "array" => "a list",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "object" => "a map",
        _ => "text",
    }
}

/// A value of none of the leaves' types.
pub fn wrong_type(leaves: &[Leaf<'_>], node: &Node, path: &[String], sources: &Sources) -> Finding {
    let written = sources.written(node.at).trim();
    let name = name(path);
    let form = leaves.iter().find_map(form);
    if matches!(node.value, Val::Bool(_) | Val::Float(_) | Val::Int(_))
        && let Some(form) = form
        && let Err(error) = (form.check)(written)
    {
        return malformed(error).at(sources.place(node.at, "this value"));
    }
    let mut words: Vec<&str> = leaves.iter().filter_map(Leaf::kind).collect();
    words.dedup();
    let wanted: Vec<&str> = words.iter().map(|word| called(word)).collect();
    let is = node.value.kind();
    let help = match (words.first().copied().unwrap_or_default(), is) {
        ("string", ValueType::Bool | ValueType::Float | ValueType::Int) => {
            format!("put it in quotes: `\"{written}\"`")
        }
        ("array", ValueType::Bool | ValueType::Float | ValueType::Int | ValueType::Text) if !written.contains('\n') => {
            format!("write a list: `[{written}]`")
        }
        ("boolean", ValueType::Text) => {
            let yes = ["on", "y", "yes", "true"].contains(&written.trim_matches(['"', '\'']).to_lowercase().as_str());
            format!("write `{yes}`")
        }
        ("integer", ValueType::Text) => {
            let inner = written.trim_matches(['"', '\'']);
            match inner.parse::<i64>() {
                Ok(number) => format!("write it without quotes: `{number}`"),
                Err(_) => "write a whole number, such as `2`".into(),
            }
        }
        ("integer", ValueType::Float) => "write a whole number, such as `2`".into(),
        ("object", _) => "write `name: value` lines below it, or `{ name: value }`".into(),
        _ => format!("write {}", wanted.join(" or ")),
    };
    let message = format!("{name} takes {}, not {}", wanted.join(" or "), is.called());
    let label = format!("this is {}", is.called());
    Finding::error(Code::WrongType, message, help).at(sources.place(node.at, label))
}

/// One of several words; `others` are forms that the field takes beside them.
pub fn word(words: &[&str], others: &[String], node: &Node, path: &[String], sources: &Sources) -> Result<(), Finding> {
    let written = sources.written(node.at).trim();
    let text = match &node.value {
        Val::Text { text, .. } => text,
        Val::Bool(_) | Val::Float(_) | Val::Int(_) => written,
        _ => {
            let message = format!("{} takes a word, not {}", name(path), node.value.kind().called());
            let help = format!("write one of {}", all(words, others));
            return Err(Finding::error(Code::WrongType, message, help).at(sources.place(node.at, "this value")));
        }
    };
    if words.contains(&text) {
        return match &node.value {
            Val::Text { .. } => Ok(()),
            _ => {
                let message = format!("{} takes text, not {}", name(path), node.value.kind().called());
                let finding = Finding::error(Code::WrongType, message, format!("put it in quotes: `\"{text}\"`"));
                Err(finding.at(sources.place(node.at, "this value")))
            }
        };
    }
    let all = all(words, others);
    let help = match nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? It takes {all}"),
        None => format!("it takes {all}"),
    };
    let message = format!("{} does not take `{text}`", name(path));
    Err(Finding::error(Code::UnknownValue, message, help).at(sources.place(node.at, "this value")))
}

fn all(words: &[&str], others: &[String]) -> String {
    list(words.iter().copied().chain(others.iter().map(String::as_str)))
}

/// A key that names an entry; all that the schema says of it is its unit's pattern.
pub fn key(pattern: &str, entry: &Entry, sources: &Sources) -> Result<(), Finding> {
    let form = FORMS.iter().find(|form| form.pattern == pattern);
    form.map_or(Ok(()), |form| (form.check)(&entry.key)).map_err(|error| malformed(error).at(sources.place(entry.at, "this name")))
}

/// A scalar of the right type against the rest of its schema.
pub fn check(leaf: &Leaf<'_>, node: &mut Node, path: &[String], sources: &Sources) -> Result<(), Finding> {
    let (at, schema) = (node.at, leaf.schema);
    match &mut node.value {
        Val::Int(number) => range(schema, *number, path).map_err(|f| f.at(sources.place(at, "this number"))),
        Val::Text { text, .. } if leaf.is::<Template>() => {
            Template::parse(text).map(drop).map_err(|errors| references(errors, text, at, sources))
        }
        Val::Text { text, .. } => {
            plain(text, path).map_err(|f| f.at(sources.place(at, "refers to something")))?;
            *text = text.replace("$$", "$");
            let here = |finding: Finding| finding.at(sources.place(at, "this value"));
            if let Some(form) = form(leaf) {
                (form.check)(text).map_err(|error| here(malformed(error)))?;
            }
            length(schema, text, path).map_err(here)
        }
        _ => Ok(()),
    }
}

/// Expressions: of several lines where somebody likes that.
const EXPRESSIONS: &[&str] = &["expr", "when", "to_expression"];

/// A text whose every character is seen, so that nothing in a spec deceives who reviews it or whoever reads a plan of it. Lines and tabs are left to
/// the check of a text that may have them; a script goes as it is to what runs it.
pub fn seen(text: &str, leaves: &[Leaf<'_>], path: &[String]) -> Result<(), Finding> {
    let script = matches!(path, [section, _, field] if section == "compute" && field == "user_data");
    let lines = leaves.iter().any(Leaf::is::<Template>) || path.last().is_some_and(|field| EXPRESSIONS.contains(&field.as_str()));
    let odd = text.chars().find(|c| unseen(*c) && !script && !(lines && ['\n', '\t'].contains(c)));
    odd.map_or(Ok(()), |c| Err(hidden(c, name(path))))
}

/// A key whose every character is seen.
pub fn seen_key(key: &str) -> Result<(), Finding> {
    key.chars().find(|c| unseen(*c)).map_or(Ok(()), |c| Err(hidden(c, format!("the key `{}`", visible(key)))))
}

fn hidden(c: char, what: String) -> Finding {
    let (has, help) = match c {
        '\n' | '\r' => ("several lines", "write it in one line"),
        _ => ("a character that can't be seen", "take it out: nobody who reads the spec or a plan would see what it does"),
    };
    Finding::error(Code::BadText, format!("{what} has {has} (U+{:04X})", c as u32), help)
}

fn references(errors: Vec<(std::ops::Range<usize>, Malformed)>, text: &str, at: At, sources: &Sources) -> Finding {
    let mut errors = errors.into_iter();
    let Some((span, first)) = errors.next() else {
        return Finding::error(Code::BadReference, "this text has a reference that can't be read", "write `$$` for a dollar sign");
    };
    let at = |span: std::ops::Range<usize>| {
        let part = text.get(span).unwrap_or_default();
        within(sources, at, part.lines().next().unwrap_or_default())
    };
    let finding = malformed(first).at(sources.place(at(span), "this one"));
    errors.fold(finding, |finding, (span, error)| finding.at(sources.place(at(span), error.help)))
}

/// Text where no reference can stand.
fn plain(text: &str, path: &[String]) -> Result<(), Finding> {
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
        } else if rest.starts_with('{') {
            let message = format!("{} can't refer to something else", name(path));
            let help = "write the value itself, `${env.NAME}` to read the environment, or `$$` for a dollar sign";
            return Err(Finding::error(Code::ReferenceHere, message, help));
        }
    }
    Ok(())
}

fn range(schema: &Map<String, Value>, number: i64, path: &[String]) -> Result<(), Finding> {
    let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(i64::MIN);
    let most = schema.get("maximum").and_then(Value::as_i64).unwrap_or(i64::from(u32::MAX));
    if (least..=most).contains(&number) {
        return Ok(());
    }
    let message = format!("{} does not take {number}", name(path));
    let help = format!("write a number from {least} to {most}");
    Err(Finding::error(Code::OutOfRange, message, help))
}

fn length(schema: &Map<String, Value>, text: &str, path: &[String]) -> Result<(), Finding> {
    match schema.get("maxLength").and_then(Value::as_u64) {
        Some(most) if text.chars().count() as u64 > most => {
            let message = format!("{} is too long", name(path));
            Err(Finding::error(Code::Count, message, format!("write at most {most} characters")))
        }
        _ => Ok(()),
    }
}

/// The unit that a leaf is, by its name in the schema.
fn form(leaf: &Leaf<'_>) -> Option<&'static Form> {
    FORMS.iter().find(|form| leaf.name() == Some(form.name))
}

fn malformed(error: Malformed) -> Finding {
    Finding::error(error.code, error.message, error.help)
}

fn name(path: &[String]) -> String {
    match path {
        [] => "a spec".into(),
        _ => format!("`{}`", path.join(".")),
    }
}
