//! Every kind over the wire: the real SDK against the emulator.
mod access_entry;
mod addon;
mod alarm_mute_rule;
mod allowed;
mod auto_scaling_group;
mod autoscaler;
mod boot_script;
mod bucket;
mod bucket_notification;
mod caches;
mod calls;
mod certificate;
mod cloudflare;
mod cloudflare_fake;
mod composite_alarm;
mod config_map;
mod cron_job;
mod dashboard;
mod db_instance;
mod db_parameter_group;
mod db_replica;
mod db_subnet_group;
mod deployed;
mod deployment;
mod disruption_budget;
mod doubt;
mod edge;
mod eks_cluster;
mod elastic_ip;
mod event_rule;
mod event_subscription;
mod flag_set;
mod flow_log;
mod foreign;
mod function;
mod gate;
mod iam_role;
mod identity;
mod instance_profile;
mod internet_gateway;
mod job;
mod kill;
mod kubernetes_client;
mod kubernetes_fake;
mod kubernetes_real;
mod kubernetes_secret;
mod launch_template;
mod listener;
mod listener_rule;
mod load_balancer;
mod log_group;
mod metric_alarm;
mod metrics_workspace;
mod models;
mod names;
mod namespace;
mod nat_gateway;
mod network_policy;
mod node_pool;
mod nodes;
mod notes;
mod others;
mod pod_identity_association;
mod prefix_list;
mod probe;
mod production;
mod proxy;
mod replay_auto_scaling_group;
mod replay_bucket;
mod replay_cache_groups;
mod replay_certificate;
mod replay_db_groups;
mod replay_db_instance;
mod replay_explain;
mod replay_flow_log;
mod replay_launch_template;
mod replay_listener;
mod replay_load_balancer;
mod replay_logs;
mod replay_metrics_workspace;
mod replay_nat_gateway;
mod replay_neighbours;
mod replay_pages;
mod replay_prefix_list;
mod replay_replication_group;
mod replay_security_group;
mod replay_tokens;
mod replay_trail;
mod replay_vpc_endpoint;
mod replay_world;
mod requests;
mod route_table;
mod secret;
mod secrets;
mod security_group;
mod security_group_rule;
mod service;
mod service_account;
mod shifted;
mod subnet;
mod target_group;
mod target_group_binding;
mod topic;
mod twice;
mod vpc;
mod vpc_endpoint;
mod workloads;

use infra::cloud::Cloud;
use infra::kinds::{Bent, Kind, Near, Object};
use infra::model::Mode;
use infra::plan::Verb;
use infra::run::Outcome;
use infra::stack::Stack;

use crate::support::only::Only;
use crate::support::{address, all_kills, apply, decide, one_way, settled, stack};

/// One kind's part in the laws: a small world with an object of it, and every change of one attribute.
#[derive(Clone)]
pub struct Case {
    /// The object under test.
    pub address: &'static str,
    /// It and all it needs.
    pub world: Vec<(&'static str, Object)>,
    /// What is changed, and the object with that change.
    pub variants: Vec<(&'static str, Object)>,
}

/// What the suite expects of a kind's requests.
#[derive(Clone, Copy)]
pub struct Sends {
    pub kind: Kind,
    /// What its list asks first; all lists here fit into one page.
    pub lists: &'static [&'static str],
    /// What creating its objects in the reference environment takes: the call that creates them, then those that must follow, and how often.
    pub creates: &'static [(&'static str, usize)],
    /// Requests of its call table that no run over the emulator shows.
    pub unseen: &'static [(&'static str, Why)],
}

