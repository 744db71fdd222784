//! A job of a cluster that runs once, and is done before what waits for it goes on: a migration. It stays when it has ended, so that it doesn't run again.
use std::cell::RefCell;
use std::cmp::Reverse;

use serde_json::json;
use tokio::time::Instant;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, NAME, Place, failing, fields};
use super::terraform::{ID, Word, block, is, made, of};
use super::*;
use crate::model::Computed;
use crate::wire::kubernetes::{Kubernetes, PODS, Type};

object! {
    /// `Job` (`batch/v1`). Its id is `CLUSTER/jobs/NAMESPACE/NAME`.
    pub struct Job {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// The name of its container, and of its pods in their label. Its own is made up for each: one never changes, and its successor stands beside it.
        replace name: String,
        /// `spec`: what it does.
        replace work: Work,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// `metadata.name`: pods of a job bear it in a label.
const NAMES: NameRule = NameRule { small: true, ..NameRule::most(63) };

impl Manifest for Job {
    const TYPE: Type = Type { api: "batch/v1", kind: "Job", plural: "jobs", namespaced: true };

    manifest::placed!();

    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        Ok(json!({ "spec": self.work.body(&self.name, links)? }))
    }

    fn read(at: &Place, object: &Value) -> Self {
        let name = fields::text(&object["spec"]["template"]["metadata"]["labels"][NAME]);
        Job {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            work: Work::read(at, &object["spec"], &name),
            name,
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        Job { uid: manifest::uid(object), ..self.clone() }
    }
}

/// The label by which the controller of jobs tells a job's pods, whose other label those of another version have, too.
const OWN: &str = "batch.kubernetes.io/job-name";

/// The code of a verdict: it has failed for good.
const FAILED: &str = "JobFailed";

impl Resource for Job {
    const KIND: Kind = Kind::Job;
    const SERVICE: Service = Service::Kubernetes;
    /// A first pod waits for its node, which takes about a minute.
    const TYPICAL: Typical = Typical::secs(120, 2, 20);
    const HINT: &'static [&'static str] = &["{work.image}"];
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_job_v1",
            &[
                ID,
                block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
                block("spec", &[is("completion_mode", Word::Text("NonIndexed"))]),
                is("wait_for_completion", Word::Yes),
            ],
        )],
        left_out: &[("cluster", "a provider is configured for one cluster"), ("work", "it is a template of several blocks")],
    };

    fn example() -> Self {
        Job {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            work: Work::example(),
            uid: Computed::default(),
        }
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().chain(self.work.breaches(&self.namespace, near)).collect();
        found.extend(manifest::elsewhere(self, near));
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    /// The stack's alone: those that a cron job has begun are its own.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        manifest::list_own::<Self>(cx, stack).await
    }

    /// Returns when it has come to its end. One that has failed is deleted again, so that the failure is definite; what it did stays done.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, at) = manifest::reach(self, cx, links)?;
        let at = Place { name: stamp.physical_name(&NAMES), ..at };
        let made = manifest::make(self, cx, links, (&api, &at), stamp).await?;
        match done(cx, &api, &at, self).await {
            Err(e) if e.code == FAILED => {
                half(manifest::remove::<Self>(cx, &api, &at, &manifest::uid(&made).0.unwrap_or_default()).await)?;
                Err(e)
            }
            waited => {
                half(waited)?;
                Live::made(at.id::<Self>(), self.with_computed(&made), stamp, links)
            }
        }
    }

    /// Its stamp alone changes.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        manifest::update(self, cx, links, live, stamp).await
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        manifest::delete::<Self>(cx, live).await
    }
}

/// Waits until the job has ended well (`Complete`). Errors: [`FAILED`] in its controller's and its container's own words, or a failed request.
async fn done(cx: &Clients, api: &Kubernetes, at: &Place, want: &Job) -> Result<(), CloudError> {
    let over = RefCell::new(None);
    let look = async || {
        let now = manifest::standing::<Job>(cx, api, at).await?;
        let ended = |kind: &str| {
            let mut all = now["status"]["conditions"].as_array().into_iter().flatten();
            all.find(|c| c["type"] == kind && c["status"] == "True").cloned()
        };
        if let Some(why) = ended("Failed") {
            over.replace(Some(format!("{}: {}", fields::text(&why["reason"]), fields::text(&why["message"]))));
        }
        Ok((ended("Complete").is_some() || over.borrow().is_some()).then_some(()))
    };
    let deadline = deadline(Job::TYPICAL.create) + Duration::from_secs(want.work.deadline.max(0) as u64);
    match cx.policy.wait(&format!("{} to be done", at.id::<Job>()), deadline, look).await {
        Err(e) if e.code == "WaitTimeout" => drop(over.replace(Some(e.message))),
        answer => answer?,
    }
    let Some(why) = over.take() else { return Ok(()) };
    let told: Vec<String> = [why].into_iter().chain(quoted(cx, api, at, want).await).collect();
    Err(failed(at, &told.join("; ")))
}

/// The last lines of its last try: each is a pod of its own. Nothing where they can't be told.
async fn quoted(cx: &Clients, api: &Kubernetes, at: &Place, want: &Job) -> Option<String> {
    let selector = format!("{OWN}={}", at.name);
    let mut pods = cx.policy.hint(Instant::now() + failing::HINT, api.within(cx, PODS, &at.namespace, &selector)).await.ok()?;
    pods.sort_by_key(|pod| Reverse(fields::text(&pod["metadata"]["creationTimestamp"])));
    failing::quoted(cx, api, &at.namespace, &want.name, &pods).await
}

fn failed(at: &Place, why: &str) -> CloudError {
    let e = CloudError::new(Class::Invalid, FAILED, format!("{} has failed: {why}", at.id::<Job>()));
    CloudError { service: Some(Service::Kubernetes), operation: "get jobs".into(), ..e }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(cluster: &str, change: impl FnOnce(&mut Job)) -> Vec<String> {
        manifest::tests::refused(cluster, change)
    }

    #[test]
    fn what_the_api_server_refuses_is_refused() {
        assert!(refused(EXAMPLE, |_| ()).is_empty());
        assert_eq!(refused("other", |_| ()), ["namespace"]);
        let work = |change: fn(&mut Work)| move |j: &mut Job| change(&mut j.work);
        assert_eq!(refused(EXAMPLE, work(|w| w.deadline = 0)), ["work.deadline"]);
        assert_eq!(refused(EXAMPLE, work(|w| w.retries = -1)), ["work.retries"]);
        assert_eq!(refused(EXAMPLE, work(|w| w.cpu = "0.5".into())), ["work.cpu"]);
        assert_eq!(refused(EXAMPLE, work(|w| w.memory = "0".into())), ["work.memory"]);
        assert_eq!(refused(EXAMPLE, work(|w| w.image = "a b".into())), ["work.image"]);
    }
}
