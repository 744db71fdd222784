//! One batched list per kind, all at once, into a `Snapshot`.
mod named;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::cloud::Observe;
use crate::kinds::prefix_list::CLOUDFLARE;
use crate::kinds::{Address, Kind, Live, Object, PrefixList, foreign, map_refs};
use crate::wire::CloudError;

pub use named::Named;

/// What does exist, by address; several objects at one address are generations, sorted by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub live: BTreeMap<Address, Vec<Live>>,
    /// What others have where the stack's objects stand, of kinds that are [shared](Kind::shared).
    pub foreign: Vec<Live>,
    /// Copies: objects that bear the stamp of another, which is in use. A step of a run makes one object, so nobody of the stack made these; they are
    /// named, and never changed or deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<Live>,
    /// What is known of the stack's identity.
    #[serde(default)]
    pub named: Named,
    /// Objects of an equally named stack with another identity. They are named, and never changed or deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namesakes: Vec<Live>,
}

/// Takes copies out from among the stack's objects: of several that one step would have made, all but the one that others of the stack use. Where that
/// doesn't tell, all of them stay, and no plan is made.
fn copies(live: &mut BTreeMap<Address, Vec<Live>>) -> Vec<Live> {
    let several: Vec<Address> = live.iter().filter(|(_, g)| g.len() > 1).map(|(a, _)| a.clone()).collect();
    let doubled: Vec<(Address, Vec<String>)> = several.into_iter().filter_map(|a| Some((a.clone(), twins(&live[&a])?))).collect();
    if doubled.is_empty() {
        return vec![];
    }
    let doubtful: BTreeSet<&String> = doubled.iter().flat_map(|(_, ids)| ids).collect();
    let sure = live.values().flatten().filter(|l| !doubtful.contains(&l.id));
    let used: BTreeSet<String> = sure.flat_map(|l| l.points.iter().cloned()).collect();
    let mut out = vec![];
    for (address, ids) in &doubled {
        if ids.iter().filter(|id| used.contains(*id)).count() == 1
            && let Some(generations) = live.get_mut(address)
        {
            out.extend(generations.extract_if(.., |l| ids.contains(&l.id) && !used.contains(&l.id)));
        }
    }
    out
}

/// The ids of objects at one address that one step would have made, if there are several.
pub fn twins(generations: &[Live]) -> Option<Vec<String>> {
    let same = |l: &&Live| {
        let step = |l: &Live| (l.stamp.run.clone(), l.stamp.step);
        !l.stamp.run.is_empty() && generations.iter().filter(|o| step(o) == step(l)).count() > 1
    };
    let ids: Vec<String> = generations.iter().filter(same).map(|l| l.id.clone()).collect();
    (!ids.is_empty()).then_some(ids)
}

/// Reads all that a stack owns. `renamed` (new name to old) moves objects to their new addresses; their stamps still tell the old ones.
///
/// References come as physical ids; here they become addresses. An id that no object of the stack has is marked [`foreign`].
pub async fn observe(cloud: &impl Observe, stack: &str, renamed: &BTreeMap<Address, Address>) -> Result<Snapshot, CloudError> {
    let lists = try_join_all(Kind::ALL.iter().map(|k| cloud.list(*k, stack))).await?;
    let (all, others): (Vec<Live>, Vec<Live>) = lists.into_iter().flatten().partition(|l| l.stamp.stack == stack);
    let present: BTreeSet<&Address> = all.iter().map(|l| &l.stamp.address).collect();
    let moves: BTreeMap<Address, Address> = renamed
        .iter()
        .filter(|(new, old)| present.contains(old) && !present.contains(new))
        .map(|(new, old)| (old.clone(), new.clone()))
        .collect();
    let place = |l: &Live| moves.get(&l.stamp.address).unwrap_or(&l.stamp.address).clone();
    let names: BTreeMap<(Kind, String), String> = all.iter().map(|l| ((l.object.kind(), l.id.clone()), place(l).name)).collect();
    let mut live: BTreeMap<Address, Vec<Live>> = BTreeMap::new();
    for mut l in all {
        let address = place(&l);
        if !l.points.is_empty() {
            l.object = map_refs(&l.object, |a| Some(names.get(&(a.kind, a.name.clone())).cloned().unwrap_or_else(|| foreign(&a.name))));
        }
        live.entry(address).or_default().push(l);
    }
    for generations in live.values_mut() {
        generations.sort_by(|a, b| a.id.cmp(&b.id));
    }
    let copies = copies(&mut live);
    // What others have in an object of the stack is told by that object's address.
    let named = |a: &Address| names.get(&(a.kind, a.name.clone())).cloned();
    let foreign = others.into_iter().map(|l| Live { object: map_refs(&l.object, named), ..l }).collect();
    Ok(Snapshot { live, foreign, copies, ..Snapshot::default() })
}

/// Fills in what objects are wanted to hold that only the world knows: the ranges that Cloudflare publishes.
pub async fn complete(cloud: &impl Observe, nodes: &mut BTreeMap<Address, Object>) -> Result<(), CloudError> {
    let mut lists: Vec<&mut PrefixList> = nodes.iter_mut().filter_map(published).collect();
    if lists.is_empty() {
        return Ok(());
    }
    let ranges = cloud.edge_ranges().await?;
    for list in &mut lists {
        list.entries = ranges.iter().map(|r| (r.clone(), "Cloudflare".to_owned())).collect();
        // Room to grow: a rule counts as many as its list may have entries.
        list.max_entries = list.max_entries.max(ranges.len().try_into().unwrap_or(i32::MAX));
    }
    Ok(())
}

/// The list whose entries are none of the spec's.
fn published<'a>((address, object): (&Address, &'a mut Object)) -> Option<&'a mut PrefixList> {
    match object {
        Object::PrefixList(list) if address.name == CLOUDFLARE => Some(list),
        _ => None,
    }
}
