//! `infra plan`.
use std::path::PathBuf;

use clap::Args;

use super::args::{CloudArgs, CommitArgs, SelectArgs, SpecArgs};
use super::claim::{self, Seen};
use super::failure::Failure;
use super::flow::{self, Choice};
use super::preflight;
use super::printer::Printer;
use super::show::Shown;
use crate::diag::Exit;
use crate::render::json::SceneDocument;
use crate::render::{status, stream};

/// Reads the live environment and shows what apply would do. Changes nothing, and holds no client that could.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra plan --file base.yaml --file production.yaml --detailed-exitcode")]
pub struct Plan {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Exit with 2 when there is something to do
    #[arg(long, env = "INFRA_DETAILED_EXITCODE")]
    detailed_exitcode: bool,
    /// Plan the deletion of everything that the stack owns
    #[arg(long, env = "INFRA_DESTROY")]
    destroy: bool,
    /// Keep the plan in a file, for `infra show` and `infra apply FILE`
    #[arg(short, long, value_name = "FILE", env = "INFRA_OUT")]
    out: Option<PathBuf>,
    /// Sign the saved plan for this commit with an Ed25519 key of OpenSSH's without a passphrase
    #[arg(long, value_name = "KEYFILE", env = "INFRA_SIGN", requires = "out")]
    sign: Option<PathBuf>,
    #[command(flatten)]
    commit: CommitArgs,
    /// Print one JSON object a line (`infra schema stream`)
    #[arg(long, env = "INFRA_JSON", conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Plan {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        if self.json {
            printer.stream();
        }
        printer.verbose(self.shown.verbose);
        let loaded = flow::judge(&self.spec, printer)?;
        let mut stack = flow::stack(&loaded)?;
        if self.destroy {
            stack.nodes.clear();
            stack.renamed.clear();
        }
        let world = flow::world(&self.cloud, &loaded).await?;
        let reading = printer.reading(&stack.name);
        let (seen, scene) = tokio::join!(flow::look(world.read_only(), &mut stack, &loaded), flow::scene(world.read_only(), &loaded));
        drop(reading);
        let (seen, scene) = (seen?, scene?);
        claim::warn(world.read_only(), &stack, &loaded, &seen, printer).await;
        let Seen { mut snapshot, notes } = seen;
        if let Some(hint) = status::hint(&stack.name, &notes, &flow::terms(&self.cloud)) {
            printer.say(&hint);
        }
        let choice = Choice::from(&self.select);
        let plan = preflight::plan(world.read_only(), &mut stack, &mut snapshot, &choice, &loaded, printer).await?;
        let command = if self.destroy { "destroy" } else { "apply" };
        let saved = flow::saved((stack, snapshot, plan), scene, &choice, &loaded, command, &printer.plans(self.shown.show_env));
        if let Some(file) = &self.out {
            super::saved::write(&saved, file, self.sign.as_deref(), self.commit.commit().as_deref(), printer)?;
        }
        match self.json {
            true => printer.document(&stream::plan(&saved.plan, SceneDocument::of(&saved.scene, &saved.layers), "plan")),
            false => self.shown.print(&saved, None, printer)?,
        }
        Failure::guarded(&loaded, &saved.plan)?;
        Ok(if self.detailed_exitcode && !saved.plan.is_empty() { Exit::Changes } else { Exit::Done })
    }
}
