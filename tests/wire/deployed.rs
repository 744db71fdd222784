//! Functions that really run: on an emulator that does without containers.
use infra::kinds::function::{LIVE, Variable};
use infra::kinds::{Address, Function, Kind, Object, Part, Text};
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::Clients;
use serde_json::{Value, json};

use super::function::{case, function};
use super::iam_role::role;
use super::log_group::log_group;
use crate::support::ministack::Ministack;
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, settled, stack};

/// A function outside of a VPC, and what it needs.
fn world(folder: &str, more: Option<Function>) -> Stack {
    let outside = |f: Function| Function { subnets: [].into(), security_groups: [].into(), ..f };
    let mut objects: Vec<(&str, Object)> = vec![
        ("iam_role.function", role("lambda.amazonaws.com").into()),
        ("log_group.a", log_group().into()),
        ("function.app", outside(function(folder)).into()),
    ];
    objects.extend(more.map(|f| ("function.later", outside(f).into())));
    stack("deployed", objects)
}

/// What the stack's function answers by its alias.
async fn answer(cloud: &Clients, name: &str) -> Value {
    let payload = aws_sdk_lambda::primitives::Blob::new(json!({ "name": "you" }).to_string());
    let told = cloud.lambda().invoke().function_name(name).qualifier(LIVE).payload(payload).send().await.unwrap();
    assert_eq!(told.function_error, None);
    serde_json::from_slice::<Value>(told.payload.unwrap().as_ref()).unwrap()["said"].clone()
}

/// Code is deployed and answers; a change answers otherwise; one whose later step fails answers as before, though that code is sent no second time.
#[tokio::test]
async fn a_function_answers_with_its_code_and_goes_back_to_it() {
    let mini = Ministack::start().await;
    let cloud = Moto::clients(&mini.endpoint);
    let go = async |want: &Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        (outcome, format!("{events:#?}"))
    };
    let served = async |want: &Stack| {
        let seen = settled(&cloud, want, "served").await;
        let live = &seen.live[&"function.app".parse::<Address>().unwrap()][0];
        let version = live.of::<Function>().unwrap().version.0.unwrap();
        (answer(&cloud, &live.id).await, version)
    };
    let (hello, other) = (world("hello", None), world("other", None));
    let (outcome, events) = go(&hello, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events}");
    assert_eq!(served(&hello).await, (json!("hello you"), "1".into()));

    // It comes after the other, and what lies at its source isn't what was planned.
    let arn = Text(vec![Part::Output { r#ref: Address::new(Kind::Function, "app"), attr: "arn".into() }]);
    let mut later = Function { code: format!("sha256:{}", "0".repeat(64)), ..function("hello") };
    later.env.insert("OTHER".into(), Variable::Plain(arn));
    let (outcome, events) = go(&world("other", Some(later)), "r2").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events}");
    assert!(events.contains("CodeMoved"), "{events}");
    assert_eq!(served(&hello).await, (json!("hello you"), "1".into()));

    let (outcome, events) = go(&other, "r3").await;
    assert_eq!(outcome, Outcome::Applied, "{events}");
    assert_eq!(served(&other).await.0, json!("hello again, you"));

    let (outcome, events) = go(&stack("deployed", []), "r4").await;
    assert_eq!(outcome, Outcome::Applied, "{events}");
}

/// The kind's laws hold on this emulator, too, which shows `Pending` and `InProgress`, and refuses to delete a version that is called.
#[tokio::test]
async fn a_function_obeys_its_laws_elsewhere_too() {
    let mini = Ministack::start().await;
    super::check(&Moto::clients(&mini.endpoint), case()).await;
}
