//! Writes a saved plan to a file, reads it back, and applies it.
use std::path::{Path, PathBuf};

use super::args::VerifyArgs;
use super::change::{PlannedRun, Unfinished, carry_out};
use super::claim;
use super::failure::Failure;
use super::flow;
use super::preflight;
use super::printer::Printer;
use super::runner::RunContext;
use crate::diag::Exit;
use crate::files;
use crate::plan::saved::{CloudProvider, Moved, Refused, Scene, Seal};
use crate::plan::{Allowed, Plan, Saved, signature};
use crate::spec::{Loaded, folder};
use crate::stack::{Layer, Stack};
use crate::visible::visible;

/// Writes the file whole or not at all, signed for `commit` where there is a key. Its spec must not hold what is known to be a secret.
pub fn write(saved: &Saved, file: &Path, key: Option<&Path>, commit: Option<&str>, printer: &Printer) -> Result<(), Failure> {
    if printer.redactor().text(&saved.spec) != saved.spec {
        return Err(Failure::secret_in_spec());
    }
    let sign = |key: &Path, seal: &Seal| {
        let text = std::fs::read_to_string(key).map_err(files::at(key))?;
        seal.signed(saved, commit).sign(&text).map_err(|why| Failure::key(key, &why))
    };
    let text = saved.write_signed(|seal| key.map(|key| sign(key, seal)).transpose())?;
    files::write_private(file, text.as_bytes())?;
    let signed = match (key, commit) {
        (None, _) => String::new(),
        (_, None) => ", signed for no commit".into(),
        (_, Some(commit)) => format!(", signed for commit {commit}"),
    };
    let next = if saved.plan.is_empty() { String::new() } else { format!(" Apply it: infra apply {}", file.display()) };
    printer.say(&format!("The plan is kept in {} (digest {}){signed}.{next}", file.display(), saved.plan.digest));
    Ok(())
}

/// Reads a saved plan; refused when the file is no plan of this version.
pub fn open(file: &Path) -> Result<(Saved, Seal), Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| Failure::unusable(file, e))?;
    Saved::open(&text).map_err(|why| Failure::unusable(file, why))
}

/// Reads a saved plan; refused when it doesn't bear the signature that is asked for, or was signed for another commit.
pub fn read(file: &Path, asked: &VerifyArgs) -> Result<(Saved, Seal), Failure> {
    let (saved, seal) = open(file)?;
    let Some(keys) = &asked.verify else { return Ok((saved, seal)) };
    let text = std::fs::read_to_string(keys).map_err(files::at(keys))?;
    let keys = signature::keys(&text).map_err(|why| Failure::key(keys, &why))?;
    let signed = seal.signature.as_ref().and_then(|s| s.commit.clone());
    let held = seal.signed(&saved, signed.as_deref()).verify(seal.signature.as_ref(), &keys);
    held.map_err(|why| Failure::unusable(file, why))?;
    let here = asked.commit.commit();
    match signed == here {
        true => Ok((saved, seal)),
        false => Err(Failure::stale(file, vec![Moved::Commit { signed, here }])),
    }
}

/// The spec that a saved plan was made from, read with this environment.
pub fn load(saved: &Saved, file: &Path, printer: &Printer) -> Result<(Loaded, Stack), Failure> {
    let name = PathBuf::from(format!("{} (the spec in it)", file.display()));
    let code = folder(saved.layers.first().map(|layer| Path::new(&layer.file)));
    let mut loaded = flow::parse_in(code, &[(name, saved.spec.clone())], printer)?;
    flow::warn(&loaded, printer);
    loaded.layers = saved.layers.clone();
    loaded.digest = crate::stack::layers_digest(&saved.layers);
    let mut stack = flow::stack(&loaded)?;
    if saved.command == "destroy" {
        stack.nodes.clear();
        stack.renamed.clear();
    }
    Ok((loaded, stack))
}

