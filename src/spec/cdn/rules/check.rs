//! The CDN's rules: each has a name of its own, says for which requests it is, and its parts go together.
use super::{CacheRule, HeaderRule, Query, Redirect};
use crate::diag::{Code, Risk};
use crate::spec::cdn::Cdn;
use crate::spec::cdn::waf::{RateLimit, Reaction};
use crate::spec::check::Check;
use crate::spec::expression;
use crate::spec::suggest::list;
use crate::spec::units::{Duration, Name};
use std::collections::BTreeSet;

/// Seconds that Cloudflare counts requests over and holds them off for (Cloudflare: `period`, `mitigation_timeout`).
const PERIODS: &[u64] = &[10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 65535, 86400];

pub fn check(cdn: &Cdn, cx: &mut Check<'_>) {
    names(cx, &["cdn", "static_assets"], cdn.static_assets.iter().map(|rule| rule.name.as_ref()));
    names(cx, &["cdn", "redirects"], cdn.redirects.iter().map(|rule| rule.name.as_ref()));
    names(cx, &["cdn", "waf", "custom"], cdn.waf.custom.iter().map(|rule| Some(&rule.name)));
    names(cx, &["cdn", "rate_limits"], cdn.rate_limits.iter().map(|rule| Some(&rule.name)));
    names(cx, &["cdn", "headers"], cdn.headers.iter().map(|rule| Some(&rule.name)));
    for (index, rule) in cdn.static_assets.iter().enumerate() {
        let index = index.to_string();
        let path = |field| ["cdn", "static_assets", index.as_str(), field];
        scope(cx, &path("match"), rule.path.as_deref(), rule.when.as_deref(), rule.name.is_some());
        cache(cx, &path, rule);
    }
    for (index, rule) in cdn.redirects.iter().enumerate() {
        let index = index.to_string();
        let path = |field| ["cdn", "redirects", index.as_str(), field];
        scope(cx, &path("from"), rule.from.as_deref(), rule.when.as_deref(), rule.name.is_some());
        redirect(cx, &path, rule);
    }
    for (index, rule) in cdn.waf.custom.iter().enumerate() {
        expression(cx, &["cdn", "waf", "custom", &index.to_string(), "when"], &rule.when);
    }
    for (index, rule) in cdn.rate_limits.iter().enumerate() {
        let index = index.to_string();
        let path = |field| ["cdn", "rate_limits", index.as_str(), field];
        expression(cx, &path("when"), &rule.when);
        limit(cx, &path, rule);
    }
    for (index, rule) in cdn.headers.iter().enumerate() {
        let index = index.to_string();
        let path = |field| ["cdn", "headers", index.as_str(), field];
        expression(cx, &path("when"), &rule.when);
        headers(cx, &path, rule);
    }
}

/// A name is a rule's identity.
fn names<'a>(cx: &mut Check<'_>, section: &[&str], names: impl Iterator<Item = Option<&'a Name>>) {
    // A name that is wrong, or that follows from a path which is, is no name.
    let known = |index: &str| ["name", "match", "from"].iter().all(|field| cx.knows(&[section, &[index, field]].concat()));
    let names: Vec<Option<&Name>> = names.enumerate().map(|(index, name)| name.filter(|_| known(&index.to_string()))).collect();
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        if let Some(first) = names[..index].iter().position(|other| *other == Some(name)) {
            let place = |index: usize| {
                let index = index.to_string();
                let own = [section, &[index.as_str(), "name"]].concat();
                let path = if cx.written(&own) { own } else { [section, &[index.as_str()]].concat() };
                path.into_iter().map(str::to_string).collect::<Vec<_>>()
            };
            let (this, that) = (place(index), place(first));
            let (this, that): (Vec<&str>, Vec<&str>) =
                (this.iter().map(String::as_str).collect(), that.iter().map(String::as_str).collect());
            let places = [(&this[..], "this rule"), (&that[..], "called so already")];
            let message = format!("two rules of `{}` are called `{name}`", section.join("."));
            cx.both(Code::Duplicate, places, message, "give one of them another `name`: it is what the rule is known by");
        }
    }
}

