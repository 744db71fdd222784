//! Every kind over the wire: the real SDK against the emulator.
mod auto_scaling_group;
mod boot_script;
mod bucket;
mod calls;
mod certificate;
mod cloudflare;
mod cloudflare_fake;
mod db_instance;
mod db_parameter_group;
mod db_replica;
mod db_subnet_group;
mod edge;
mod elastic_ip;
mod flow_log;
mod foreign;
mod iam_role;
mod instance_profile;
mod internet_gateway;
mod kill;
mod launch_template;
mod listener;
mod load_balancer;
mod log_group;
mod models;
mod nat_gateway;
mod notes;
mod prefix_list;
mod production;
mod proxy;
mod replay_auto_scaling_group;
mod replay_cache_groups;
mod replay_certificate;
mod replay_db_groups;
mod replay_db_instance;
mod replay_explain;
mod replay_flow_log;
mod replay_launch_template;
mod replay_load_balancer;
mod replay_nat_gateway;
mod replay_prefix_list;
mod replay_replication_group;
mod replay_security_group;
mod replay_tokens;
mod replay_trail;
mod replay_vpc_endpoint;
mod replay_world;
mod requests;
mod route_table;
mod security_group;
mod subnet;
mod target_group;
mod twice;
mod vpc;
mod vpc_endpoint;

use infra::cloud::Clients;
use infra::kinds::{Kind, Object};
use infra::model::Mode;
use infra::observe::observe;
use infra::plan::Verb;
use infra::run::Outcome;

use crate::support::moto::Moto;
use crate::support::{address, apply, plan_for, stack, stamps_tell};

/// One kind's part in the laws: a small world with an object of it, and every change of one attribute.
pub struct Case {
    /// The object under test.
    pub address: &'static str,
    /// It and all it needs.
    pub world: Vec<(&'static str, Object)>,
    /// What is changed, and the object with that change.
    pub variants: Vec<(&'static str, Object)>,
}

fn cases() -> Vec<Case> {
    vec![
        auto_scaling_group::case(),
        bucket::case(),
        certificate::case(),
        db_instance::case(),
        db_parameter_group::case(),
        db_replica::case(),
        db_subnet_group::case(),
        elastic_ip::case(),
        flow_log::case(),
        iam_role::case(),
        instance_profile::case(),
        internet_gateway::case(),
        launch_template::case(),
        listener::case(),
        load_balancer::case(),
        log_group::case(),
        nat_gateway::case(),
        prefix_list::case(),
        route_table::case(),
        security_group::case(),
        subnet::case(),
        target_group::case(),
        vpc::case(),
        vpc_endpoint::case(),
    ]
}

/// Create, list, no difference; every single change arrives and goes back; nothing is left. `WIRE_KIND=subnet` tries one kind alone.
#[tokio::test]
async fn every_kind_obeys_its_laws() {
    let moto = Moto::start().await;
    let wanted = std::env::var("WIRE_KIND").ok();
    for case in cases().into_iter().filter(|c| wanted.as_ref().is_none_or(|w| address(c.address).kind.label() == w)) {
        check(&Moto::clients(&moto.endpoint), case).await;
    }
}

async fn check(cloud: &Clients, case: Case) {
    let at = address(case.address);
    let tag = |what: &str| format!("{}: {what}", case.address);
    let name = format!("wire-{}", at.kind.label().replace('_', "-"));
    let base = stack(&name, case.world.clone());
    let mut run = 0;
    let mut go = async |want: &infra::plan::Stack, what: &str| {
        run += 1;
        let plan = plan_for(cloud, want).await.unwrap_or_else(|e| panic!("{}: {e:?}", tag(what)));
        let (outcome, events) = apply(cloud, &plan, &format!("r{run}")).await;
        assert_eq!(outcome, Outcome::Applied, "{} {events:#?}", tag(what));
        let again = plan_for(cloud, want).await.unwrap();
        assert!(again.is_empty(), "{}: still to do {:#?}", tag(what), again.changes);
        stamps_tell(cloud, want, &tag(what)).await;
        plan
    };
    go(&base, "create").await;
    for (what, object) in &case.variants {
        let mut other = base.clone();
        let (before, after) = (base.nodes[&at].attributes(), object.attributes());
        let replaces = before.iter().zip(&after).any(|(b, a)| b.value != a.value && a.mode == Mode::Replace);
        other.nodes.insert(at.clone(), object.clone());
        let plan = go(&other, what).await;
        let change = plan.changes.iter().find(|c| c.address == at).unwrap_or_else(|| panic!("{}", tag(what)));
        assert_eq!(matches!(change.verb, Verb::Replace(_)), replaces, "{}", tag(what));
        go(&base, &format!("{what}, and back")).await;
    }
    go(&stack(&name, []), "destroy").await;
    let left = observe(cloud, &name, &Default::default()).await.unwrap();
    assert!(left.live.is_empty(), "{}", tag("nothing is left"));
    for kind in Kind::ALL {
        let left = infra::cloud::Observe::list(cloud, *kind, &name).await.unwrap().into_iter().filter(|l| l.stamp.stack == name);
        assert_eq!(left.collect::<Vec<_>>(), vec![], "{}", tag(kind.label()));
    }
}
