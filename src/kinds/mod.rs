//! The instruction set: one file per kind, named twice here: as a module and in `kinds!`.
mod answers;
pub mod auto_scaling_group;
pub mod bucket;
pub mod cache_parameter_group;
pub mod cache_rules;
pub mod cache_subnet_group;
mod call;
pub mod calls;
pub mod certificate;
mod claims;
pub mod custom_rules;
pub mod db_instance;
pub mod db_parameter_group;
pub mod db_replica;
pub mod db_subnet_group;
pub mod ddos_rules;
pub mod dns_record;
pub(crate) mod ec2;
pub mod elastic_ip;
pub(crate) mod elasticache;
mod elb;
pub mod example;
pub mod flow_log;
pub mod function;
mod governed;
pub mod header_rules;
pub(crate) mod holders;
pub mod iam_role;
pub mod identity;
pub mod instance_profile;
pub mod internet_gateway;
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
mod names;
pub mod nat_gateway;
mod object;
mod parameters;
mod phase;
pub mod prefix_list;
mod quotas;
pub mod rate_limit_rules;
pub(crate) mod rds;
pub mod redirect_rules;
pub mod replication_group;
pub mod route_table;
mod rules;
pub mod secret;
pub mod security_group;
pub mod security_group_rule;
mod shared;
pub mod subnet;
pub mod tagging;
pub mod target_group;
pub mod terraform;
mod typical;
pub mod vpc;
pub mod vpc_endpoint;
mod walks;
pub mod zone_setting;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::canon::{Document, Open};
use crate::model::{Attribute, Attributes, Loss, Tags, digest};
use crate::wire::policy::deadline;
use crate::wire::{Class, Clients, CloudError, Service};

pub(crate) use answers::{gone, half, ours, present};
use call::{apart, delete};
use object::object;

pub use call::Call;
pub use calls::Calls;
pub use claims::{Claim, Claims};
pub use governed::Governed;
pub use holders::Holders;
pub use identity::{Address, Stamp};
pub use limits::{Limit, ZonePlan};
pub use links::{Links, Outputs, Part, Pointer, Ref, Text, foreign};
pub use live::Live;
pub use names::NameRule;
pub use phase::Rule;
pub use quotas::Quota;
pub use rules::{Breach, Member, Near, Objects, broken, doubted};
pub use shared::Shared;
pub use terraform::Table;
pub use typical::Typical;
pub use walks::{map_refs, named, pointers, refs, resolve_texts};

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
        pub fn attributes(&self) -> Vec<Attribute> { match self { $(Object::$ty(x) => x.attributes()),+ } }
        fn compared<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> { match self { $(Object::$ty(x) => x.compared(map)),+ } }
        pub fn claims(&self) -> Vec<Claim> { match self { $(Object::$ty(x) => x.claims()),+ } }
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
        pub fn simulate(&mut self, id: &str) { match self { $(Object::$ty(x) => x.simulate(id)),+ } }
        pub(crate) async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
            match self { $(Object::$ty(x) => apart(|| Box::pin(x.create(cx, links, stamp))).await),+ }
        }
        /// Who made it stays, whatever changes it.
        pub(crate) async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
            let now = match self { $(Object::$ty(x) => apart(|| Box::pin(x.update(cx, links, live, stamp))).await),+ };
            now.map(|now| Live { stamp: live.stamp.renewed(&now.stamp), ..now })
        }
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
    auto_scaling_group::AutoScalingGroup,
    bucket::Bucket,
    cache_parameter_group::CacheParameterGroup,
    cache_rules::CacheRules,
    cache_subnet_group::CacheSubnetGroup,
    certificate::Certificate,
    custom_rules::CustomRules,
    db_instance::DbInstance,
    db_parameter_group::DbParameterGroup,
    db_replica::DbReplica,
    db_subnet_group::DbSubnetGroup,
    ddos_rules::DdosRules,
    dns_record::DnsRecord,
    elastic_ip::ElasticIp,
    flow_log::FlowLog,
    function::Function,
    header_rules::HeaderRules,
    iam_role::IamRole,
    instance_profile::InstanceProfile,
    internet_gateway::InternetGateway,
    launch_template::LaunchTemplate,
    listener::Listener,
    listener_rule::ListenerRule,
    load_balancer::LoadBalancer,
    log_group::LogGroup,
    managed_rules::ManagedRules,
    nat_gateway::NatGateway,
    prefix_list::PrefixList,
    rate_limit_rules::RateLimitRules,
    redirect_rules::RedirectRules,
    replication_group::ReplicationGroup,
    route_table::RouteTable,
    secret::Secret,
    security_group::SecurityGroup,
    security_group_rule::SecurityGroupRule,
    subnet::Subnet,
    target_group::TargetGroup,
    vpc::Vpc,
    vpc_endpoint::VpcEndpoint,
    zone_setting::ZoneSetting,
}