/// A path or an expression, and a name that one follows from; `at` is the path's field.
fn scope(cx: &mut Check<'_>, at: &[&str; 4], path: Option<&str>, when: Option<&str>, named: bool) {
    let field = at[3];
    let other = [at[0], at[1], at[2], "when"];
    if let Some(when) = when {
        expression(cx, &other, when);
    }
    match (path, when) {
        (Some(_), Some(_)) => {
            let places = [(&other[..], "this expression"), (&at[..], "and this path")];
            cx.both(Code::Rule, places, format!("a rule has both `{field}` and `when`"), "keep one of them");
        }
        (None, None) if !(cx.knows(at) && cx.knows(&other)) => {}
        (None, None) => {
            let help = format!("add `{field}: \"/…/*\"`, or `when: …` with an expression");
            cx.error(
                Code::Rule,
                &at[..3],
                "this rule",
                format!("a rule of `{}` does not say for which requests it is", at[..2].join(".")),
                help,
            );
        }
        (None, Some(_)) if !named && cx.knows(at) => {
            let name = [at[0], at[1], at[2], "name"];
            cx.error(Code::Missing, &name, "`name` is missing here", "a rule with `when` has no `name`".into(), "add `name: …`");
        }
        _ => {}
    }
    let Some(path) = path else { return };
    let fault = fault(path);
    if let Some((message, help)) = fault {
        cx.error(Code::BadMatch, at, "this path", message, help);
    } else if cx.knows(&["cdn", "records"]) && !cx.spec.cdn.as_ref().is_some_and(|cdn| cdn.records.values().any(|record| record.proxied)) {
        let message = format!("a rule with `{field}` is for the proxied records of the stack, and there is none");
        cx.error(Code::Rule, at, "for whom?", message, "add a record with `proxied: true`, or write `when: …` with an expression");
    }
}

/// Why a path can't be matched.
fn fault(path: &str) -> Option<(String, String)> {
    let rule = "write a path such as `/static/*`, where `*` stands for any characters".to_string();
    let bare = path.split_once("://").map_or(path, |(_, rest)| rest);
    if !path.starts_with('/') {
        let near = bare.find('/').map(|slash| &bare[slash..]).filter(|near| fault(near).is_none());
        let help = near.map_or(rule, |near| format!("write the path alone, such as `{near}`; the rule is for the stack's own names"));
        return Some((format!("`{path}` is not a path: it does not start with `/`"), help));
    }
    if path.contains("**") {
        let near = path.split('*').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("*");
        let near = if path.ends_with('*') { format!("{near}*") } else { near };
        return Some((format!("`{path}` has two `*` side by side"), format!("one stands for any characters already: write `{near}`")));
    }
    if path.contains(['?', '#']) {
        let help = "leave out what follows the path; `query:` says what the query string does, and `when:` can look into it";
        return Some((format!("`{path}` is more than a path"), help.into()));
    }
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    let odd = path.chars().find(|c| !plain(*c))?;
    let code: String = odd.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    Some((format!("`{path}` has a character that no path has"), format!("write it as requests do: `{code}`")))
}

fn expression(cx: &mut Check<'_>, path: &[&str], text: &str) {
    if let Err(fault) = expression::check(text) {
        cx.error(Code::BadExpression, path, "this expression", format!("the expression {}", fault.message), fault.help);
    }
}

fn cache<'a>(cx: &mut Check<'_>, path: &dyn Fn(&'a str) -> [&'a str; 4], rule: &CacheRule) {
    for (field, value) in [("edge_ttl", rule.edge_ttl), ("browser_ttl", rule.browser_ttl)] {
        if let Some(value) = value {
            let least = if field == "edge_ttl" { 1 } else { 0 };
            cx.within(&path(field), value, Duration::seconds(least), Duration::days(365));
        }
    }
    let field = if rule.edge_ttl.is_some() { "edge_ttl" } else { "query" };
    if rule.bypass && (rule.edge_ttl.is_some() || rule.query != Query::All) {
        let (this, bypass) = (path(field), path("bypass"));
        let places = [(&this[..], "this"), (&bypass[..], "nothing is kept")];
        cx.both(Code::Rule, places, format!("a rule keeps nothing, but has `{field}`"), "leave one of them out");
    }
    if let Query::Include(names) | Query::Exclude(names) = &rule.query
        && names.is_empty()
    {
        let help = "name parameters, or write `query: all` or `query: none`";
        cx.error(Code::Count, &path("query"), "nothing in it", "a rule's `query` names no parameter".into(), help);
    }
}

