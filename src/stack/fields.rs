//! Which field of the spec is behind an attribute, so that a plan can name what its reader edits.
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Stack;
use crate::kinds::Address;
use crate::model::{AttrChange, FieldName};

pub use crate::model::Spelling;

impl Spelling {
    /// The attribute's value as the field would spell it; `None` where it can't be told from the attribute alone.
    pub fn spelled(self, value: &Value) -> Option<Value> {
        let number = value.as_u64();
        match self {
            Spelling::Days => number.map(|days| format!("{days}d").into()),
            Spelling::Gib => number.map(|gib| size(gib).into()),
            Spelling::Other => None,
            Spelling::Same => Some(value.clone()),
            Spelling::Seconds => number.map(|seconds| duration(seconds).into()),
        }
    }
}

/// A length of time in the largest unit that it is a whole number of: `90s`, `5m`, `12h`, `7d`.
pub fn duration(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let exact = units.into_iter().find(|(_, size)| seconds > 0 && seconds.is_multiple_of(*size));
    let (unit, size) = exact.unwrap_or(("s", 1));
    format!("{}{unit}", seconds / size)
}

/// A size in the largest unit that it is a whole number of: `100GiB`, `2TiB`.
pub fn size(gib: u64) -> String {
    if gib > 0 && gib.is_multiple_of(1024) { format!("{}TiB", gib / 1024) } else { format!("{gib}GiB") }
}

/// That a field decides about an attribute, for all objects of one kind that come from one section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRule {
    /// The attribute, or a part of it: `backup_retention`, `health_check.path`. `*` stands for any name, at the end for all that follows.
    pub attribute: String,
    /// The field: `database.{}.backups.retention`. `{}` is what stands there in the object's origin, `*` what it stands for in the attribute.
    pub field: String,
    pub spelling: Spelling,
}

/// A field of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where: `database.main.backups.retention`, as in [`Stack::origins`]. A `*` in it is any name: one of these fields, it can't be told which. An item
    /// of a list that has a name stands under it.
    pub path: String,
    pub spelling: Spelling,
}

impl Stack {
    /// The fields that decide about an attribute or a part of one (`AttrChange::path`), the most telling first. None for what no field decides.
    pub fn fields_of(&self, address: &Address, attribute: &str) -> Vec<Field> {
        let Some(origin) = self.origins.get(address) else { return vec![] };
        let section = origin.split('.').next().unwrap_or_default();
        let rules = self.fields.get(section).and_then(|kinds| kinds.get(address.kind.label()));
        let fitting = rules.into_iter().flatten().filter_map(|rule| Some((rule, captured(&rule.attribute, attribute)?)));
        let depth = |rule: &FieldRule| rule.attribute.split('.').count();
        let deepest = fitting.clone().map(|(rule, _)| depth(rule)).max();
        let deepest = fitting.filter(|(rule, _)| Some(depth(rule)) == deepest);
        deepest.map(|(rule, names)| Field { path: filled(&rule.field, origin, names), spelling: rule.spelling }).collect()
    }
}

impl Stack {
    /// Names, beside each changed attribute, the field that decides about it, where it is known which.
    pub fn name_fields(&self, address: &Address, attrs: &mut [AttrChange]) {
        for a in attrs {
            let known =
                self.fields_of(address, &a.path).into_iter().find(|field| !field.path.split('.').any(|step| step == "*" || step == "{}"));
            a.field = known.map(|Field { path, spelling }| FieldName { path, spelling, place: None });
        }
    }
}

/// What the `*` of a pattern stand for in an attribute's path, which may go on after the pattern's end.
fn captured<'a>(pattern: &str, attribute: &'a str) -> Option<Vec<&'a str>> {
    let mut names = vec![];
    let mut rest = Some(attribute);
    let mut steps = pattern.split('.').peekable();
    while let Some(step) = steps.next() {
        let (name, after) = match rest?.split_once('.') {
            Some(_) if step == "*" && steps.peek().is_none() => (rest?, None),
            Some((name, after)) => (name, Some(after)),
            None => (rest?, None),
        };
        match step {
            "*" => names.push(name),
            step if step == name => {}
            _ => return None,
        }
        rest = after;
    }
    Some(names)
}

/// A field's path with the origin's and the attribute's names in their places.
fn filled(field: &str, origin: &str, names: Vec<&str>) -> String {
    let mut names = names.into_iter();
    let step = |(index, step)| match step {
        "{}" => origin.split('.').nth(index).unwrap_or(step),
        "*" => names.next().unwrap_or(step),
        step => step,
    };
    field.split('.').enumerate().map(step).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_capture() {
        assert_eq!(captured("tags.*", "tags.a.b"), Some(vec!["a.b"]));
        assert_eq!(captured("rules.*.action", "rules.login.action.requests"), Some(vec!["login"]));
        assert_eq!(captured("tags.*", "tags"), None);
        assert_eq!(captured("port", "ports"), None);
        assert_eq!(filled("cdn.waf.custom.*.when", "cdn.waf.custom", vec!["no-admin"]), "cdn.waf.custom.no-admin.when");
        assert_eq!(
            filled("database.{}.parameters.*", "database.main.parameters", vec!["rds.force_ssl"]),
            "database.main.parameters.rds.force_ssl"
        );
    }

    #[test]
    fn values_are_spelled_as_in_a_spec() {
        let spelled = |spelling: Spelling, value: u64| spelling.spelled(&value.into());
        assert_eq!(spelled(Spelling::Days, 0), Some("0d".into()));
        assert_eq!(spelled(Spelling::Gib, 2048), Some("2TiB".into()));
        assert_eq!(spelled(Spelling::Seconds, 5400), Some("90m".into()));
        assert_eq!(spelled(Spelling::Other, 1), None);
    }
}
