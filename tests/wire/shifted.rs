//! A function's canary over the wire: weights of the alias as plain requests read them, and what its gate asks of CloudWatch.
use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum};
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use infra::cloud::Observe as _;
use infra::kinds::gate::{Rollout, Stage};
use infra::kinds::{Function, Kind};
use infra::run::drive::{Settings, drive};
use infra::run::{Event, Outcome, Run};
use infra::stack::Stack;
use infra::wire::Clients;

use super::function::function;
use super::iam_role::role;
use super::log_group::log_group;
use crate::support::ministack::Ministack;
use crate::support::moto::Moto;
use crate::support::{address, apply, limits, plan_for, settled, stack};

/// A function outside of a VPC that takes over in two steps.
fn world(folder: &str) -> Stack {
    let outside = Function { subnets: [].into(), security_groups: [].into(), ..function(folder) };
    let mut stack = stack(
        "shifted",
        [("iam_role.function", role("lambda.amazonaws.com").into()), ("log_group.a", log_group().into()), ("function.app", outside.into())],
    );
    let of = address("function.app");
    stack.rollouts.push(Rollout {
        entry: "functions.app".into(),
        template: of.clone(),
        fleet: of.clone(),
        target_group: of,
        stages: [(20, 1), (100, 3)].map(|(share, minutes)| Stage { share, minutes, approve: None }).into(),
        minutes: 1,
        limits: limits(),
        previews: vec![],
        smoke: vec![],
        probes: vec![],
    });
    stack
}

/// What the alias says: the version that it points to, and how many percent go to another one.
type Says = (String, Option<(String, i64)>);

async fn says(cloud: &Clients, name: &str) -> Says {
    let seen = cloud.lambda().get_alias().function_name(name).name("live").send().await.unwrap();
    let weights = seen.routing_config.and_then(|r| r.additional_version_weights).unwrap_or_default();
    let other = weights.into_iter().next().map(|(version, weight)| (version, (weight * 100.0).round() as i64));
    (seen.function_version.unwrap(), other)
}

/// Calls of the minutes around now, as Lambda would count them of a version: so many, and so many of them failed.
async fn measure(side: &aws_sdk_cloudwatch::Client, name: &str, version: &str, calls: f64, failed: f64, millis: f64) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 60 * 60;
    for minute in 0..6 {
        let at = aws_smithy_types::DateTime::from_secs((now - minute * 60) as i64);
        let one = |metric: &str, value: f64| {
            let named = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
            let datum = MetricDatum::builder().metric_name(metric).value(value).timestamp(at).dimensions(named("FunctionName", name));
            datum.dimensions(named("Resource", &format!("{name}:live"))).dimensions(named("ExecutedVersion", version)).build()
        };
        let data = vec![one("Invocations", calls), one("Errors", failed), one("Duration", millis)];
        side.put_metric_data().namespace("AWS/Lambda").set_metric_data(Some(data)).send().await.unwrap();
    }
}

/// Carries a plan out, and tells what the alias said one after the other; `meanwhile` hears of each.
async fn go(cloud: &Clients, name: &str, to: &Stack, run: &str, meanwhile: impl AsyncFn(&Says)) -> (Outcome, Vec<Event>, Vec<Says>) {
    let plan = plan_for(cloud, to).await.unwrap();
    let settings = Settings { run: run.into(), parallelism: 10, quiet: Duration::from_secs(2), minute: Duration::from_millis(700) };
    let (mut run, mut events) = (Run::new(&plan), vec![]);
    let mut never = std::future::pending;
    let seen = RefCell::new(vec![says(cloud, name).await]);
    let note = async || {
        let now = says(cloud, name).await;
        if seen.borrow().last() != Some(&now) {
            seen.borrow_mut().push(now.clone());
            meanwhile(&now).await;
        }
    };
    let work = drive(&mut run, &settings, cloud, &mut events, &[], &mut never);
    let beside = async {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            note().await;
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome.unwrap(),
        () = beside => unreachable!("it goes on"),
    };
    note().await;
    (outcome, events, seen.into_inner())
}

fn told(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|e| if let Event::Read(_, reading) = e { Some(reading.told.as_str()) } else { None }).collect()
}

