//! `infra schema`.
use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::printer::Printer;
use crate::diag::{self, Exit};
use crate::render::{drift, history, json, stream};
use crate::spec::schema;

/// Prints a JSON Schema: for editors, or for readers of plans and of `--json`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra schema > infra.schema.json")]
pub struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t = SchemaOf::Spec)]
    what: SchemaOf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemaOf {
    /// What `infra drift --json` prints
    Drift,
    /// What `--json` prints of a command that refuses
    Findings,
    /// What `infra history --json` prints of runs
    History,
    /// A layer over a spec: nothing is required, and `null` removes
    Layer,
    /// What `infra show --format json` prints
    Plan,
    /// A whole spec
    Spec,
    /// A line of what `--json` prints of `plan`, `apply`, `destroy` and `recover`
    Stream,
}

impl Schema {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let schema = match self.what {
            SchemaOf::Drift => drift::schema(),
            SchemaOf::Findings => diag::findings_schema(),
            SchemaOf::History => history::schema(),
            SchemaOf::Layer => schema::layer_schema(),
            SchemaOf::Plan => json::plan_schema(),
            SchemaOf::Spec => schema::infra_schema(),
            SchemaOf::Stream => stream::schema(),
        };
        printer.document(&format!("{schema:#}\n"));
        Ok(Exit::Done)
    }
}
