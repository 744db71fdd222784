//! The instruction set: one file per kind, named twice here: as a module and in `kinds!`.
pub mod access_entry;
pub mod addon;
pub mod alarm_mute_rule;
mod answers;
pub mod auto_scaling_group;
pub mod autoscaler;
pub mod bucket;
pub mod bucket_notification;
pub mod cache_parameter_group;
pub mod cache_rules;
pub mod cache_subnet_group;
mod call;
pub mod calls;
pub mod certificate;
mod claims;
pub mod composite_alarm;
pub mod config_map;
pub mod cron_job;
pub mod custom_rules;
pub mod dashboard;
pub mod db_instance;
pub mod db_parameter_group;
pub mod db_replica;
pub mod db_subnet_group;
pub mod ddos_rules;
pub mod deployment;
mod dimension;
pub mod disruption_budget;
pub mod dns_record;
pub(crate) mod ec2;
pub mod eks_cluster;
pub mod elastic_ip;
pub(crate) mod elasticache;
mod elb;
pub mod event_rule;
pub mod event_subscription;
pub mod example;
pub mod facts;
pub mod flag_set;
pub mod flow_log;
pub mod function;
pub mod gate;
mod governed;
pub mod header_rules;
pub mod health;
pub(crate) mod holders;
pub mod iam_role;
pub mod identity;
pub mod instance_profile;
pub mod internet_gateway;
pub mod job;
pub mod kubernetes_secret;
pub mod launch_template;
mod limits;
mod links;
pub mod listener;
pub mod listener_rule;
mod live;
pub mod load_balancer;
pub mod log_group;
mod managed;
pub mod managed_rules;
mod manifest;
pub mod metric_alarm;
pub mod metrics_workspace;
mod names;
pub mod namespace;
pub mod nat_gateway;
pub mod network_policy;
pub mod node_pool;
mod object;
mod parameters;
mod permission;
mod phase;
pub mod pod_identity_association;
pub mod prefix_list;
mod quotas;
pub mod rate_limit_rules;
pub(crate) mod rds;
pub mod redirect_rules;
pub mod replication_group;
mod resource;
pub mod route_table;
mod rules;
pub mod secret;
pub mod security_group;
pub mod security_group_rule;
pub mod service;
pub mod service_account;
mod shared;
pub mod sizing;
pub mod subnet;
pub mod tagging;
pub mod target_group;
pub mod target_group_binding;
pub mod terraform;
pub mod topic;
mod typical;
pub mod vpc;
pub mod vpc_endpoint;
mod walks;
pub mod work;
pub mod zone_setting;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::canon::{Document, Open};
use crate::model::{Attribute, Attributes, Loss, Tags, digest};
use crate::wire::policy::deadline;
use crate::wire::{Class, Clients, CloudError, Service};

pub(crate) use answers::{gone, half, ours, patiently, present};
use call::{apart, delete};
use object::object;

pub use call::Call;
pub use calls::Calls;
pub use claims::{Claim, Claims};
pub use dimension::DIMENSION;
pub use facts::{Fact, Facts, Question};
pub use gate::{Gate, Probe, Reading, Rollout, Seen};
pub use governed::Governed;
pub use health::{Bent, Level, Sign};
pub use holders::Holders;
pub use identity::{Address, Stamp};
pub use limits::{Limit, ZonePlan};
pub use links::{Links, Outputs, Part, Pointer, Ref, Text, foreign};
pub use live::Live;
pub use manifest::{manifests, pods, quantity};
pub use names::NameRule;
pub use phase::Rule;
pub use quotas::Quota;
pub use resource::{Answer, Resource};
pub use rules::{Breach, Member, Near, Objects, broken, doubted};
pub use shared::Shared;
pub use terraform::Table;
pub use typical::Typical;

pub use walks::{map_refs, named, pointers, refs, rename_refs, resolve_texts};
pub use work::Work;

