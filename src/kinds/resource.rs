//! What a kind is to the machine: its consts and its verbs.
use serde::de::DeserializeOwned;

use super::*;

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
    /// What AWS bills by the hour for as long as it stands, whether it is used or not, in a word or two: a new one is counted below the plan. `None` where
    /// nothing is.
    const HOURLY: Option<&'static str> = None;
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
    /// The object while a rollout shifts requests: `share` percent of those that it leads to the target group `new` go there, and the others to `old`, by
    /// its id; clients stay with a group for `sticky` seconds. `None` where it leads nothing there.
    fn split(&self, _new: &Address, _old: &str, _share: u8, _sticky: i32) -> Option<Self> {
        None
    }
    /// The object so that it takes nothing away by itself, as long as a rollout may go back to it. `None` where it never does.
    fn held(&self) -> Option<Self> {
        None
    }
    /// Attributes that can't change in place together, since what they lead to is replaced: then a successor comes, and what serves stays as it is.
    fn renewed(&self, _replaced: &dyn Fn(&Address) -> bool) -> Vec<&'static str> {
        vec![]
    }
    /// Its turn among those of its kind in a plan, where that isn't by name: what it belongs to, and a number there.
    fn turn(&self) -> Option<(&str, i32)> {
        None
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
    /// What the service refuses because the region doesn't offer it, of a new object or of the way from `before`. What `facts` don't know refuses nothing.
    fn unoffered(&self, _before: Option<&Self>, _near: Near<'_>, _facts: &Facts) -> Vec<Breach> {
        vec![]
    }
    /// What of it the account may have no room for, as it is by now. It is said, and refuses nothing.
    fn doubted(&self, _near: Near<'_>, _facts: &Facts) -> Vec<Breach> {
        vec![]
    }
    /// Whether a change of the attribute at this path ([`crate::model::AttrChange::path`]) is in force after the next restart only, which `infra` doesn't make.
    fn waits(&self, _path: &str, _near: Near<'_>, _facts: &Facts) -> bool {
        false
    }
    /// What is to be told of a change of the attribute at this path beside its values: which files of code it is.
    fn told(&self, _before: &Live, _path: &str, _facts: &Facts) -> Option<String> {
        None
    }
    /// How the object fares, as its service tells it; nothing of most kinds.
    async fn health(&self, _cx: &Clients, _live: &Live) -> Result<Vec<Sign>, CloudError> {
        Ok(vec![])
    }

    /// How it fares in the sandbox, where nothing is ill but what somebody has bent.
    fn fares(&self, _me: &Address, _near: Near<'_>, _bent: &Bent) -> Vec<Sign> {
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
