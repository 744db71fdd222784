mod gradual;

use std::time::Duration;

use aws_sdk_appconfig::primitives::Blob;
use aws_sdk_appconfig::types::{DeploymentState, ReplicateTo};
use infra::canon::Open;
use infra::cloud::{Cloud, Observe};
use infra::kinds::flag_set::{Flag, Strategy};
use infra::kinds::{FlagSet, Kind, Links, Live, Object, Ref};
use infra::plan::Verb;
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::Clients;
use serde_json::{Value, json};

use gradual::{steps, watch, watched};

use super::{Case, Sends, Why};
use crate::support::moto::Moto;
use crate::support::proxy::{Call, Proxy, Reaction};
use crate::support::{address, appconfig, apply, plan_for, settled, stack};

const SET: &str = "flag_set.main";

fn always(on: bool) -> Flag {
    Flag { enabled: Some(on), initial: None }
}

fn by_hand(initial: bool) -> Flag {
    Flag { enabled: None, initial: Some(initial) }
}

fn set(flags: &[(&str, Flag)]) -> FlagSet {
    let flags: Open<Flag> = flags.iter().map(|(key, flag)| ((*key).to_owned(), flag.clone())).collect();
    let turned = flags.iter().filter_map(|(key, flag)| Some((key.clone(), flag.initial?))).collect();
    FlagSet { flags, turned, complete: true, tags: [("Name".into(), "flags".into())].into(), ..FlagSet::default() }
}

fn flags() -> FlagSet {
    set(&[("new_checkout", always(false)), ("sale-Banner2", by_hand(true))])
}

pub fn case() -> Case {
    let of = |set: FlagSet| Object::from(FlagSet { strategy: Some(steps()), ..set });
    let by = |strategy: Strategy| FlagSet { strategy: Some(strategy), ..flags() };
    let variants = vec![
        // From one to the next no flag changes by a strategy: its minutes are real ones here.
        ("step by step", of(flags())),
        ("steps that double", by(Strategy { step: 1_234, doubles: true, ..steps() }).into()),
        ("at once, and a while afterwards", by(Strategy { minutes: 0, bake: 5, step: 10_000, doubles: false }).into()),
        ("alarms", watched(&flags()).into()),
        (
            "alarms over others",
            FlagSet { composites: [Ref::to("group.front.critical")].into(), alarms: [].into(), ..watched(&flags()) }.into(),
        ),
        ("another role", FlagSet { role: Some(Ref::to("other")), ..watched(&flags()) }.into()),
        ("a flag is on", set(&[("new_checkout", always(true)), ("sale-Banner2", by_hand(true))]).into()),
        ("one more", set(&[("dark", always(true)), ("new_checkout", always(false)), ("sale-Banner2", by_hand(true))]).into()),
        ("one less", set(&[("sale-Banner2", by_hand(true))]).into()),
        ("one that people turn from now on", set(&[("new_checkout", by_hand(false)), ("sale-Banner2", by_hand(true))]).into()),
        ("one that nobody turns from now on", set(&[("new_checkout", always(false)), ("sale-Banner2", always(false))]).into()),
        ("none", set(&[]).into()),
        ("tags", FlagSet { tags: [("team".into(), "a b".into())].into(), ..flags() }.into()),
    ];
    Case { address: SET, world: [watch(), vec![(SET, flags().into())]].concat(), variants }
}

pub const SENDS: Sends =
    Sends { kind: Kind::FlagSet, lists: &["GET /applications"], creates: &[], unseen: &[("StopDeployment", Why::Replay("flag_set"))] };

/// A stack with flags, and somebody who works in the same account.
struct World {
    moto: Moto,
    proxy: Proxy,
    cloud: Clients,
    name: &'static str,
    runs: usize,
}

impl World {
    async fn new(name: &'static str) -> World {
        let moto = Moto::start().await;
        let proxy = Proxy::start(&moto.endpoint);
        let cloud = Moto::clients(&proxy.endpoint);
        World { moto, proxy, cloud, name, runs: 0 }
    }

