//! `infra drift`.
use clap::Args;

use super::args::{CloudArgs, PartArgs, SpecArgs};
use super::claim::Seen;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::Observe;
use crate::diag::Exit;
use crate::plan::drift;
use crate::render::{drift as show, status};

/// Tells what is no longer as the spec says, who changed it where the API tells, and what the spec itself has not had applied yet. Made for cron:
/// changes nothing, and needs no lease.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 everything is as the spec says, 2 it is not, 1 error.\n\nExample:\n  infra drift --file infra.yaml --json"
)]
pub struct Drift {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    part: PartArgs,
    /// Print JSON (`infra schema drift`)
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl Drift {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let mut stack = flow::stack(&loaded)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let reader = world.read_only();
        let reading = printer.reading(&stack.name);
        let Seen { mut snapshot, notes } = flow::look(world.read_only(), &mut stack, &loaded).await?;
        drop(reading);
        if let Some(hint) = status::hint(&stack.name, &notes, &flow::terms(&self.cloud)) {
            printer.say(&hint);
        }
        let chosen = flow::narrow(&mut stack, &mut snapshot, &self.part.selection(), printer)?;
        let mut drift = drift(&stack, &snapshot).map_err(|problems| Failure::plan(&loaded, &stack, &problems))?;
        drift.found.iter_mut().for_each(|d| flow::locate(&mut d.attrs, &loaded));
        if let Some(chosen) = chosen {
            drift.same.retain(|a| chosen.contains(a));
        }
        let log = reader.who(&drift.suspects()).await;
        let drift = drift.redacted(&printer.redactor());
        match self.json {
            true => printer.document(&format!("{:#}\n", show::json(&drift, &log))),
            false => printer.result(&show::text(&drift, &log, printer.style)),
        }
        Ok(if drift.is_empty() { Exit::Done } else { Exit::Changes })
    }
}
