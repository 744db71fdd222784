//! Arguments that commands share.
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::complete;
use crate::forge::{Asked, Provider};
use crate::kinds::Address;
use crate::plan::{Allowed, Selection};
use crate::run::journal::FOLDER;
use crate::spec;

/// The files of the spec.
#[derive(Args, Debug)]
pub struct SpecArgs {
    /// The spec, `-` for standard input; given again, a layer over it [default: infra.yaml]
    #[arg(short, long, value_name = "FILE", env = "INFRA_FILE", value_delimiter = ',')]
    file: Vec<PathBuf>,
}

impl SpecArgs {
    /// The files that were given, by the argument or `INFRA_FILE`; nothing when neither names any.
    pub fn given(&self) -> &[PathBuf] {
        &self.file
    }

    /// The files to read.
    pub fn files(&self) -> Vec<PathBuf> {
        if self.file.is_empty() { vec![spec::FILE.into()] } else { self.file.clone() }
    }
}

/// Which cloud, and how hard it is worked.
#[derive(Args, Debug)]
pub struct CloudArgs {
    /// `aws`, or `sandbox[:FILE]`: a cloud in a file, for trying things out
    #[arg(long, value_name = "CLOUD", env = "INFRA_CLOUD", default_value = "aws", add = complete::clouds())]
    pub cloud: CloudChoice,
    /// Let a change of the sandbox fail, to see a rollback: 0 is the first
    #[arg(long, value_name = "N", env = "INFRA_SANDBOX_FAIL")]
    pub sandbox_fail: Option<u64>,
    /// How long the sandbox takes for everything, as a multiple of the usual: tests are in a hurry
    #[arg(long, hide = true, value_name = "FACTOR", env = "INFRA_SANDBOX_PACE", default_value_t = 1.0, value_parser = factor)]
    pub sandbox_pace: f64,
    /// Steps, and requests per service, in flight at most
    #[arg(long, value_name = "N", env = "INFRA_PARALLELISM", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub parallelism: u16,
    /// How long "nothing there" must stay true before it is believed [default: 30s on AWS, 200ms in the sandbox]
    #[arg(long, value_name = "TIME", env = "INFRA_QUIET_PERIOD", value_parser = humantime::parse_duration)]
    pub quiet_period: Option<Duration>,
    /// What a gate counts as a minute; for tests.
    #[arg(long, hide = true, value_name = "TIME", env = "INFRA_GATE_MINUTE", value_parser = humantime::parse_duration)]
    pub gate_minute: Option<Duration>,
}

fn factor(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|f| (0.0..=100.0).contains(f)).ok_or_else(|| "write a number from 0 to 100".into())
}

/// Which part of the stack.
#[derive(Args, Debug)]
pub struct PartArgs {
    /// Only this (an address, a kind, a section or an entry) and what it needs; may be repeated
    #[arg(long, value_name = "WHAT", env = "INFRA_TARGET", value_delimiter = ',', add = complete::parts())]
    pub target: Vec<String>,
    /// All but this and what needs it; may be repeated
    #[arg(long, value_name = "WHAT", env = "INFRA_EXCLUDE", value_delimiter = ',', add = complete::parts())]
    pub exclude: Vec<String>,
}

/// Which part of the stack, and what may be lost.
#[derive(Args, Debug)]
pub struct SelectArgs {
    #[command(flatten)]
    pub part: PartArgs,
    /// An address that holds data or is protected, and may be deleted or replaced; may be repeated
    #[arg(long, value_name = "ADDRESS", env = "INFRA_ALLOW_DATA_LOSS", value_delimiter = ',', value_parser = Address::from_str, add = complete::guarded())]
    pub allow_data_loss: Vec<Address>,
}