    fn want(&self, set: &FlagSet) -> Stack {
        stack(self.name, [(SET, set.clone().into())])
    }

    /// Applies, and answers the paths of what was changed.
    async fn go(&mut self, want: &Stack) -> Vec<String> {
        self.runs += 1;
        let plan = plan_for(&self.cloud, want).await.unwrap();
        let (outcome, events) = apply(&self.cloud, &plan, &format!("r{}", self.runs)).await;
        assert_eq!(outcome, Outcome::Applied, "{} {events:#?}", self.runs);
        settled(&self.cloud, want, &format!("run {}", self.runs)).await;
        assert!(plan.changes.iter().all(|change| change.verb != Verb::Update || !change.attrs.is_empty()));
        plan.changes.iter().flat_map(|change| &change.attrs).map(|attr| attr.path.clone()).collect()
    }

    async fn live(&self) -> Live {
        self.cloud.list(Kind::FlagSet, self.name).await.unwrap().remove(0)
    }

    async fn found(&self) -> FlagSet {
        self.live().await.of().unwrap()
    }

    /// The newest deployment's number, state and version.
    async fn newest(&self) -> (i32, DeploymentState, String) {
        let (live, of) = (self.live().await, self.found().await);
        let request = self.cloud.appconfig().list_deployments().application_id(live.id).environment_id(of.environment.0.unwrap());
        let seen = request.send().await.unwrap().items.unwrap().remove(0);
        (seen.deployment_number, seen.state.unwrap(), seen.configuration_version.unwrap())
    }

    /// What somebody writes by hand, as a version of its own, and deploys by a strategy of so many minutes; the deployment's number.
    async fn by_hand(&self, document: Value, minutes: i32) -> i32 {
        let (live, of) = (self.live().await, self.found().await);
        let (api, profile) = (self.cloud.appconfig(), of.profile.0.unwrap());
        let made = api.create_deployment_strategy().name("theirs").deployment_duration_in_minutes(minutes).growth_factor(10.0);
        let strategy = made.replicate_to(ReplicateTo::None).send().await.unwrap().id.unwrap();
        let request = api.create_hosted_configuration_version().application_id(&live.id).configuration_profile_id(&profile);
        let request = request.content_type("application/json").content(Blob::new(document.to_string()));
        let version = request.send().await.unwrap().version_number;
        let request = api.start_deployment().application_id(&live.id).environment_id(of.environment.0.unwrap());
        let request =
            request.configuration_profile_id(profile).configuration_version(version.to_string()).deployment_strategy_id(&strategy);
        request.send().await.unwrap().deployment_number
    }

