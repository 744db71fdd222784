//! `infra destroy`.
use clap::Args;

use super::args::{CloudArgs, RunArgs, SelectArgs, SpecArgs};
use super::change;
use super::failure::Failure;
use super::flow::{self, Choice};
use super::printer::Printer;
use super::runner::RunContext;
use crate::diag::Exit;

/// Deletes everything that the stack owns, users before what they use. What it doesn't own is never touched.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra destroy --allow-data-loss db_instance.main --allow-data-loss load_balancer.main")]
pub struct Destroy {
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

impl Destroy {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        if self.how.json {
            printer.stream();
        }
        printer.verbose(self.how.verbose);
        let loaded = flow::read(&self.spec, printer)?;
        let mut stack = flow::stack(&loaded)?;
        stack.nodes.clear();
        stack.renamed.clear();
        let world = flow::world(&self.cloud, &loaded).await?;
        let context = RunContext { world: &world, cloud: &self.cloud, how: &self.how, printer, publisher: None };
        change::from_spec(&context, &loaded, &stack, &Choice::from(&self.select), self.recover, "destroy").await
    }
}