/// Weights that Lambda refuses, of a function with two versions, and what it refuses while there are some. What its own model has no place for is never sent.
async fn refuses_weights(cloud: &Clients, name: &str, (first, other): (&str, &str)) {
    let ask = async |main: &str, weights: &[(&str, f64)]| {
        let weights = weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
        let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
        let request = cloud.lambda().update_alias().function_name(name).name("live").function_version(main).routing_config(routing);
        request.send().await
    };
    let known: [(&str, &[(&str, f64)]); 4] =
        [("$LATEST", &[(other, 0.1)]), (first, &[(first, 0.1)]), (first, &[(other, 0.1), ("77", 0.1)]), (first, &[("77", 0.1)])];
    for (main, weights) in known {
        assert!(ask(main, weights).await.is_err(), "{main} {weights:?}");
    }
    ask(first, &[(other, 1.0)]).await.unwrap();
    let request = cloud.lambda().put_provisioned_concurrency_config().function_name(name).qualifier("live");
    let refused = request.provisioned_concurrent_executions(1).send().await.unwrap_err().into_service_error();
    assert!(format!("{refused:?}").contains("Alias with weights"), "{refused:?}");
    let held = cloud.lambda().delete_function().function_name(name).qualifier(other).send().await;
    assert!(held.is_err(), "a version that has a weight can't go");
}

/// Taken back because somebody turns calls by hand; to the end with 20 % and then all; and the next one taken back by failed calls.
#[tokio::test]
async fn a_canary_of_a_function_goes_to_its_end_or_back() {
    let mini = Ministack::start().await;
    let cloud = Moto::clients(&mini.endpoint);
    let side = aws_sdk_cloudwatch::Client::new(&Moto::config(&mini.endpoint));
    let (hello, other) = (world("hello"), world("other"));
    let (outcome, events) = apply(&cloud, &plan_for(&cloud, &hello).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let name = cloud.list(Kind::Function, "shifted").await.unwrap().remove(0).id;
    measure(&side, &name, "1", 400.0, 1.0, 100.0).await;
    for version in ["2", "3"] {
        measure(&side, &name, version, 100.0, 0.0, 120.0).await;
    }

    let turned = async |now: &Says| {
        if now.1.as_ref().is_some_and(|(_, weight)| *weight == 100) {
            let none = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(Default::default())).build();
            let request = cloud.lambda().update_alias().function_name(&name).name("live").function_version("1");
            request.routing_config(none).send().await.unwrap();
        }
    };
    let (outcome, events, seen) = go(&cloud, &name, &other, "r2", turned).await;
    let why = "somebody has changed function.app: 0% of the calls go to the new version, not 100%";
    assert!(
        matches!(&outcome, Outcome::RolledBack(Some(e)) if e.code == "GateFailed" && e.message.contains(why)),
        "{outcome:?} {seen:?} {events:#?}"
    );
    assert_eq!(says(&cloud, &name).await, ("1".into(), None), "{seen:?}");
    settled(&cloud, &hello, "as before").await;

    let (outcome, events, seen) = go(&cloud, &name, &other, "r3", async |_| {}).await;
    assert_eq!(outcome, Outcome::Applied, "{:?} {events:#?}", told(&events));
    let new = seen.last().unwrap().0.clone();
    let shared = |weight| ("1".to_owned(), Some((new.clone(), weight)));
    assert_eq!(seen, [("1".into(), None), shared(20), shared(100), (new.clone(), None)]);
    assert!(told(&events).contains(&"1 of 1 good minute; errors 0% (old 0.25%), p99 120ms (old 100ms)"), "{:?}", told(&events));
    settled(&cloud, &other, "to the end").await;
    let old = cloud.lambda().get_function().function_name(&name).qualifier("1").send().await;
    assert!(old.is_ok(), "the old version stays until the next change: {old:?}");

    let next = (new.parse::<u32>().unwrap() + 1).to_string();
    measure(&side, &name, &new, 400.0, 0.0, 100.0).await;
    measure(&side, &name, &next, 100.0, 40.0, 120.0).await;
    let (outcome, events, seen) = go(&cloud, &name, &hello, "r4", async |_| {}).await;
    assert!(
        matches!(&outcome, Outcome::RolledBack(Some(e)) if e.message.contains("2 bad minutes in a row")),
        "{outcome:?} {seen:?} {events:#?}"
    );
    assert_eq!(seen, [(new.clone(), None), (new.clone(), Some((next.clone(), 20))), (new.clone(), None)]);
    settled(&cloud, &other, "taken back").await;
    refuses_weights(&cloud, &name, (&new, &next)).await;
}

/// The other emulator is as strict.
#[tokio::test]
async fn weights_keep_to_the_rules_of_lambda() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    for (folder, run) in [("hello", "r1"), ("other", "r2")] {
        let want = Stack { rollouts: vec![], ..world(folder) };
        let (outcome, events) = apply(&cloud, &plan_for(&cloud, &want).await.unwrap(), run).await;
        assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    }
    let name = cloud.list(Kind::Function, "shifted").await.unwrap().remove(0).id;
    refuses_weights(&cloud, &name, ("1", "2")).await;
}
