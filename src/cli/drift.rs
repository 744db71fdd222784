//! `infra drift`.
use clap::Args;

use super::args::{CloudArgs, PartArgs, SpecArgs};
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
        let (reader, name) = (world.read_only(), stack.name.clone());
        let (snapshot, notes) = tokio::join!(flow::look(world.read_only(), &mut stack, &loaded), reader.notes(&name));
        let mut snapshot = snapshot?;
        // Whoever may look need not be allowed to read the notes.
        if let Some(hint) = status::hint(&name, &notes.unwrap_or_default(), &flow::terms(&self.cloud)) {
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
