//! A plan as Terraform would print it, for the tools that read Terraform's plans. Which resources there are, and what is done with each; [`json`] and
//! [`text`] say it.
pub mod json;
mod parts;
mod plan_view;
pub mod text;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use self::parts::{Piece, Subject, index};
use self::plan_view::{PlanView, Side, free, recalled};
use self::value::{Body, trace};
use crate::kinds::terraform::{Line, Says};
use crate::kinds::{Address, Live};
use crate::model::{Mode, Order, digest};
use crate::plan::{Change, Guarded, Verb};

/// What is done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TerraformAction {
    NoOp,
    Create,
    Update,
    Delete,
    Replace(Order),
}

/// One resource, before and after.
struct TerraformResource {
    /// `aws_subnet`.
    r#type: &'static str,
    name: String,
    /// The name of a generation that is no longer the address's own.
    deposed: Option<String>,
    /// The address under which it stood so far.
    previous: Option<String>,
    action: TerraformAction,
    before: Option<Body>,
    after: Option<Body>,
    /// Its block in a configuration; `None` for what isn't wanted.
    wanted: Option<Body>,
    /// The attributes that make a replacement necessary.
    forced: BTreeSet<&'static str>,
    /// What must stand first though no attribute says so.
    depends: Vec<String>,
    /// Why the plan may not do it as it stands.
    guarded: Option<Guarded>,
}

impl TerraformResource {
    fn address(&self) -> String {
        format!("{}.{}", self.r#type, self.name)
    }

    /// A Cloudflare or an AWS one.
    fn provider(&self) -> &'static str {
        self.r#type.split('_').next().unwrap_or_default()
    }
}

