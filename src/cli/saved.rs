//! Writes a saved plan to a file, reads it back, and applies it.
use std::path::{Path, PathBuf};

use super::change::{PlannedRun, Unfinished, carry_out};
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use super::runner::RunContext;
use crate::diag::Exit;
use crate::files;
use crate::plan::saved::{Refused, Scene};
use crate::plan::{Plan, Saved};
use crate::spec::Loaded;
use crate::stack::Stack;
use crate::visible::visible;

/// Writes the file whole or not at all. Its spec must not hold what is known to be a secret.
pub fn write(saved: &Saved, file: &Path, printer: &Printer) -> Result<(), Failure> {
    if printer.redactor().text(&saved.spec) != saved.spec {
        return Err(Failure::secret_in_spec());
    }
    files::write(file, saved.write().as_bytes())?;
    printer.say(&format!("The plan is kept in {} (digest {}).", file.display(), saved.plan.digest));
    Ok(())
}

/// Reads a saved plan; refused when the file is no plan of this version.
pub fn read(file: &Path) -> Result<Saved, Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| Failure::unusable(file, e))?;
    Saved::parse(&text).map_err(|why| Failure::unusable(file, why))
}

/// The spec that a saved plan was made from, read with this environment.
pub fn load(saved: &Saved, file: &Path, printer: &Printer) -> Result<(Loaded, Stack), Failure> {
    let name = PathBuf::from(format!("{} (the spec in it)", file.display()));
    let mut loaded = flow::parse(&[(name, saved.spec.clone())], printer)?;
    loaded.layers = saved.layers.clone();
    loaded.digest = crate::stack::layers_digest(&saved.layers);
    let mut stack = flow::stack(&loaded)?;
    if saved.command == "destroy" {
        stack.nodes.clear();
        stack.renamed.clear();
    }
    Ok((loaded, stack))
}

/// Applies a saved plan: looks again, plans again, and refuses when anything of the plan's business has moved. A plan that was made for another
/// account, region or zone is refused before the lease is taken.
pub async fn apply(context: &RunContext<'_>, loaded: &Loaded, stack: &Stack, saved: &Saved, file: &Path) -> Result<Exit, Failure> {
    let scene = flow::scene(context.world.read_only(), loaded).await?;
    if scene != saved.scene {
        return Err(Failure::unusable(file, format!("it was made for {}, and this is {}", describe(&saved.scene), describe(&scene))));
    }
    let planned = PlannedRun { stack: &stack.name, command: &saved.command, loaded, approved: true, unfinished: Unfinished::Refuse };
    carry_out(context, &planned, async || plan_again(context, loaded, stack, saved, file).await).await
}

fn describe(scene: &Scene) -> String {
    let zone = scene.zone.as_ref().map(|z| format!(", zone {} ({})", visible(&z.name), visible(&z.id))).unwrap_or_default();
    format!("account {}, region {}{zone}", visible(&scene.account), visible(&scene.region))
}

/// Looks again and makes the same plan again; refused when anything of the plan's business has moved.
async fn plan_again(context: &RunContext<'_>, loaded: &Loaded, stack: &Stack, saved: &Saved, file: &Path) -> Result<Plan, Failure> {
    let mut stack = stack.clone();
    let snapshot = flow::look(context.world.read_only(), &mut stack, loaded).await?;
    saved.again(stack.clone(), snapshot).map_err(|refused| match refused {
        Refused::Moved(moved) => Failure::stale(file, moved),
        Refused::Impossible(problems) => Failure::plan(loaded, &stack, &problems),
    })
}
