//! The history of runs in the cloud: bounded, the newest last, in notes that are written over and never deleted.
use infra::model::Moment;
use infra::plan::Counts;
use infra::run::history::{Line, PAGES, add, read};
use infra::wire::Notes;
use infra::wire::notes::NOTE;

use super::super::world::sandbox;

fn line(n: usize) -> Line {
    Line {
        run: format!("{n:012}"),
        stack: "s".into(),
        command: "apply".into(),
        holder: format!("ana@laptop (process {n})"),
        job: Some(format!("https://ci.example/{}", "j".repeat(n * 37 % 390))),
        commit: Some("0".repeat(40)),
        digest: "d".repeat(64),
        started: Moment(std::time::UNIX_EPOCH),
        seconds: 7,
        counts: Counts::default(),
        ended: "applied".into(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_runs_are_kept() {
    let cloud = sandbox(1);
    cloud.note("s/history/3", "of another version").await.unwrap();
    for n in 0..400 {
        add(&cloud, line(n)).await.unwrap();
        let notes = cloud.notes("s").await.unwrap();
        assert!(notes.len() as u64 <= PAGES && notes.values().all(|text| text.len() <= NOTE), "{n}");
        let told: Vec<String> = read("s", &notes).into_iter().map(|l| l.run).collect();
        let newest: Vec<String> = (n + 1 - told.len()..=n).map(|n| format!("{n:012}")).collect();
        assert_eq!(told, newest, "in order, without a gap, up to the last");
        assert!(told.len() >= 40.min(n + 1), "{n}: only {} are left", told.len());
    }
    let long = "x\u{7}".repeat(3000);
    add(&cloud, Line { holder: long.clone(), job: Some(long), ..line(400) }).await.unwrap();
    assert!(cloud.notes("s").await.unwrap().values().all(|text| text.len() <= NOTE));
}