/// Why no run over the emulator shows a request.
#[derive(Clone, Copy)]
pub enum Why {
    /// The emulator can't; this replay test shows the request.
    Replay(&'static str),
    /// Nothing here leads to it.
    Rare(&'static str),
}

/// One line a kind: its file here has its case and what it sends.
macro_rules! kinds { ($($kind:ident),+ $(,)?) => {
    fn cases() -> Vec<Case> {
        vec![$($kind::case()),+]
    }

    fn sends() -> Vec<Sends> {
        [$($kind::SENDS),+].into_iter().chain(caches::SENDS).collect()
    }

    /// Every kind that has a case: create, list, no difference; every single change arrives and goes back; nothing is left.
    mod every_kind_obeys_its_laws {
        $(
            #[tokio::test]
            async fn $kind() {
                super::calls::obeys(super::$kind::case()).await;
            }
        )+
    }
} }

kinds! {
    access_entry,
    addon,
    alarm_mute_rule,
    auto_scaling_group,
    autoscaler,
    bucket,
    bucket_notification,
    certificate,
    composite_alarm,
    config_map,
    cron_job,
    dashboard,
    db_instance,
    db_parameter_group,
    db_replica,
    db_subnet_group,
    deployment,
    disruption_budget,
    eks_cluster,
    elastic_ip,
    event_rule,
    event_subscription,
    flag_set,
    flow_log,
    function,
    iam_role,
    instance_profile,
    internet_gateway,
    job,
    kubernetes_secret,
    launch_template,
    listener,
    listener_rule,
    load_balancer,
    log_group,
    metric_alarm,
    metrics_workspace,
    namespace,
    nat_gateway,
    network_policy,
    node_pool,
    pod_identity_association,
    prefix_list,
    route_table,
    secret,
    security_group,
    security_group_rule,
    service,
    service_account,
    subnet,
    target_group,
    target_group_binding,
    topic,
    vpc,
    vpc_endpoint,
}

/// Kinds without a case among [`cases`], and where they are gone through instead.
const EXCUSED: &[(Kind, &str)] = &[
    (Kind::CacheParameterGroup, "caches.rs and replays: the emulator has no caches"),
    (Kind::CacheRules, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::CacheSubnetGroup, "caches.rs and replays: the emulator has no caches"),
    (Kind::CustomRules, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::DdosRules, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::DnsRecord, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::HeaderRules, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::ManagedRules, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::RateLimitRules, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::RedirectRules, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
    (Kind::ReplicationGroup, "caches.rs and replays: the emulator has no caches"),
    (Kind::ZoneSetting, "cloudflare/kinds.rs: over a stand-in of Cloudflare"),
];

/// Every kind has a case, or a reason why it has none.
#[test]
fn every_kind_has_a_case() {
    let cases: Vec<Kind> = cases().iter().map(|c| address(c.address).kind).collect();
    for kind in Kind::ALL {
        let (has, excused) = (cases.contains(kind), EXCUSED.iter().any(|(k, _)| k == kind));
        assert!(has != excused, "{}: it needs a case, or an excuse, and not both", kind.label());
    }
    assert!(sends().iter().all(|s| cases.contains(&s.kind) || EXCUSED.iter().any(|(k, _)| *k == s.kind)));
    assert_eq!(cases.len() + EXCUSED.len(), Kind::ALL.len());
}

/// The stack of a kind's case.
fn name(kind: Kind) -> String {
    format!("wire-{}", kind.label().replace('_', "-"))
}

async fn check(cloud: &impl Cloud, case: Case) {
    let at = address(case.address);
    let tag = |what: &str| format!("{}: {what}", case.address);
    let name = name(at.kind);
    let base = stack(&name, case.world.clone());
    let looked = Only::of(cloud, &base);
    let mut run = 0;
    // What is seen after a change is what the next one starts from.
    let mut seen = settled(&looked, &stack(&name, []), &tag("nothing is there")).await;
    let mut go = async |want: &Stack, what: &str| {
        // Where no way leads back, it is taken away and made anew.
        let by_way_of = if one_way(&decide(want, &seen)) { vec![stack(&name, [])] } else { vec![] };
        let mut last = None;
        for want in by_way_of.iter().chain([want]) {
            run += 1;
            let plan = decide(want, &seen).unwrap_or_else(|e| panic!("{}: {e:?}", tag(what)));
            let (outcome, events) = apply(cloud, &plan, &format!("r{run}")).await;
            assert_eq!(outcome, Outcome::Applied, "{} {events:#?}", tag(what));
            seen = settled(&looked, want, &tag(what)).await;
            // What a verb says of who made an object is what the object says, and whoever changes it doesn't become its maker.
            let now: Vec<&infra::kinds::Live> = seen.live.values().flatten().collect();
            for told in events.iter().filter_map(|e| if let infra::run::Event::Done(_, Some(live)) = e { Some(live) } else { None }) {
                let Some(read) = now.iter().find(|l| l.id == told.id) else { continue };
                assert_eq!((&told.stamp.run, told.stamp.step), (&read.stamp.run, read.stamp.step), "{}: {}", tag(what), told.stamp.address);
            }
            last = Some(plan);
        }
        last.unwrap()
    };
    go(&base, "create").await;
    // A kind that fares well or badly tells it here, too.
    let live = cloud.list(at.kind, &name).await.unwrap().into_iter().find(|l| l.stamp.address == at).unwrap();
    let told = cloud.health(&live).await.unwrap();
    let fares = base.nodes[&at].fares(&at, Near(&base.nodes), &Bent::new());
    assert_eq!(told.len(), fares.len(), "{} {told:?} {fares:?}", tag("how it fares"));
    // From one change to the next, and back in the end: what is changed goes back beside what is changed next. In the full run each goes back alone, too.
    let back = ("all back", base.nodes[&at].clone());
    let chain = case.variants.iter().chain(case.variants.first().map(|_| &back));
    let alone = case.variants.iter().filter(|_| all_kills()).flat_map(|variant| [variant, &back]);
    let on: Vec<&(&str, Object)> = alone.chain(chain).collect();
    let mut now = base.clone();
    for (what, object) in on {
        let (before, after) = (now.nodes[&at].attributes(), object.attributes());
        let replaces = before.iter().zip(&after).any(|(b, a)| b.value != a.value && a.mode == Mode::Replace);
        now.nodes.insert(at.clone(), object.clone());
        let plan = go(&now, what).await;
        let change = plan.changes.iter().find(|c| c.address == at).unwrap_or_else(|| panic!("{}", tag(what)));
        // Where no way leads there, it was taken away before.
        assert!(matches!((&change.verb, replaces), (Verb::Create, _) | (Verb::Replace(_), true) | (Verb::Update, false)), "{}", tag(what));
    }
    go(&stack(&name, []), "destroy").await;
    assert!(seen.live.is_empty(), "{}", tag("nothing is left"));
    for kind in Kind::ALL {
        let left = cloud.list(*kind, &name).await.unwrap().into_iter().filter(|l| l.stamp.stack == name);
        assert_eq!(left.collect::<Vec<_>>(), vec![], "{}", tag(kind.label()));
    }
}
