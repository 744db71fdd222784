//! The real clouds behind the door: verbs of kinds, with errors that say more than the service did.
use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::{AuditLog, Cloud, Neighbours, Observe, explain, neighbours, zones};
use crate::kinds::metric_alarm::{self, Standing};
use crate::kinds::{Call, Fact, Kind, Links, Live, Object, Question, Sign, Stamp};
use crate::wire::cloudflare::folder;
use crate::wire::{Clients, CloudError, Identity, Notes, Service, Zone};

/// How long it may take in all to tell who changed something: drift is told without it, too.
const PATIENCE: Duration = Duration::from_secs(8);

impl Observe for Clients {
    async fn identity(&self) -> Result<Identity, CloudError> {
        Clients::identity(self).await
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.cloudflare_ranges().await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.zone(zone).await
    }
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        zones::of_region(self).await
    }
    async fn health(&self, live: &Live) -> Result<Vec<Sign>, CloudError> {
        Object::health(self, live).await
    }
    async fn alarms(&self, stack: &str) -> Result<Vec<Standing>, CloudError> {
        match metric_alarm::standing(self, stack).await {
            Err(e) => Err(explain::explain(self, e, "").await),
            alarms => alarms,
        }
    }
    async fn offers(&self, question: &Question) -> Result<Option<Fact>, CloudError> {
        question.ask(self).await
    }
    async fn neighbours(&self, stack: &str) -> Result<Neighbours, CloudError> {
        neighbours::of_region(self, stack).await
    }
    async fn who(&self, objects: &[&Live]) -> AuditLog {
        let until = Instant::now() + PATIENCE;
        let (theirs, ours): (Vec<&Live>, Vec<&Live>) = objects.iter().partition(|l| l.object.kind().service() == Service::Cloudflare);
        let (mut log, more) = futures_util::join!(self.trail(&ours, until), self.audit(&theirs, until));
        log.events.extend(more.events);
        log.unread.extend(more.unread);
        log
    }
    /// A stamp that names another kind was copied from elsewhere, and makes nothing ours.
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        let found = match kind.list(self, stack).await {
            Err(e) => return Err(explain::explain(self, e, "").await),
            found => found?,
        };
        Ok(found.into_iter().filter(|l| l.stamp.address.kind == kind).collect())
    }
}

/// A verb that fails for good says more than the service did.
impl Cloud for Clients {
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match want.create(self, links, stamp).await {
            Err(e) => Err(explain::explain(self, e, &stamp.address.to_string()).await),
            made => made,
        }
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match want.update(self, links, live, stamp).await {
            Err(e) => Err(explain::explain(self, e, &live.id).await),
            made => made,
        }
    }
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        match calls.first().map(Call::kind) {
            Some(kind) => kind.batch(self, calls).await,
            None => vec![],
        }
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        match Object::delete(self, live).await {
            Err(e) => Err(explain::explain(self, e, &live.id).await),
            gone => gone,
        }
    }
}

impl Clients {
    /// Forgets the zones that the spec doesn't name, once nothing of the stack is in them.
    pub async fn leave(&self, stack: &str) -> Result<(), CloudError> {
        let notes = self.notes(&folder(stack)).await?;
        let named = |name: &String| {
            let zone = name.strip_prefix(&format!("{}/", folder(stack)))?.strip_suffix("/entered")?;
            (Some(zone) != self.cloudflare.zone()).then(|| zone.to_owned())
        };
        let mut left: BTreeSet<String> = notes.keys().filter_map(named).collect();
        for kind in Kind::ALL.iter().filter(|k| k.permission().is_some()) {
            if left.is_empty() {
                return Ok(());
            }
            for live in self.list(*kind, stack).await?.iter().filter(|l| l.stamp.stack == stack) {
                let zone = live.object.attributes().into_iter().find(|a| a.name == "zone");
                left.retain(|name| zone.as_ref().and_then(|z| z.value.as_str()) != Some(name));
            }
        }
        self.forget(&left.iter().map(|zone| format!("{}/{zone}/entered", folder(stack))).collect::<Vec<_>>()).await
    }
}
