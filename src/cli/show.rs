//! `infra show`.
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::VerifyArgs;
use super::failure::Failure;
use super::printer::Printer;
use super::saved;
use crate::diag::Exit;
use crate::model::Moment;
use crate::plan::Saved;
use crate::render::json::SceneDocument;
use crate::render::markdown::{self, PageOptions, Stage};
use crate::render::text::Detail;
use crate::render::{binding, json, kubernetes, terraform, text};
use crate::wire::CloudError;

/// Shows a plan that `infra plan --out FILE` kept, and on stderr what it binds: the layers of its spec, what may be lost, whose signature it bears. Needs no
/// network and no credentials.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra show p.infraplan --format markdown")]
pub struct Show {
    /// The saved plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Print the plan's digest and nothing else, for `infra apply --digest`
    #[arg(long, env = "INFRA_ONLY_DIGEST")]
    only_digest: bool,
    #[command(flatten)]
    verify: VerifyArgs,
    #[command(flatten)]
    shown: Shown,
}

/// How a plan is shown.
#[derive(Args, Debug)]
pub struct Shown {
    /// How the plan is shown; `json` is as `infra schema plan` says
    #[arg(long, value_enum, value_name = "FORMAT", env = "INFRA_FORMAT", default_value_t)]
    format: Format,
    /// Also show every attribute of what is created, and every undo
    #[arg(short, long, env = "INFRA_VERBOSE")]
    pub verbose: bool,
    /// Also show values of environment variables and boot scripts; of a saved plan, as far as it was kept with them
    #[arg(long, env = "INFRA_SHOW_ENV")]
    pub show_env: bool,
}

/// The formats of a plan. Its variants have no doc comments: clap would print each on a line of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    Kubernetes,
    Markdown,
    TerraformJson,
    TerraformText,
}

impl Shown {
    /// Prints the plan in the chosen format; `created` is told of one that was kept.
    ///
    /// # Errors
    /// A plan whose objects point at none of it.
    pub fn print(&self, saved: &Saved, created: Option<Moment>, printer: &Printer) -> Result<(), CloudError> {
        match self.format {
            Format::Text => {
                printer.result(&text::placed(&saved.plan, &saved.scene, Detail { style: printer.style, verbose: self.verbose }))
            }
            Format::Json => {
                printer.document(&format!("{:#}\n", json::plan(&saved.plan, SceneDocument::of(&saved.scene, &saved.layers), created)))
            }
            Format::Kubernetes => printer.document(&kubernetes::documents(saved)?),
            Format::Markdown => {
                let page = PageOptions { budget: markdown::GENEROUS, show_env: self.show_env, log: None };
                printer.result(&markdown::page(saved, Stage::Planned, page));
            }
            Format::TerraformJson => printer.document(&format!("{}\n", terraform::json::plan(saved))),
            Format::TerraformText => printer.result(&terraform::text::plan(saved)),
        }
        Ok(())
    }
}

impl Show {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let (saved, seal) = saved::read(&self.plan, &self.verify)?;
        if self.only_digest {
            printer.result(&format!("{}\n", saved.plan.digest));
            return Ok(Exit::Done);
        }
        printer.say(&binding::of(&saved, &seal, self.verify.verify.is_some()));
        self.shown.print(&saved, Some(saved.created), printer)?;
        Ok(Exit::Done)
    }
}
