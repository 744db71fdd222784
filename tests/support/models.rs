//! Every request of the suite, held against AWS's own models of its services: an emulator takes much that AWS refuses.
//!
//! A request is read after its service's protocol, whoever answers it, and held against the operation's input: parameters that the model doesn't
//! have, those that must be there, types, words, lengths, ranges and patterns.
pub mod cbor;
mod client;
pub mod documented;
mod model;
pub mod parameters;
mod pattern;
mod rest;
mod shapes;
mod wire;
mod xml;

use std::collections::{BTreeSet, HashSet};
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

/// What a request asks for and is given, and what is wrong with it.
struct Judged {
    service: String,
    operation: String,
    /// The parameters that have a value.
    given: BTreeSet<String>,
    wrong: Vec<Wrong>,
}

impl Judged {
    fn of(walk: Walk<'_>) -> Judged {
        Judged { service: String::new(), operation: walk.operation.to_owned(), given: walk.given, wrong: walk.wrong }
    }

    fn refused(operation: &str, path: &str, says: &str, sent: &str) -> Judged {
        let wrong = vec![Wrong { path: path.into(), says: says.into(), sent: sent.into() }];
        Judged { service: String::new(), operation: operation.to_owned(), given: BTreeSet::new(), wrong }
    }

    fn lines(&self) -> Vec<String> {
        self.wrong.iter().map(|w| format!("{} {}: {w}", self.service, self.operation)).collect()
    }
}

/// Everything that AWS would refuse a request for, a line each.
pub fn refusals(request: &Request) -> Vec<String> {
    judged(request).map_or_else(|says| vec![says], |judged| judged.lines())
}

/// Everything that a request of ours fails a test for: what AWS would refuse, and parameters that nobody has classified. Benchmarks measure requests,
/// and don't have them judged.
pub fn held(request: &Request) -> Vec<String> {
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
    let wrong: Vec<String> = match judged(request) {
        Err(says) => vec![says],
        Ok(judged) => judged.lines().into_iter().chain(parameters::unclassified(&judged.operation, judged.given)).collect(),
    };
    if wrong.is_empty() {
        right().insert(fingerprint);
    }
    wrong
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

/// A request that is read after its service's model; `Err` says why it can't be.
fn judged(request: &Request) -> Result<Judged, String> {
    let service = request.service().ok_or_else(|| format!("{} {} is not signed", request.method, request.uri))?;
    let model = Model::of(service).ok_or_else(|| format!("there is no model of the service {service}"))?;
    let judged = prometheus(service, request).unwrap_or_else(|| of_protocol(&model, request));
    Ok(Judged { service: service.to_owned(), ..judged })
}

/// A request of Prometheus's own API, which no model has ("Prometheus-compatible APIs").
fn prometheus(service: &str, request: &Request) -> Option<Judged> {
    let (path, query) = request.target();
    let (workspace, operation) = path.split_once("/api/v1/").filter(|_| service == "aps")?;
    let fits = match operation {
        "query" => query.strip_prefix("query=").is_some_and(|text| !text.contains(['&', '+'])),
        "rules" => query.is_empty(),
        _ => false,
    };
    let right = fits && request.method == "GET" && workspace.starts_with("/workspaces/ws-") && request.body.is_empty();
    let said = Judged::refused(operation, "the request", "is one of those that the user guide has", request.uri);
    Some(if right { Judged { wrong: vec![], ..said } } else { said })
}

/// The operation that a request asks for, and what is wrong with it.
fn of_protocol(model: &Model, request: &Request) -> Judged {
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
        "smithy-rpc-v2-cbor" => {
            let (service, operation) = cbor::operation(request.target().0).unwrap_or_default();
            let known = model.metadata.target_prefix.as_deref() == Some(service);
            named(model, operation, known, Form::Json, cbor::json(request.body).ok_or("is CBOR"))
        }
        other => Judged::refused(request.uri, "the protocol", "can be read here", other),
    }
}

/// A request whose parameters are a form.
fn form(model: &Model, request: &Request, form: Form) -> Judged {
    let text = std::str::from_utf8(request.body).unwrap_or_default();
    let mut parameters = wire::parameters(text);
    let mut take = |name: &str| parameters.iter().position(|(k, _)| k == name).map(|at| parameters.remove(at).1).unwrap_or_default();
    let (operation, version) = (take("Action"), take("Version"));
    named(model, &operation, version == model.metadata.api_version, form, wire::tree(parameters).map_err(|_| "says each parameter once"))
}

/// A request that says its operation's name. `known` is whether it says the API's as the model does.
fn named(model: &Model, name: &str, known: bool, form: Form, input: Result<Value, &str>) -> Judged {
    let mut walk = Walk { model, operation: name, form, given: BTreeSet::new(), wrong: vec![] };
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
    Judged::of(walk)
}

/// A request that is told by its method and path: what may be several operations is the one that it fits best.
fn rest(model: &Model, request: &Request, form: Form) -> Judged {
    let tries = rest::operations(model, request).into_iter().map(|(name, operation)| {
        let mut walk = Walk { model, operation: name, form, given: BTreeSet::new(), wrong: vec![] };
        rest::check(&mut walk, operation, request);
        Judged::of(walk)
    });
    let none = || Judged::refused(request.method, "the operation", "is in the model", request.uri);
    tries.min_by_key(|judged| judged.wrong.len()).unwrap_or_else(none)
}
