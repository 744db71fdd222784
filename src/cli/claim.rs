//! Whether a stack may be changed from here: what its notes and objects tell of its identity, the repository that made it, and the regions in which it stands.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::args::RunArgs;
use super::failure::Failure;
use super::printer::Printer;
use crate::cloud::{Observe, ReadOnly};
use crate::diag::{Code, Finding};
use crate::kinds::{Kind, Live};
use crate::observe::{Named, Snapshot, complete};
use crate::plan::former;
use crate::run::identity;
use crate::spec::lower::lower;
use crate::spec::units::{Name, Unit};
use crate::spec::{Loaded, Spec, folder, named};
use crate::stack::{Layer, Stack};
use crate::visible::visible;

/// What a person has said of a stack that isn't plainly theirs.
#[derive(Clone, Copy, Default)]
pub struct Said<'a> {
    /// The identity that is taken over.
    taken: Option<&'a str>,
    /// Whether an equally named stack in another region is meant to stay.
    another_region: bool,
    /// Whether a stack that looks like this one under an earlier name is meant to stay.
    another_stack: bool,
}

impl<'a> From<&'a RunArgs> for Said<'a> {
    fn from(how: &'a RunArgs) -> Self {
        Said { taken: how.take_over.as_deref(), another_region: how.another_region, another_stack: how.another_stack }
    }
}

/// What was read of a stack: its objects, and its notes.
pub struct Seen {
    pub snapshot: Snapshot,
    /// Empty for who may not read them, too.
    pub notes: BTreeMap<String, String>,
}

impl Seen {
    /// The objects of a stack that is to be changed; refused when its identity is lost, or when it stands in another region instead.
    pub fn claimed(self, stack: &str, region: &str, said: Said<'_>) -> Result<Snapshot, Failure> {
        doubts(&self.snapshot, stack, region, said).map_or(Ok(self.snapshot), Err)
    }
}

/// What makes it doubtful that the objects are the stack's.
fn doubts(snapshot: &Snapshot, stack: &str, region: &str, said: Said<'_>) -> Option<Failure> {
    if let Named::Lost(identity) = &snapshot.named
        && said.taken != Some(identity.as_str())
    {
        let bearers = snapshot.live.values().flatten().filter(|l| l.stamp.identity == *identity);
        return Some(Failure::lost(stack, identity, bearers.count()));
    }
    // The roles of a stack show it: IAM is one for all regions.
    let role = |l: &&Live| l.object.kind() == Kind::IamRole;
    let elsewhere: BTreeSet<&str> = snapshot.foreign.iter().filter(role).filter_map(|l| l.stamp.address.name.strip_prefix('=')).collect();
    (new(snapshot) && !said.another_region && !elsewhere.is_empty()).then(|| Failure::moved(stack, region, &elsewhere))
}

/// Whether nothing is there of the stack, and never was.
fn new(snapshot: &Snapshot) -> bool {
    snapshot.live.is_empty() && !matches!(snapshot.named, Named::Is(_))
}

/// Refuses to begin a stack that stands under an earlier name: another of the account and region is what the spec makes under that name, and no spec of
/// the checkout names it any more. A spec that reads its name from the environment makes many stacks.
pub async fn renamed(
    world: ReadOnly<'_>,
    stack: &Stack,
    snapshot: &Snapshot,
    loaded: &Loaded,
    said: Said<'_>,
    printer: &Printer,
) -> Result<(), Failure> {
    let written = loaded.sources.root().text_of("stack");
    if said.another_stack || stack.nodes.is_empty() || written.contains("${") || !new(snapshot) {
        return Ok(());
    }
    let neighbours = match world.neighbours(&stack.name).await {
        Ok(neighbours) => neighbours,
        // Whoever may do the rest need not be allowed to ask this.
        Err(e) => {
            printer.say(&format!("Whether {} stands under another name can't be read: {e}", stack.name));
            return Ok(());
        }
    };
    for (other, told) in &neighbours {
        let Some(mut theirs) = under(loaded, other) else { continue };
        complete(&world, &mut theirs.nodes).await.map_err(|e| Failure::looking(loaded, e))?;
        if former(&theirs, told) && !goes_on(loaded, other) {
            return Err(Failure::renamed(loaded, other, told.len()));
        }
    }
    Ok(())
}

/// The stack that the spec makes under another name; `None` when it can't have that name.
fn under(loaded: &Loaded, name: &str) -> Option<Stack> {
    let spec = Spec { stack: Name::read(name).ok()?, ..loaded.spec.clone() };
    lower(&spec, &|_| Some(String::new())).ok()
}

/// Whether a spec beside the layers, or of the folder that is worked in, names this stack.
fn goes_on(loaded: &Loaded, stack: &str) -> bool {
    let of = |layer: &Layer| folder(Some(Path::new(&layer.file))).to_owned();
    let folders: BTreeSet<PathBuf> = loaded.layers.iter().map(of).chain([PathBuf::new()]).collect();
    folders.iter().any(|at| named(&Path::new(".").join(at), stack))
}

/// Refuses to change a stack that another repository made, unless it was taken over.
pub fn made_here(stack: &str, notes: &BTreeMap<String, String>, said: Said<'_>) -> Result<(), Failure> {
    let here = identity::origin();
    let known = identity::read(stack, notes).map_err(|e| Failure::unread_identity(stack, &e))?;
    let Some(known) = known.filter(|k| said.taken != Some(k.identity.as_str())) else { return Ok(()) };
    match (known.elsewhere(here.as_deref()), &here) {
        (Some(theirs), Some(here)) => Err(Failure::origin(stack, &known.identity, (theirs, here))),
        _ => Ok(()),
    }
}

/// Says to who plans for what an apply will be refused.
pub async fn warn(world: ReadOnly<'_>, stack: &Stack, loaded: &Loaded, seen: &Seen, printer: &Printer) {
    let (said, name, region) = (Said::default(), &stack.name, loaded.spec.region.as_str());
    let renamed = renamed(world, stack, &seen.snapshot, loaded, said, printer).await.err();
    let refused = doubts(&seen.snapshot, name, region, said).into_iter().chain(made_here(name, &seen.notes, said).err()).chain(renamed);
    printer.findings(&refused.flat_map(|f| f.findings).map(Finding::softened).collect::<Vec<_>>());
}

/// What bears the stack's name and is left alone all the same: copies of stamps, and a namesake's objects.
pub fn left_alone(stack: &str, snapshot: &Snapshot) -> Vec<Finding> {
    let copy = |live: &Live| {
        let message = format!(
            "{} bears a copy of the stamp of {}: no run of {stack} made it, and it is left alone",
            visible(&live.id),
            live.stamp.address
        );
        Finding::warning(Code::Twins, message, "take the tags `infra:*` from it, or the object away, if you know whose it is")
    };
    let namesake = |live: &Live| {
        let (id, identity) = (visible(&live.id), visible(&live.stamp.identity));
        let message = format!("{id} is of another stack {stack}, whose identity is {identity}: it is left alone");
        let own = snapshot.named.identity();
        let help = format!("take it away where that stack is run, or the tags `infra:*` from it; this one has the identity {own}");
        Finding::warning(Code::Namesake, message, help)
    };
    snapshot.copies.iter().map(copy).chain(snapshot.namesakes.iter().map(namesake)).collect()
}
