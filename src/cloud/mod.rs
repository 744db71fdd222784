//! The one seam between `infra` and the world: four verbs over objects.
pub mod aws;
pub mod cloudflare;
pub mod deeds;
pub mod lease;
pub mod notes;
pub mod policy;
pub mod sandbox;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::{Kind, Links, Live, Object};
use crate::model::{Service, Stamp};

pub use aws::Clients;
pub use cloudflare::{Cloudflare, Zone};
pub use deeds::{Deed, Told};
pub use notes::Notes;
pub use sandbox::Sandbox;

/// Why a call failed, in the words that policy and the run need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Slow down; the request was not looked at.
    Throttled,
    /// A passing failure of a request that may be repeated.
    Transient,
    /// It may have happened or not; only a look at the cloud can tell.
    Ambiguous,
    /// Something else must happen first (in use, still changing).
    Conflict,
    NotFound,
    Denied,
    Quota,
    /// Refused for what it asks.
    Invalid,
    /// A mistake in `infra` itself.
    Bug,
}

impl Class {
    /// Whether the effect may have happened: only a look at the cloud can tell.
    pub fn lost(self) -> bool {
        matches!(self, Class::Ambiguous | Class::Transient)
    }
}

/// A failed call: what was asked of whom, and the service's own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloudError {
    pub class: Class,
    pub service: Option<Service>,
    /// The API's own name: `CreateSubnet`.
    pub operation: String,
    /// The API's own code: `InvalidSubnet.Conflict`.
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    /// How long the service asks to be left alone (`Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
}

impl CloudError {
    pub fn new(class: Class, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        CloudError { class, service: None, operation: String::new(), code, message, request_id: None, retry_after: None }
    }

    pub fn bug(message: impl Into<String>) -> Self {
        CloudError::new(Class::Bug, "Bug", message)
    }

    /// Whether Cloudflare said so, or should have.
    pub fn of_cloudflare(&self) -> bool {
        self.service == Some(Service::Cloudflare)
    }

    /// Whether a permission is missing. What else is denied (no, wrong or expired credentials) needs none.
    pub fn forbidden(&self) -> bool {
        matches!(self.code.as_str(), "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation")
    }

    /// The same failure, with something more to say about it.
    pub fn adding(self, more: &str) -> Self {
        CloudError { message: format!("{}; {more}", self.message.trim_end_matches(['.', ' '])), ..self }
    }

    /// The cloud answered, but without something its API promises.
    pub fn incomplete(operation: &str, what: &str) -> Self {
        let mut e = CloudError::new(Class::Ambiguous, "IncompleteAnswer", format!("the answer has no {what}"));
        e.operation = operation.into();
        e
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", self.operation)?;
        }
        write!(f, "{}: {}", self.code, self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for CloudError {}

/// Who is asking, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub account: String,
    pub region: String,
}

/// A cloud that can be read. A plan is given nothing more.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Observe {
    async fn identity(&self) -> Result<Identity, CloudError>;
    /// Every object of one kind that the stack owns: one batched, paginated read. Of a kind that is [shared](Kind::shared) others' objects too.
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError>;
    /// The blocks of IPv4 addresses from which Cloudflare reaches an origin, as it publishes them.
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError>;
    /// A Cloudflare zone by its name: its id, and the plan that it is on.
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError>;
    /// Who changed these objects lately, other than `infra`, as far as the cloud keeps records of it. Asks nothing when there are none.
    async fn who(&self, _objects: &[&Live]) -> Told {
        Told::default()
    }
}

/// A cloud that can be changed.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Cloud: Observe {
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError>;
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError>;
    /// Absent already is success.
    async fn delete(&self, live: &Live) -> Result<(), CloudError>;
    /// Calls on one kind whose objects are written together: all of them happen, or none. The answers come in the calls' order.
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>>;
}

/// One mutating verb and what it is about.
pub enum Call<'a> {
    Create { want: &'a Object, links: &'a Links, stamp: Stamp },
    Update { live: &'a Live, want: &'a Object, links: &'a Links, stamp: Stamp },
    Delete { live: &'a Live },
}

impl Call<'_> {
    pub fn kind(&self) -> Kind {
        match self {
            Call::Create { want, .. } | Call::Update { want, .. } => want.kind(),
            Call::Delete { live } => live.object.kind(),
        }
    }
}

/// The clouds there are.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub enum World {
    Aws(Clients),
    Sandbox(Sandbox),
}

/// The reading half of a world: what the plan path holds, so that it can't write.
pub struct ReadOnly<'a>(&'a World);

impl World {
    pub fn read_only(&self) -> ReadOnly<'_> {
        ReadOnly(self)
    }

    /// Forgets where the stack once had something, when nothing of it is there any more.
    pub async fn leave(&self, stack: &str) -> Result<(), CloudError> {
        match self {
            World::Aws(c) => c.leave(stack).await,
            World::Sandbox(_) => Ok(()),
        }
    }

    pub fn policy(&self) -> &policy::Policy {
        match self {
            World::Aws(c) => &c.policy,
            World::Sandbox(s) => &s.policy,
        }
    }
}

impl ReadOnly<'_> {
    /// What the cloud notes of a stack.
    pub async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        self.0.notes(folder).await
    }
}

impl Observe for ReadOnly<'_> {
    async fn who(&self, objects: &[&Live]) -> Told {
        self.0.who(objects).await
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.0.edge_ranges().await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.0.about_zone(zone).await
    }
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.0.identity().await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        self.0.list(kind, stack).await
    }
}

impl Observe for World {
    /// The sandbox keeps no records.
    async fn who(&self, objects: &[&Live]) -> Told {
        match self {
            World::Aws(c) => c.who(objects).await,
            World::Sandbox(_) => Told::default(),
        }
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        match self {
            World::Aws(c) => c.edge_ranges().await,
            World::Sandbox(s) => s.edge_ranges().await,
        }
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        match self {
            World::Aws(c) => c.about_zone(zone).await,
            World::Sandbox(s) => s.about_zone(zone).await,
        }
    }
    async fn identity(&self) -> Result<Identity, CloudError> {
        match self {
            World::Aws(c) => c.identity().await,
            World::Sandbox(s) => s.identity().await,
        }
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        match self {
            World::Aws(c) => c.list(kind, stack).await,
            World::Sandbox(s) => s.list(kind, stack).await,
        }
    }
}

impl Cloud for World {
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        match self {
            World::Aws(c) => c.batch(calls).await,
            World::Sandbox(s) => s.batch(calls).await,
        }
    }
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match self {
            World::Aws(c) => c.create(want, links, stamp).await,
            World::Sandbox(s) => s.create(want, links, stamp).await,
        }
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match self {
            World::Aws(c) => c.update(live, want, links, stamp).await,
            World::Sandbox(s) => s.update(live, want, links, stamp).await,
        }
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        match self {
            World::Aws(c) => c.delete(live).await,
            World::Sandbox(s) => s.delete(live).await,
        }
    }
}

impl Notes for World {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        match self {
            World::Aws(c) => c.note_new(name, text).await,
            World::Sandbox(s) => s.note_new(name, text).await,
        }
    }
    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        match self {
            World::Aws(c) => c.note(name, text).await,
            World::Sandbox(s) => s.note(name, text).await,
        }
    }
    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        match self {
            World::Aws(c) => c.notes(folder).await,
            World::Sandbox(s) => s.notes(folder).await,
        }
    }
    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        match self {
            World::Aws(c) => c.forget(names).await,
            World::Sandbox(s) => s.forget(names).await,
        }
    }
}
