//! `infra show`.
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::printer::Printer;
use super::saved;
use crate::diag::Exit;
use crate::plan::Saved;
use crate::render::text::Detail;
use crate::render::{json, terraform, text};

/// Shows a plan that `infra plan --out FILE` kept. Needs no network and no credentials.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra show p.infraplan --format markdown")]
pub struct Show {
    /// The saved plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// How the plan is shown
    #[arg(long, value_enum, value_name = "FORMAT", env = "INFRA_FORMAT", default_value_t)]
    format: Format,
    /// Also show every attribute of what is created, and every undo
    #[arg(short, long, env = "INFRA_VERBOSE")]
    verbose: bool,
}

/// How a plan is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs (`infra schema plan`)
    Json,
    /// For tools that read `terraform show -json`
    TerraformJson,
    /// For tools that read what `terraform plan` prints
    TerraformText,
}

impl Format {
    pub fn render(self, saved: &Saved, detail: Detail) -> String {
        match self {
            Format::Text => text::plan(&saved.plan, detail),
            Format::Json => format!("{:#}\n", json::plan(&saved.plan)),
            Format::TerraformJson => format!("{}\n", terraform::json::plan(saved)),
            Format::TerraformText => terraform::text::plan(saved),
        }
    }
}

impl Show {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let saved = saved::read(&self.plan)?;
        printer.result(&self.format.render(&saved, Detail { style: printer.style, verbose: self.verbose }));
        Ok(Exit::Done)
    }
}