    async fn complete(&self) {
        while self.newest().await.1 != DeploymentState::Complete {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How many versions there are.
    async fn versions(&self) -> usize {
        let (live, of) = (self.live().await, self.found().await);
        let request = self.cloud.appconfig().list_hosted_configuration_versions().application_id(live.id);
        let pages = request.configuration_profile_id(of.profile.0.unwrap()).into_paginator().items().send();
        pages.collect::<Result<Vec<_>, _>>().await.unwrap().len()
    }

    /// The API's names of requests that change something, in their order.
    fn changed(&self) -> Vec<&'static str> {
        let own = self.proxy.log().into_iter().filter(|call| call.service == "appconfig");
        own.map(|call| appconfig::operation(&call)).filter(|name| !["Get", "List"].iter().any(|reads| name.starts_with(reads))).collect()
    }
}

/// As somebody writes the flags of [`flags`] in the console.
fn document(checkout: bool, banner: bool) -> Value {
    json!({
        "version": "1",
        "flags": { "new_checkout": { "name": "new_checkout" }, "sale-Banner2": { "name": "sale-Banner2", "description": "Turned by hand; on at first." } },
        "values": { "new_checkout": { "enabled": checkout }, "sale-Banner2": { "enabled": banner } },
    })
}

/// What somebody turned by hand stays where the spec leaves it to people, and is turned back where it doesn't; what else was written by hand is mended.
#[tokio::test]
async fn flags_that_people_turn_stay_and_others_are_turned_back() {
    let mut world = World::new("wire-turned").await;
    let want = world.want(&flags());
    world.go(&want).await;
    world.proxy.reset();
    settled(&world.cloud, &want, "as it was made").await;
    let asked = world.proxy.log().into_iter().filter(|call| call.service == "appconfig").count();
    assert_eq!(asked, 7, "the lists, and what is in the stack's own alone");

    world.by_hand(document(false, false), 0).await;
    world.complete().await;
    settled(&world.cloud, &want, "people turned what is theirs").await;
    assert_eq!(world.found().await.turned, [("sale-Banner2".to_owned(), false)].into());
    world.by_hand(document(true, false), 0).await;
    world.complete().await;
    assert_eq!(world.go(&want).await, ["flags.new_checkout.enabled"]);
    assert_eq!(world.found().await.turned, [("sale-Banner2".to_owned(), false)].into(), "a run turns nothing of theirs");

    let mut other = document(false, false);
    other["flags"]["new_checkout"]["attributes"] = json!({ "size": { "constraints": { "type": "number" } } });
    other["values"]["new_checkout"]["size"] = 3.into();
    other["flags"]["theirs"] = json!({ "name": "theirs" });
    other["values"]["theirs"] = json!({ "enabled": true });
    world.by_hand(other, 0).await;
    world.complete().await;
    let paths = world.go(&want).await;
    assert!(paths.iter().all(|path| path.starts_with("flags.new_checkout") || path.starts_with("flags.theirs")), "{paths:?}");
    assert_eq!(paths.len(), 2, "{paths:?}");

    // On the way back a flag stands as it stood, and not as it would at first.
    let before = world.live().await;
    let governed = set(&[("new_checkout", always(false)), ("sale-Banner2", always(true))]);
    world.go(&world.want(&governed)).await;
    let after = world.live().await;
    world.cloud.update(&after, &before.object, &Links::default(), &before.stamp).await.unwrap();
    assert_eq!(world.live().await.object, before.object);
}

/// A new version is deployed after the newest; the way back deploys the one before, and older ones of the stack go with the next change.
#[tokio::test]
async fn the_way_back_deploys_the_version_before() {
    let mut world = World::new("wire-back").await;
    let of = |on| set(&[("new_checkout", always(on)), ("sale-Banner2", by_hand(true))]);
    world.go(&world.want(&of(false))).await;
    let (first, _, one) = world.newest().await;
    let before = world.live().await;
    world.go(&world.want(&of(true))).await;
    let after = world.live().await;
    world.proxy.reset();
    world.cloud.update(&after, &before.object, &Links::default(), &before.stamp).await.unwrap();
    assert_eq!(world.changed(), ["StartDeployment", "TagResource"]);
    assert_eq!(world.newest().await, (first + 2, DeploymentState::Complete, one));
    for n in 0..4 {
        world.go(&world.want(&set(&[(&format!("flag{n}"), always(true))]))).await;
        assert_eq!(world.versions().await, 2, "what is served, and what was before");
    }
    // Nothing is asked of the flags where only tags change.
    let tagged = FlagSet { tags: [("team".into(), "shop".into())].into(), ..world.found().await };
    world.proxy.reset();
    world.go(&world.want(&tagged)).await;
    assert_eq!(world.changed(), ["TagResource", "UntagResource"]);
}

/// A version that somebody writes at the same moment isn't passed over, and neither is a deployment: the change is refused.
#[tokio::test]
async fn what_somebody_writes_meanwhile_refuses_the_change() {
    let mut world = World::new("wire-meanwhile").await;
    world.go(&world.want(&flags())).await;
    let (live, newest) = (world.live().await, world.newest().await);
    let asks = |call: &Call, method: &str| call.operation.starts_with(method) && call.operation.ends_with("/hostedconfigurationversions");
    world.proxy.reset();
    world.proxy.rule(move |call, _| if asks(call, "POST") { Reaction::Delay(Duration::from_secs(1)) } else { Reaction::Pass });
    let theirs = async {
        while world.proxy.log().iter().filter(|call| asks(call, "GET")).count() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let direct = Moto::clients(&world.moto.endpoint);
        let request = direct.appconfig().create_hosted_configuration_version().application_id(&live.id);
        let request = request.configuration_profile_id(live.of::<FlagSet>().unwrap().profile.0.unwrap()).content_type("application/json");
        request.content(Blob::new(document(true, true).to_string())).send().await.unwrap();
    };
    let (links, other) = (Links::default(), set(&[("dark", always(true))]).into());
    let (changed, ()) = tokio::join!(world.cloud.update(&live, &other, &links, &live.stamp), theirs);
    assert_eq!(changed.unwrap_err().code, "ConflictException");
    assert_eq!(world.newest().await, newest, "applications are told of what they were");

    let starts = |call: &Call| call.operation.starts_with("POST") && call.operation.ends_with("/deployments");
    world.proxy.reset();
    world.proxy.rule(
        move |call, earlier| {
            if starts(call) && earlier == 0 { Reaction::Delay(Duration::from_secs(3)) } else { Reaction::Pass }
        },
    );
    let theirs = async {
        while !world.proxy.log().iter().any(|call| call.operation == "GET /deploymentstrategies") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.by_hand(document(true, true), 0).await
    };
    let (changed, number) = tokio::join!(world.cloud.update(&live, &other, &links, &live.stamp), theirs);
    assert_eq!(changed.unwrap_err().code, "ConflictException");
    assert_eq!((world.newest().await.0, world.found().await.flags["new_checkout"].clone()), (number, always(true)));
}

/// One deployment is under way at a time. One that somebody has left, or a killed run, is stopped where it brings something else, and waited for otherwise.
#[tokio::test]
async fn what_is_under_way_is_stopped_or_waited_for() {
    let mut world = World::new("wire-under-way").await;
    let want = world.want(&flags());
    world.go(&want).await;
    // It would go on for an hour.
    let theirs = world.by_hand(document(true, true), 60).await;
    assert_eq!(world.newest().await.1, DeploymentState::Deploying);
    assert_eq!(world.found().await.flags["new_checkout"], always(true), "where it leads to is what counts");
    world.proxy.reset();
    assert_eq!(world.go(&want).await, ["flags.new_checkout.enabled", "complete"]);
    // What applications were told of before is what is wanted: nothing is deployed, and the stamp says that already.
    assert_eq!(world.changed(), ["StopDeployment"]);
    assert_eq!(world.newest().await.0, theirs);
    assert_eq!(world.newest().await.1, DeploymentState::RolledBack);

    let theirs = world.by_hand(document(true, false), 60).await;
    world.proxy.reset();
    let other = set(&[("new_checkout", always(false)), ("dark", always(true)), ("sale-Banner2", by_hand(true))]);
    world.go(&world.want(&other)).await;
    assert_eq!(world.changed()[0], "StopDeployment");
    assert_eq!(world.newest().await.0, theirs + 1);
    assert_eq!(world.found().await.turned, [("sale-Banner2".to_owned(), false)].into(), "what was turned on the way is turned");

    // Just what is wanted is on its way already: nothing is stopped, and it is not complete before it is.
    let held = world.by_hand(document(false, false), 60).await;
    let live = world.live().await;
    assert_eq!(live.object, Object::from(FlagSet { flags: flags().flags, ..live.of().unwrap() }));
    world.proxy.reset();
    world.proxy.rule(move |call, earlier| {
        let told = json!({ "DeploymentNumber": held, "State": if earlier < 3 { "BAKING" } else { "COMPLETE" } });
        let asks = call.operation.ends_with(&format!("/deployments/{held}"));
        if asks && call.operation.starts_with("GET") { Reaction::Answer { status: 200, body: told.to_string() } } else { Reaction::Pass }
    });
    world.cloud.update(&live, &flags().into(), &Links::default(), &live.stamp).await.unwrap();
    assert_eq!(world.changed().iter().filter(|name| **name != "TagResource").count(), 0);
    let looks = world.proxy.log().into_iter().filter(|call| call.service == "appconfig" && appconfig::operation(call) == "GetDeployment");
    assert_eq!(looks.count(), 4);
    world.proxy.reset();
    // What is under way doesn't keep it from being deleted.
    assert_eq!(world.newest().await.1, DeploymentState::Deploying);
    world.go(&stack("wire-under-way", [])).await;
}

/// A deployment that an alarm takes back has failed, with AppConfig's reason; what applications are told of is what it was.
#[tokio::test]
async fn what_is_taken_back_has_failed() {
    let mut world = World::new("wire-taken-back").await;
    world.go(&world.want(&flags())).await;
    world.proxy.rule(|call, _| {
        let why =
            json!([{ "EventType": "ROLLBACK_STARTED", "TriggeredBy": "CLOUDWATCH_ALARM", "Description": "the alarm `errors` fires" }]);
        let told = json!({ "DeploymentNumber": 2, "State": "ROLLED_BACK", "EventLog": why });
        if call.operation.starts_with("GET") && call.operation.ends_with("/deployments/2") {
            return Reaction::Answer { status: 200, body: told.to_string() };
        }
        Reaction::Pass
    });
    let other = set(&[("new_checkout", always(true)), ("sale-Banner2", by_hand(true))]);
    let live = world.live().await;
    let failed = world.cloud.update(&live, &other.into(), &Links::default(), &live.stamp).await.unwrap_err();
    assert_eq!((failed.code.as_str(), failed.message.as_str()), ("ROLLED_BACK", "the alarm `errors` fires"));
}

/// Whatever answer is lost, nothing is there twice; and nothing of others is touched, whatever it is called.
#[tokio::test]
async fn answers_that_are_lost_leave_nothing_twice() {
    let mut world = World::new("wire-lost-flags").await;
    let theirs = world.cloud.appconfig().create_application().name("wire-lost-flags-2").send().await.unwrap().id.unwrap();
    let lost = |call: &Call, earlier: usize| {
        if call.service == "appconfig" && call.mutating && earlier == 0 { Reaction::CutAfter } else { Reaction::Pass }
    };
    world.proxy.rule(lost);
    world.go(&world.want(&flags())).await;
    world.proxy.reset();
    world.proxy.rule(lost);
    world.go(&world.want(&set(&[("dark", always(true))]))).await;
    assert_eq!(world.versions().await, 2);
    assert_eq!(world.newest().await.0, 2);
    world.proxy.reset();
    let strategies = world.cloud.appconfig().list_deployment_strategies().send().await.unwrap().items.unwrap();
    assert_eq!(strategies.len(), 1);
    world.proxy.rule(lost);
    world.go(&stack("wire-lost-flags", [])).await;
    world.proxy.reset();
    let left = world.cloud.appconfig().list_applications().send().await.unwrap().items.unwrap();
    assert_eq!(left.into_iter().map(|one| one.id.unwrap()).collect::<Vec<_>>(), [theirs]);
    assert!(world.cloud.appconfig().list_deployment_strategies().send().await.unwrap().items.unwrap().is_empty());
}

/// What somebody has deleted of it is made again.
#[tokio::test]
async fn what_is_missing_is_made_again() {
    let mut world = World::new("wire-missing-flags").await;
    let want = world.want(&flags());
    world.go(&want).await;
    let (live, of) = (world.live().await, world.found().await);
    let request = world.cloud.appconfig().delete_environment().application_id(&live.id).environment_id(of.environment.0.unwrap());
    request.deletion_protection_check("BYPASS".into()).send().await.unwrap();
    assert_eq!(world.found().await.flags, Open::new());
    let paths = world.go(&want).await;
    assert!(!paths.is_empty() && paths.iter().all(|path| path.starts_with("flags")), "{paths:?}");
    assert_eq!(world.live().await.id, live.id);
    assert_eq!(world.live().await.stamp.address, address(SET));
}
