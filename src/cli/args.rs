//! Arguments that commands share.
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use crate::kinds::Address;
use crate::plan::{Allowed, Selection};

/// Where journals are kept unless said otherwise.
pub const JOURNALS: &str = ".infra/runs";

/// Which spec.
#[derive(Args, Debug)]
pub struct SpecArgs {
    /// The spec; given again, a layer over it
    #[arg(short, long, value_name = "FILE", env = "INFRA_FILE", value_delimiter = ',', default_value = "infra.yaml")]
    pub file: Vec<PathBuf>,
}

/// Which cloud, and how hard it is worked.
#[derive(Args, Debug)]
pub struct CloudArgs {
    /// `aws`, or `sandbox[:FILE]`: a cloud in a file, for trying things out
    #[arg(long, value_name = "CLOUD", env = "INFRA_CLOUD", default_value = "aws")]
    pub cloud: CloudChoice,
    /// Let the Nth change of the sandbox fail, to see a rollback
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
}

fn factor(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|f| (0.0..=100.0).contains(f)).ok_or_else(|| "write a number from 0 to 100".into())
}

/// Which part of the stack.
#[derive(Args, Debug)]
pub struct PartArgs {
    /// Only this (an address, a kind, a section or an entry) and what it needs; may be repeated
    #[arg(long, value_name = "WHAT", env = "INFRA_TARGET", value_delimiter = ',')]
    pub target: Vec<String>,
    /// All but this and what needs it; may be repeated
    #[arg(long, value_name = "WHAT", env = "INFRA_EXCLUDE", value_delimiter = ',')]
    pub exclude: Vec<String>,
}

/// Which part of the stack, and what may be lost.
#[derive(Args, Debug)]
pub struct SelectArgs {
    #[command(flatten)]
    pub part: PartArgs,
    /// An address that holds data or is protected, and may be deleted or replaced; may be repeated
    #[arg(long, value_name = "ADDRESS", env = "INFRA_ALLOW_DATA_LOSS", value_delimiter = ',', value_parser = Address::from_str)]
    pub allow_data_loss: Vec<Address>,
}

impl PartArgs {
    pub fn selection(&self) -> Selection {
        Selection { targets: self.target.clone(), excludes: self.exclude.clone() }
    }
}

impl SelectArgs {
    pub fn selection(&self) -> Selection {
        self.part.selection()
    }

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
