//! The machine over a wire that misbehaves: requests are counted, refused, throttled, and their answers lost.
use std::collections::BTreeMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::{credential_fn::provide_credentials_fn, provider::SharedCredentialsProvider};
use infra::kinds::Subnet;
use infra::run::{Event, Outcome, Settlement};
use infra::stack::Stack;
use infra::wire::policy::Policy;
use infra::wire::{Class, Clients};

use super::subnet::subnet;
use super::vpc::vpc;
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Reaction};
use crate::support::{apply, plan_for, stack};

fn network(name: &str, subnets: u8) -> Stack {
    let block = |i: u8| Subnet { cidr: format!("10.0.{i}.0/24").parse().unwrap(), ..subnet("us-east-1a", "10.0.0.0/24") };
    let names: Vec<String> = (0..subnets).map(|i| format!("subnet.s{i:03}")).collect();
    let subnets = names.iter().zip(0..).map(|(n, i)| (n.as_str(), block(i).into()));
    stack(name, [("vpc.main", vpc().into())].into_iter().chain(subnets))
}

/// The blocks of all subnets in the emulator with a stack's stamp, and the number of its VPCs, by plain requests.
async fn standing(moto: &Moto, name: &str) -> (Vec<String>, usize) {
    let plain = aws_sdk_ec2::Client::new(&Moto::config(&moto.endpoint));
    let filter = aws_sdk_ec2::types::Filter::builder().name("tag:infra:stack").values(name).build();
    let subnets = plain.describe_subnets().filters(filter.clone()).send().await.unwrap();
    let vpcs = plain.describe_vpcs().filters(filter).send().await.unwrap();
    let mut blocks: Vec<String> = subnets.subnets().iter().filter_map(|s| s.cidr_block.clone()).collect();
    blocks.sort();
    (blocks, vpcs.vpcs().len())
}

/// What EC2 says when it refuses.
fn error(code: &str) -> String {
    format!("<Response><Errors><Error><Code>{code}</Code><Message>spoilt</Message></Error></Errors><RequestID>r</RequestID></Response>")
}

#[tokio::test]
async fn a_plan_reads_once_a_kind_and_writes_nothing() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let mut reads: Vec<BTreeMap<String, usize>> = vec![];
    for (name, subnets) in [("few", 2), ("many", 20)] {
        let want = network(name, subnets);
        apply(&cloud, &plan_for(&cloud, &want).await.unwrap(), "r").await;
        proxy.reset();
        assert!(plan_for(&cloud, &want).await.unwrap().is_empty());
        assert!(proxy.log().iter().all(|c| !c.mutating && c.status == 200), "{:#?}", proxy.log());
        reads.push(proxy.counts());
    }
    assert_eq!(reads[0], reads[1], "requests don't grow with objects");
    for once in ["DescribeSubnets", "DescribeVpcAttribute", "DescribeVpcs"] {
        assert_eq!(reads[0].get(once), Some(&1), "{reads:#?}");
    }
}

#[tokio::test]
async fn a_creation_asks_for_nothing_it_does_not_need() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let plan = plan_for(&cloud, &network("counted", 5)).await.unwrap();
    proxy.reset();
    assert_eq!(apply(&cloud, &plan, "r").await.0, Outcome::Applied);
    let counts: BTreeMap<String, usize> =
        [("CreateSubnet", 5), ("CreateVpc", 1), ("ModifyVpcAttribute", 1)].map(|(o, n)| (o.into(), n)).into();
    assert_eq!(proxy.counts(), counts);
}

