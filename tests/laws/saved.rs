//! A saved plan is refused when anything of its own business has moved, and for nothing else.
use std::collections::BTreeMap;

use infra::cloud::Sandbox;
use infra::kinds::{Address, Kind, Live, Near, Object, refs};
use infra::model::{Mode, Moment};
use infra::observe::{Snapshot, complete, observe};
use infra::plan::saved::{CloudProvider, Moved, Refused, Scene};
use infra::plan::{Allowed, Plan, PlanError, Saved, Verb, plan};
use infra::redact::Redactor;
use infra::run::Outcome;
use infra::stack::Stack;
use serde_json::{Value, json};

use super::kinds::mutated;
use super::world::{FULL, apply, copy, stack, ways, with};
use crate::support::sparse;

/// Everything that a plan is made from, read with lists that show every write.
async fn looked(cloud: &Sandbox, want: &Stack) -> (Stack, Snapshot) {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let mut want = want.clone();
    complete(cloud, &mut want.nodes).await.unwrap();
    let snapshot = observe(cloud, &want.name, &want.renamed).await.unwrap();
    (want, snapshot)
}

/// A plan as a file gives it back.
pub async fn saved(cloud: &Sandbox, want: &Stack) -> Result<Saved, Vec<PlanError>> {
    let (stack, read) = looked(cloud, want).await;
    let allowed: Allowed = read.live.keys().cloned().collect();
    let plan = plan(&stack, &read, &allowed)?;
    let (created, scene) = (Moment::now(), Scene { provider: CloudProvider::Aws, account: "1".into(), region: "r".into(), zone: None });
    let (command, layers, spec, selection) = ("apply".into(), vec![], String::new(), Default::default());
    let saved = Saved { created, command, scene, layers, spec, selection, allowed, stack, read, plan };
    Ok(Saved::parse(&saved.redacted(&Redactor::default()).write()).unwrap())
}

/// What `apply FILE` does before it changes anything: what moved, or the plan that it would carry out.
pub async fn again(cloud: &Sandbox, saved: &Saved, want: &Stack) -> Result<Plan, Vec<Moved>> {
    let (stack, snapshot) = looked(cloud, want).await;
    saved.again(stack, snapshot).map_err(|refused| match refused {
        Refused::Moved(moved) => moved,
        Refused::Impossible(problems) => panic!("{problems:#?}"),
    })
}

fn named(moved: &[Moved], live: &Live, attribute: &str) -> bool {
    moved.iter().all(|m| {
        matches!(m, Moved::Field { address, path, wanted: false, then, now }
        if *address == live.stamp.address && path.split('.').next() == Some(attribute) && then != now)
    })
}

/// The object with another value where [`mutated`] knows none: what isn't set is set, what is empty is filled, a pointer leads elsewhere.
fn otherwise(object: &Object, name: &str) -> Option<Object> {
    let whole = serde_json::to_value(object).unwrap();
    let now = object.attributes().into_iter().find(|a| a.name == name)?.value;
    let mut elsewhere = now.clone();
    lead_elsewhere(&mut elsewhere);
    let mut beside = now.clone();
    if let (Value::Array(all), Value::Array(more)) = (&mut beside, &elsewhere) {
        all.extend(more.clone());
    }
    let mut values = vec![
        elsewhere,
        beside,
        json!({ "$ranked": [] }),
        json!(["dns_record.x"]),
        json!({ "10.9.0.0/16": { "internet_gateway": { "$ref": "internet_gateway.x" } } }),
        json!(700),
        json!(12_500),
        json!("x"),
        json!("ELBSecurityPolicy-TLS13-1-2-2021-06"),
        json!(true),
        json!(["x"]),
        json!(["arn:aws:iam::aws:policy/Another"]),
        json!({ "x": "y" }),
        json!({ "$computed": 7 }),
        json!({ "$computed": "x" }),
        json!({ "$computed": ["x"] }),
        json!({ "$computed": [{ "$ref": "listener.x" }] }),
        json!({ "$text": [{ "literal": "x" }] }),
        json!({ "other": "x" }),
        json!([{ "$ref": "listener.x" }]),
        json!([{ "$ref": "certificate.x" }]),
        json!({ "x": { "pattern": "x", "metric": "x", "namespace": "x", "value": "1", "default": null } }),
        json!("v0.8.0-eksbuild.2"),
        json!("2001:db8::/32"),
        json!("10.1.0.0/16"),
    ];
    values.extend(Kind::ALL.iter().map(|k| json!({ "$ref": format!("{}.x", k.label()) })));
    let with = |value: &Value| {
        let mut whole = whole.clone();
        *whole.as_object_mut().unwrap().values_mut().next().unwrap().get_mut(name)? = value.clone();
        let other: Object = serde_json::from_value(whole).ok()?;
        let refused = !other.breaches(&Address::new(other.kind(), "x"), Near(&BTreeMap::new())).is_empty();
        other.attributes().iter().any(|a| a.name == name && a.value != now && !refused).then_some(other)
    };
    values.iter().find_map(with)
}

