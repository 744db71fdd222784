//! A plan that is kept in a file: what was wanted, what was read, what is to be done; and what has moved since.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde_json::Value;

use super::decide::compare;
use super::select::{Selection, hold, serving};
use super::signature::{Signature, Signed};
use super::*;
use crate::diff::{Context, diff};
use crate::model::{Mode, Moment, to_json};
use crate::observe::Snapshot;
use crate::redact::{Redactor, same};
use crate::stack::{Layer, text_digest};
use crate::visible::visible;

/// The shape of a saved plan; grows when an older version can't read a newer one.
pub const FORMAT: u32 = 4;

/// A Cloudflare zone, as the account has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SceneZone {
    pub name: String,
    pub id: String,
}

/// Whose cloud a plan is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloudProvider {
    Aws,
    /// The embedded one: nothing real is touched.
    Sandbox,
}

/// Where a plan was made, and is to be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    pub provider: CloudProvider,
    /// The AWS account.
    pub account: String,
    pub region: String,
    pub zone: Option<SceneZone>,
}

/// A plan, and all that it was made from. Holds no secret: of what an output may not show it keeps prints ([`crate::model::secret`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    pub created: Moment,
    /// `apply`, `destroy`.
    pub command: String,
    pub scene: Scene,
    pub layers: Vec<Layer>,
    /// The merged spec as it was written, before `${env.NAME}` is filled in.
    pub spec: String,
    pub selection: Selection,
    pub allowed: Allowed,
    /// What is wanted.
    pub stack: Stack,
    /// What there was.
    pub read: Snapshot,
    pub plan: Plan,
}

/// Why a file holds no plan that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    NoPlan(String),
    /// Another version of infra wrote it.
    Version(String),
    Tampered,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::NoPlan(why) => write!(f, "it is no saved plan: {}", visible(why)),
            Unusable::Version(other) => write!(f, "infra {} wrote it, and this is {}", visible(other), env!("CARGO_PKG_VERSION")),
            Unusable::Tampered => f.write_str("it was changed after it had been written: its digest is another one"),
        }
    }
}

/// The first line of the file; the second is the plan.
#[derive(Serialize, Deserialize)]
struct Head {
    infra_plan: u32,
    infra: String,
    /// SHA-256 over the second line, in hex.
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<Signature>,
}

/// What the head of a file says of the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// SHA-256 over what the file holds, in hex.
    pub digest: String,
    pub signature: Option<Signature>,
}

impl Seal {
    /// What a signature of this plan for a commit is over.
    pub fn signed<'s>(&'s self, saved: &'s Saved, commit: Option<&'s str>) -> Signed<'s> {
        Signed { file: &self.digest, plan: &saved.plan.digest, commit }
    }
}

