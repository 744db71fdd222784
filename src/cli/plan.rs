//! `infra plan`.
use clap::Args;

use super::args::{CloudArgs, SelectArgs, SpecArgs};
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::Exit;
use crate::render::text::Detail;
use crate::render::{json, status, text};

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
    /// Print the plan as JSON (`infra schema plan`)
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
    /// Also show every attribute of what is created, and every undo
    #[arg(short, long, env = "INFRA_VERBOSE")]
    verbose: bool,
}

impl Plan {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let mut stack = flow::stack(&loaded)?;
        if self.destroy {
            stack.nodes.clear();
            stack.renamed.clear();
        }
        let world = flow::world(&self.cloud, &loaded).await?;
        let reader = world.read_only();
        let (snapshot, notes) = {
            let name = stack.name.clone();
            tokio::join!(flow::look(world.read_only(), &mut stack, &loaded), reader.notes(&name))
        };
        let snapshot = snapshot?;
        flow::gates(world.read_only(), &stack, &snapshot, &loaded, printer).await?;
        // Whoever may plan need not be allowed to read the notes.
        let notes = notes.unwrap_or_default();
        if let Some(hint) = status::hint(&stack.name, &notes, &flow::terms(&self.cloud)) {
            printer.say(&hint);
        }
        let plan = flow::decide(stack, snapshot, &self.select, &loaded, printer)?;
        let detail = Detail { style: printer.style, verbose: self.verbose };
        printer.result(&if self.json { format!("{:#}\n", json::plan(&plan)) } else { text::plan(&plan, detail) });
        Ok(if self.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
    }
}
