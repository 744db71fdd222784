//! The one seam between `infra` and the world: four verbs over objects.
pub mod audit;
mod aws;
mod explain;
pub mod lease;
mod logs;
mod neighbours;
pub mod owned;
mod quotas;
pub mod sandbox;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use crate::kinds::metric_alarm::Standing;
use crate::kinds::{Call, Fact, Kind, Links, Live, Object, Question, Sign, Stamp};
use crate::wire::notes::Key;
use crate::wire::policy::Policy;
use crate::wire::{Clients, CloudError, Identity, Notes, Zone};

pub use audit::{AuditEvent, AuditLog};
pub use logs::{LogEvent, LogPage, LogQuery, Logs, now};
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

impl ReadOnly<'_> {
    /// What the cloud notes of a stack.
    pub async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        self.0.notes(folder).await
    }
}

impl Observe for ReadOnly<'_> {
    async fn health(&self, live: &Live) -> Result<Vec<Sign>, CloudError> {
        self.0.health(live).await
    }
    async fn alarms(&self, stack: &str) -> Result<Vec<Standing>, CloudError> {
        self.0.alarms(stack).await
    }
    async fn neighbours(&self, stack: &str) -> Result<Neighbours, CloudError> {
        self.0.neighbours(stack).await
    }
    async fn who(&self, objects: &[&Live]) -> AuditLog {
        self.0.who(objects).await
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.0.edge_ranges().await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.0.about_zone(zone).await
    }
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        self.0.availability_zones().await
    }
    async fn offers(&self, question: &Question) -> Result<Option<Fact>, CloudError> {
        self.0.offers(question).await
    }
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.0.identity().await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        self.0.list(kind, stack).await
    }
}

impl Observe for Backend {
    async fn health(&self, live: &Live) -> Result<Vec<Sign>, CloudError> {
        match self {
            Backend::Aws(c) => c.health(live).await,
            Backend::Sandbox(s) => s.health(live).await,
        }
    }
    async fn alarms(&self, stack: &str) -> Result<Vec<Standing>, CloudError> {
        match self {
            Backend::Aws(c) => c.alarms(stack).await,
            Backend::Sandbox(s) => s.alarms(stack).await,
        }
    }
    /// The sandbox keeps no records.
    async fn who(&self, objects: &[&Live]) -> AuditLog {
        match self {
            Backend::Aws(c) => c.who(objects).await,
            Backend::Sandbox(_) => AuditLog::default(),
        }
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        match self {
            Backend::Aws(c) => c.edge_ranges().await,
            Backend::Sandbox(s) => s.edge_ranges().await,
        }
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        match self {
            Backend::Aws(c) => c.about_zone(zone).await,
            Backend::Sandbox(s) => s.about_zone(zone).await,
        }
    }
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        match self {
            Backend::Aws(c) => c.availability_zones().await,
            Backend::Sandbox(s) => s.availability_zones().await,
        }
    }
    async fn offers(&self, question: &Question) -> Result<Option<Fact>, CloudError> {
        match self {
            Backend::Aws(c) => c.offers(question).await,
            Backend::Sandbox(s) => s.offers(question).await,
        }
    }
    async fn neighbours(&self, stack: &str) -> Result<Neighbours, CloudError> {
        match self {
            Backend::Aws(c) => c.neighbours(stack).await,
            Backend::Sandbox(s) => s.neighbours(stack).await,
        }
    }
    async fn identity(&self) -> Result<Identity, CloudError> {
        match self {
            Backend::Aws(c) => c.identity().await,
            Backend::Sandbox(s) => s.identity().await,
        }
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        match self {
            Backend::Aws(c) => c.list(kind, stack).await,
            Backend::Sandbox(s) => s.list(kind, stack).await,
        }
    }
}

impl Cloud for Backend {
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        match self {
            Backend::Aws(c) => c.batch(calls).await,
            Backend::Sandbox(s) => s.batch(calls).await,
        }
    }
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match self {
            Backend::Aws(c) => c.create(want, links, stamp).await,
            Backend::Sandbox(s) => s.create(want, links, stamp).await,
        }
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match self {
            Backend::Aws(c) => c.update(live, want, links, stamp).await,
            Backend::Sandbox(s) => s.update(live, want, links, stamp).await,
        }
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        match self {
            Backend::Aws(c) => c.delete(live).await,
            Backend::Sandbox(s) => s.delete(live).await,
        }
    }
}

impl Notes for Backend {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        match self {
            Backend::Aws(c) => c.note_new(name, text).await,
            Backend::Sandbox(s) => s.note_new(name, text).await,
        }
    }
    async fn key(&self, stack: &str) -> Result<Option<Key>, CloudError> {
        match self {
            Backend::Aws(c) => c.key(stack).await,
            Backend::Sandbox(s) => s.key(stack).await,
        }
    }
    async fn make_key(&self, stack: &str) -> Result<Key, CloudError> {
        match self {
            Backend::Aws(c) => c.make_key(stack).await,
            Backend::Sandbox(s) => s.make_key(stack).await,
        }
    }
    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        match self {
            Backend::Aws(c) => c.note(name, text).await,
            Backend::Sandbox(s) => s.note(name, text).await,
        }
    }
    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        match self {
            Backend::Aws(c) => c.notes(folder).await,
            Backend::Sandbox(s) => s.notes(folder).await,
        }
    }
    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        match self {
            Backend::Aws(c) => c.forget(names).await,
            Backend::Sandbox(s) => s.forget(names).await,
        }
    }
}
