use infra::kinds::work::Work;
use infra::kinds::{Job, Kind, Ref};
use infra::model::Computed;

use super::cron_job::work;
use super::namespace::around;
use super::{Case, Sends};

pub fn job() -> Job {
    Job { cluster: Ref::to("main"), namespace: Ref::to("main"), name: "migrate".into(), work: work(), uid: Computed::default() }
}

pub fn case() -> Case {
    let variants = vec![
        ("name", Job { name: "migrates".into(), ..job() }.into()),
        ("work.command", Job { work: Work { command: vec![], ..work() }, ..job() }.into()),
        ("work.image", Job { work: Work { image: "ghcr.io/example/shop:2".into(), ..work() }, ..job() }.into()),
    ];
    let world = around().into_iter().chain([("job.migrate", job().into())]).collect();
    Case { address: "job.migrate", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Job, lists: &[], creates: &[], unseen: &[] };
