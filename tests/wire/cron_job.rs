use infra::kinds::work::Work;
use infra::kinds::{CronJob, Kind, KubernetesSecret, Object, Ref, Text};
use infra::model::Computed;

use super::kubernetes_secret::secret;
use super::namespace::around;
use super::{Case, Sends};

pub fn work() -> Work {
    Work {
        image: "ghcr.io/example/shop:1".into(),
        command: vec!["shop".into(), "migrate $(all)".into()],
        cpu: "250m".into(),
        memory: "256Mi".into(),
        env: [("GREETING".into(), Text::literal("good $(day)"))].into(),
        env_from: None,
        deadline: 60,
        retries: 2,
        restricted: true,
    }
}

pub fn case() -> Case {
    let job = || CronJob {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "report".into(),
        schedule: "0 3 * * *".into(),
        time_zone: "Etc/UTC".into(),
        work: work(),
        uid: Computed::default(),
    };
    let with = |change: fn(&mut CronJob)| {
        let mut other = job();
        change(&mut other);
        Object::from(other)
    };
    let variants = vec![
        ("name", with(|j| j.name = "reports".into())),
        ("schedule", with(|j| j.schedule = "*/5 8-18 * * MON-FRI".into())),
        ("time_zone", with(|j| j.time_zone = "Europe/Berlin".into())),
        ("work.command", with(|j| j.work.command.clear())),
        ("work.cpu", with(|j| j.work.cpu = "1".into())),
        ("work.deadline", with(|j| j.work.deadline = 90)),
        ("work.env", with(|j| j.work.env.clear())),
        ("work.env_from", with(|j| j.work.env_from = Some(Ref::to("report")))),
        ("work.image", with(|j| j.work.image = "ghcr.io/example/shop:2".into())),
        ("work.memory", with(|j| j.work.memory = "1Gi".into())),
        ("work.retries", with(|j| j.work.retries = 0)),
    ];
    let given = KubernetesSecret { name: "report".into(), ..secret(&[("API_TOKEN", "correct horse")]) };
    let own = [("kubernetes_secret.report", given.into()), ("cron_job.report", job().into())];
    let world = around().into_iter().chain(own).collect();
    Case { address: "cron_job.report", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::CronJob, lists: &[], creates: &[], unseen: &[] };
