//! What is told while a run goes on, under a clock that the test moves.
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use infra::kinds::Vpc;
use infra::plan::Plan;
use infra::render::progress::{Progress, Screen};
use infra::render::report;
use infra::render::style::Style;
use infra::render::text::Detail;
use infra::run::{Event, Outcome};
use infra::wire::{Class, CloudError};

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
    let mut progress = Progress::new(Screen::Lines(Box::new(move |line| said.borrow_mut().push(line.to_owned()))), &plan, BTreeSet::new());
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

/// Whoever presses Ctrl-C is told what ends first, what is taken back, and what a second one would do, before it is pressed.
#[tokio::test(start_paused = true)]
async fn an_interruption_says_what_comes() {
    let plan = plan().await;
    let lines = Rc::new(RefCell::new(vec![]));
    let said = lines.clone();
    let mut progress = Progress::new(Screen::Lines(Box::new(move |line| said.borrow_mut().push(line.to_owned()))), &plan, BTreeSet::new());
    progress.event(&plan, &Event::Interrupted).unwrap();
    progress.event(&plan, &Event::Began(0)).unwrap();
    progress.event(&plan, &Event::Interrupted).unwrap();
    progress.event(&plan, &Event::Done(0, None)).unwrap();
    progress.event(&plan, &Event::Interrupted).unwrap();
    let again = "Another Ctrl-C stops at once and leaves it to `infra recover`.";
    let told: Vec<String> = lines.borrow().iter().filter(|line| line.contains("Interrupted")).cloned().collect();
    assert_eq!(
        told,
        [
            format!("     0s  ! Interrupted: nothing new starts. {again}"),
            format!("     0s  ! Interrupted: nothing new starts. vpc.main ends first. Then 1 step is taken back, in about 5s. {again}"),
            format!("     0s  ! Interrupted: nothing new starts. Then 1 step is taken back, in about 5s. {again}"),
        ]
    );
}

/// What a service calls a request that failed is for those who ask for details.
#[tokio::test]
async fn request_ids_are_details() {
    let plan = plan().await;
    let refused = CloudError::new(Class::Quota, "VpcLimitExceeded", "The maximum number of VPCs has been reached.");
    let refused = CloudError { operation: "CreateVpc".into(), request_id: Some("4c1f".into()), ..refused };
    let (events, outcome) = ([Event::Began(0), Event::Failed(0, refused.clone())], Outcome::RolledBack(Some(refused)));
    let said = |verbose| report::outcome(&plan, &events, &outcome, 3, Detail { style: Style { color: false }, verbose });
    let plain = "Rolled back after 3s.\nNothing had been changed.\n";
    let cause = "Cause: vpc.main: CreateVpc: VpcLimitExceeded: The maximum number of VPCs has been reached.\n";
    assert_eq!(said(false), format!("{plain}{cause}"));
    assert_eq!(said(true), format!("{plain}Requests that failed, as the services number them:\n  vpc.main CreateVpc: 4c1f\n{cause}"));
}