fn lead_elsewhere(v: &mut Value) {
    match v {
        Value::Object(m) if m.contains_key("$ref") => m["$ref"] = format!("{}-elsewhere", m["$ref"].as_str().unwrap()).into(),
        Value::Object(m) => m.values_mut().for_each(lead_elsewhere),
        Value::Array(a) => a.iter_mut().for_each(lead_elsewhere),
        _ => {}
    }
}

/// Ways of changing one attribute of one live object, for each attribute of each kind: the object after it.
fn alterations(cloud: &Sandbox, modes: &[Mode]) -> Vec<(Live, &'static str, Live)> {
    let (mut out, mut stiff) = (vec![], vec![]);
    let mut kinds: BTreeMap<Kind, Vec<Live>> = BTreeMap::new();
    cloud.objects().into_iter().for_each(|live| kinds.entry(live.object.kind()).or_default().push(live));
    for lives in kinds.values() {
        // What has provisioned concurrency, as the one function here, shares no calls out: Lambda lets nobody turn its alias.
        let fixed = |name| (lives[0].object.kind(), name) == (Kind::Function, "routing");
        for a in lives[0].object.attributes().into_iter().filter(|a| modes.contains(&a.mode) && !fixed(a.name)) {
            // What one object of a kind can't have, another may: a function stands behind a target group of its own type alone.
            let altered = |live: &Live| Some((live.clone(), mutated(&live.object, a.name).or_else(|| otherwise(&live.object, a.name))?));
            let Some((live, other)) = lives.iter().find_map(altered) else {
                stiff.push(format!("{}.{}: {}", lives[0].stamp.address, a.name, a.value));
                continue;
            };
            let points = refs(&other).map(|a| a.name.clone()).collect();
            out.push((live.clone(), a.name, Live { object: other, points, ..live }));
        }
    }
    assert_eq!(kinds.len(), Kind::ALL.len());
    assert!(stiff.is_empty(), "can't be altered: {stiff:#?}");
    out
}

/// From one stack to every other: the same plan again as long as nothing moves, and it is carried out.
#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_made_again() {
    for ((a, from), others) in ways() {
        let world = with(&from, 1).await;
        for (b, to) in others {
            let cloud = copy(&world, 1);
            let Ok(kept) = saved(&cloud, &to).await else { continue };
            let plan = again(&cloud, &kept, &to).await.unwrap_or_else(|moved| panic!("{a} -> {b}: {moved:#?}"));
            if !plan.is_empty() {
                assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied, "{a} -> {b}");
                assert!(again(&cloud, &kept, &to).await.is_err(), "{a} -> {b}: applied twice");
            }
        }
    }
}

/// Each attribute of each kind, changed behind the plan's back: refused, and named. By a plan that changes all there is, and one that deletes it.
#[tokio::test(start_paused = true)]
async fn whatever_moves_is_named() {
    let full = stack(&[FULL]);
    let nothing = Stack { nodes: [].into(), ..full.clone() };
    let retagged = stack(&[FULL, "tags: {team: platform}\nvpc: {cidr: 10.9.0.0/16}"]);
    let cloud = with(&full, 1).await;
    let mut cases = 0;
    for (nth, to) in [&nothing, &retagged].into_iter().enumerate() {
        let kept = saved(&cloud, to).await.unwrap();
        let touched = kept.touched();
        // Each by one of the two on other days than the full run's.
        for (live, attribute, other) in
            alterations(&cloud, &[Mode::Update, Mode::Replace]).into_iter().skip(sparse(0, nth)).step_by(sparse(1, 2))
        {
            if !touched.contains(&live.stamp.address) {
                continue;
            }
            cloud.put(other).unwrap();
            let moved = again(&cloud, &kept, to).await.map(|_| ()).expect_err(attribute);
            assert!(named(&moved, &live, attribute), "{}.{attribute}: {moved:#?}", live.stamp.address);
            cloud.put(live).unwrap();
            cases += 1;
        }
        again(&cloud, &kept, to).await.unwrap();
    }
    println!("attributes moved: {cases}");
    assert!(cases > sparse(200, 100));
}

/// What the cloud decides, and what is left to it, moves by itself: no reason to refuse.
#[tokio::test(start_paused = true)]
async fn what_moves_by_itself_is_no_reason() {
    let full = stack(&[FULL]);
    let nothing = Stack { nodes: [].into(), ..full.clone() };
    let cloud = with(&full, 1).await;
    let kept = saved(&cloud, &nothing).await.unwrap();
    let mut cases = 0;
    for (live, attribute, other) in alterations(&cloud, &[Mode::Initial, Mode::Computed]) {
        cloud.put(other).unwrap();
        if let Err(moved) = again(&cloud, &kept, &nothing).await {
            panic!("{}.{attribute}: {moved:#?}", live.stamp.address);
        }
        cloud.put(live).unwrap();
        cases += 1;
    }
    println!("attributes that move by themselves: {cases}");
    assert!(cases > 10);
}

