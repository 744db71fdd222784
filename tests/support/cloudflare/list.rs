//! Lists: of zones and of records, with filters and pages.
use serde_json::{Value, json};

use super::dns::Record;
use super::reply::{Answer, Refusal, Reply};
use super::world::Zone;

type Pairs = [(String, String)];

/// The records that all filters of a query hold for, or any of them with `match=any`.
pub fn records(zone: &Zone, query: &Pairs) -> Reply {
    let mut filters = vec![];
    let (mut any, mut order, mut descending) = (false, "type".to_owned(), false);
    for (key, value) in query {
        match (key.as_str(), value.as_str()) {
            ("page" | "per_page", _) => {}
            ("match", "any" | "all") => any = value == "any",
            ("direction", "asc" | "desc") => descending = value == "desc",
            ("order", "type" | "name" | "content" | "ttl" | "proxied") => order.clone_from(value),
            _ => filters.push(Filter::new(key, value).ok_or_else(|| unknown(key, value))?),
        }
    }
    let fits = |r: &&Record| filters.is_empty() || if any { filters.iter().any(|f| f.fits(r)) } else { filters.iter().all(|f| f.fits(r)) };
    let mut found: Vec<&Record> = zone.records.values().filter(fits).collect();
    let text = |r: &Record| r.shown.get(&order).map_or(String::new(), |v| v.as_str().map_or_else(|| format!("{v:>20}"), String::from));
    found.sort_by_cached_key(|r| (text(r), r.name.clone(), r.content.clone()));
    if descending {
        found.reverse();
    }
    page(found.into_iter().map(|r| Value::Object(r.shown.clone())).collect(), query, 100, 5_000_000)
}

/// The zones that a query asks for.
pub fn zones<'a>(zones: impl Iterator<Item = &'a Zone>, query: &Pairs) -> Reply {
    let mut found: Vec<&Zone> = zones.collect();
    for (key, value) in query {
        match key.as_str() {
            "page" | "per_page" | "order" | "direction" | "match" => {}
            "name" => found.retain(|z| z.name.eq_ignore_ascii_case(value)),
            "status" => found.retain(|_| value == "active"),
            "account.id" => found.retain(|z| z.shown()["account"]["id"] == **value),
            _ => return Err(unknown(key, value)),
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    page(found.into_iter().map(Zone::shown).collect(), query, 20, 50)
}

fn unknown(key: &str, value: &str) -> Refusal {
    Refusal::new(400, 1004, format!("Invalid query parameter: {key}={value}"))
}

/// One page of a list, and what a page must tell.
fn page(all: Vec<Value>, query: &Pairs, usual: usize, most: usize) -> Reply {
    let number = |name: &str, usual: usize, most: usize| match query.iter().find(|(k, _)| k == name) {
        None => Ok(usual),
        Some((_, v)) => v.parse().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| unknown(name, v)),
    };
    let (page, size) = (number("page", 1, usize::MAX)?, number("per_page", usual, most)?);
    let (total, pages) = (all.len(), all.len().div_ceil(size));
    let shown: Vec<Value> = all.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    let info = json!({ "page": page, "per_page": size, "count": shown.len(), "total_count": total, "total_pages": pages });
    Ok(Answer::page(shown, info))
}

/// `name.contains=x` and its like.
struct Filter {
    field: String,
    how: String,
    value: String,
}

impl Filter {
    fn new(key: &str, value: &str) -> Option<Filter> {
        let (field, how) = key.split_once('.').unwrap_or((key, "exact"));
        let known = match field {
            "name" | "content" | "comment" => ["exact", "contains", "startswith", "endswith"].contains(&how),
            "type" | "proxied" => key == field,
            "search" => key == field,
            _ => false,
        };
        let present = field == "comment" && ["present", "absent"].contains(&how);
        (known || present).then(|| Filter { field: field.to_owned(), how: how.to_owned(), value: value.to_lowercase() })
    }

    fn fits(&self, record: &Record) -> bool {
        let text = |field: &str| match record.shown.get(field) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(s)) => s.to_lowercase(),
            Some(other) => other.to_string(),
        };
        if self.field == "search" {
            return ["name", "content", "comment"].iter().any(|f| text(f).contains(&self.value));
        }
        let text = text(&self.field);
        match self.how.as_str() {
            "contains" => text.contains(&self.value),
            "startswith" => text.starts_with(&self.value),
            "endswith" => text.ends_with(&self.value),
            "present" => !text.is_empty(),
            "absent" => text.is_empty(),
            _ => text == self.value,
        }
    }
}
