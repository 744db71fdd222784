//! What is told while a run goes on, under a clock that the test moves.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use infra::kinds::Vpc;
use infra::plan::Plan;
use infra::render::progress::{Progress, Screen};
use infra::run::Event;

use crate::support::moto::Moto;
use crate::support::{plan_for, stack};

pub async fn plan() -> Plan {
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().unwrap(), dns_hostnames: true, tags: [].into() };
    let cloud = infra::cloud::Sandbox::new("us-east-1", infra::cloud::sandbox::Pace::INSTANT, Moto::policy());
    plan_for(&cloud, &stack("shop", [("vpc.main", vpc.into())])).await.unwrap()
}

/// Without a terminal: a line an event, and every ten seconds what still runs, how long, how long usually, and what it waits for.
#[tokio::test(start_paused = true)]
async fn lines_tell_what_still_runs() {
    let plan = plan().await;
    let lines = Rc::new(RefCell::new(vec![]));
    let said = lines.clone();
    let mut progress = Progress::new(Screen::Lines(Box::new(move |line| said.borrow_mut().push(line.to_owned()))), &plan);
    progress.event(&plan, &Event::Began(0)).unwrap();
    for _ in 0..20 {
        tokio::time::advance(Duration::from_secs(1)).await;
        progress.tick(&plan, &BTreeMap::from([(0, "vpc-1 to be available".to_owned())]));
    }
    progress.event(&plan, &Event::Done(0, None)).unwrap();
    progress.finish();
    assert_eq!(
        *lines.borrow(),
        [
            "    10s  … creating vpc.main: 10s (usually 5s), waiting for vpc-1 to be available",
            "    20s  … creating vpc.main: 20s (usually 5s), waiting for vpc-1 to be available",
            "    20s  + vpc.main created",
        ]
    );
}