/// How a run is approved, shown and recorded.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// Don't ask; needed where there is no terminal
    #[arg(long, env = "INFRA_AUTO_APPROVE")]
    pub auto_approve: bool,
    /// Print one JSON object a line: the plan, every event, the outcome (`infra schema stream`)
    #[arg(long, env = "INFRA_JSON")]
    pub json: bool,
    /// Also show every attribute of what is created, and every undo
    #[arg(short, long, env = "INFRA_VERBOSE")]
    pub verbose: bool,
    /// Wait for so long while another run holds the stack's lease
    #[arg(long, value_name = "TIME", env = "INFRA_LOCK_TIMEOUT", default_value = "0s", value_parser = humantime::parse_duration)]
    pub lock_timeout: Duration,
    /// Also show values of environment variables and boot scripts
    #[arg(long, env = "INFRA_SHOW_ENV")]
    pub show_env: bool,
    /// Begin even if the credentials end before the run usually does
    #[arg(long, env = "INFRA_IGNORE_EXPIRY")]
    pub ignore_expiry: bool,
    /// Begin only if the plan and its way back usually end in this time: a CI job's own limit
    #[arg(long, value_name = "TIME", env = "INFRA_TIME_LIMIT", value_parser = humantime::parse_duration)]
    pub time_limit: Option<Duration>,
    /// Take over what bears the stack's name and this identity, which nothing or another repository notes
    #[arg(long, value_name = "IDENTITY", env = "INFRA_TAKE_OVER")]
    pub take_over: Option<String>,
    /// Begin a stack in this region though an equally named one stands in another
    #[arg(long, env = "INFRA_ANOTHER_REGION")]
    pub another_region: bool,
    /// Begin a stack though another is what its spec makes under that name
    #[arg(long, env = "INFRA_ANOTHER_STACK")]
    pub another_stack: bool,
    /// Where journals of runs are kept
    #[arg(long, value_name = "FOLDER", env = "INFRA_JOURNAL", default_value = FOLDER)]
    pub journal: PathBuf,
}

/// The code host and the pull or merge request of the comment; what isn't given is taken from the CI's environment.
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
}

/// Whose signature a saved plan must bear.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// Only if a key of this file (`id_ed25519.pub`) signed the plan for this commit
    #[arg(long, value_name = "FILE", env = "INFRA_VERIFY", requires = "plan")]
    pub verify: Option<PathBuf>,
    #[command(flatten)]
    pub commit: CommitArgs,
}

/// Which commit a plan is for.
#[derive(Args, Debug)]
pub struct CommitArgs {
    /// The commit of the signature [default: GITHUB_SHA or CI_COMMIT_SHA]
    #[arg(long, value_name = "COMMIT", env = "INFRA_COMMIT")]
    commit: Option<String>,
}

impl CommitArgs {
    /// The commit that was named, else the CI's.
    pub fn commit(&self) -> Option<String> {
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        self.commit.clone().or_else(|| set("GITHUB_SHA")).or_else(|| set("CI_COMMIT_SHA"))
    }
}

impl ForgeArgs {
    /// The same, as the code host's detection takes it.
    pub fn asked(&self) -> Asked {
        Asked { api: self.api.clone(), number: self.number, provider: self.provider, repository: self.repository.clone() }
    }
}

impl PartArgs {
    /// The selection that the arguments ask for.
    pub fn selection(&self) -> Selection {
        Selection { targets: self.target.clone(), excludes: self.exclude.clone() }
    }
}

impl SelectArgs {
    /// The selection that the arguments ask for.
    pub fn selection(&self) -> Selection {
        self.part.selection()
    }

    /// The addresses whose data may be lost.
    pub fn allowed(&self) -> Allowed {
        self.allow_data_loss.iter().cloned().collect()
    }
}

/// A cloud by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudChoice {
    Aws,
    Sandbox(PathBuf),
}

impl FromStr for CloudChoice {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s.split_once(':').unwrap_or((s, "")) {
            ("aws", "") => Ok(CloudChoice::Aws),
            ("sandbox", "") => Ok(CloudChoice::Sandbox(".infra/sandbox.jsonl".into())),
            ("sandbox", file) => Ok(CloudChoice::Sandbox(file.into())),
            _ => Err("write `aws`, `sandbox` or `sandbox:FILE`".into()),
        }
    }
}