macro_rules! kinds { ($($module:ident :: $ty:ident),+ $(,)?) => {
    $(pub use $module::$ty;)+

    /// The tag of a kind, in registry order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Kind { $($ty),+ }

    impl Kind {
        pub const ALL: &'static [Kind] = &[$(Kind::$ty),+];
        /// The kind's name in addresses: `nat_gateway`.
        pub fn label(self) -> &'static str { match self { $(Kind::$ty => stringify!($module)),+ } }
        pub fn service(self) -> Service { match self { $(Kind::$ty => $ty::SERVICE),+ } }
        pub fn loss(self) -> Loss { match self { $(Kind::$ty => $ty::LOSS),+ } }
        pub fn typical(self) -> Typical { match self { $(Kind::$ty => $ty::TYPICAL),+ } }
        pub fn hint(self) -> &'static [&'static str] { match self { $(Kind::$ty => $ty::HINT),+ } }
        pub fn hourly(self) -> Option<&'static str> { match self { $(Kind::$ty => $ty::HOURLY),+ } }
        /// What its service takes as a name; `None` for a kind that gets none from us.
        pub fn names(self) -> Option<NameRule> { match self { $(Kind::$ty => $ty::NAME),+ } }
        pub fn shared(self) -> bool { match self { $(Kind::$ty => $ty::SHARED),+ } }
        pub fn batched(self) -> bool { match self { $(Kind::$ty => $ty::BATCHED),+ } }
        /// The requests of the kind's verbs.
        pub fn calls(self) -> Calls { match self { $(Kind::$ty => $ty::CALLS),+ } }
        /// What a token of Cloudflare must be allowed to read, and to write where the kind is changed, as token forms name it.
        pub fn permission(self) -> Option<&'static str> { match self { $(Kind::$ty => $ty::PERMISSION),+ } }
        /// Quotas that stand in the kind's way.
        pub fn quotas(self) -> &'static [Quota] { match self { $(Kind::$ty => $ty::QUOTAS),+ } }
        /// What it is in Terraform's words.
        pub fn terraform(self) -> &'static Table { match self { $(Kind::$ty => $ty::TERRAFORM),+ } }
        /// One object of the kind, which may refer to the examples of other kinds.
        pub fn example(self) -> Object { match self { $(Kind::$ty => $ty::example().into()),+ } }
        pub fn schema(self) -> schemars::Schema { match self { $(Kind::$ty => schemars::schema_for!($ty)),+ } }
        pub(crate) async fn list(self, cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
            match self { $(Kind::$ty => apart(|| Box::pin($ty::list(cx, stack))).await),+ }
        }
        /// Calls of this kind that may go in one request; their answers in the same order.
        pub(crate) async fn batch(self, cx: &Clients, calls: Vec<Call<'_>>) -> Vec<Answer> {
            match self { $(Kind::$ty => {
                let own: Option<Vec<Call<$ty>>> = calls.iter().map(Call::narrow).collect();
                match own {
                    Some(own) => apart(|| Box::pin($ty::batch(cx, own))).await,
                    None => calls.iter().map(|_| Err(CloudError::bug("a batch of several kinds"))).collect(),
                }
            }),+ }
        }
    }

    /// An object of any kind, as it is wanted or as it is. It stands on the heap, and so does a verb's future: otherwise a subnet would take
    /// as much room as the largest kind, wherever it is kept or moved.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Object { $($ty(Shared<$ty>)),+ }

    impl Object {
        pub fn kind(&self) -> Kind { match self { $(Object::$ty(_) => Kind::$ty),+ } }
        fn memo(&self) -> &shared::Memo { match self { $(Object::$ty(x) => x.memo()),+ } }
        pub fn attributes(&self) -> Vec<Attribute> { match self { $(Object::$ty(x) => x.attributes()),+ } }
        fn compared<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> { match self { $(Object::$ty(x) => x.compared(map)),+ } }
        pub fn claims(&self) -> Vec<Claim> { match self { $(Object::$ty(x) => x.claims()),+ } }
        pub fn turn(&self) -> Option<(&str, i32)> { match self { $(Object::$ty(x) => x.turn()),+ } }
        pub fn protected(&self) -> bool { match self { $(Object::$ty(x) => x.protected()),+ } }
        pub fn outputs(&self) -> Outputs { match self { $(Object::$ty(x) => x.outputs()),+ } }
        pub fn follows(&self, before: &Object) -> Vec<Address> {
            match (self, before) { $((Object::$ty(x), Object::$ty(b)) => x.follows(b),)+ _ => vec![] }
        }
        /// The object in another place, where others hold what it claims, or where the one that stands, `now`, has one that is as good.
        pub fn elsewhere(&self, now: Option<&Object>, taken: &dyn Fn(&Claim) -> bool) -> Option<Object> {
            match self { $(Object::$ty(x) => x.elsewhere(now.and_then(<$ty>::of), taken).map(Object::from)),+ }
        }
        /// What stands between two states of the object, while its users move from one to the other.
        pub fn meanwhile(&self, before: &Object) -> Option<Object> {
            match (self, before) { $((Object::$ty(x), Object::$ty(b)) => x.meanwhile(b).map(Object::from),)+ _ => None }
        }
        /// The object while a rollout shifts requests from one target group to another.
        pub fn split(&self, new: &Address, old: &str, share: u8, sticky: i32) -> Option<Object> {
            match self { $(Object::$ty(x) => x.split(new, old, share, sticky).map(Object::from)),+ }
        }
        pub fn held(&self) -> Option<Object> { match self { $(Object::$ty(x) => x.held().map(Object::from)),+ } }
        /// Attributes that can't change in place together, where these objects are replaced.
        pub fn renewed(&self, replaced: &dyn Fn(&Address) -> bool) -> Vec<&'static str> { match self { $(Object::$ty(x) => x.renewed(replaced)),+ } }
        /// The object as it takes the place of one that stands.
        pub fn succeeds(&self, before: &Object) -> Object {
            match (self, before) { $((Object::$ty(x), Object::$ty(b)) => x.succeeds(b).into(),)+ _ => self.clone() }
        }
        pub fn limits(&self, address: &Address, plan: ZonePlan, foreign: &[Live]) -> Vec<Limit> {
            match self { $(Object::$ty(x) => x.limits(address, plan, foreign)),+ }
        }
        /// What the service refuses about the object as it stands at its address.
        pub fn breaches(&self, me: &Address, near: Near<'_>) -> Vec<Breach> { match self { $(Object::$ty(x) => x.breaches(me, near)),+ } }
        /// What may be refused, or doesn't work, though the service takes it: it depends on what only the account knows.
        pub fn doubts(&self, me: &Address, near: Near<'_>) -> Vec<Breach> { match self { $(Object::$ty(x) => x.doubts(me, near)),+ } }
        /// What the service refuses about the way from one state of the object to another.
        pub fn ways(&self, before: &Object, near: Near<'_>) -> Vec<Breach> {
            match (self, before) { $((Object::$ty(x), Object::$ty(b)) => x.ways(b, near),)+ _ => vec![] }
        }
        pub fn unoffered(&self, before: Option<&Object>, near: Near<'_>, facts: &Facts) -> Vec<Breach> {
            match self { $(Object::$ty(x) => x.unoffered(before.and_then(<$ty as Member>::of), near, facts)),+ }
        }
        pub fn doubted(&self, near: Near<'_>, facts: &Facts) -> Vec<Breach> { match self { $(Object::$ty(x) => x.doubted(near, facts)),+ } }
        /// Whether a change of the attribute at this path, or of a part of it, is in force after the next restart only.
        pub fn waits(&self, path: &str, near: Near<'_>, facts: &Facts) -> bool { match self { $(Object::$ty(x) => x.waits(path, near, facts)),+ } }
        pub fn told(&self, before: &Live, path: &str, facts: &Facts) -> Option<String> { match self { $(Object::$ty(x) => x.told(before, path, facts)),+ } }
        pub fn simulate(&mut self, id: &str) { match self { $(Object::$ty(x) => x.simulate(id)),+ } }
        pub(crate) async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
            match self { $(Object::$ty(x) => apart(|| Box::pin(x.create(cx, links, stamp))).await),+ }
        }
        /// Who made it stays, whatever changes it.
        pub(crate) async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
            let now = match self { $(Object::$ty(x) => apart(|| Box::pin(x.update(cx, links, live, stamp))).await),+ };
            now.map(|now| Live { stamp: live.stamp.renewed(&now.stamp), ..now })
        }
        /// How a live object fares.
        pub(crate) async fn health(cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
            match &live.object { $(Object::$ty(x) => apart(|| Box::pin(x.health(cx, live))).await),+ }
        }
        /// How it fares in the sandbox.
        pub fn fares(&self, me: &Address, near: Near<'_>, bent: &Bent) -> Vec<Sign> { match self { $(Object::$ty(x) => x.fares(me, near, bent)),+ } }
        pub(crate) async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
            match &live.object { $(Object::$ty(_) => apart(|| Box::pin(delete::<$ty>(cx, live))).await),+ }
        }
    }

    $(impl Member for $ty {
          fn of(object: &Object) -> Option<&Self> { if let Object::$ty(x) = object { Some(x) } else { None } }
      }
      impl From<$ty> for Object { fn from(x: $ty) -> Self { Object::$ty(Shared::new(x)) } }
      impl TryFrom<Object> for $ty {
          type Error = CloudError;
          fn try_from(o: Object) -> Result<Self, CloudError> {
              match o { Object::$ty(x) => Ok(x.into_inner()), other => Err(CloudError::bug(format!("a {} where a {} belongs", other.kind().label(), stringify!($module)))) }
          }
      })+
} }

kinds! {
    access_entry::AccessEntry,
    addon::Addon,
    alarm_mute_rule::AlarmMuteRule,
    auto_scaling_group::AutoScalingGroup,
    autoscaler::Autoscaler,
    bucket::Bucket,
    bucket_notification::BucketNotification,
    cache_parameter_group::CacheParameterGroup,
    cache_rules::CacheRules,
    cache_subnet_group::CacheSubnetGroup,
    certificate::Certificate,
    composite_alarm::CompositeAlarm,
    config_map::ConfigMap,
    cron_job::CronJob,
    custom_rules::CustomRules,
    dashboard::Dashboard,
    db_instance::DbInstance,
    db_parameter_group::DbParameterGroup,
    db_replica::DbReplica,
    db_subnet_group::DbSubnetGroup,
    ddos_rules::DdosRules,
    deployment::Deployment,
    disruption_budget::DisruptionBudget,
    dns_record::DnsRecord,
    eks_cluster::EksCluster,
    elastic_ip::ElasticIp,
    event_rule::EventRule,
    event_subscription::EventSubscription,
    flag_set::FlagSet,
    flow_log::FlowLog,
    function::Function,
    header_rules::HeaderRules,
    iam_role::IamRole,
    instance_profile::InstanceProfile,
    internet_gateway::InternetGateway,
    job::Job,
    kubernetes_secret::KubernetesSecret,
    launch_template::LaunchTemplate,
    listener::Listener,
    listener_rule::ListenerRule,
    load_balancer::LoadBalancer,
    log_group::LogGroup,
    managed_rules::ManagedRules,
    metric_alarm::MetricAlarm,
    metrics_workspace::MetricsWorkspace,
    namespace::Namespace,
    nat_gateway::NatGateway,
    network_policy::NetworkPolicy,
    node_pool::NodePool,
    pod_identity_association::PodIdentityAssociation,
    prefix_list::PrefixList,
    rate_limit_rules::RateLimitRules,
    redirect_rules::RedirectRules,
    replication_group::ReplicationGroup,
    route_table::RouteTable,
    secret::Secret,
    security_group::SecurityGroup,
    security_group_rule::SecurityGroupRule,
    service::KubernetesService,
    service_account::ServiceAccount,
    subnet::Subnet,
    target_group::TargetGroup,
    target_group_binding::TargetGroupBinding,
    topic::Topic,
    vpc::Vpc,
    vpc_endpoint::VpcEndpoint,
    zone_setting::ZoneSetting,
}
