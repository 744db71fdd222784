//! A rollout over the wire: shares as plain requests read them, and what a gate asks (`DescribeAlarms`, `GetMetricData`).
use std::cell::RefCell;
use std::io;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StateValue};
use infra::cloud::Observe as _;
use infra::kinds::{Gate, Kind, Links, Live, Object, Seen, Stamp};
use infra::model::Moment;
use infra::plan::Plan;
use infra::run::drive::{Settings, Sink, drive};
use infra::run::{Event, Outcome, Run};
use infra::stack::Stack;
use infra::wire::Clients;

use crate::laws::rollout::tally;
use crate::laws::world;
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;
use crate::support::replay::Replay;
use crate::support::{address, apply, plan_for};

const SHOP: &str = "stack: shop\nregion: us-east-1\nvpc: { availability_zones: [us-east-1a, us-east-1b] }\nload_balancer:\n  deletion_protection: false\n  listeners:\n    http: { port: 80, forward: app, routes: { more: { path: /more/*, forward: app } } }\ncompute:\n  app:\n    image: example/shop:1\n    port: 8080\n    instances: { min: 2, max: 2 }\n    deployment: { strategy: canary, steps: [20%, 100%], interval: 1m, bake: 2m, alarms: [orders], preview: { header: X-Preview, value: next } }\n";
const NEXT: &str = "compute: { app: { image: 'example/shop:2' } }";

/// A sink that notes what is made.
struct Notes<'a>(&'a RefCell<Vec<(Event, Option<Live>)>>);

impl Sink for Notes<'_> {
    fn event(&mut self, _: &Plan, event: &Event) -> io::Result<()> {
        self.0.borrow_mut().push((event.clone(), event.made().map(|(_, live)| live.clone())));
        Ok(())
    }
}

struct World {
    _moto: Moto,
    /// Whoever measures, beside the run.
    side: aws_sdk_cloudwatch::Client,
    proxy: Proxy,
    cloud: Clients,
    to: Stack,
    plan: Plan,
    /// The old target group.
    old: String,
}

async fn world() -> World {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let (from, to) = (world::stack(&[SHOP]), world::stack(&[SHOP, NEXT]));
    let plan = plan_for(&cloud, &from).await.unwrap();
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let side = aws_sdk_cloudwatch::Client::new(&Moto::config(&moto.endpoint));
    alarm(&side, StateValue::Ok).await;
    let plan = plan_for(&cloud, &to).await.unwrap();
    let old = plan.old.iter().find(|l| l.stamp.address == address("target_group.app")).unwrap().id.clone();
    World { _moto: moto, side, proxy, cloud, to, plan, old }
}

async fn alarm(cloud: &aws_sdk_cloudwatch::Client, state: StateValue) {
    use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
    let request = cloud.put_metric_alarm().alarm_name("orders").namespace("shop").metric_name("failed").period(60);
    let request = request.statistic(Statistic::Sum).evaluation_periods(1).datapoints_to_alarm(1).threshold(1.0);
    let request = request.comparison_operator(ComparisonOperator::GreaterThanThreshold).treat_missing_data("missing");
    request.alarm_description("").send().await.unwrap();
    cloud.set_alarm_state().alarm_name("orders").state_value(state).state_reason("7 is greater than 1").send().await.unwrap();
}

impl World {
    /// What listeners and rules do with requests, as plain requests show it: percents that go to the old group.
    async fn shares(&self) -> Vec<i32> {
        let elb = self.cloud.elb();
        let balancers = elb.describe_load_balancers().send().await.unwrap().load_balancers.unwrap();
        let listeners = elb.describe_listeners().load_balancer_arn(balancers[0].load_balancer_arn().unwrap());
        let listener = listeners.send().await.unwrap().listeners.unwrap().remove(0);
        let rules = elb.describe_rules().listener_arn(listener.listener_arn().unwrap()).send().await.unwrap().rules.unwrap();
        let rules = rules.into_iter().filter(|rule| rule.is_default != Some(true) && !previews(rule)).map(|rule| rule.actions.unwrap());
        let share = |actions: Vec<aws_sdk_elasticloadbalancingv2::types::Action>| {
            let groups = actions[0].forward_config().map(|f| f.target_groups().to_vec()).unwrap_or_default();
            let all: i32 = groups.iter().map(|g| g.weight.unwrap_or(1)).sum();
            let old = groups.iter().filter(|g| g.target_group_arn() == Some(&self.old)).map(|g| g.weight.unwrap_or(1)).sum::<i32>();
            match actions[0].target_group_arn() {
                Some(arn) => {
                    if arn == self.old {
                        100
                    } else {
                        0
                    }
                }
                None => old * 100 / all,
            }
        };
        [listener.default_actions.unwrap()].into_iter().chain(rules).map(share).collect()
    }

