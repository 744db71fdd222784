//! Cloudflare: endpoints, credentials and environments are the crate's, the transport is ours, for the crate's loses what an error says.
mod errors;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use cloudflare::framework::Environment;
use cloudflare::framework::auth::Credentials;
use cloudflare::framework::endpoint::spec::EndpointSpec;
use cloudflare::framework::endpoint::{Method, RequestBody};
use cloudflare::framework::response::{ApiResult, ApiSuccess};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::policy::Repeat;
use super::{Class, Clients, CloudError, Notes, unsent};
use crate::model::Secret;
use crate::wire::Service;

/// An answer's `result`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Answer(pub Value);

impl ApiResult for Answer {}

/// One request, and the permission that a token needs for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it does, in the words of the API's own reference: `Batch DNS Records`.
    pub operation: &'static str,
    /// As token forms name it: `DNS Write`; empty where none is needed.
    pub permission: String,
    method: Method,
    path: String,
    query: Option<String>,
    body: Option<Value>,
}

impl Request {
    pub fn get(operation: &'static str, permission: impl Into<String>, path: impl Into<String>) -> Self {
        let (permission, path) = (permission.into(), path.into());
        Request { operation, permission, method: Method::GET, path, query: None, body: None }
    }

    pub fn query(self, query: impl Into<String>) -> Self {
        Request { query: Some(query.into()), ..self }
    }

    /// Whether it changes nothing.
    pub fn reads(&self) -> bool {
        self.method == Method::GET
    }

    /// The same request as one that sends something.
    pub fn send(self, method: Method, body: Value) -> Self {
        Request { method, body: Some(body), ..self }
    }
}

impl EndpointSpec for Request {
    type JsonResponse = Answer;
    type ResponseType = ApiSuccess<Answer>;

    fn method(&self) -> Method {
        self.method.clone()
    }
    fn path(&self) -> String {
        self.path.clone()
    }
    fn query(&self) -> Option<String> {
        self.query.clone()
    }
    fn body(&self) -> Option<RequestBody<'_>> {
        self.body.as_ref().map(|body| RequestBody::Json(body.to_string()))
    }
}

/// A zone as the account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    pub id: String,
    pub name: String,
    /// `free`, `pro`, `business` or `enterprise`.
    pub plan: String,
    /// The account's id.
    pub account: String,
    /// The account and region of AWS from which the stack is run, as a short digest. A zone is one for all of them, so marks there tell it.
    pub place: String,
}

impl Zone {
    /// How marks in the zone name the stack: an equally named one of another account or region is another.
    pub fn owner(&self, stack: &str) -> String {
        format!("{stack}-{}", self.place)
    }

    /// A path below the zone.
    pub fn path(&self, rest: &str) -> String {
        format!("zones/{}/{rest}", self.id)
    }

    /// The most records of one batch.
    pub fn batch(&self) -> usize {
        if self.plan == "free" { 200 } else { 3500 }
    }
}

type Cells<T> = RefCell<BTreeMap<String, Rc<OnceCell<T>>>>;

/// Who asks Cloudflare, where, and about which zone.
pub struct Cloudflare {
    http: OnceCell<reqwest::Client>,
    token: Option<Secret>,
    environment: Environment,
    /// The spec's zone.
    zone: Option<String>,
    zones: Cells<Zone>,
    place: tokio::sync::OnceCell<String>,
    /// The zones in which a stack has, or once had, something.
    entered: Cells<BTreeSet<String>>,
}

impl Cloudflare {
    /// `zone` is the spec's, if it has one. `base` is the API's address when it is not Cloudflare's own.
    pub fn new(zone: Option<String>, token: Option<String>, base: Option<String>) -> Self {
        let environment = base.map_or(Environment::Production, |base| Environment::Custom(format!("{}/", base.trim_end_matches('/'))));
        let (zones, entered, place) = Default::default();
        Cloudflare { http: OnceCell::new(), token: token.map(Secret::Known), environment, zone, zones, place, entered }
    }

    /// With the token of `CLOUDFLARE_API_TOKEN` and the address of `CLOUDFLARE_BASE_URL`.
    pub fn from_env(zone: Option<String>) -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Cloudflare::new(zone, set("CLOUDFLARE_API_TOKEN"), set("CLOUDFLARE_BASE_URL"))
    }

    /// The spec's zone, if it has one.
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }

    /// One request, once.
    async fn once(&self, request: &Request) -> Result<Value, CloudError> {
        let http = self.http.get_or_try_init(async || client()).await?;
        if !valid(&self.environment) {
            let message = "CLOUDFLARE_BASE_URL is no address of an API, such as http://127.0.0.1:8080/client/v4/";
            return Err(errors::local(request, Class::Invalid, "BadBaseUrl", message));
        }
        let mut http = http.request(request.method(), request.url(&self.environment));
        if !request.permission.is_empty() {
            let Some(token) = self.token.as_ref().and_then(Secret::expose) else {
                let message = "CLOUDFLARE_API_TOKEN is not set, and the stack has something at Cloudflare";
                return Err(errors::local(request, Class::Denied, "NoCredentials", message));
            };
            for (name, value) in (Credentials::UserAuthToken { token: token.to_owned() }).headers() {
                http = http.header(name, value);
            }
        }
        if let (Some(RequestBody::Json(body)), Some(kind)) = (request.body(), request.content_type()) {
            http = http.header("content-type", kind.as_ref()).body(body);
        }
        let lost = |e: reqwest::Error| unsent(Service::Cloudflare, request.operation, &e);
        let answer = http.send().await.map_err(lost)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(lost)?;
        errors::read(request, status, &headers, &body)
    }
}

