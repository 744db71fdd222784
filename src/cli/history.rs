//! `infra history`.
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::printer::Printer;
use crate::diag::Exit;
use crate::render::history;
use crate::run::journal::list;

/// Lists the runs of this machine with their outcome, newest last; or tells the story of one.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra history\n  infra history 6922f3a01c9e")]
pub struct History {
    /// A run, or the beginning of its id
    run: Option<String>,
    /// Where journals of runs are kept
    #[arg(long, value_name = "FOLDER", env = "INFRA_JOURNAL", default_value = super::args::JOURNALS)]
    journal: PathBuf,
    /// Print JSON: the list, or every line of one run's journal without its plan
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl History {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let mut found = list(&self.journal, None)?;
        let Some(run) = self.run else {
            match self.json {
                true => printer.document(&format!("{:#}\n", history::runs_json(&found))),
                false => printer.result(&history::runs(&found, printer.style)),
            }
            return Ok(Exit::Done);
        };
        found.retain(|(path, recorded)| match recorded {
            Ok(recorded) => recorded.header.run.starts_with(&run),
            Err(_) => path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with(&run)),
        });
        let mut known = vec![];
        for (path, recorded) in found {
            known.push(recorded.map_err(|e| Failure::damaged(&path.display().to_string(), &e))?);
        }
        let runs: std::collections::BTreeSet<&str> = known.iter().map(|s| s.header.run.as_str()).collect();
        if runs.len() != 1 {
            let many: Vec<&str> = runs.into_iter().collect();
            return Err(Failure::no_run(&run, &self.journal, &many));
        }
        for recorded in &known {
            let lines = recorded.entries.iter().map(|e| format!("{}\n", json!(e)));
            match self.json {
                true => printer.document(&lines.collect::<String>()),
                false => printer.result(&history::run(recorded, printer.style)),
            }
        }
        Ok(Exit::Done)
    }
}