/// Compares the spec that a saved plan brings along with the layers that lie here: those that were `given`, else those of the recorded names. Refused
/// when one has another text, or when the layers don't say what the plan's spec says. Where nothing lies here to compare with, that is told.
pub fn bind(saved: &Saved, file: &Path, given: &[PathBuf], printer: &Printer) -> Result<(), Failure> {
    let recorded: Vec<PathBuf> = saved.layers.iter().map(|l| PathBuf::from(&l.file)).collect();
    let there = |name: &PathBuf| !given.is_empty() || name.is_file();
    let names = if given.is_empty() { &recorded } else { given };
    let (found, missing): (Vec<PathBuf>, Vec<PathBuf>) = names.iter().cloned().partition(there);
    let texts = flow::texts(&found)?;
    let here: Vec<Layer> = texts.iter().map(|(name, text)| Layer::of(name, text)).collect();
    let then = saved.layers.iter().zip(&recorded).filter(|(_, name)| !missing.contains(name)).map(|(layer, _)| layer);
    let moved = differing(&then.collect::<Vec<_>>(), &here);
    if !moved.is_empty() {
        return Err(Failure::stale(file, moved));
    }
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|name| name.display().to_string()).collect();
        printer.say(&format!("The plan brings its own spec, made from {}: nothing here to compare it with.", names.join(", ")));
        return Ok(());
    }
    match flow::written(&texts).is_some_and(|spec| spec == saved.spec) {
        true => Ok(()),
        false => Err(Failure::stale(file, vec![Moved::Spec])),
    }
}

/// The layers that are not the same on both sides.
fn differing(then: &[&Layer], here: &[Layer]) -> Vec<Moved> {
    let longest = then.len().max(here.len());
    let pairs = (0..longest).map(|i| (then.get(i).copied(), here.get(i)));
    let differ = pairs.filter(|(then, here)| then.map(|l| &l.digest) != here.map(|l| &l.digest));
    differ.filter_map(|(then, here)| Some(Moved::Layer { file: here.or(then)?.file.clone() })).collect()
}

/// Says what a saved plan allows to be lost, and takes back what is not allowed here again. Whoever names the digest has seen it.
pub fn permit(saved: &mut Saved, again: &Allowed, digest: bool, printer: &Printer) {
    if saved.allowed.is_empty() {
        return;
    }
    let names: Vec<String> = saved.allowed.iter().map(ToString::to_string).collect();
    printer.say(&format!("The plan allows data to be lost: {}.", names.join(", ")));
    if !digest {
        saved.allowed.retain(|address| again.contains(address));
    }
}

/// Applies a saved plan: looks again, plans again, and refuses when anything of the plan's business has moved. A plan that was made for another
/// account, region or zone is refused before the lease is taken.
pub async fn apply(context: &RunContext<'_>, loaded: &Loaded, stack: &Stack, saved: &Saved, file: &Path) -> Result<Exit, Failure> {
    let scene = flow::scene(context.world.read_only(), loaded).await?;
    if scene != saved.scene {
        return Err(Failure::unusable(file, format!("it was made for {}, and this is {}", describe(&saved.scene), describe(&scene))));
    }
    let (stack_name, command) = (stack.name.as_str(), saved.command.as_str());
    let planned = PlannedRun { stack: stack_name, command, loaded, scene: &scene, approved: true, unfinished: Unfinished::Refuse };
    carry_out(context, &planned, async || plan_again(context, loaded, stack, saved, file).await).await
}

fn describe(scene: &Scene) -> String {
    let zone = scene.zone.as_ref().map(|z| format!(", zone {} ({})", visible(&z.name), visible(&z.id))).unwrap_or_default();
    let of = if scene.provider == CloudProvider::Sandbox { " of the sandbox" } else { "" };
    format!("account {}{of}, region {}{zone}", visible(&scene.account), visible(&scene.region))
}

/// Looks again and makes the same plan again; refused when anything of the plan's business has moved.
async fn plan_again(context: &RunContext<'_>, loaded: &Loaded, stack: &Stack, saved: &Saved, file: &Path) -> Result<Plan, Failure> {
    let mut stack = stack.clone();
    let seen = flow::look(context.world.read_only(), &mut stack, loaded).await?;
    let snapshot = seen.claimed(&stack.name, loaded.spec.region.as_str(), context.how.into())?;
    claim::renamed(context.world.read_only(), &stack, &snapshot, loaded, context.how.into(), context.printer).await?;
    let mut plan = saved.again(stack.clone(), snapshot.clone()).map_err(|refused| match refused {
        Refused::Moved(moved) => Failure::stale(file, moved),
        Refused::Impossible(problems) => Failure::plan(loaded, &stack, &problems),
    })?;
    preflight::kept(context.world.read_only(), &mut plan, &stack, &snapshot, loaded, context.printer).await?;
    Ok(plan)
}