/// Whether requests can be sent there; the crate takes it for granted.
fn valid(environment: &Environment) -> bool {
    match environment {
        Environment::Production => true,
        Environment::Custom(base) => reqwest::Url::parse(base).is_ok_and(|url| url.has_host()),
    }
}

fn client() -> Result<reqwest::Client, CloudError> {
    let builder = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(super::aws::ATTEMPT);
    let agent = concat!("infra/", env!("CARGO_PKG_VERSION"));
    builder.user_agent(agent).build().map_err(|e| CloudError::bug(e.to_string()))
}

/// What is said of a zone that isn't there. Names of others are a customer's business, so that only what was probably meant is told.
fn unseen(name: &str, names: &[&str]) -> String {
    let near = |zone: &&&str| strsim::damerau_levenshtein(name, zone) <= name.len() / 3;
    let meant = names.iter().filter(near).min_by_key(|zone| strsim::damerau_levenshtein(name, zone));
    let hint = meant.map(|zone| format!("; did you mean {zone}?")).unwrap_or_default();
    let others = match names.len() {
        0 => "none at all".to_owned(),
        1 => "one other".to_owned(),
        n => format!("{n} others"),
    };
    format!("the token can't see a zone {name}; it sees {others}{hint}")
}

impl Clients {
    /// A request that reads, or says the same twice.
    pub async fn ask(&self, request: &Request) -> Result<Value, CloudError> {
        let once = async || self.cloudflare.once(request).await;
        self.policy.request(Service::Cloudflare, if request.reads() { Repeat::Read } else { Repeat::Safe }, once).await
    }

    /// A look that only adds to what is known: one request, never repeated.
    pub async fn look(&self, request: &Request) -> Result<Value, CloudError> {
        let once = async || self.cloudflare.once(request).await;
        self.policy.request(Service::Cloudflare, Repeat::Never, once).await
    }

    /// A request that writes: repeated only when it surely wasn't looked at.
    pub async fn tell(&self, request: &Request) -> Result<Value, CloudError> {
        let once = async || self.cloudflare.once(request).await;
        self.policy.request(Service::Cloudflare, Repeat::Unsafe, once).await
    }

    /// The zone of a name.
    pub async fn zone(&self, name: &str) -> Result<Zone, CloudError> {
        let cell = self.cloudflare.zones.borrow_mut().entry(name.into()).or_default().clone();
        cell.get_or_try_init(async || self.find_zone(name).await).await.cloned()
    }

    async fn find_zone(&self, name: &str) -> Result<Zone, CloudError> {
        let request = Request::get("List Zones", "Zone Read", "zones").query(format!("name={name}"));
        let found = self.ask(&request).await?;
        let zone = found.as_array().and_then(|zones| zones.first());
        let text = |pointer: &str| zone.and_then(|z| z.pointer(pointer)).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = text("/id");
        if id.is_empty() {
            let seen = self.ask(&Request::get("List Zones", "Zone Read", "zones").query("per_page=50")).await?;
            let names: Vec<&str> = seen.as_array().into_iter().flatten().filter_map(|z| z["name"].as_str()).collect();
            return Err(errors::local(&request, Class::NotFound, "UnknownZone", &unseen(name, &names)));
        }
        let plan = text("/plan/legacy_id");
        let account = text("/account/id");
        let place = self.cloudflare.place.get_or_try_init(async || self.identity().await.map(|who| who.place())).await?.clone();
        Ok(Zone { id, name: name.into(), plan: if plan.is_empty() { "enterprise".into() } else { plan }, account, place })
    }

    /// Every zone in which the stack may have something: the spec's, and those that its notes name.
    pub async fn zones(&self, stack: &str) -> Result<Vec<Zone>, CloudError> {
        let cell = self.cloudflare.entered.borrow_mut().entry(stack.into()).or_default().clone();
        let noted = cell.get_or_try_init(async || {
            let notes = match self.notes(&folder(stack)).await {
                // Whoever may plan need not be allowed to read the notes, as long as the spec has no zone.
                Err(e) if e.class == Class::Denied && self.cloudflare.zone.is_none() => BTreeMap::new(),
                notes => notes?,
            };
            let names = notes.keys().filter_map(|name| name.strip_prefix(&format!("{}/", folder(stack)))?.split('/').next());
            Ok::<_, CloudError>(names.map(String::from).collect::<BTreeSet<_>>())
        });
        let names: BTreeSet<String> = noted.await?.iter().cloned().chain(self.cloudflare.zone.clone()).collect();
        let mut zones = vec![];
        for name in names {
            zones.push(self.zone(&name).await?);
        }
        Ok(zones)
    }

    /// Notes, before the first change there, that the stack has something in a zone: so that it is still found when the spec has forgotten it.
    pub async fn enter(&self, stack: &str, zone: &str) -> Result<Zone, CloudError> {
        let key = format!("{stack}/{zone}/entered");
        let cell = self.cloudflare.entered.borrow_mut().entry(key).or_default().clone();
        cell.get_or_try_init(async || {
            self.note(&format!("{}/{zone}/entered", folder(stack)), "the stack has something in this zone").await?;
            Ok::<_, CloudError>(BTreeSet::new())
        })
        .await?;
        self.zone(zone).await
    }

    /// `GET /ips`, which needs no token.
    pub async fn cloudflare_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        let found = self.ask(&Request::get("Cloudflare IP Details", "", "ips")).await?;
        let ranges = found["ipv4_cidrs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let ranges: BTreeSet<String> = ranges.map(String::from).collect();
        if ranges.is_empty() { Err(CloudError::incomplete("Cloudflare IP Details", "ipv4_cidrs")) } else { Ok(ranges) }
    }
}

/// Where the stack's notes of zones are.
pub fn folder(stack: &str) -> String {
    format!("{stack}/zones")
}
