//! A job of a cluster that runs by the clock.
use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, Place, fields};
use super::terraform::{ID, Word, block, is, made, of, same};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `CronJob` (`batch/v1`), of which one job runs at a time. Its id is `CLUSTER/cronjobs/NAMESPACE/NAME`.
    pub struct CronJob {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`, which is its containers' name, too.
        replace name: String,
        /// `spec.schedule`: five fields as in a crontab.
        update schedule: String,
        /// `spec.timeZone`: in which the schedule is read; `Etc/UTC` unless it says otherwise.
        update time_zone: String,
        /// `spec.jobTemplate.spec`: what it does.
        update work: Work,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// Characters of a name, to which eleven are added for each job ("CronJob limitations").
const LONGEST: usize = 52;

impl Manifest for CronJob {
    const TYPE: Type = Type { api: "batch/v1", kind: "CronJob", plural: "cronjobs", namespaced: true };

    manifest::placed!();

    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        let job = self.work.body(&self.name, links)?;
        Ok(json!({ "spec": {
            "schedule": self.schedule,
            "timeZone": self.time_zone,
            "concurrencyPolicy": "Forbid",
            "jobTemplate": { "spec": job },
        } }))
    }

    /// One that is suspended, or that runs several at a time, reads as one that never runs.
    fn read(at: &Place, object: &Value) -> Self {
        let spec = &object["spec"];
        let runs = spec["suspend"] != true && spec["concurrencyPolicy"] == "Forbid";
        CronJob {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            schedule: if runs { fields::text(&spec["schedule"]) } else { String::new() },
            time_zone: fields::text(&spec["timeZone"]),
            work: Work::read(at, &spec["jobTemplate"]["spec"], &at.name),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        CronJob { uid: manifest::uid(object), ..self.clone() }
    }
}

impl Resource for CronJob {
    const KIND: Kind = Kind::CronJob;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 20);
    const HINT: &'static [&'static str] = &["{schedule} {time_zone}", "{work.image}"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_cron_job_v1",
            &[
                ID,
                block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
                block("spec", &[is("concurrency_policy", Word::Text("Forbid")), same("schedule"), of("timezone", "time_zone")]),
            ],
        )],
        left_out: &[("cluster", "a provider is configured for one cluster"), ("work", "it is a template of several blocks")],
    };

    fn example() -> Self {
        CronJob {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            schedule: "0 3 * * *".into(),
            time_zone: "Etc/UTC".into(),
            work: Work::example(),
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.namespace.address()), name: format!("cron job {}", self.name) }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().chain(self.work.breaches(&self.namespace, near)).collect();
        if self.name.len() > LONGEST {
            let message = format!("`{}` leaves no room for the names of its jobs", self.name);
            found.push(Breach::new(Code::BadName, "name", message, format!("write {LONGEST} characters at most")));
        }
        // "spec.schedule: Invalid value": a time zone within it is refused, too.
        let plain = |field: &str| !field.is_empty() && field.bytes().all(|b| b.is_ascii_alphanumeric() || b"*,/-".contains(&b));
        let timed = self.schedule.split(' ').count() == 5 && self.schedule.split(' ').all(plain);
        if !timed {
            let message = format!("`{}` is no schedule", self.schedule);
            found.push(Breach::new(Code::BadText, "schedule", message, "write five fields as in a crontab: `0 3 * * *`"));
        }
        // "spec.timeZone: Invalid value: … must be a valid time zone": `Local` depends on where the controller runs.
        if self.time_zone.is_empty() || self.time_zone == "Local" || self.time_zone.contains(char::is_whitespace) {
            let message = format!("`{}` is no time zone", self.time_zone);
            found.push(Breach::new(Code::BadText, "time_zone", message, "write one such as Europe/Berlin"));
        }
        found.extend(manifest::elsewhere(self, near));
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    // A deletion takes along the jobs that it has begun.
    manifest::verbs!(list);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(cluster: &str, change: impl FnOnce(&mut CronJob)) -> Vec<String> {
        manifest::tests::refused(cluster, change)
    }

    #[test]
    fn what_the_api_server_refuses_is_refused() {
        assert!(refused(EXAMPLE, |_| ()).is_empty());
        assert_eq!(refused("other", |_| ()), ["namespace"]);
        assert!(refused(EXAMPLE, |j| j.name = "a".repeat(LONGEST)).is_empty());
        assert_eq!(refused(EXAMPLE, |j| j.name = "a".repeat(LONGEST + 1)), ["name"]);
        for schedule in ["", "0 3 * *", "0 3 * * * *", "TZ=UTC 0 3 * *", "@daily", "0  3 * *"] {
            assert_eq!(refused(EXAMPLE, |j| j.schedule = schedule.into()), ["schedule"], "{schedule}");
        }
        for zone in ["", "Local", "Europe/New York"] {
            assert_eq!(refused(EXAMPLE, |j| j.time_zone = zone.into()), ["time_zone"], "{zone}");
        }
    }
}