fn redirect<'a>(cx: &mut Check<'_>, path: &dyn Fn(&'a str) -> [&'a str; 4], rule: &Redirect) {
    let (to, to_expression) = (path("to"), path("to_expression"));
    match (&rule.to, &rule.to_expression) {
        (Some(_), Some(_)) => {
            let places = [(&to_expression[..], "this expression"), (&to[..], "and this URL")];
            cx.both(Code::Rule, places, "a redirect has both `to` and `to_expression`".into(), "keep one of them");
        }
        (None, None) if !(cx.knows(&to) && cx.knows(&to_expression)) => {}
        (None, None) => {
            let help = "add `to: https://…`, or `to_expression: …`";
            cx.error(Code::Rule, &to[..3], "this redirect", "a redirect leads nowhere".into(), help);
        }
        _ => {}
    }
    if let Some(text) = &rule.to_expression {
        expression(cx, &to_expression, text);
    }
    if let Some(url) = &rule.to {
        let host = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or_default();
        let whole = !host.is_empty() && !host.starts_with(['/', '?', '#']) && url.bytes().all(|b| b.is_ascii_graphic());
        if !whole {
            let message = format!("`{url}` is not a whole URL");
            cx.error(Code::BadText, &to, "this URL", message, "write one such as `https://www.example.com/new`");
        } else if url.contains('*') {
            let help = "write `to_expression` with `wildcard_replace(…)` to take parts of the request over";
            cx.error(Code::BadMatch, &to, "this URL", format!("`*` stands for itself in `{url}`"), help);
        }
    }
    if ![301, 302, 303, 307, 308].contains(&rule.status) {
        let message = format!("{} is not the status of a redirect", rule.status);
        let help = "write 301 or 308 for good, 302, 303 or 307 for now";
        cx.error(Code::UnknownValue, &path("status"), "this status", message, help);
    }
}

fn limit<'a>(cx: &mut Check<'_>, path: &dyn Fn(&'a str) -> [&'a str; 4], rule: &RateLimit) {
    if let Some(near) = nearest(rule.per) {
        let message = format!("Cloudflare does not count requests over {}", rule.per);
        cx.error(Code::OutOfRange, &path("per"), "this period", message, format!("the nearest that it takes is `{near}`"));
    }
    let (timeout, action) = (path("timeout"), path("action"));
    let zero = rule.timeout.as_seconds() == 0;
    if rule.action.tests() && !zero {
        let places = [(&timeout[..], "this duration"), (&action[..], "this action")];
        let message = format!("a `{}` ends when it is solved, and has no `timeout`", rule.action.word());
        cx.both(Code::Rule, places, message, "leave `timeout` out, or write `action: block`");
    } else if cx.written(&timeout)
        && cx.knows(&action)
        && !zero
        && let Some(near) = nearest(rule.timeout)
    {
        let message = format!("Cloudflare does not hold clients off for {}", rule.timeout);
        cx.error(Code::OutOfRange, &timeout, "this duration", message, format!("the nearest that it takes is `{near}`"));
    }
    if rule.action == Reaction::Log && rule.enabled && cx.knows(&path("enabled")) {
        let message = format!("the limit `{}` only writes down what is above it", rule.name);
        cx.risk(Risk::LogOnly, &action, message, "write `action: block` or a challenge where that matters");
    }
}

/// The nearest duration that Cloudflare has; nothing for one of them.
fn nearest(duration: Duration) -> Option<Duration> {
    let seconds = duration.as_seconds();
    let near = PERIODS.iter().min_by_key(|period| period.abs_diff(seconds));
    near.filter(|near| **near != seconds).map(|near| Duration::seconds(*near))
}

fn headers<'a>(cx: &mut Check<'_>, path: &dyn Fn(&'a str) -> [&'a str; 4], rule: &HeaderRule) {
    let set = rule.set.keys().map(|name| ("set", name));
    let add = rule.add.keys().map(|name| ("add", name));
    let remove = rule.remove.iter().map(|name| ("remove", name));
    let all: Vec<(&str, &String)> = set.chain(add).chain(remove).collect();
    if all.is_empty() && ["set", "add", "remove"].iter().all(|field| cx.knows(&path(field))) {
        let message = format!("the rule `{}` changes no header", rule.name);
        cx.error(Code::Rule, &path("set")[..3], "this rule", message, "add `set:`, `add:` or `remove:`");
    }
    let mut seen = BTreeSet::new();
    for (field, name) in all {
        let at = path(field);
        let letter = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(letter) {
            let help = "write letters, digits and `-`, such as `X-Frame-Options`";
            cx.error(Code::BadText, &at, "in here", format!("`{name}` is not a header's name"), help);
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            let message = format!("the rule `{}` changes the header `{name}` twice", rule.name);
            let help = format!("keep one of {}; capital letters make no difference", list(["set", "add", "remove"].into_iter()));
            cx.error(Code::Duplicate, &at, "again here", message, help);
        }
    }
}
