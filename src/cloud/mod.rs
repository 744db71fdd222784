//! The one seam between `infra` and the world: four verbs over objects.
pub mod audit;
mod aws;
mod backend;
mod explain;
pub mod lease;
mod logs;
mod neighbours;
pub mod owned;
mod quotas;
pub mod sandbox;
mod zones;

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::kinds::metric_alarm::Standing;
use crate::kinds::{Call, Fact, Gate, Kind, Links, Live, Object, Question, Seen, Sign, Stamp};
use crate::model::Moment;
use crate::wire::policy::Policy;
use crate::wire::{Clients, CloudError, Identity, Zone};

pub use audit::{AuditEvent, AuditLog};
pub use logs::{LogEvent, LogPage, LogQuery, Logs, Source, now};
pub use neighbours::Neighbours;
pub use sandbox::Sandbox;

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
    /// The availability zones of the region that this account may use.
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError>;
    /// What the region offers; nothing where that isn't known.
    async fn offers(&self, question: &Question) -> Result<Option<Fact>, CloudError>;
    /// How a live object fares, as its service tells it.
    async fn health(&self, _live: &Live) -> Result<Vec<Sign>, CloudError> {
        Ok(vec![])
    }
    /// The alarms of a stack, and how they stand.
    async fn alarms(&self, _stack: &str) -> Result<Vec<Standing>, CloudError> {
        Ok(vec![])
    }
    /// One look of a gate. `since`: when the requests were shifted that it watches.
    async fn look_at(&self, gate: &Gate, links: &Links, since: Moment) -> Result<Seen, CloudError>;
    /// Other stacks of the account and region.
    async fn neighbours(&self, _stack: &str) -> Result<Neighbours, CloudError> {
        Ok(Neighbours::new())
    }
    /// Who changed these objects lately, other than `infra`, as far as the cloud keeps records of it. Asks nothing when there are none.
    async fn who(&self, _objects: &[&Live]) -> AuditLog {
        AuditLog::default()
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

/// The clouds there are.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub enum Backend {
    Aws(Clients),
    Sandbox(Sandbox),
}

/// The reading half of a world: what the plan path holds, so that it can't write.
#[derive(Clone, Copy)]
pub struct ReadOnly<'a>(&'a Backend);

impl ReadOnly<'_> {
    /// Whether it is the embedded cloud.
    pub fn is_sandbox(self) -> bool {
        matches!(self.0, Backend::Sandbox(_))
    }
}

impl Backend {
    pub fn read_only(&self) -> ReadOnly<'_> {
        ReadOnly(self)
    }

    /// Forgets where the stack once had something, when nothing of it is there any more.
    pub async fn leave(&self, stack: &str) -> Result<(), CloudError> {
        match self {
            Backend::Aws(c) => c.leave(stack).await,
            Backend::Sandbox(_) => Ok(()),
        }
    }

    /// When the credentials end that nothing renews.
    pub async fn credentials_end(&self) -> Option<SystemTime> {
        match self {
            Backend::Aws(c) => c.credentials_end().await,
            Backend::Sandbox(_) => None,
        }
    }

    pub fn policy(&self) -> &Policy {
        match self {
            Backend::Aws(c) => &c.policy,
            Backend::Sandbox(s) => &s.policy,
        }
    }
}
