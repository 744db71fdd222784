//! Operations that are told by method and path: their input stands in the path, the query, the headers and the body.
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::Request;
use super::model::{Member, Model, Operation, Shape, Type};
use super::shapes::Walk;
use super::wire::{Form, parameters, typed};
use super::xml;

/// Headers of AWS's that no model names: the signature, the SDK about itself, checksums.
const GENERAL: &[&str] = &[
    "x-amz-checksum-",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// The operations that a request may be. The most exact templates are meant: those with most literal parts.
pub fn operations<'m>(model: &'m Model, request: &Request) -> Vec<(&'m str, &'m Operation)> {
    let (path, query) = request.target();
    let query = parameters(query);
    let fits = |operation: &Operation| {
        let (template, fixed) = split(&operation.http.request_uri);
        let asked = fixed.iter().all(|f| query.contains(f));
        let literal = template.split('/').filter(|part| !part.is_empty() && !part.starts_with('{')).count();
        (operation.http.method == request.method && asked && labels(template, path).is_some()).then_some(fixed.len() + literal)
    };
    let found = model.operations.iter().filter(|(_, o)| !o.deprecated).filter_map(|(name, o)| Some((fits(o)?, (name.as_str(), o))));
    let found: Vec<_> = found.collect();
    let most = found.iter().map(|(exact, _)| *exact).max();
    found.into_iter().filter(|(exact, _)| Some(*exact) == most).map(|(_, operation)| operation).collect()
}

/// The path of a template, and the parameters that it asks for.
fn split(template: &str) -> (&str, Vec<(String, String)>) {
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    (path, parameters(query))
}

