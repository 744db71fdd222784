//! `infra history`.
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::args::{CloudArgs, SpecArgs};
use super::complete;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::Exit;
use crate::render::history::{self, Found};
use crate::run::history::{Line, folder, read};
use crate::run::journal::list;

/// Lists the runs of the stack, on whatever machine they ran, and those whose journals are here; newest last. Or tells the story of one whose journal
/// is here. Without a spec or access to its cloud only journals are told.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra history\n  infra history 6922f3a01c9e")]
pub struct History {
    /// A run, or the beginning of its id
    #[arg(add = complete::runs())]
    run: Option<String>,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Where journals of runs are kept
    #[arg(long, value_name = "FOLDER", env = "INFRA_JOURNAL", default_value = crate::run::journal::FOLDER)]
    journal: PathBuf,
    /// Print JSON: the list (`infra schema history`), or every line of one run's journal without its plan
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl History {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let lines = match self.told(printer).await {
            Ok(lines) => lines,
            Err(failure) => {
                printer.say(&format!("Only the journals of this machine are told: {}", failure.reason().0));
                vec![]
            }
        };
        let mut found = Found { journals: list(&self.journal, None)?, lines };
        let Some(run) = self.run else {
            match self.json {
                true => printer.document(&format!("{:#}\n", history::runs_json(&found))),
                false => printer.result(&history::runs(&found, printer.style)),
            }
            return Ok(Exit::Done);
        };
        found.lines.retain(|line| line.run.starts_with(&run));
        found.journals.retain(|(path, recorded)| match recorded {
            Ok(recorded) => recorded.header.run.starts_with(&run),
            Err(_) => path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with(&run)),
        });
        let mut known = vec![];
        for (path, recorded) in &found.journals {
            known.push(recorded.as_ref().map_err(|e| Failure::damaged(&path.display().to_string(), e))?);
        }
        let here = known.iter().map(|s| s.header.run.as_str());
        let runs: std::collections::BTreeSet<&str> = here.chain(found.lines.iter().map(|l| l.run.as_str())).collect();
        if runs.len() != 1 {
            let many: Vec<&str> = runs.into_iter().collect();
            return Err(Failure::no_run(&run, &self.journal, &many));
        }
        if known.is_empty() {
            printer.say("No journal of this run is here: this is what the cloud keeps of it.");
            let text =
                if self.json { format!("{:#}\n", history::runs_json(&found)) } else { found.lines.iter().map(history::line).collect() };
            printer.result(&text);
        }
        for recorded in known {
            let lines = recorded.entries.iter().map(|e| format!("{}\n", json!(e)));
            match self.json {
                true => printer.document(&lines.collect::<String>()),
                false => printer.result(&history::run(recorded, printer.style)),
            }
        }
        Ok(Exit::Done)
    }

    /// What the cloud tells of the stack's runs.
    async fn told(&self, printer: &Printer) -> Result<Vec<Line>, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let stack = loaded.spec.stack.to_string();
        Ok(read(&stack, &world.read_only().notes(&folder(&stack)).await?))
    }
}
