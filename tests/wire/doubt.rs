//! The answer to every single write of a creation is lost: the run looks, goes on with what it finds, and arrives. It does so, too, when the same
//! request, sent again, is refused: what refuses a second attempt says nothing of the first.
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use infra::kinds::Object;
use infra::run::Outcome;

use super::flow_log::flow_log;
use super::iam_role::role;
use super::log_group::log_group;
use super::nat_gateway::network;
use super::route_table::route_table;
use super::security_group::security_group;
use super::vpc_endpoint::vpc_endpoint;
use crate::support::moto::Moto;
use crate::support::proxy::{Call, Proxy, Reaction};
use crate::support::{apply, plan_for, settled, stack};

/// Objects that take one request, several, and requests with a client token or a name that tells whose it is.
fn world() -> Vec<(&'static str, Object)> {
    let mut world = network();
    world.retain(|(name, _)| !["subnet.b", "elastic_ip.b"].contains(name));
    world.extend([
        ("route_table.a", route_table().into()),
        ("security_group.a", security_group().into()),
        ("vpc_endpoint.s3", vpc_endpoint().into()),
        ("iam_role.flow", role("vpc-flow-logs.amazonaws.com").into()),
        ("log_group.a", log_group().into()),
        ("flow_log.main", flow_log().into()),
    ]);
    world
}

/// What the service of a call says when it fails.
fn body(call: &Call, code: &str) -> String {
    match call.service.as_str() {
        "logs" => format!("{{\"__type\":\"{code}\",\"message\":\"spoilt\"}}"),
        "iam" => format!("<ErrorResponse><Error><Code>{code}</Code><Message>spoilt</Message></Error></ErrorResponse>"),
        _ => format!("<Response><Errors><Error><Code>{code}</Code><Message>spoilt</Message></Error></Errors></Response>"),
    }
}

/// Applies the world while the answer to its `n`th write is lost; `refused`: and the next attempt of that request is refused. What was hit, and how
/// often it was sent.
async fn hit(moto: &Moto, n: usize, refused: bool) -> Option<(String, usize)> {
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let want = stack(&format!("doubt-{n}-{refused}"), world());
    let plan = plan_for(&cloud, &want).await.unwrap();
    let (mut writes, mut times) = (0, 0);
    let seen: Arc<Mutex<Option<(String, usize)>>> = Arc::default();
    let told = seen.clone();
    let shared = Mutex::new(move |call: &Call| {
        if !call.mutating {
            return Reaction::Pass;
        }
        let mut told = told.lock().unwrap();
        writes += 1;
        if writes == n + 1 {
            *told = Some((call.operation.clone(), 1));
            return Reaction::After { status: 500, body: body(call, "InternalError") };
        }
        match &mut *told {
            Some((operation, sent)) if *operation == call.operation => {
                *sent += 1;
                times += 1;
                match refused && times == 1 {
                    true => Reaction::Answer { status: 403, body: body(call, "UnauthorizedOperation") },
                    false => Reaction::Pass,
                }
            }
            _ => Reaction::Pass,
        }
    });
    proxy.rule(move |call, _| (shared.lock().unwrap())(call));
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    proxy.rule(|_, _| Reaction::Pass);
    let hit = seen.lock().unwrap().clone();
    let tag = format!("{hit:?}, refused then: {refused}");
    assert_eq!(outcome, Outcome::Applied, "{tag}: {events:#?}");
    settled(&cloud, &want, &tag).await;
    hit
}

#[tokio::test]
async fn whatever_answer_of_a_creation_is_lost_it_is_gone_on_with() {
    let moto = Moto::start().await;
    let writes = 20;
    let hits: Vec<_> = join_all((0..writes).map(|n| hit(&moto, n, false))).await.into_iter().flatten().collect();
    for several in ["CreateVpc", "CreateInternetGateway", "CreateSecurityGroup"] {
        assert!(hits.contains(&(several.into(), 1)), "{several} is lost, and not sent again: {hits:?}");
    }
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_is_looked_into() {
    let moto = Moto::start().await;
    let writes = 20;
    let hits: Vec<_> = join_all((0..writes).map(|n| hit(&moto, n, true))).await.into_iter().flatten().collect();
    for token in ["CreateFlowLogs", "CreateVpcEndpoint", "CreateNatGateway"] {
        assert!(hits.iter().any(|(operation, sent)| operation == token && *sent >= 2), "{token} is sent again and refused: {hits:?}");
    }
}
