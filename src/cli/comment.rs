//! `infra comment`.
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::notice::Notice;
use super::printer::Printer;
use super::saved;
use crate::diag::Exit;
use crate::forge::{Asked, Provider};

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
}

/// Where the comment stands; the CI's own environment tells what isn't given.
#[derive(Args, Debug)]
#[command(next_help_heading = "Comment")]
pub struct ForgeArgs {
    /// The API of GitHub Enterprise or of a self-managed GitLab
    #[arg(long, value_name = "URL", env = "INFRA_API")]
    api: Option<String>,
    /// The number of the pull or merge request
    #[arg(long, value_name = "N", env = "INFRA_NUMBER")]
    number: Option<u64>,
    /// `github` or `gitlab`
    #[arg(long, value_name = "HOST", env = "INFRA_PROVIDER")]
    provider: Option<Provider>,
    /// Whose request it is
    #[arg(long, value_name = "OWNER/NAME", env = "INFRA_REPOSITORY")]
    repository: Option<String>,
    /// Show the values of environment variables in the comment, too
    #[arg(long, env = "INFRA_SHOW_ENV")]
    pub show_env: bool,
}

impl ForgeArgs {
    pub fn asked(&self) -> Asked {
        Asked { api: self.api.clone(), number: self.number, provider: self.provider, repository: self.repository.clone() }
    }
}

impl Comment {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let saved = saved::read(&self.plan)?;
        let notice = Notice::open(&saved, &self.forge, super::notice::PATIENCE, printer);
        let url = notice.planned().await?;
        if let Some(url) = url {
            printer.result(&format!("{url}\n"));
        }
        Ok(Exit::Done)
    }
}