impl Saved {
    /// Hides what no output may show.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Saved {
        self.stack.nodes.values_mut().for_each(|o| *o = object(o, redactor));
        let read = self.read.live.values_mut().flatten().chain(&mut self.read.foreign).chain(&mut self.plan.old);
        read.for_each(|live| live.object = object(&live.object, redactor));
        for step in &mut self.plan.steps {
            match &mut step.act {
                Act::Create { object: o } | Act::Delete { live: Live { object: o, .. } } => *o = object(o, redactor),
                Act::Update { object: o, live } => {
                    *o = object(o, redactor);
                    live.object = object(&live.object, redactor);
                }
                Act::Gate { .. } => {}
            }
        }
        self.plan.changes.iter_mut().for_each(|c| change(c, redactor));
        self
    }

    /// The text of the file: a header line, and the plan.
    pub fn write(&self) -> String {
        let never = self.write_signed::<std::convert::Infallible>(|_| Ok(None));
        never.unwrap_or_else(|never| match never {})
    }

    /// The text of the file, with what `sign` makes of it in its head.
    pub fn write_signed<E>(&self, sign: impl FnOnce(&Seal) -> Result<Option<Signature>, E>) -> Result<String, E> {
        let body = to_json(self).expect("plain data");
        let seal = Seal { digest: text_digest(&body), signature: None };
        let signature = sign(&seal)?;
        let head = Head { infra_plan: FORMAT, infra: env!("CARGO_PKG_VERSION").into(), digest: seal.digest, signature };
        Ok(format!("{}\n{body}\n", serde_json::to_string(&head).expect("plain data")))
    }

    pub fn parse(text: &str) -> Result<Saved, Unusable> {
        Saved::open(text).map(|(saved, _)| saved)
    }

    /// A saved plan, and what its head says of it.
    pub fn open(text: &str) -> Result<(Saved, Seal), Unusable> {
        let no_plan = |e: serde_json::Error| Unusable::NoPlan(e.to_string());
        let (head, body) = text.split_once('\n').ok_or_else(|| Unusable::NoPlan("its second line is missing".into()))?;
        let head: Head = serde_json::from_str(head).map_err(no_plan)?;
        if head.infra_plan != FORMAT || head.infra != env!("CARGO_PKG_VERSION") {
            return Err(Unusable::Version(head.infra));
        }
        let body = body.trim_end_matches('\n');
        if text_digest(body) != head.digest {
            return Err(Unusable::Tampered);
        }
        let saved: Saved = serde_json::from_str(body).map_err(no_plan)?;
        saved.plan.check().map_err(Unusable::NoPlan)?;
        Ok((saved, Seal { digest: head.digest, signature: head.signature }))
    }

    /// The addresses that the approval covers: those that change, and those that are adopted.
    pub fn touched(&self) -> BTreeSet<Address> {
        let changed = self.plan.changes.iter().flat_map(|c| [Some(&c.address), c.renamed_from.as_ref()]).flatten();
        changed.chain(self.plan.adopted.iter().map(|a| &a.address)).cloned().collect()
    }

    /// Plans again from the spec and the live objects of now. Refused when anything that the plan touches has moved since it was made.
    pub fn again(&self, mut stack: Stack, mut snapshot: Snapshot) -> Result<Plan, Refused> {
        let moved = self.moved(&stack, &snapshot);
        if !moved.is_empty() {
            return Err(Refused::Moved(moved));
        }
        self.narrow(&mut stack, &mut snapshot);
        let plan = plan(&stack, &snapshot, &self.allowed).map_err(Refused::Impossible)?;
        if plan.digest == self.plan.digest { Ok(plan) } else { Err(Refused::Moved(self.otherwise(&plan))) }
    }

    /// Wants everything that the plan leaves alone just as it stands: it isn't this plan's business. What stands as it is wanted stays wanted so: what its
    /// texts name had a part in the plan's order.
    fn narrow(&self, stack: &mut Stack, snapshot: &mut Snapshot) {
        let all: BTreeSet<Address> = stack.nodes.keys().chain(snapshot.live.keys()).cloned().collect();
        let whole = self.selection == Selection::default();
        let decision = compare(stack, snapshot).ok().filter(|_| whole);
        let is_as_wanted = |a: &Address| {
            let one = snapshot.live.get(a).is_some_and(|generations| generations.len() == 1);
            one && stack.nodes.contains_key(a) && decision.as_ref().is_some_and(|(d, _)| !d.changes.contains_key(a))
        };
        let touched = self.touched();
        let left: BTreeSet<Address> = all.into_iter().filter(|a| !touched.contains(a) && !is_as_wanted(a)).collect();
        let serving = serving(stack, snapshot);
        hold(left.iter(), &serving, stack, snapshot);
    }

    /// What of the plan's business is no longer as it was when it was made: live, or in what the spec wants with this environment.
    fn moved(&self, stack: &Stack, snapshot: &Snapshot) -> Vec<Moved> {
        let touched = self.touched();
        let mut out = vec![];
        for address in &touched {
            let (then, now) = (generations(&self.read, address), generations(snapshot, address));
            for (id, was) in &then {
                match now.get(id) {
                    Some(is) => out.extend(fields(address, false, Some(&was.object), Some(&is.object))),
                    None => out.push(Moved::Gone { address: address.clone(), id: (*id).into() }),
                }
            }
            let new = now.keys().filter(|id| !then.contains_key(*id));
            out.extend(new.map(|id| Moved::Come { address: address.clone(), id: (*id).into() }));
            out.extend(fields(address, true, self.stack.nodes.get(address), stack.nodes.get(address)));
        }
        for Adopted { address, id } in &self.plan.adopted {
            let by_id = |s: &Snapshot| s.foreign.iter().find(|l| l.id == *id).map(|l| l.object.clone());
            match (by_id(&self.read), by_id(snapshot)) {
                (Some(then), Some(now)) => out.extend(fields(address, false, Some(&then), Some(&now))),
                (_, None) => out.push(Moved::Gone { address: address.clone(), id: id.clone() }),
                (None, _) => {}
            }
        }
        // What the steps point at need not be as it was, but must be the same object.
        for old in self.plan.old.iter().filter(|l| !touched.contains(&l.stamp.address)) {
            if !generations(snapshot, &old.stamp.address).contains_key(old.id.as_str()) {
                out.push(Moved::Gone { address: old.stamp.address.clone(), id: old.id.clone() });
            }
        }
        out
    }

    /// What a plan made now does otherwise, when nothing else tells why.
    fn otherwise(&self, now: &Plan) -> Vec<Moved> {
        let index = |p: &'_ Plan| -> BTreeMap<(Address, String), (Option<Value>, Option<Value>)> {
            let attrs = p.changes.iter().flat_map(|c| c.attrs.iter().map(move |a| (c, a)));
            attrs.map(|(c, a)| ((c.address.clone(), a.path.clone()), (a.before.clone(), a.after.clone()))).collect()
        };
        let (then, now_) = (index(&self.plan), index(now));
        let both: BTreeSet<&(Address, String)> = then.keys().chain(now_.keys()).collect();
        let value = |v: Option<&(Option<Value>, Option<Value>)>| v.and_then(|(b, a)| a.clone().or(b.clone()));
        let mut out: Vec<Moved> = both
            .into_iter()
            .map(|key| (key, value(then.get(key)), value(now_.get(key))))
            .filter(|(_, then, now)| !alike(then.as_ref(), now.as_ref()))
            .map(|((address, path), then, now)| Moved::Field { address: address.clone(), path: path.clone(), wanted: true, then, now })
            .collect();
        let verbs = |p: &Plan| -> BTreeSet<(Address, String)> {
            p.changes.iter().map(|c| (c.address.clone(), format!("{:?} {:?}", c.verb, c.id))).collect()
        };
        let (a, b) = (verbs(&self.plan), verbs(now));
        out.extend(a.symmetric_difference(&b).map(|(address, _)| Moved::Done { address: address.clone() }));
        out.dedup();
        out
    }
}

