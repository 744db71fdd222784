//! The answer to every single write of a creation is lost: the run looks, goes on with what it finds, and arrives. It does so, too, when the same
//! request, sent again, is refused: what refuses a second attempt says nothing of the first.
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
use crate::support::{all_kills, apply, plan_for, settled, stack};

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

/// The writes of that creation.
const WRITES: &[&str] = &[
    "AllocateAddress",
    "AssociateRouteTable",
    "AttachInternetGateway",
    "AttachRolePolicy",
    "AuthorizeSecurityGroupIngress",
    "CreateFlowLogs",
    "CreateInternetGateway",
    "CreateLogGroup",
    "CreateNatGateway",
    "CreateRole",
    "CreateRoute",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateVpc",
    "CreateVpcEndpoint",
    "ModifyVpcAttribute",
    "PutRetentionPolicy",
    "PutRolePolicy",
];

/// Applies the world while the first answer to each of these writes is lost; `refused`: and the next attempt is refused. How often each was sent.
async fn spoilt(moto: &Moto, writes: &[&'static str], refused: bool) -> Vec<usize> {
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let want = stack(&format!("doubt-{}-{}-{refused}", writes[0].to_lowercase(), writes.len()), world());
    let plan = plan_for(&cloud, &want).await.unwrap();
    proxy.reset();
    let spoilt = writes.to_vec();
    proxy.rule(move |call, n| match (spoilt.contains(&call.operation.as_str()), n) {
        (true, 0) => Reaction::After { status: 500, body: body(call, "InternalError") },
        (true, 1) if refused => Reaction::Answer { status: 403, body: body(call, "UnauthorizedOperation") },
        _ => Reaction::Pass,
    });
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    let counts = proxy.counts();
    assert_eq!(outcome, Outcome::Applied, "{writes:?}, refused then: {refused}: {events:#?}");
    settled(&cloud, &want, writes[0]).await;
    writes.iter().map(|write| counts[*write]).collect()
}

/// Each of these writes spoilt in a run of its own, or, on other days than the full run's, all of them in one.
async fn each(writes: &[&'static str], refused: bool) -> Vec<usize> {
    let moto = Moto::start().await;
    if !all_kills() {
        return spoilt(&moto, writes, refused).await;
    }
    let mut sent = vec![];
    for write in writes {
        sent.extend(spoilt(&moto, &[*write], refused).await);
    }
    sent
}

#[tokio::test]
async fn whatever_answer_of_a_creation_is_lost_it_is_gone_on_with() {
    let sent = each(WRITES, false).await;
    for once in ["AllocateAddress", "CreateInternetGateway", "CreateSecurityGroup", "CreateVpc"] {
        let i = WRITES.iter().position(|write| *write == once).unwrap();
        assert_eq!(sent[i], 1, "{once} is not sent again");
    }
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_is_looked_into() {
    let repeated = [
        "CreateFlowLogs",
        "CreateLogGroup",
        "CreateNatGateway",
        "CreateRole",
        "CreateRouteTable",
        "CreateVpcEndpoint",
        "ModifyVpcAttribute",
    ];
    let sent = each(&repeated, true).await;
    assert!(sent.iter().all(|n| *n >= 2), "each is sent again and refused: {sent:?}");
}
