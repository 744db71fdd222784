//! The clouds there are, as one: each verb goes to the cloud that a command was given.
use std::collections::{BTreeMap, BTreeSet};

use super::{AuditLog, Backend, Cloud, Neighbours, Observe, ReadOnly};
use crate::kinds::metric_alarm::Standing;
use crate::kinds::{Call, Fact, Gate, Kind, Links, Live, Object, Question, Seen, Sign, Stamp};
use crate::model::Moment;
use crate::wire::notes::Key;
use crate::wire::{CloudError, Identity, Notes, Zone};

impl ReadOnly<'_> {
    /// What the cloud notes of a stack.
    pub async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        self.0.notes(folder).await
    }
}

impl Observe for ReadOnly<'_> {
    async fn look_at(&self, gate: &Gate, links: &Links, since: Moment) -> Result<Seen, CloudError> {
        self.0.look_at(gate, links, since).await
    }
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
    async fn look_at(&self, gate: &Gate, links: &Links, since: Moment) -> Result<Seen, CloudError> {
        match self {
            Backend::Aws(c) => c.look_at(gate, links, since).await,
            Backend::Sandbox(s) => s.look_at(gate, links, since).await,
        }
    }
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
    async fn neighbours(&self, stack: &str) -> Result<Neighbours, CloudError> {
        match self {
            Backend::Aws(c) => c.neighbours(stack).await,
            Backend::Sandbox(s) => s.neighbours(stack).await,
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
