//! `infra destroy`.
use clap::Args;

use super::apply::{RunArgs, carry_out};
use super::args::{CloudArgs, SelectArgs, SpecArgs};
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
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
}

impl Destroy {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let mut stack = flow::stack(&loaded)?;
        stack.nodes.clear();
        stack.renamed.clear();
        let world = flow::world(&self.cloud, &loaded).await?;
        let snapshot = flow::look(world.read_only(), &stack).await?;
        let plan = flow::decide(stack, snapshot, &self.select, &loaded, printer)?;
        carry_out(&plan, &world, &self.cloud, &self.how, printer, "destroy").await
    }
}
