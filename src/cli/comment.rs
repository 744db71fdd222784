//! `infra comment`.
use std::path::PathBuf;

use clap::Args;

use super::args::ForgeArgs;
use super::comment_publisher::{CommentPublisher, PATIENCE};
use super::failure::Failure;
use super::printer::Printer;
use super::saved;
use crate::diag::Exit;

/// Writes a saved plan as the stack's one comment on the pull or merge request (GitHub, GitLab), and into the job's summary.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra comment --plan p.infraplan\n  infra comment --plan p.infraplan --provider github --repository acme/shop --number 7\n\nThe token is INFRA_FORGE_TOKEN, or else GITHUB_TOKEN, GH_TOKEN or GITLAB_TOKEN. What no flag says, the CI's own environment tells. Where a token can't comment, as a fork's can't, the job's summary ($GITHUB_STEP_SUMMARY) is enough."
)]
pub struct Comment {
    /// A plan that `infra plan --out FILE` kept
    #[arg(long, value_name = "FILE", env = "INFRA_PLAN")]
    plan: PathBuf,
    #[command(flatten)]
    forge: ForgeArgs,
    /// Show the values of environment variables, too, as far as the plan was kept with them (`infra plan --show-env`)
    #[arg(long, env = "INFRA_SHOW_ENV")]
    show_env: bool,
}

impl Comment {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let saved = saved::open(&self.plan)?.0;
        let publisher = CommentPublisher::open(&saved, &self.forge, self.show_env, PATIENCE, printer);
        let url = publisher.planned().await?;
        if let Some(url) = url {
            printer.result(&format!("{url}\n"));
        }
        Ok(Exit::Done)
    }
}
