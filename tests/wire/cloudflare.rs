//! Cloudflare's kinds over the wire: real HTTP against the fake, the stack's notes in the emulator.
mod faults;
mod foreign;
mod kinds;
mod records;
mod rules;

use infra::kinds::{DnsRecord, Object, Text};
use infra::plan::{Plan, PlanError};
use infra::run::{Event, Outcome};
use infra::stack::Stack;
use infra::wire::{Clients, Cloudflare};

use crate::support::cloudflare::Cloudflare as Fake;
use crate::support::moto::Moto;
use crate::support::only::Only;
use crate::support::{apply, plan_for, stack};

pub const ZONE: &str = "example.com";

/// Both clouds, and a zone.
pub struct Edge {
    pub moto: Moto,
    pub fake: Fake,
    pub zone: String,
    pub cloud: Clients,
}

impl Edge {
    pub async fn start(plan: &str) -> Edge {
        let (moto, fake) = (Moto::start().await, Fake::start());
        let zone = fake.zone(ZONE, plan);
        let cloud = clients(&moto, &fake, "test-token");
        Edge { moto, fake, zone, cloud }
    }

    /// Another process with another token.
    pub fn with_token(&self, token: &str) -> Clients {
        clients(&self.moto, &self.fake, token)
    }

    pub async fn plan(&self, want: &Stack) -> Result<Plan, Vec<PlanError>> {
        plan_for(&Only::edge(&self.cloud), want).await
    }

    /// Plans and applies, however it ends.
    pub async fn run(&self, want: &Stack, run: &str) -> (Outcome, Vec<Event>) {
        let plan = self.plan(want).await.unwrap_or_else(|e| panic!("{run}: {e:#?}"));
        apply(&self.cloud, &plan, run).await
    }

    /// Plans and applies; afterwards there is nothing to do.
    pub async fn apply(&self, want: &Stack, run: &str) {
        let (outcome, events) = self.run(want, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run}: {events:#?}");
        let again = self.plan(want).await.unwrap();
        assert!(again.is_empty(), "{run}: still to do {:#?}", again.changes);
    }

    /// How often a request of this shape came by.
    pub fn count(&self, shape: &str) -> usize {
        self.fake.log().iter().filter(|c| c.shape() == shape).count()
    }

    /// The record of a name, as the API shows it.
    pub fn record(&self, name: &str) -> serde_json::Value {
        let mut found = self.fake.records(&self.zone).into_iter().filter(|r| r["name"] == name);
        let record = found.next().unwrap_or_else(|| panic!("no record {name}"));
        assert!(found.next().is_none(), "two records {name}");
        record
    }
}

fn clients(moto: &Moto, fake: &Fake, token: &str) -> Clients {
    let cloudflare = Cloudflare::new(Some(ZONE.into()), Some(token.into()), Some(fake.endpoint.clone()));
    let mut cloud = Moto::clients(&moto.endpoint).with_cloudflare(cloudflare);
    cloud.policy.unseen = std::time::Duration::ZERO;
    cloud
}

/// An address record.
pub fn record(name: &str, content: &str) -> DnsRecord {
    DnsRecord {
        zone: ZONE.into(),
        name: Text::literal(name),
        r#type: "A".into(),
        content: Text::literal(content),
        priority: None,
        proxied: false,
        ttl: 300,
        waits_for: [].into(),
        opens: [].into(),
    }
}

/// A stack of records by key.
pub fn records<'a>(all: impl IntoIterator<Item = (&'a str, DnsRecord)>) -> Stack {
    let all: Vec<(String, Object)> = all.into_iter().map(|(key, r)| (format!("dns_record.{key}"), r.into())).collect();
    stack("edge", all.iter().map(|(a, o)| (a.as_str(), o.clone())))
}
