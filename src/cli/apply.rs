//! `infra apply`.
use clap::Args;

use super::args::{CloudArgs, SelectArgs, SpecArgs};
use super::carry::{RunArgs, Work};
use super::change::change;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::Exit;

/// Shows the plan, asks, and makes the live environment what the spec says. Any failure takes everything back.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra apply --file infra.yaml\n  infra apply --cloud sandbox --auto-approve\n\nExit codes: 0 applied, 1 error before any effect, 3 failed and rolled back, 4 stuck or stopped on the way, 5 applied with leftovers, 6 another run holds the lease, 130 interrupted."
)]
pub struct Apply {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    how: RunArgs,
    /// Take an unfinished run back first, if there is one
    #[arg(long, env = "INFRA_RECOVER")]
    recover: bool,
}

impl Apply {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let mut stack = flow::stack(&loaded)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let work = Work { world: &world, cloud: &self.cloud, how: &self.how, printer };
        let exit = change(&work, &loaded, &stack, &self.select, self.recover, "apply").await?;
        if exit == Exit::Done && !self.how.json && !stack.outputs.is_empty() {
            let snapshot = flow::look(world.read_only(), &mut stack, &loaded).await?;
            printer.result(&super::output::lines(&stack, &snapshot));
        }
        Ok(exit)
    }
}
