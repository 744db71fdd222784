//! `infra validate`.
use clap::Args;
use serde_json::json;

use super::args::SpecArgs;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::{self, Exit};
use crate::graph::Graph;
use crate::spec::Loaded;
use crate::stack::Stack;

/// Checks the spec and says everything that is wrong with it at once. Needs no network and no credentials.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra validate --file infra.yaml")]
pub struct Validate {
    #[command(flatten)]
    spec: SpecArgs,
    /// Print the findings as JSON
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl Validate {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let checked = flow::judge(&self.spec, printer).and_then(|loaded| stack(&loaded).map(|stack| (loaded, stack)));
        match checked {
            Ok((loaded, stack)) if self.json => {
                let all: Vec<_> = loaded.warnings.iter().chain(&loaded.accepted).cloned().collect();
                let findings = diag::json(&all).findings;
                printer.document(&format!("{:#}\n", json!({ "valid": true, "stack": stack.name, "findings": findings })));
            }
            Ok((_, stack)) => printer.result(&format!("`{}` is valid: {} resources.\n", stack.name, stack.nodes.len())),
            Err(failure) if self.json => {
                printer.document(&format!("{:#}\n", json!({ "valid": false, "findings": diag::json(&failure.findings).findings })));
                return Ok(Exit::Error);
            }
            Err(failure) => return Err(failure),
        }
        Ok(Exit::Done)
    }
}

/// The objects that a spec asks for; refused where its variables aren't set, or references lead in a circle or nowhere.
pub fn stack(loaded: &Loaded) -> Result<Stack, Failure> {
    let stack = flow::stack(loaded)?;
    let problems = Graph::of(&stack.nodes).err().unwrap_or_default();
    if problems.is_empty() { Ok(stack) } else { Err(Failure::graph(loaded, &stack, problems)) }
}
