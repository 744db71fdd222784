//! `infra explain`.
use clap::Args;

use super::failure::Failure;
use super::printer::Printer;
use crate::diag::Exit;
use crate::spec::explain;

/// Explains a section of the spec or a field of one: what it means, its type, unit and default.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra explain compute.health_check\n  infra explain database --defaults")]
pub struct Explain {
    /// `stack`, a section, or a path such as `compute.health_check.interval`
    #[arg(default_value = "stack")]
    topic: String,
    /// Print the defaults as YAML instead
    #[arg(long, env = "INFRA_DEFAULTS")]
    defaults: bool,
}

impl Explain {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let text = if self.defaults { explain::defaults(&self.topic) } else { explain::explain(&self.topic) };
        printer.result(&text.map_err(Failure::from)?);
        Ok(Exit::Done)
    }
}
