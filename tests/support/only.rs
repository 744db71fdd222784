//! A cloud of which some kinds are looked at: of others there is nothing, and no request asks for them.
use std::collections::BTreeSet;

use infra::cloud::Observe;
use infra::kinds::{Fact, Gate, Kind, Links, Live, Question, Seen};
use infra::model::Moment;
use infra::stack::Stack;
use infra::wire::{CloudError, Identity, Zone};

pub struct Only<'a, C> {
    pub cloud: &'a C,
    pub kinds: BTreeSet<Kind>,
}

impl<'a, C> Only<'a, C> {
    /// The kinds at Cloudflare.
    pub fn edge(cloud: &'a C) -> Self {
        Only { cloud, kinds: Kind::ALL.iter().copied().filter(|k| k.permission().is_some()).collect() }
    }

    /// The kinds that a stack has.
    pub fn of(cloud: &'a C, stack: &Stack) -> Self {
        Only { cloud, kinds: stack.nodes.keys().map(|a| a.kind).collect() }
    }
}

impl<C: Observe> Observe for Only<'_, C> {
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.cloud.identity().await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        if self.kinds.contains(&kind) { self.cloud.list(kind, stack).await } else { Ok(vec![]) }
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.cloud.edge_ranges().await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.cloud.about_zone(zone).await
    }
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        self.cloud.availability_zones().await
    }
    async fn offers(&self, question: &Question) -> Result<Option<Fact>, CloudError> {
        self.cloud.offers(question).await
    }
    async fn look_at(&self, gate: &Gate, links: &Links, since: Moment) -> Result<Seen, CloudError> {
        self.cloud.look_at(gate, links, since).await
    }
}
