//! Every request of the suite, held against AWS's own models of its services: an emulator takes much that AWS refuses.
//!
//! A request is read after its service's protocol, whoever answers it, and held against the operation's input: parameters that the model doesn't
//! have, those that must be there, types, words, lengths, ranges and patterns.
mod client;
pub mod documented;
mod model;
mod pattern;
mod rest;
mod shapes;
mod wire;
mod xml;

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex};

use serde_json::Value;

pub use self::model::Model;
use self::shapes::Walk;
use self::wire::Form;

pub use client::{client, hold};

/// A request on its way.
pub struct Request<'a> {
    pub method: &'a str,
    /// With or without the scheme and the host.
    pub uri: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a [u8],
}

/// What of a request is not as the model says.
#[derive(Debug)]
pub struct Wrong {
    /// `IpPermissions[0].ToPort`
    pub path: String,
    pub says: String,
    pub sent: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; sent was {}", self.path, self.says, self.sent)
    }
}

impl<'a> Request<'a> {
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    /// The path and what follows it.
    fn target(&self) -> (&'a str, &'a str) {
        let path = self.uri.split_once("://").map_or(self.uri, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        path.split_once('?').unwrap_or((path, ""))
    }

    /// The service in the signature's scope.
    fn service(&self) -> Option<&'a str> {
        self.header("authorization")?.split_once("Credential=")?.1.split('/').nth(3)
    }
}

/// Everything that AWS would refuse a request for, a line each. Benchmarks measure requests, and don't have them judged.
pub fn refusals(request: &Request) -> Vec<String> {
    /// What was found right: most requests ask again what was asked before.
    static RIGHT: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Mutex::default);
    if !cfg!(test) {
        return vec![];
    }
    let right = || RIGHT.lock().unwrap_or_else(|e| e.into_inner());
    let fingerprint = fingerprint(request);
    if right().contains(&fingerprint) {
        return vec![];
    }
    let Some(service) = request.service() else { return vec![format!("{} {} is not signed", request.method, request.uri)] };
    let Some(model) = Model::of(service) else { return vec![format!("there is no model of the service {service}")] };
    let (operation, wrong) = held(&model, request);
    if wrong.is_empty() {
        right().insert(fingerprint);
    }
    wrong.into_iter().map(|w| format!("{service} {operation}: {w}")).collect()
}

/// What tells a request from others: all that may be judged.
fn fingerprint(request: &Request) -> u64 {
    const PASSING: &[&str] =
        &["amz-sdk-invocation-id", "amz-sdk-request", "authorization", "host", "user-agent", "x-amz-date", "x-amz-user-agent"];
    let mut hasher = DefaultHasher::new();
    let headers = request.headers.iter().filter(|(name, _)| !PASSING.iter().any(|p| p.eq_ignore_ascii_case(name)));
    headers.for_each(|header| header.hash(&mut hasher));
    (request.service(), request.method, request.target(), request.body).hash(&mut hasher);
    hasher.finish()
}

/// The operation that a request asks for, and what is wrong with it.
fn held(model: &Model, request: &Request) -> (String, Vec<Wrong>) {
    if let Some(target) = request.header("x-amz-target") {
        let input = serde_json::from_slice(request.body).map_err(|_| "is JSON");
        let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
        // `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101` may be said by its last word.
        let known = model.metadata.target_prefix.as_deref().is_some_and(|p| p.rsplit('.').next() == prefix.rsplit('.').next());
        return named(model, operation, known, Form::Json, input);
    }
    match model.metadata.protocol.as_str() {
        "ec2" => form(model, request, Form::Ec2),
        "query" => form(model, request, Form::Query),
        "rest-json" => rest(model, request, Form::Json),
        "rest-xml" => rest(model, request, Form::Xml),
        other => (request.uri.to_owned(), vec![Wrong { path: "the protocol".into(), says: "can be read here".into(), sent: other.into() }]),
    }
}

/// A request whose parameters are a form.
fn form(model: &Model, request: &Request, form: Form) -> (String, Vec<Wrong>) {
    let text = std::str::from_utf8(request.body).unwrap_or_default();
    let mut parameters = wire::parameters(text);
    let mut take = |name: &str| parameters.iter().position(|(k, _)| k == name).map(|at| parameters.remove(at).1).unwrap_or_default();
    let (operation, version) = (take("Action"), take("Version"));
    named(model, &operation, version == model.metadata.api_version, form, wire::tree(parameters).map_err(|_| "says each parameter once"))
}

/// A request that says its operation's name. `known` is whether it says the API's as the model does.
fn named(model: &Model, name: &str, known: bool, form: Form, input: Result<Value, &str>) -> (String, Vec<Wrong>) {
    let mut walk = Walk { model, operation: name, form, wrong: vec![] };
    match (model.operations.get(name), input) {
        (None, _) => walk.say("the operation", "is in the model", name),
        (_, Err(says)) => walk.say("the body", says, ""),
        (Some(operation), Ok(input)) => {
            if !known {
                walk.say("the API's version", "is the model's", "another");
            }
            match &operation.input {
                Some(member) => walk.value("", member, &input),
                None if input == serde_json::json!({}) => {}
                None => walk.say("the input", "is empty", input),
            }
        }
    }
    (name.to_owned(), walk.wrong)
}

/// A request that is told by its method and path: what may be several operations is the one that it fits best.
fn rest(model: &Model, request: &Request, form: Form) -> (String, Vec<Wrong>) {
    let tries = rest::operations(model, request).into_iter().map(|(name, operation)| {
        let mut walk = Walk { model, operation: name, form, wrong: vec![] };
        rest::check(&mut walk, operation, request);
        (name.to_owned(), walk.wrong)
    });
    let says = || vec![Wrong { path: "the operation".into(), says: "is in the model".into(), sent: request.uri.into() }];
    tries.min_by_key(|(_, wrong)| wrong.len()).unwrap_or_else(|| (request.method.to_owned(), says()))
}
