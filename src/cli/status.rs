//! `infra status`.
use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::lease::{newest, standing, strays};
use crate::diag::Exit;
use crate::render::status;
use crate::run::intent;

/// Tells whether a run of the stack goes on, whose it is and how far it came; or how the last one ended. Changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra status --file infra.yaml")]
pub struct Status {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Print JSON
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl Status {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let stack = loaded.spec.stack.to_string();
        let notes = world.read_only().notes(&stack).await?;
        let terms = flow::terms(&self.cloud);
        let (now, last) = ((terms.clock)(), newest(&stack, &notes).and_then(|(_, lease)| lease));
        let (stands, intent) = (standing(&stack, &notes, &terms), intent::read(&stack, &notes));
        let strays: Vec<String> = strays(&stack, &notes).cloned().collect();
        match self.json {
            true => printer.document(&format!("{:#}\n", status::json(&stack, &stands, last.as_ref(), &intent))),
            false => printer.result(&(status::text(&stack, &stands, last.as_ref(), &intent, now) + &status::strays(&strays))),
        }
        Ok(Exit::Done)
    }
}