/// Why a saved plan can't be applied any more.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    Moved(Vec<Moved>),
    /// No plan can be made any more.
    Impossible(Vec<PlanError>),
}

/// Something that is no longer as it was when the plan was made.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// An attribute: of what is live, or of what is wanted.
    Field { address: Address, path: String, wanted: bool, then: Option<Value>, now: Option<Value> },
    /// An object that was there.
    Gone { address: Address, id: String },
    /// One that wasn't.
    Come { address: Address, id: String },
    /// A plan of now would do something else with it.
    Done { address: Address },
    /// A layer of the spec has another text, is missing, or is one more.
    Layer { file: String },
    /// It was signed for another commit than this.
    Commit { signed: Option<String>, here: Option<String> },
    /// The layers are the same, and the spec in the file isn't what they say.
    Spec,
}

fn generations<'s>(snapshot: &'s Snapshot, address: &Address) -> BTreeMap<&'s str, &'s Live> {
    snapshot.live.get(address).into_iter().flatten().map(|l| (l.id.as_str(), l)).collect()
}

/// The attributes in which two objects differ. What the cloud decides doesn't count, and of a live object nothing that is its own business.
fn fields(address: &Address, wanted: bool, then: Option<&Object>, now: Option<&Object>) -> Vec<Moved> {
    let mut changes: Vec<(String, Option<Value>, Option<Value>)> = match (then, now) {
        (Some(_), Some(_)) => diff(then, now, &Context::still()).into_iter().map(|a| (a.path, a.before, a.after)).collect(),
        (None, None) => return vec![],
        _ => return vec![Moved::Done { address: address.clone() }],
    };
    if wanted {
        let initial = |o: Option<&Object>| o.map(|o| o.attributes()).into_iter().flatten().filter(|a| a.mode == Mode::Initial);
        changes.extend(initial(then).zip(initial(now)).map(|(a, b)| (a.name.to_owned(), Some(a.value), Some(b.value))));
    }
    let differ = changes.into_iter().filter(|(_, then, now)| !alike(then.as_ref(), now.as_ref()));
    differ.map(|(path, then, now)| Moved::Field { address: address.clone(), path, wanted, then, now }).collect()
}

fn alike(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        _ => a == b,
    }
}

/// An object without what no output may show.
fn object(o: &Object, redactor: &Redactor) -> Object {
    let mut value = serde_json::to_value(o).expect("objects are plain data");
    if let Some((_, inner)) = value.as_object_mut().and_then(|m| m.iter_mut().next())
        && let Some(attributes) = inner.as_object_mut()
    {
        attributes.iter_mut().for_each(|(name, v)| redactor.attribute(name, v));
    }
    serde_json::from_value(value).expect("a hidden text is a text")
}

/// A plan whose changes are redacted, for output.
pub fn shown(plan: &Plan, redactor: &Redactor) -> Plan {
    let mut plan = plan.clone();
    plan.changes.iter_mut().for_each(|c| change(c, redactor));
    plan
}

fn change(c: &mut Change, redactor: &Redactor) {
    attributes(&mut c.attrs, redactor);
}

/// Hides what no output may show of changed attributes.
pub fn attributes(attrs: &mut [AttrChange], redactor: &Redactor) {
    for a in attrs {
        a.before.iter_mut().chain(&mut a.after).for_each(|v| redactor.attribute(&a.path, v));
    }
}