/// What one file must provide to be a kind.
///
/// `create` and `update` return when the object is usable; `delete` returns when it is gone, and an absent object is success.
/// Every verb may be run twice with the same result.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Resource:
    Attributes
    + Member
    + Clone
    + PartialEq
    + Serialize
    + DeserializeOwned
    + JsonSchema
    + Into<Object>
    + TryFrom<Object, Error = CloudError>
    + 'static
{
    const KIND: Kind;
    const SERVICE: Service;
    /// Whether deleting one loses what users stored in it.
    const LOSS: Loss = Loss::None;
    /// How long each verb usually takes: for the expected duration and for starting the longest path first.
    const TYPICAL: Typical;
    /// What a person looks for in a new object, as pieces of a line with attributes in braces: `instances {min} to {max}`. `{multi_az?multi-AZ}` says its
    /// words where the attribute is set, `{subnets#}` counts, `{ingress@from_port}` is something of each entry. A piece is left out where one of its attributes is empty. Without pieces the plain words and
    /// the names of entries are said.
    const HINT: &'static [&'static str] = &[];
    /// The requests that its verbs send, and what each must be allowed.
    const CALLS: Calls;
    /// What it is in Terraform's words.
    const TERRAFORM: &'static Table;
    /// What its service takes as a name; `None` for a kind that gets none from us, or one with a form of its own.
    const NAME: Option<NameRule> = None;
    /// What a token of Cloudflare must be allowed to read and to write (`DNS`), as token forms name it; `None` for kinds of AWS.
    const PERMISSION: Option<&'static str> = None;
    /// Quotas that may stand in its way, by the errors that say so.
    const QUOTAS: &'static [Quota] = &[];
    /// Whether others have objects in the same place, which stand in the way or serve as well: the list shows them too, with a stamp of nobody.
    const SHARED: bool = false;
    /// Whether steps that may start at the same moment go in one request, all of them or none: then it has a [`Resource::batch`] of its own.
    const BATCHED: bool = false;

    /// One object of the kind, with something said of each attribute. It refers to other kinds' examples, all of which have the name
    /// [`example::EXAMPLE`]: the laws build their world of them.
    fn example() -> Self;
    /// What only one object may hold at a time. A successor that claims what its predecessor holds can't stand beside it.
    fn claims(&self) -> Vec<Claim> {
        vec![]
    }
    /// Whether the cloud itself guards this object against deletion (`DeletionProtection`). `delete` lifts it.
    fn protected(&self) -> bool {
        false
    }
    /// The values that `${section.name.attribute}` may name, once they are known.
    fn outputs(&self) -> Outputs {
        Outputs::new()
    }
    /// What should change before this object does, when both are changed in place and nothing else tells their order: it takes away what the
    /// others lead to as long as they stand as they did.
    fn follows(&self, _before: &Self) -> Vec<Address> {
        vec![]
    }
    /// The object in another place than the one it asks for: where others hold what it claims there, or where the one that stands, `now`, is in a place
    /// that is as good. `None` where it stays, and for kinds that have one place only.
    fn elsewhere(&self, _now: Option<&Self>, _taken: &dyn Fn(&Claim) -> bool) -> Option<Self> {
        None
    }
    /// The object between what it was and what it will be: all that both have. It becomes that first, and what it should be when all that use it have
    /// moved. `None` where nothing that others use is taken away, or nothing comes instead.
    fn meanwhile(&self, _before: &Self) -> Option<Self> {
        None
    }
    /// The object as it takes the place of one that stands: with what was left to the cloud there.
    fn succeeds(&self, _before: &Self) -> Self {
        self.clone()
    }
    /// Attributes that can't change in place together, since what they lead to is replaced: then a successor comes, and what serves stays as it is.
    fn renewed(&self, _replaced: &dyn Fn(&Address) -> bool) -> Vec<&'static str> {
        vec![]
    }
    /// What of it the plan of its zone at Cloudflare doesn't have. `foreign`: what others have in the same place.
    fn limits(&self, _address: &Address, _plan: ZonePlan, _foreign: &[Live]) -> Vec<Limit> {
        vec![]
    }
    /// What the service refuses about the object, `me`, among those that it stands with. Each rule names its source.
    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        vec![]
    }
    /// What the service refuses in an account as AWS makes it, and takes in one whose quotas were raised; or what it may know and we don't. Said as a
    /// warning of the spec, and by nobody else.
    fn doubts(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        vec![]
    }
    /// What the service refuses about the way from `before` to the object, whose own rules are kept: what never goes back, what takes two steps.
    fn ways(&self, _before: &Self, _near: Near<'_>) -> Vec<Breach> {
        vec![]
    }
    /// Fills in what the cloud would decide; used by the sandbox only.
    fn simulate(&mut self, _id: &str) {}

    /// All objects of the stack, in batched pages; every [`Ref`] in them holds a physical id.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError>;
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError>;
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError>;
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError>;

    /// Several calls of this kind, and their answers in the same order; by itself one after the other.
    async fn batch(cx: &Clients, calls: Vec<Call<'_, Self>>) -> Vec<Answer> {
        let mut answers = vec![];
        for call in calls {
            answers.push(match call {
                Call::Create { want, links, stamp } => want.create(cx, links, &stamp).await.map(Some),
                Call::Update { live, want, links, stamp } => want.update(cx, links, live, &stamp).await.map(Some),
                Call::Delete { live } => Self::delete(cx, live).await.map(|()| None),
            });
        }
        answers
    }
    /// Who holds what the service refuses to delete; `None` for a kind that nothing holds, or whose service names the holder itself.
    async fn holders(_cx: &Clients, _live: &Live) -> Option<Holders> {
        None
    }
}

/// What a call of a batch has made, if it makes something.
pub type Answer = Result<Option<Live>, CloudError>;