    /// Requests of the minutes around now, as a balancer would send them: so many, and so many of them failed.
    async fn measure(&self, group: &str, requests: f64, failed: f64, latency: f64) {
        let balancers = self.cloud.elb().describe_load_balancers().send().await.unwrap().load_balancers.unwrap();
        let balancer = balancers[0].load_balancer_arn().unwrap().split_once(":loadbalancer/").unwrap().1.to_owned();
        let group = group[group.find(":targetgroup/").unwrap() + 1..].to_owned();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 60 * 60;
        for minute in 0..6 {
            let at = aws_smithy_types::DateTime::from_secs((now - minute * 60) as i64);
            let one = |name: &str, value: f64| {
                let named = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
                let datum = MetricDatum::builder().metric_name(name).value(value).timestamp(at);
                datum.dimensions(named("LoadBalancer", &balancer)).dimensions(named("TargetGroup", &group)).build()
            };
            let mut data = vec![one("RequestCount", requests), one("TargetResponseTime", latency)];
            if failed > 0.0 {
                data.push(one("HTTPCode_Target_5XX_Count", failed));
            }
            self.side.put_metric_data().namespace("AWS/ApplicationELB").set_metric_data(Some(data)).send().await.unwrap();
        }
    }

    /// Runs the plan; `meanwhile` is done when the new target group stands, and each share that plain requests saw is told.
    async fn go(&self, id: &str, meanwhile: impl AsyncFn(&str)) -> (Outcome, Vec<Event>, Vec<Vec<i32>>) {
        let notes = RefCell::new(vec![]);
        let settings = Settings { run: id.into(), parallelism: 10, quiet: Duration::from_secs(2), minute: Duration::from_millis(700) };
        let mut run = Run::new(&self.plan);
        let (mut sink, mut never) = (Notes(&notes), std::future::pending);
        let work = drive(&mut run, &settings, &self.cloud, &mut sink, &[], &mut never);
        let shares = RefCell::new(vec![self.shares().await]);
        let beside = async {
            let mut told = false;
            loop {
                tokio::time::sleep(Duration::from_millis(150)).await;
                let new =
                    notes.borrow().iter().find_map(|(_, live)| live.as_ref().filter(|l| l.object.kind() == Kind::TargetGroup).cloned());
                if let Some(new) = new.filter(|_| !std::mem::replace(&mut told, true)) {
                    meanwhile(&new.id).await;
                }
                let now = self.shares().await;
                if shares.borrow().last() != Some(&now) {
                    shares.borrow_mut().push(now);
                }
            }
        };
        let outcome = tokio::select! {
            outcome = work => outcome.unwrap(),
            () = beside => unreachable!("it goes on"),
        };
        let last = self.shares().await;
        let mut shares = shares.into_inner();
        if shares.last() != Some(&last) {
            shares.push(last);
        }
        (outcome, notes.into_inner().into_iter().map(|(event, _)| event).collect(), shares)
    }
}

/// Whether a rule is of the preview.
fn previews(rule: &aws_sdk_elasticloadbalancingv2::types::Rule) -> bool {
    rule.conditions().iter().any(|condition| condition.field() == Some("http-header"))
}

fn told(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|e| if let Event::Read(_, reading) = e { Some(reading.told.as_str()) } else { None }).collect()
}

/// To the end: 20 % and then all, of the listener and of its rule; the old instances go last.
#[tokio::test]
async fn a_canary_goes_to_its_end() {
    let world = world().await;
    let well = async |new: &str| {
        world.measure(new, 100.0, 0.0, 0.12).await;
        world.measure(&world.old, 400.0, 1.0, 0.1).await;
    };
    let (outcome, events, shares) = world.go("r2", well).await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let of = |at: usize| shares.iter().map(|s| s[at]).collect::<std::collections::BTreeSet<i32>>();
    for at in 0..2 {
        assert_eq!(of(at).into_iter().rev().collect::<Vec<_>>(), [100, 80, 0], "{shares:?}");
        assert!(shares.iter().map(|s| s[at]).rev().is_sorted(), "{shares:?}");
    }
    assert!(told(&events).contains(&"1 of 1 good minute; errors 0% (old 0.25%), p99 120ms (old 100ms)"), "{:?}", told(&events));
    assert!(plan_for(&world.cloud, &world.to).await.unwrap().is_empty());
    assert!(world.proxy.counts()["GetMetricData"] >= 3, "{:?}", world.proxy.counts());
}

