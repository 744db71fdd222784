//! Flags that come step by step, and the alarms that take them back.
use std::cell::RefCell;
use std::collections::BTreeSet;

use aws_sdk_appconfig::types::{DeploymentEventType, DeploymentStrategy, Environment, GrowthType};
use aws_sdk_cloudwatch::types::StateValue;
use infra::kinds::{IamRole, MetricAlarm, Stamp, foreign};
use infra::run::Event;

use super::super::composite_alarm::composite;
use super::super::metric_alarm::alarm;
use super::*;

/// In five steps, and a while afterwards.
pub(super) fn steps() -> Strategy {
    Strategy { minutes: 10, bake: 2, step: 2_000, doubles: false }
}

const ALARM: &str = "metric_alarm.rule.errors";
const GROUP: &str = "composite_alarm.group.front.critical";
const ROLE: &str = "iam_role.flag_alarms";

/// An alarm, one over it, and the role by which AppConfig looks at them.
pub(super) fn watch() -> Vec<(&'static str, Object)> {
    let silent = || MetricAlarm { alarm_actions: [].into(), ok_actions: [].into(), ..alarm() };
    let group = infra::kinds::CompositeAlarm {
        alarms: [Ref::to("rule.errors")].into(),
        alarm_actions: [].into(),
        ok_actions: [].into(),
        ..composite()
    };
    let looks = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": ["cloudwatch:DescribeAlarms"], "Resource": ["*"] }],
    });
    let role = || IamRole {
        inline_policies: [("look-at-alarms".into(), looks.clone().into())].into(),
        tags: [("Name".into(), "wire".into())].into(),
        ..IamRole::plain("appconfig.amazonaws.com")
    };
    vec![(ALARM, silent().into()), (GROUP, group.into()), (ROLE, role().into()), ("iam_role.other", role().into())]
}

/// The flags step by step, as long as the alarm doesn't fire.
pub(super) fn watched(flags: &FlagSet) -> FlagSet {
    FlagSet { strategy: Some(steps()), alarms: [Ref::to("rule.errors")].into(), role: Some(Ref::to("flag_alarms")), ..flags.clone() }
}

/// A stack with an alarm, one over it, a role, and flags.
fn with(world: &World, set: &FlagSet) -> Stack {
    stack(world.name, [watch(), vec![(SET, set.clone().into())]].concat())
}

fn on(checkout: bool) -> FlagSet {
    set(&[("new_checkout", always(checkout)), ("sale-Banner2", by_hand(true))])
}

impl World {
    /// A stack whose flags come step by step, and a minute of so many seconds.
    async fn gradual(name: &'static str, minute: f64) -> (World, Stack, Stack) {
        let mut world = World::new(name).await;
        appconfig::minute(&world.moto.endpoint, minute).await;
        let (off, on) = (with(&world, &watched(&on(false))), with(&world, &watched(&on(true))));
        world.go(&off).await;
        (world, off, on)
    }

    /// The events of the newest deployment, the latest first.
    async fn events(&self) -> Vec<DeploymentEventType> {
        let (live, of, number) = (self.live().await, self.found().await, self.newest().await.0);
        let request = self.cloud.appconfig().get_deployment().application_id(live.id).environment_id(of.environment.0.unwrap());
        let seen = request.deployment_number(number).send().await.unwrap();
        seen.event_log.unwrap().into_iter().filter_map(|event| event.event_type).collect()
    }

    async fn environment(&self) -> Environment {
        let request = self.cloud.appconfig().list_environments().application_id(self.live().await.id);
        request.send().await.unwrap().items.unwrap().remove(0)
    }

    async fn strategies(&self) -> Vec<DeploymentStrategy> {
        self.cloud.appconfig().list_deployment_strategies().send().await.unwrap().items.unwrap()
    }

    /// What the set refers to.
    async fn links(&self) -> Links {
        let mut links = Links::default();
        for kind in [Kind::CompositeAlarm, Kind::IamRole, Kind::MetricAlarm] {
            let all = self.cloud.list(kind, self.name).await.unwrap();
            links.0.extend(all.into_iter().map(|live| (live.stamp.address.clone(), live)));
        }
        links
    }

