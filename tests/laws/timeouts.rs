//! How long a call may take is what its entry says, onward and back; without a word it is four times the usual.
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use infra::cloud::sandbox::Fault;
use infra::cloud::{Cloud, Observe, Sandbox};
use infra::kinds::{Call, Kind, Links, Live, Object, Stamp};
use infra::run::Outcome;
use infra::wire::policy::deadline;
use infra::wire::{CloudError, Identity, Zone};

use super::world::{apply, sandbox, settled_plan, stack};

/// A sandbox that notes how long each call would wait for what usually takes a minute.
struct Asked(Sandbox, RefCell<BTreeMap<String, Duration>>);

impl Asked {
    fn note(&self, verb: &str, address: impl std::fmt::Display) {
        self.1.borrow_mut().insert(format!("{verb} {address}"), deadline(Duration::from_secs(60)));
    }
}

impl Observe for Asked {
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.0.identity().await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        self.0.list(kind, stack).await
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
    async fn look_at(
        &self,
        gate: &infra::kinds::Gate,
        links: &Links,
        since: infra::model::Moment,
    ) -> Result<infra::kinds::Seen, CloudError> {
        self.0.look_at(gate, links, since).await
    }
    async fn offers(&self, question: &infra::kinds::Question) -> Result<Option<infra::kinds::Fact>, CloudError> {
        self.0.offers(question).await
    }
}

impl Cloud for Asked {
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        self.note("create", &stamp.address);
        self.0.create(want, links, stamp).await
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        self.note("update", &stamp.address);
        self.0.update(live, want, links, stamp).await
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        self.note("delete", &live.stamp.address);
        self.0.delete(live).await
    }
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        self.0.batch(calls).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_may_take_as_long_as_its_entry_says() {
    let said = |class: &str| {
        format!(
            "stack: shop\nregion: us-east-1\ncompute: {{ app: {{ port: 80 }} }}\nload_balancer: {{ listeners: {{ http: {{ port: 80, forward: app }} }}, timeouts: {{ create: 20m }} }}\n\
             cache: {{ main: {{}} }}\n\
             database: {{ main: {{ engine: postgres, instance_class: {class}, timeouts: {{ create: 50m, update: 7h, delete: 10m }} }} }}\n"
        )
    };
    let cloud = Asked(sandbox(1), RefCell::default());
    let want = stack(&[&said("db.t4g.medium")]);
    let plan = settled_plan(&cloud, &want).await.unwrap();
    // The cache comes last in time: all else is taken back.
    cloud.0.fail(plan.steps.len() as u64 - 1, Fault::Refused);
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    assert!(matches!(outcome, Outcome::RolledBack(_)), "{outcome:?} {events:#?}");
    let minutes = |what: &str| cloud.1.borrow().get(what).map(|d| d.as_secs() / 60);
    assert_eq!(minutes("create db_instance.main"), Some(50));
    assert_eq!(minutes("delete db_instance.main"), Some(10), "its creation is taken back");
    assert_eq!(minutes("create load_balancer.main"), Some(20));
    assert_eq!(minutes("create replication_group.main"), Some(4), "the usual");
    assert_eq!(minutes("create db_parameter_group.main"), Some(4), "what takes moments has no timeout of its own");
    cloud.0.heal();
    assert_eq!(apply(&cloud, &settled_plan(&cloud, &want).await.unwrap(), "r2").await.0, Outcome::Applied);
    let larger = stack(&[&said("db.r7g.large")]);
    assert_eq!(apply(&cloud, &settled_plan(&cloud, &larger).await.unwrap(), "r3").await.0, Outcome::Applied);
    assert_eq!(minutes("update db_instance.main"), Some(7 * 60));
}