#[tokio::test]
async fn throttled_requests_are_repeated() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let want = network("throttled", 2);
    proxy.rule(|call, n| match (call.operation.as_str(), n) {
        ("CreateVpc" | "DescribeVpcs", 0) => Reaction::Answer { status: 503, body: error("RequestLimitExceeded") },
        ("CreateSubnet", 0 | 1) => Reaction::Answer { status: 400, body: error("Throttling") },
        ("DescribeSubnets", 0) => Reaction::Cut,
        ("DescribeVpcAttribute", _) => Reaction::Delay(Duration::from_millis(20)),
        _ => Reaction::Pass,
    });
    let plan = plan_for(&cloud, &want).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r").await.0, Outcome::Applied);
    assert_eq!(standing(&moto, "throttled").await, (vec!["10.0.0.0/24".into(), "10.0.1.0/24".into()], 1));
    let statuses: Vec<u16> = proxy.log().iter().filter(|c| c.operation == "CreateVpc").map(|c| c.status).collect();
    assert_eq!(statuses, [503, 200]);
    assert_eq!(proxy.counts()["CreateSubnet"], 4);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_not_guessed() {
    let moto = Moto::start().await;
    for (name, reaction, found) in [
        ("lost-500", Reaction::After { status: 500, body: error("InternalError") }, Settlement::Whole),
        ("lost-cut", Reaction::CutAfter, Settlement::Whole),
        ("never-500", Reaction::Answer { status: 500, body: error("InternalError") }, Settlement::Nothing),
        ("never-cut", Reaction::Cut, Settlement::Nothing),
    ] {
        let proxy = Proxy::start(&moto.endpoint);
        let cloud = Moto::clients(&proxy.endpoint);
        let plan = plan_for(&cloud, &network(name, 3)).await.unwrap();
        proxy.reset();
        proxy.rule(move |call, n| match (call.operation.as_str(), n) {
            ("CreateSubnet", 1) => reaction.clone(),
            _ => Reaction::Pass,
        });
        let (outcome, events) = apply(&cloud, &plan, "r").await;
        assert!(events.iter().any(|e| matches!(e, Event::Settled(_, _, f) if *f == found)), "{name}: {events:#?}");
        assert_eq!(proxy.counts()["CreateSubnet"], 3, "{name}: a lost creation is never repeated");
        if found == Settlement::Whole {
            assert_eq!(outcome, Outcome::Applied, "{name}");
            assert_eq!(standing(&moto, name).await, ((0..3).map(|i| format!("10.0.{i}.0/24")).collect(), 1), "{name}");
        } else {
            assert!(matches!(&outcome, Outcome::RolledBack(Some(e)) if e.class == Class::Ambiguous), "{name}: {outcome:?}");
            assert_eq!(standing(&moto, name).await, (vec![], 0), "{name}");
        }
    }
}

#[tokio::test]
async fn a_refused_creation_takes_everything_back() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let plan = plan_for(&cloud, &network("refused", 3)).await.unwrap();
    proxy.rule(|call, n| match (call.operation.as_str(), n) {
        ("CreateSubnet", 2) => Reaction::Answer { status: 400, body: error("SubnetLimitExceeded") },
        _ => Reaction::Pass,
    });
    let (outcome, _) = apply(&cloud, &plan, "r").await;
    let Outcome::RolledBack(Some(cause)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((cause.class, cause.code.as_str(), cause.operation.as_str()), (Class::Quota, "SubnetLimitExceeded", "CreateSubnet"));
    assert_eq!(standing(&moto, "refused").await, (vec![], 0));
    assert_eq!((proxy.counts()["DeleteSubnet"], proxy.counts()["DeleteVpc"]), (2, 1));
}

#[tokio::test]
async fn missing_credentials_are_told_from_a_broken_connection() {
    let unsigned = async || Err::<Credentials, _>(CredentialsError::not_loaded("nothing is set up"));
    let provider = SharedCredentialsProvider::new(provide_credentials_fn(unsigned));
    let config = Moto::config("http://127.0.0.1:1").into_builder().credentials_provider(provider).build();
    let e = Clients::with_config(config, Policy::new(1)).identity().await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Denied, "NoCredentials"), "{e}");
    assert!(e.message.contains("nothing is set up"), "{e}");
    let mut impatient = Policy::new(1);
    impatient.passing = Duration::ZERO;
    let e = Clients::with_config(Moto::config("http://127.0.0.1:1"), impatient).identity().await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Transient, "Unreachable"), "{e}");
}