    /// Turns the alarm, behind everybody's back.
    async fn turn(&self, state: StateValue) {
        let name = self.cloud.list(Kind::MetricAlarm, self.name).await.unwrap().remove(0).id;
        let direct = Moto::clients(&self.moto.endpoint);
        direct.cloudwatch().set_alarm_state().alarm_name(name).state_value(state).state_reason("9 is greater than 5").send().await.unwrap();
    }

    /// Returns when so many percent are told by the newest deployment.
    async fn told(&self, percent: f32) {
        let (live, of) = (self.live().await, self.found().await);
        let direct = Moto::clients(&self.moto.endpoint);
        loop {
            let request = direct.appconfig().list_deployments().application_id(&live.id).environment_id(of.environment.0.as_ref().unwrap());
            let newest = request.send().await.unwrap().items.unwrap().remove(0);
            if newest.state == Some(DeploymentState::Deploying) && newest.percentage_complete >= Some(percent) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A first set is told at once; a change of it in steps, whose shares whoever waits is told; and the plan knows how long that takes.
#[tokio::test]
async fn a_change_comes_step_by_step() {
    let (mut world, _, on) = World::gradual("wire-steps", 0.3).await;
    let first = world.proxy.log().into_iter().filter(|call| call.service == "appconfig" && call.mutating);
    let names: Vec<_> = first.map(|call| appconfig::operation(&call)).collect();
    let at = |name| names.iter().position(|other| *other == name).unwrap();
    // Alarms that were made a moment ago know nothing, and would take the first flags back.
    assert!(at("StartDeployment") < at("UpdateEnvironment"), "{names:?}");

    let plan = plan_for(&world.cloud, &on).await.unwrap();
    assert_eq!(plan.expected, Duration::from_secs(12 * 60 + 15));
    world.proxy.reset();
    let (said, over) = (RefCell::new(BTreeSet::new()), std::cell::Cell::new(false));
    let watching = async {
        while !over.get() {
            said.borrow_mut().extend(world.cloud.policy.waits().into_values());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let applied = async {
        let done = apply(&world.cloud, &plan, "steps").await;
        over.set(true);
        done
    };
    let ((outcome, events), ()) = tokio::join!(applied, watching);
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let said = said.into_inner();
    for share in ["20", "40", "60", "80"] {
        assert!(said.contains(&format!("deployment 2 of flags: {share}% are told")), "{share} {said:?}");
    }
    assert!(said.iter().any(|said| said.ends_with("AppConfig looks at its alarms")), "{said:?}");
    settled(&world.cloud, &on, "in the end").await;
    assert_eq!(world.changed(), ["CreateHostedConfigurationVersion", "StartDeployment", "TagResource"]);
    assert_eq!(world.newest().await.1, DeploymentState::Complete);
    let events = world.events().await;
    assert_eq!(events.iter().filter(|event| **event == DeploymentEventType::PercentageUpdated).count(), 5);
    assert_eq!(events[..2], [DeploymentEventType::DeploymentCompleted, DeploymentEventType::BakeTimeStarted]);
    assert_eq!(world.environment().await.state.unwrap().as_str(), "READY_FOR_DEPLOYMENT");

    // However long a step may wait, its strategy's time comes on top.
    let (live, links, want) = (world.live().await, world.links().await, Object::from(watched(&self::on(false))));
    let stamp = Stamp { run: "later".into(), digest: want.digest(), ..live.stamp.clone() };
    let update = world.cloud.update(&live, &want, &links, &stamp);
    infra::wire::policy::PATIENCE.scope(Some(Duration::from_millis(300)), update).await.unwrap();
    assert_eq!(world.newest().await.1, DeploymentState::Complete);
    world.go(&stack(world.name, [])).await;
    assert_eq!(world.strategies().await, []);
}

/// An alarm that fires takes the flags back, and the run with them; what it says is AppConfig's own reason.
#[tokio::test]
async fn an_alarm_takes_a_change_back() {
    let (mut world, off, on) = World::gradual("wire-alarm", 0.3).await;
    // The alarm over others tells as well.
    let both = |stack: &Stack| {
        let mut stack = stack.clone();
        let Some(Object::FlagSet(set)) = stack.nodes.get_mut(&address(SET)) else { panic!() };
        set.composites = [Ref::to("group.front.critical")].into();
        set.alarms = [].into();
        stack
    };
    for (run, on) in [on.clone(), both(&on)].into_iter().enumerate() {
        let plan = plan_for(&world.cloud, &on).await.unwrap();
        let fires = async {
            world.told(40.0).await;
            world.turn(StateValue::Alarm).await;
        };
        let name = format!("alarm{run}");
        let ((outcome, events), ()) = tokio::join!(apply(&world.cloud, &plan, &name), fires);
        let Outcome::RolledBack(Some(why)) = &outcome else { panic!("{outcome:?} {events:#?}") };
        let alarm =
            world.cloud.list(if run == 0 { Kind::MetricAlarm } else { Kind::CompositeAlarm }, world.name).await.unwrap().remove(0).id;
        assert_eq!(why.code, "ROLLED_BACK");
        let told = format!("Rollback initiated by CloudWatch alarm arn:aws:cloudwatch:us-east-1:123456789012:alarm:{alarm}");
        assert_eq!(why.message, told);
        let detail = infra::render::text::Detail { style: infra::render::style::Style { color: false }, verbose: false };
        let text = infra::render::report::outcome(&plan, &events, &outcome, 60, detail);
        assert!(text.contains("Rollback initiated by CloudWatch alarm"), "{text}");
        assert!(events.iter().any(|event| matches!(event, Event::Failed(..))));
        // It never went beyond where it was.
        assert_eq!(world.events().await[..2], [DeploymentEventType::RollbackCompleted, DeploymentEventType::RollbackStarted]);
        assert_eq!(world.found().await.flags["new_checkout"], always(false));
        settled(&world.cloud, &off, "as it was").await;
        world.turn(StateValue::Ok).await;
    }
    // Once all is well again, it comes.
    appconfig::minute(&world.moto.endpoint, 0.01).await;
    world.go(&on).await;
    assert_eq!(world.found().await.flags["new_checkout"], always(true));
}

/// The way back is at once, whatever alarms say: by then one fires, perhaps the one for which it goes back.
#[tokio::test]
async fn the_way_back_is_at_once() {
    let (mut world, _, on) = World::gradual("wire-at-once", 0.01).await;
    let (before, off) = (world.live().await, Object::from(watched(&self::on(false))));
    world.go(&on).await;
    let (after, number, links) = (world.live().await, world.newest().await.0, world.links().await);
    assert_ne!(after.object, before.object);
    appconfig::minute(&world.moto.endpoint, 60.0).await;
    world.turn(StateValue::Alarm).await;
    world.proxy.reset();
    world.cloud.update(&after, &off, &links, &before.stamp).await.unwrap();
    assert_eq!(world.changed(), ["StopDeployment", "TagResource"]);
    let newest = world.newest().await;
    assert_eq!((newest.0, newest.1), (number, DeploymentState::Reverted));
    assert_eq!(world.live().await.object, before.object);
    world.turn(StateValue::Ok).await;
    // From there on it goes forward in steps again.
    appconfig::minute(&world.moto.endpoint, 0.01).await;
    world.go(&on).await;
    assert!(world.events().await.contains(&DeploymentEventType::BakeTimeStarted));
    assert_eq!(world.newest().await.0, number + 1);

    // A run that fails behind it goes this way, too.
    let reads = |team: &str, set: &FlagSet| {
        let configuration = infra::kinds::Text(infra::spec::lower::output(Kind::FlagSet, "main", "configuration"));
        let role = IamRole {
            readable_flags: [configuration].into(),
            tags: [("team".into(), team.into())].into(),
            ..IamRole::plain("ec2.amazonaws.com")
        };
        stack(world.name, [watch(), vec![("iam_role.reader", role.into()), (SET, watched(set).into())]].concat())
    };
    let (from, to) = (reads("a", &self::on(true)), reads("b", &self::on(false)));
    world.go(&from).await;
    let plan = plan_for(&world.cloud, &to).await.unwrap();
    world.proxy.rule(|call, _| {
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>".to_owned();
        if call.operation == "TagRole" { Reaction::Answer { status: 403, body } } else { Reaction::Pass }
    });
    let (outcome, events) = apply(&world.cloud, &plan, "back").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{events:#?}");
    world.proxy.reset();
    let newest = world.newest().await;
    assert_eq!((newest.0, newest.1), (number + 2, DeploymentState::Reverted));
    settled(&world.cloud, &from, "as it was").await;
}

/// What the environment looks at, and how versions come, is what the spec says, whoever has changed it.
#[tokio::test]
async fn monitors_and_the_strategy_are_mended() {
    let (mut world, off, _) = World::gradual("wire-monitors", 0.01).await;
    let place = (world.live().await.id, world.found().await.environment.0.unwrap());
    let monitors = world.environment().await.monitors.unwrap();
    let [one] = &monitors[..] else { panic!("{monitors:?}") };
    assert!(one.alarm_arn().ends_with(&world.cloud.list(Kind::MetricAlarm, world.name).await.unwrap()[0].id));
    assert!(one.alarm_role_arn().unwrap().contains(":role/infra/wire-monitors/us-east-1/"));
    let api = || world.cloud.appconfig().update_environment().application_id(&place.0).environment_id(&place.1);
    api().set_monitors(Some(vec![])).send().await.unwrap();
    world.proxy.reset();
    let paths: BTreeSet<String> = world.go(&off).await.iter().map(|path| path.split('.').next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["alarms".to_owned(), "role".to_owned()].into());
    assert_eq!(world.changed(), ["UpdateEnvironment"]);
    assert_eq!(world.environment().await.monitors.unwrap(), monitors);

    // An alarm of others, by its name.
    let alarm = alarm();
    let metric = alarm.metric.unwrap();
    let request =
        world.cloud.cloudwatch().put_metric_alarm().alarm_name("theirs: a/b").namespace(metric.namespace).metric_name(metric.name);
    let request = request
        .statistic("Sum".into())
        .period(60)
        .datapoints_to_alarm(1)
        .evaluation_periods(1)
        .treat_missing_data("missing")
        .threshold(5.0);
    request.comparison_operator("GreaterThanThreshold".into()).send().await.unwrap();
    let theirs = FlagSet { alarms: [Ref::to("rule.errors"), Ref::to(foreign("theirs: a/b"))].into(), ..watched(&on(false)) };
    world.go(&with(&world, &theirs)).await;
    assert!(world.environment().await.monitors.unwrap().iter().any(|one| one.alarm_arn().ends_with(":alarm:theirs: a/b")));

    let own = world.strategies().await.into_iter().find(|one| one.name().unwrap().ends_with("-steps")).unwrap();
    assert_eq!((own.growth_factor, own.deployment_duration_in_minutes, own.final_bake_time_in_minutes), (Some(20.0), 10, 2));
    let request = world.cloud.appconfig().update_deployment_strategy().deployment_strategy_id(own.id().unwrap()).growth_factor(50.0);
    request.growth_type(GrowthType::Exponential).send().await.unwrap();
    world.proxy.reset();
    world.go(&off).await;
    assert_eq!(world.changed(), ["UpdateDeploymentStrategy", "UpdateEnvironment", "TagResource"]);
    let faster = FlagSet { strategy: Some(Strategy { step: 1_250, doubles: true, ..steps() }), ..watched(&on(false)) };
    world.proxy.reset();
    assert_eq!(world.go(&with(&world, &faster)).await, ["strategy.doubles", "strategy.step"]);
    assert_eq!(world.changed(), ["UpdateDeploymentStrategy", "TagResource"]);
    let own = world.strategies().await.into_iter().find(|one| one.name().unwrap().ends_with("-steps")).unwrap();
    assert_eq!((own.growth_factor, own.growth_type), (Some(12.5), Some(GrowthType::Exponential)));
    // Nothing of it stays where the spec says nothing of it.
    world.proxy.reset();
    world.go(&with(&world, &on(false))).await;
    assert_eq!(world.changed(), ["DeleteDeploymentStrategy", "UpdateEnvironment", "TagResource"]);
    assert_eq!((world.environment().await.monitors.unwrap_or_default(), world.strategies().await.len()), (vec![], 1));
}

/// A run that is killed on the way leaves a deployment that goes on: the next one waits for just that, or stops it.
#[tokio::test]
async fn what_a_killed_run_has_left_is_gone_on_with_or_stopped() {
    let (mut world, off, on) = World::gradual("wire-killed", 0.4).await;
    let kill = async |world: &World, percent: f32| {
        let plan = plan_for(&world.cloud, &on).await.unwrap();
        tokio::select! {
            _ = apply(&world.cloud, &plan, "killed") => panic!("it was to be killed"),
            () = world.told(percent) => {}
        }
    };
    kill(&world, 40.0).await;
    let number = world.newest().await.0;
    world.proxy.reset();
    // Where it leads to is what counts, and that not all are told yet.
    assert_eq!(world.found().await.flags["new_checkout"], always(true));
    assert_eq!(world.go(&on).await, ["complete"]);
    assert_eq!(world.changed(), ["TagResource"], "it was waited for");
    assert_eq!((world.newest().await.0, world.newest().await.1), (number, DeploymentState::Complete));

    world.go(&off).await;
    kill(&world, 40.0).await;
    let number = world.newest().await.0;
    world.proxy.reset();
    world.go(&off).await;
    assert_eq!(world.changed()[0], "StopDeployment");
    assert_eq!((world.newest().await.0, world.newest().await.1), (number, DeploymentState::RolledBack));
    assert_eq!(world.found().await.flags["new_checkout"], always(false));

    // A strategy that is gone by can't be changed: what goes by it is over first.
    kill(&world, 20.0).await;
    let faster = FlagSet { strategy: Some(Strategy { step: 5_000, ..steps() }), ..watched(&self::on(false)) };
    world.go(&with(&world, &faster)).await;
    kill(&world, 50.0).await;
    world.go(&stack(world.name, [])).await;
    assert_eq!(world.strategies().await, []);
}

/// A version or a deployment of others comes in between: the number that was read before is sent once, and not for as long as conflicts are waited for.
#[tokio::test]
async fn a_lost_race_ends_at_once() {
    let mut world = World::new("wire-race").await;
    world.go(&world.want(&flags())).await;
    let live = world.live().await;
    let mut patient = Moto::clients(&world.proxy.endpoint);
    patient.policy.conflicts = Duration::from_secs(600);
    let (links, other) = (Links::default(), Object::from(set(&[("dark", always(true))])));
    let count = |world: &World, name: &str| world.changed().into_iter().filter(|other| *other == name).count();
    world.proxy.reset();
    world.proxy.rule(|call, earlier| {
        let starts = call.operation.starts_with("POST") && call.operation.ends_with("/deployments");
        if starts && earlier == 0 { Reaction::Delay(Duration::from_secs(2)) } else { Reaction::Pass }
    });
    let theirs = async {
        while !world.proxy.log().iter().any(|call| call.operation == "GET /deploymentstrategies") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.by_hand(document(true, true), 0).await
    };
    let started = std::time::Instant::now();
    let (changed, _) = tokio::join!(patient.update(&live, &other, &links, &live.stamp), theirs);
    assert_eq!(changed.unwrap_err().code, "ConflictException");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert_eq!(count(&world, "StartDeployment"), 2, "theirs and ours, once each");
}
