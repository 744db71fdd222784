//! The API of a Kubernetes cluster: a thin client of its own, for server-side apply, reads, lists in pages, and deletions of exactly one object.
mod errors;
mod log;
pub mod token;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Certificate, Method, Url};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::policy::{Policy, Repeat};
use super::{Class, Clients, CloudError, Service, unsent};
use crate::model::Secret;

pub use log::{Container, Written};

/// How long a token is used: EKS takes it for 15 minutes from its signature.
const FRESH: Duration = Duration::from_secs(14 * 60);

/// How long a cluster or an access entry that was just made may refuse what it will allow.
const NEW: Duration = Duration::from_secs(60);

/// Objects of a page of a list.
const PAGE: usize = 500;

/// What of a secret is asked for, and answered to whatever changes one: no value of it ("Receiving resources as Tables", `PartialObjectMetadata`).
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Pods.
pub const PODS: Type = Type { api: "v1", kind: "Pod", plural: "pods", namespaced: true };

/// How often a list is begun anew because its pages have expired (`410 Expired`).
const ANEW: usize = 3;

/// Where a cluster's API is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The name under which tokens are made for it.
    pub cluster: String,
    /// `https://…`; without TLS on this machine only.
    pub url: String,
    /// `certificateAuthority.data`: what signs its certificate, PEM in Base64; the only authority that counts.
    pub authority: String,
}

/// Who asks: by which policy, and with whose tokens.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Asker {
    fn policy(&self) -> &Policy;
    /// A new token for a cluster, valid for 15 minutes.
    async fn token(&self, cluster: &str) -> Result<Secret, CloudError>;
}

impl Asker for Clients {
    fn policy(&self) -> &Policy {
        &self.policy
    }
    async fn token(&self, cluster: &str) -> Result<Secret, CloudError> {
        Ok(self.cluster_token(cluster).await?.secret)
    }
}

impl Clients {
    /// The API of a cluster; one that has moved is another.
    pub fn cluster_api(&self, endpoint: Endpoint) -> Rc<Kubernetes> {
        let mut apis = self.apis.borrow_mut();
        let known = apis.get(&endpoint.cluster).filter(|api| api.endpoint == endpoint).cloned();
        known.unwrap_or_else(|| {
            let api = Rc::new(Kubernetes::new(endpoint.clone()));
            apis.insert(endpoint.cluster, api.clone());
            api
        })
    }
}

/// A kind of objects, as the API's paths name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// `apps/v1`; `v1` of the core group.
    pub api: &'static str,
    pub kind: &'static str,
    /// `deployments`.
    pub plural: &'static str,
    /// Whether its objects stand in a namespace.
    pub namespaced: bool,
}

impl Type {
    /// The path of all of them, in one namespace or, where none is named, in every one.
    fn all(&self, namespace: &str) -> String {
        let root = if self.api.contains('/') { "apis" } else { "api" };
        let place = if namespace.is_empty() { String::new() } else { format!("namespaces/{}/", part(namespace)) };
        format!("/{root}/{}/{place}{}", self.api, self.plural)
    }

    /// The path of one of them.
    fn one(&self, namespace: &str, name: &str) -> String {
        format!("{}/{}", self.all(if self.namespaced { namespace } else { "" }), part(name))
    }
}

/// A name as a part of a path.
fn part(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%2E", ".")
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The verb of RBAC and the resource: `patch deployments`.
    operation: String,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    /// Its media type, and what is sent.
    body: Option<(&'static str, Value)>,
    /// As what the answer is asked for: media types, the first that the server has.
    accept: &'static str,
    /// Whether a refusal of who asks may be one that passes.
    patient: bool,
}

/// What came of an apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Whether the object was made by it (`201`).
    pub created: bool,
    /// The object as it stands now.
    pub object: Value,
}

/// The API of one cluster.
pub struct Kubernetes {
    endpoint: Endpoint,
    http: OnceCell<reqwest::Client>,
    /// The token in use, and when it was made.
    token: RefCell<Option<(Secret, Instant)>>,
    /// When it was asked first.
    met: Cell<Option<Instant>>,
}

impl Kubernetes {
    pub fn new(endpoint: Endpoint) -> Self {
        Kubernetes { endpoint, http: OnceCell::new(), token: RefCell::default(), met: Cell::default() }
    }