/// Taken back: by failed requests, by an alarm, by somebody who turns requests by hand; and everything is as it was.
#[tokio::test]
async fn a_canary_is_taken_back() {
    let world = world().await;
    let failing = async |new: &str| {
        world.measure(new, 100.0, 8.0, 0.12).await;
        world.measure(&world.old, 400.0, 1.0, 0.1).await;
    };
    let alarmed = async |_: &str| alarm(&world.side, StateValue::Alarm).await;
    let turned = async |new: &str| {
        alarm(&world.side, StateValue::Ok).await;
        world.measure(new, 100.0, 0.0, 0.12).await;
        world.measure(&world.old, 400.0, 1.0, 0.1).await;
        while !world.shares().await.contains(&0) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let elb = world.cloud.elb();
        let balancers = elb.describe_load_balancers().send().await.unwrap().load_balancers.unwrap();
        let listeners = elb.describe_listeners().load_balancer_arn(balancers[0].load_balancer_arn().unwrap());
        let listener = listeners.send().await.unwrap().listeners.unwrap().remove(0).listener_arn.unwrap();
        let old = aws_sdk_elasticloadbalancingv2::types::Action::builder().target_group_arn(&world.old);
        let old = old.r#type(aws_sdk_elasticloadbalancingv2::types::ActionTypeEnum::Forward).build();
        elb.modify_listener().listener_arn(listener).default_actions(old).send().await.unwrap();
    };
    let check = async |(outcome, events, shares): (Outcome, Vec<Event>, Vec<Vec<i32>>), why: &str| {
        assert!(
            matches!(&outcome, Outcome::RolledBack(Some(e)) if e.code == "GateFailed" && e.message.contains(why)),
            "{outcome:?} {:#?}",
            told(&events)
        );
        assert_eq!(shares.last().unwrap(), &vec![100; 2], "{shares:?}");
        let groups = world.cloud.elb().describe_target_groups().send().await.unwrap().target_groups.unwrap();
        assert_eq!(groups.len(), 1, "the new target group is gone");
        let again = plan_for(&world.cloud, &world.to).await.unwrap();
        assert_eq!(again.changes, world.plan.changes, "the same is to be done as before");
    };
    check(world.go("r2", failing).await, "errors 8% (old 0.25%), p99 120ms (old 100ms); 2 bad minutes in a row").await;
    check(world.go("r3", alarmed).await, "the alarm orders fires: 7 is greater than 1").await;
    check(world.go("r4", turned).await, "somebody has changed listener.http: 0% of the requests go to the new instances, not 100%").await;
}

/// A gate behind the first shift from a target group, or behind none.
fn gate(old: Option<&str>) -> Gate {
    Gate { old: old.map(str::to_owned), balancer: Some(address("load_balancer.main")), ..tally::gate(10, 5) }
}

/// What targets tell, in a look that asks for nothing else: an ill one is bad, none at all is bad, and a minute from before the shift counts for nothing.
#[tokio::test]
async fn a_look_is_at_targets_first() {
    let told = |state: &str| {
        let target = "<member><Target><Id>i-1</Id><Port>80</Port></Target><TargetHealth><State>STATE</State>\
                      <Description>Health checks failed</Description></TargetHealth></member>";
        let all = if state.is_empty() { String::new() } else { target.replace("STATE", state) };
        format!(
            "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{all}</TargetHealthDescriptions>\
             </DescribeTargetHealthResult></DescribeTargetHealthResponse>"
        )
    };
    let look = async |state: &str, gate: Gate| {
        let (cloud, replay) = Replay::clients([(200, told(state).as_str())]);
        let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/new/0123456789abcdef";
        let group: Object = super::target_group::target_group().into();
        let stamp = Stamp { address: address("target_group.app"), ..Stamp::nobody(Kind::TargetGroup) };
        let live = Live { id: arn.into(), object: group, stamp, points: [].into() };
        let seen = cloud.look_at(&gate, &Links([(address("target_group.app"), live)].into()), Moment::now()).await.unwrap();
        assert_eq!(replay.asked().len(), 1);
        seen
    };
    let ill = Seen::Bad("the target i-1 is unhealthy: Health checks failed".into());
    assert_eq!(look("unhealthy", gate(None)).await, ill);
    assert_eq!(look("unhealthy", gate(Some("old"))).await, ill);
    assert_eq!(look("", gate(None)).await, Seen::Bad("no target is registered".into()));
    assert_eq!(look("healthy", gate(None)).await, Seen::Well);
    assert_eq!(look("healthy", gate(Some("old"))).await, Seen::Nothing, "no minute since the shift is known yet");
}