/// Elsewhere in the stack than what the plan touches anything may move: the plan is carried out, and what moved stays moved.
#[tokio::test(start_paused = true)]
async fn what_moves_elsewhere_is_no_reason() {
    let full = stack(&[FULL]);
    let to = stack(&[FULL, "cdn: {records: {v4: {content: 192.0.2.7}}}"]);
    let cloud = with(&full, 1).await;
    let kept = saved(&cloud, &to).await.unwrap();
    assert_eq!(kept.touched().len(), 1);
    let mut cases = 0;
    for (live, attribute, other) in
        alterations(&cloud, &[Mode::Update, Mode::Replace, Mode::Initial, Mode::Computed]).into_iter().step_by(sparse(1, 5))
    {
        if kept.touched().contains(&live.stamp.address) {
            continue;
        }
        cloud.put(other.clone()).unwrap();
        let plan = again(&cloud, &kept, &to).await.unwrap_or_else(|moved| panic!("{}.{attribute}: {moved:#?}", live.stamp.address));
        let compared = live.object.attributes().iter().any(|a| a.name == attribute && a.mode.compared());
        if compared && cases % 40 == 0 {
            assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
            let there = cloud.objects().into_iter().find(|l| l.id == live.id).unwrap();
            assert_eq!(there.object, other.object, "{}.{attribute} was put back", live.stamp.address);
            match saved(&cloud, &full).await {
                Ok(back) => {
                    let back = back.plan.changes.iter().filter(|c| c.address == live.stamp.address).count();
                    assert_eq!(back, 1, "the next plan tells of it");
                }
                // From some there is no way back in one run.
                Err(why) => assert!(why.iter().all(|e| matches!(e, PlanError::Blocked { .. } | PlanError::Refused { .. })), "{why:?}"),
            }
            kept.plan.old.iter().filter(|l| kept.touched().contains(&l.stamp.address)).for_each(|old| cloud.put(old.clone()).unwrap());
        }
        cloud.put(live).unwrap();
        cases += 1;
    }
    println!("attributes moved elsewhere: {cases}");
    assert!(cases > sparse(100, 30));
}

/// An object that is gone, one that has come, and another object in the place of one that is pointed at.
#[tokio::test(start_paused = true)]
async fn objects_that_come_and_go_are_named() {
    let full = stack(&[FULL]);
    let to = stack(&[
        FULL,
        "vpc: {security_groups: {bastion: {ingress: [{port: 2222, from: [203.0.113.0/24]}]}, other: {ingress: [{port: 22, from: [203.0.113.0/24]}]}}}",
    ]);
    let cloud = with(&full, 1).await;
    let kept = saved(&cloud, &to).await.unwrap();
    let find = |name: &str| cloud.objects().into_iter().find(|l| l.stamp.address.to_string() == name).unwrap();
    let bastion = find("security_group.bastion");
    cloud.remove(Kind::SecurityGroup, &bastion.id).unwrap();
    let moved = again(&cloud, &kept, &to).await.unwrap_err();
    assert_eq!(moved, [Moved::Gone { address: bastion.stamp.address.clone(), id: bastion.id.clone() }]);
    cloud.put(bastion.clone()).unwrap();

    let mut other = bastion.clone();
    (other.id, other.stamp.address.name) = ("security-group-999999".into(), "other".into());
    cloud.put(other.clone()).unwrap();
    let moved = again(&cloud, &kept, &to).await.unwrap_err();
    assert_eq!(moved, [Moved::Come { address: other.stamp.address.clone(), id: other.id.clone() }]);
    cloud.remove(Kind::SecurityGroup, &other.id).unwrap();

    let vpc = find("vpc.main");
    cloud.remove(Kind::Vpc, &vpc.id).unwrap();
    cloud.put(Live { id: "vpc-999999".into(), ..vpc.clone() }).unwrap();
    let moved = again(&cloud, &kept, &to).await.unwrap_err();
    assert!(moved.contains(&Moved::Gone { address: vpc.stamp.address.clone(), id: vpc.id.clone() }), "{moved:#?}");
}

/// What the spec wants in this environment counts as well.
#[tokio::test(start_paused = true)]
async fn what_is_wanted_otherwise_is_named() {
    let full = stack(&[FULL]);
    let cloud = with(&full, 1).await;
    let to = stack(&[FULL, "compute: {app: {image: 'example/shop:2'}}"]);
    let kept = saved(&cloud, &to).await.unwrap();
    assert!(kept.plan.changes.iter().any(|c| matches!(c.verb, Verb::Replace(_))));
    let other = stack(&[FULL, "compute: {app: {image: 'example/shop:3'}}"]);
    let moved = again(&cloud, &kept, &other).await.unwrap_err();
    let named = moved.iter().any(|m| {
        matches!(m, Moved::Field { path, wanted: true, then, now, .. }
        if path == "boot.container.image" && then != now)
    });
    assert!(named, "{moved:#?}");
}