    /// The object of a name; one that isn't there is [`Class::NotFound`].
    pub async fn get(&self, by: &impl Asker, kind: Type, namespace: &str, name: &str) -> Result<Value, CloudError> {
        let request = Request::new("get", kind, Method::GET, kind.one(namespace, name));
        self.send(by, Repeat::Read, &request).await.map(|(_, body)| body)
    }

    /// Every object of a kind with these labels (`infra.dev/stack=shop`), in all namespaces, page by page.
    pub async fn list(&self, by: &impl Asker, kind: Type, selector: &str) -> Result<Vec<Value>, CloudError> {
        self.within(by, kind, "", selector).await
    }

    /// The same in one namespace.
    pub async fn within(&self, by: &impl Asker, kind: Type, namespace: &str, selector: &str) -> Result<Vec<Value>, CloudError> {
        let mut anew = 0;
        loop {
            match self.pages(by, kind, namespace, selector).await {
                Err(e) if e.code == errors::EXPIRED && anew < ANEW => anew += 1,
                answer => return answer,
            }
        }
    }

    async fn pages(&self, by: &impl Asker, kind: Type, namespace: &str, selector: &str) -> Result<Vec<Value>, CloudError> {
        let (mut all, mut next) = (vec![], None);
        loop {
            let mut request = Request { patient: false, ..Request::new("list", kind, Method::GET, kind.all(namespace)) };
            request.query.push(("labelSelector", selector.to_owned()));
            request.query.push(("limit", PAGE.to_string()));
            request.query.extend(next.take().map(|token| ("continue", token)));
            let (_, mut page) = self.send(by, Repeat::Read, &request).await?;
            // An API server writes a list of metadata in which nothing is as `null`.
            let nothing = page["kind"] == "PartialObjectMetadataList" && page.get("items") == Some(&Value::Null);
            match page["items"].take() {
                Value::Array(items) => all.extend(items),
                _ if nothing => {}
                _ => return Err(CloudError::incomplete(&request.operation, "items")),
            }
            match page["metadata"]["continue"].as_str().filter(|token| !token.is_empty()) {
                Some(token) => next = Some(token.to_owned()),
                None => return Ok(all),
            }
        }
    }

    /// Makes an object say what is given, and makes it if it isn't there: server-side apply, by `manager`. Fields that others own become the manager's; fields
    /// that it owned and that are not given any more go. It says the same twice.
    pub async fn apply(&self, by: &impl Asker, kind: Type, manager: &str, object: &Value) -> Result<Applied, CloudError> {
        self.applied(by, Repeat::Safe, kind, manager, object).await
    }

    /// As [`Kubernetes::apply`], of an object that must not be there yet: nothing is taken from others, and an answer that was lost is
    /// [`Class::Ambiguous`], since the next one couldn't tell whose object it is.
    pub async fn create(&self, by: &impl Asker, kind: Type, manager: &str, object: &Value) -> Result<Applied, CloudError> {
        self.applied(by, Repeat::Unsafe, kind, manager, object).await
    }

    async fn applied(&self, by: &impl Asker, repeat: Repeat, kind: Type, manager: &str, object: &Value) -> Result<Applied, CloudError> {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let mut request = Request::new("patch", kind, Method::PATCH, kind.one(text("namespace"), text("name")));
        let force = repeat != Repeat::Unsafe;
        request.query = vec![("fieldManager", manager.to_owned()), ("force", force.to_string())];
        // JSON is YAML.
        request.body = Some(("application/apply-patch+yaml", object.clone()));
        let (status, object) = self.send(by, repeat, &request).await?;
        Ok(Applied { created: status == 201, object })
    }

    /// Deletes the object with this uid, and what belongs to it first (`Foreground`). One of the same name that has another uid stays: then what was to be
    /// deleted is gone, [`Class::NotFound`].
    pub async fn delete(&self, by: &impl Asker, kind: Type, namespace: &str, name: &str, uid: &str) -> Result<(), CloudError> {
        let mut request = Request::new("delete", kind, Method::DELETE, kind.one(namespace, name));
        let options = json!({
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": "Foreground",
            "preconditions": { "uid": uid },
        });
        request.body = Some(("application/json", options));
        self.send(by, Repeat::Safe, &request).await.map(drop)
    }