/// Every resource of both sides, by address.
fn resources(view: &PlanView) -> Vec<TerraformResource> {
    let mut out = vec![];
    let mut names = Names::default();
    for address in view.addresses() {
        let current = view.now.get(address).copied();
        out.extend(own(view, address, current, &mut names));
        let others = view.saved.read.live.get(address).into_iter().flatten().filter(|l| current.is_none_or(|c| c.id != l.id));
        out.extend(others.flat_map(|live| deposed(view, address, live, &mut names)));
    }
    out.sort_by(|a, b| (a.r#type, &a.name, &a.deposed).cmp(&(b.r#type, &b.name, &b.deposed)));
    out
}

/// The names of resources, each by its owner and its key among the owner's.
#[derive(Default)]
struct Names(BTreeMap<(&'static str, String), (Address, Option<String>)>);

impl Names {
    /// An object's own name, with the key of one of several.
    fn of(&mut self, view: &PlanView, address: &Address, r#type: &'static str, key: Option<&str>) -> String {
        let own = view.named(address);
        let full = key.map_or(own.clone(), |key| format!("{own}-{key}"));
        let owner = (address.clone(), key.map(String::from));
        free(&full, &mut |name| *self.0.entry((r#type, name.into())).or_insert_with(|| owner.clone()) == owner)
    }
}

/// What becomes of the object that an address means.
fn own(view: &PlanView, address: &Address, current: Option<&Live>, names: &mut Names) -> Vec<TerraformResource> {
    let change = view.change(address);
    let then = view.then.get(address);
    let before = current.map(|live| before(view, address, live));
    let stays = current.filter(|_| !change.is_some_and(|c| matches!(c.verb, Verb::Create | Verb::Replace(_))));
    let (points, id) = (None, stays.map(|l| l.id.as_str()));
    let wanted = then.map(|object| Subject { view, address, object, side: Side::After, id, points }.pieces());
    // What doesn't change is what it was, in every word.
    let after = if change.is_none() && current.is_some() { before.clone().filter(|_| wanted.is_some()) } else { wanted.clone() };
    let (before, after, wanted) = (indexed(before), indexed(after), indexed(wanted));
    let all: BTreeSet<&(&str, Option<String>)> = before.keys().chain(after.keys()).collect();
    let depends = then.map_or(vec![], |_| depends(view, address));
    let guarded = view.saved.plan.refused.iter().find(|g| g.address == *address);
    let made = |key: &&(&'static str, Option<String>)| {
        let (r#type, part) = (key.0, key.1.as_deref());
        let (was, is) = (before.get(*key), after.get(*key));
        let action = action(change, was, is);
        let name = names.of(view, address, r#type, part);
        let old = change.and_then(|c| c.renamed_from.as_ref()).filter(|_| was.is_some() && is.is_some());
        let previous = old.map(|old| format!("{type}.{}", part.map_or(view.named(old), |part| format!("{}-{part}", view.named(old)))));
        TerraformResource {
            r#type,
            name,
            deposed: None,
            previous,
            action,
            forced: change.map_or(BTreeSet::new(), |c| forced(c, was, is)),
            before: was.map(|p| p.body.clone()),
            after: is.map(|p| p.body.clone()),
            wanted: wanted.get(*key).map(|p| p.body.clone()),
            depends: if r#type == address.kind.terraform_type() { depends.clone() } else { vec![] },
            guarded: if r#type == address.kind.terraform_type() { guarded.cloned() } else { None },
        }
    };
    all.iter().map(made).collect()
}

fn before(view: &PlanView, address: &Address, live: &Live) -> Vec<Piece> {
    let wanted = view.saved.stack.nodes.get(address);
    let object = wanted.map_or_else(|| live.object.clone(), |w| recalled(&live.object, w));
    let (id, points) = (Some(live.id.as_str()), Some(&live.points));
    Subject { view, address, object: &object, side: Side::Before, id, points }.pieces()
}

fn indexed(pieces: Option<Vec<Piece>>) -> BTreeMap<(&'static str, Option<String>), Piece> {
    index(pieces.unwrap_or_default())
}

fn action(change: Option<&Change>, before: Option<&Piece>, after: Option<&Piece>) -> TerraformAction {
    match (change.map(|c| c.verb), before, after) {
        (_, None, _) => TerraformAction::Create,
        (_, _, None) => TerraformAction::Delete,
        (Some(Verb::Replace(order)), Some(_), Some(_)) => TerraformAction::Replace(order),
        (_, Some(b), Some(a)) if trace(&b.body) == trace(&a.body) => TerraformAction::NoOp,
        _ => TerraformAction::Update,
    }
}

/// The attributes of a replaced resource that could not change in place: those that say what forces it, and those that name the object.
fn forced(change: &Change, before: Option<&Piece>, after: Option<&Piece>) -> BTreeSet<&'static str> {
    let (Verb::Replace(_), Some(before), Some(after)) = (change.verb, before, after) else { return BTreeSet::new() };
    let why = change.attrs.iter().filter(|a| a.mode == Mode::Replace);
    let why: BTreeSet<&str> = why.map(|a| a.path.split('.').next().unwrap_or(&a.path)).collect();
    let differs = |l: &&Line| before.body.get(l.name).map(|n| n.trace()) != after.body.get(l.name).map(|n| n.trace());
    let says = |l: &&Line| matches!(l.says, Says::Own(_)) || l.reads().iter().any(|path| why.contains(path));
    after.made.lines.iter().filter(differs).filter(says).map(|l| l.name).collect()
}

/// What must stand before an object though its attributes don't say so.
fn depends(view: &PlanView, address: &Address) -> Vec<String> {
    let Some(object) = view.saved.stack.nodes.get(address) else { return vec![] };
    let silent: BTreeSet<&str> = address.kind.terraform().left_out.iter().map(|(name, _)| *name).collect();
    let mut out = BTreeSet::new();
    for attribute in object.attributes().iter().filter(|a| silent.contains(a.name)) {
        parts::named(&attribute.value, &mut |target| {
            out.insert(view.resource(&target));
        });
    }
    out.into_iter().collect()
}

/// A generation that goes.
fn deposed(view: &PlanView, address: &Address, live: &Live, names: &mut Names) -> Vec<TerraformResource> {
    let key = digest(&live.id)[..8].to_owned();
    let piece = |p: Piece| TerraformResource {
        r#type: p.made.r#type,
        name: names.of(view, address, p.made.r#type, p.key.as_deref()),
        deposed: Some(key.clone()),
        previous: None,
        action: TerraformAction::Delete,
        before: Some(p.body),
        after: None,
        wanted: None,
        forced: BTreeSet::new(),
        depends: vec![],
        guarded: None,
    };
    before(view, address, live).into_iter().map(piece).collect()
}

/// How many resources are added, changed and destroyed; a replacement is one of each.
fn counts(resources: &[TerraformResource]) -> (usize, usize, usize) {
    let n = |f: fn(TerraformAction) -> bool| resources.iter().filter(|r| f(r.action)).count();
    let replaced = n(|a| matches!(a, TerraformAction::Replace(_)));
    (n(|a| a == TerraformAction::Create) + replaced, n(|a| a == TerraformAction::Update), n(|a| a == TerraformAction::Delete) + replaced)
}