/// The labels of a template and what a path has in their places: `{Key+}` takes all that is left.
fn labels(template: &str, path: &str) -> Option<Map<String, Value>> {
    let parts = |text| str::trim_matches(text, '/').split('/').filter(|part: &&str| !part.is_empty());
    let (mut found, mut given) = (Map::new(), parts(path));
    for part in parts(template) {
        let label = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        let greedy = label.and_then(|l| l.strip_suffix('+'));
        let mut value = given.next()?.to_owned();
        if greedy.is_some() {
            given.by_ref().for_each(|more| value = format!("{value}/{more}"));
        }
        match greedy.or(label) {
            Some(label) => drop(found.insert(label.into(), percent_decode_str(&value).decode_utf8().ok()?.into())),
            None if part == value => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(found)
}

/// Holds a request against an operation's input.
pub fn check(walk: &mut Walk, operation: &Operation, request: &Request) {
    let (path, query) = request.target();
    let (template, fixed) = split(&operation.http.request_uri);
    let mut query: Vec<_> = parameters(query).into_iter().filter(|p| !fixed.contains(p) && p.0 != "x-id").collect();
    let mut headers: Vec<_> = request.headers.iter().map(|(k, v)| (k.to_lowercase(), *v)).collect();
    let labels = labels(template, path).unwrap_or_default();
    let form = walk.form;
    if let Some(input) = &operation.input {
        let model = walk.model;
        let shape = model.shape(input);
        for (name, member) in &shape.members {
            let of = model.shape(member);
            let written = member.location_name.as_deref().unwrap_or(name);
            let given = match member.location.as_deref() {
                Some("uri") => labels.get(written).and_then(Value::as_str).map(|text| scalar(of.kind, text)),
                Some("querystring") => from_query(model, of, written, &mut query),
                Some("header") => {
                    let at = headers.iter().position(|(k, _)| k.eq_ignore_ascii_case(written));
                    at.map(|at| headers.remove(at).1).map(|text| from_header(model, of, text))
                }
                Some("headers") => {
                    let (own, others) = headers.into_iter().partition(|(k, _)| k.starts_with(&written.to_lowercase()));
                    headers = others;
                    let own: Map<String, Value> = own.into_iter().map(|(k, v): (String, &str)| (k, v.into())).collect();
                    Some(own).filter(|own| !own.is_empty()).map(Value::from)
                }
                _ => continue,
            };
            walk.form = Form::Json;
            match given {
                Some(value) => walk.value(name, member, &value),
                None if shape.required.contains(name) => walk.say(name, "is required", "nothing"),
                None => {}
            }
        }
        walk.form = form;
        body(walk, input, shape, request);
    }
    for (name, value) in query {
        walk.say(&name, "is no parameter of the model", value);
    }
    for (name, value) in headers {
        if name.starts_with("x-amz-") && !GENERAL.iter().any(|general| name.starts_with(general)) {
            walk.say(&name, "is no header of the model", value);
        }
    }
}

/// The value of a query's parameter, taken out of it: a list when it may come again, a map of all that is left.
fn from_query(model: &Model, shape: &Shape, name: &str, query: &mut Vec<(String, String)>) -> Option<Value> {
    let of = |member: &Option<Member>| member.as_ref().map_or(Type::String, |m| model.shape(m).kind);
    if shape.kind == Type::Map {
        let all: Map<String, Value> = std::mem::take(query).into_iter().map(|(k, v)| (k, v.into())).collect();
        return Some(all).filter(|all| !all.is_empty()).map(Value::from);
    }
    let (own, others): (Vec<_>, Vec<_>) = std::mem::take(query).into_iter().partition(|(k, _)| k == name);
    *query = others;
    match shape.kind {
        Type::List => {
            let all: Vec<Value> = own.into_iter().map(|(_, v)| scalar(of(&shape.member), &v)).collect();
            Some(all).filter(|all| !all.is_empty()).map(Value::from)
        }
        kind => own.into_iter().next().map(|(_, v)| scalar(kind, &v)),
    }
}

fn from_header(model: &Model, shape: &Shape, text: &str) -> Value {
    match &shape.member {
        Some(member) => text.split(',').map(|part| scalar(model.shape(member).kind, part.trim())).collect(),
        None => scalar(shape.kind, text),
    }
}

/// Text of a path, a query or a header as a value of a type; the text itself when it is none.
fn scalar(kind: Type, text: &str) -> Value {
    typed(kind, text).unwrap_or_else(|| text.into())
}

/// The body: the members that stand nowhere else, or the one that is all of it.
fn body(walk: &mut Walk, input: &Member, shape: &Shape, request: &Request) {
    let model = walk.model;
    let text = std::str::from_utf8(request.body).unwrap_or_default();
    let payload = shape.payload.as_ref().map(|name| (name, &shape.members[name]));
    let (path, member) = payload.map_or(("", input), |(name, member)| (name.as_str(), member));
    let of = model.shape(member);
    if payload.is_some() && request.body.is_empty() {
        if shape.required.iter().any(|r| r == path) {
            walk.say(path, "is required", "nothing");
        }
        return;
    }
    let bare = !shape.members.values().any(|m| m.location.is_none());
    match of.kind {
        Type::Structure if bare && text.is_empty() => {}
        Type::Structure => match read(walk.form, text) {
            None => walk.say(path, "is a body in the service's form", text),
            Some((root, node)) => {
                let named = member.location_name.as_deref().unwrap_or(&member.shape);
                if root.as_deref().is_some_and(|root| root != named) {
                    walk.say(path, format!("is called {named}"), root.unwrap_or_default());
                }
                match (payload, &node) {
                    (None, Value::Object(fields)) => {
                        for name in walk.members(path, shape, fields) {
                            walk.say(name, "is no parameter of the model", &fields[name]);
                        }
                    }
                    _ => walk.value(path, member, &node),
                }
            }
        },
        Type::Blob => {}
        _ => walk.value(path, member, &text.into()),
    }
}

/// A body's tree, and the name of its root if it has one.
fn read(form: Form, text: &str) -> Option<(Option<String>, Value)> {
    match form {
        Form::Xml => xml::read(text).map(|(name, node)| (Some(name), node)),
        _ if text.is_empty() => Some((None, Map::new().into())),
        _ => serde_json::from_str(text).ok().map(|node| (None, node)),
    }
}