    async fn send(&self, by: &impl Asker, repeat: Repeat, request: &Request) -> Result<(u16, Value), CloudError> {
        let object = async || {
            let (status, body) = self.once(by, request).await?;
            let unreadable = |e: serde_json::Error| errors::local(request, Class::Transient, "BadAnswer", &e.to_string());
            Ok((status, serde_json::from_slice(&body).map_err(unreadable)?))
        };
        by.policy().request(Service::Kubernetes, repeat, object).await
    }

    /// One request, once.
    async fn once(&self, by: &impl Asker, request: &Request) -> Result<(u16, Vec<u8>), CloudError> {
        let http = self.http.get_or_try_init(async || client(&self.endpoint)).await?;
        let url = self.url(request)?;
        let token = self.token(by).await?;
        let new = self.met.get().unwrap_or_else(Instant::now).elapsed() < NEW;
        self.met.set(self.met.get().or_else(|| Some(Instant::now())));
        let mut asked = http.request(request.method.clone(), url).header("accept", request.accept);
        asked = asked.bearer_auth(token.expose().unwrap_or_default());
        if let Some((kind, body)) = &request.body {
            asked = asked.header("content-type", *kind).body(body.to_string());
        }
        let lost = |e: reqwest::Error| unsent(Service::Kubernetes, &request.operation, &e);
        let answer = asked.send().await.map_err(lost)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(lost)?;
        if status == 401 {
            self.token.replace(None);
        }
        match status {
            300.. => Err(errors::refused(request, status, &headers, &body, new && request.patient)),
            _ => Ok((status, body.into())),
        }
    }

    fn url(&self, request: &Request) -> Result<Url, CloudError> {
        let unfit = |why: &str| errors::local(request, Class::Invalid, "BadEndpoint", &format!("{}: {why}", self.endpoint.url));
        let mut url = Url::parse(&self.endpoint.url).map_err(|e| unfit(&e.to_string()))?;
        let here = url.host_str().is_some_and(|host| matches!(host, "127.0.0.1" | "[::1]" | "localhost"));
        if url.scheme() != "https" && !here {
            return Err(unfit("a token is sent over TLS only"));
        }
        url.set_path(&request.path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }

    /// The token in use, made anew before EKS stops taking it.
    async fn token(&self, by: &impl Asker) -> Result<Secret, CloudError> {
        let known = self.token.borrow().as_ref().filter(|(_, made)| made.elapsed() < FRESH).map(|(token, _)| token.clone());
        if let Some(token) = known {
            return Ok(token);
        }
        let made = Instant::now();
        let token = by.token(&self.endpoint.cluster).await?;
        self.token.replace(Some((token.clone(), made)));
        Ok(token)
    }
}

impl Request {
    fn new(verb: &str, kind: Type, method: Method, path: String) -> Self {
        let accept = match (kind.api, kind.plural, verb) {
            ("v1", "secrets", "list") => METADATA_LIST,
            ("v1", "secrets", _) => METADATA,
            _ => "application/json",
        };
        Request { operation: format!("{verb} {}", kind.plural), method, path, query: vec![], body: None, accept, patient: true }
    }
}

/// A client that trusts the cluster's own authority and no other.
fn client(endpoint: &Endpoint) -> Result<reqwest::Client, CloudError> {
    let agent = concat!("infra/", env!("CARGO_PKG_VERSION"));
    let builder = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(super::aws::ATTEMPT).user_agent(agent);
    let builder = builder.redirect(reqwest::redirect::Policy::none()).tls_built_in_root_certs(false);
    let pem = BASE64_STANDARD.decode(&endpoint.authority).map_err(|e| unusable(endpoint, &e.to_string()))?;
    let authorities = Certificate::from_pem_bundle(&pem).map_err(|e| unusable(endpoint, &e.to_string()))?;
    let builder = authorities.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    builder.build().map_err(|e| CloudError::bug(e.to_string()))
}

fn unusable(endpoint: &Endpoint, why: &str) -> CloudError {
    let message = format!("the certificate authority of {} can't be read: {why}", endpoint.cluster);
    CloudError { service: Some(Service::Kubernetes), ..CloudError::new(Class::Invalid, "BadAuthority", message) }
}
