//! `infra iam-policy`.
use std::collections::BTreeSet;

use clap::Args;

use super::args::SpecArgs;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::Exit;
use crate::kinds::Kind;
use crate::render::iam;
use crate::spec::lower::lower;

/// Prints the least IAM policy that the spec needs, as JSON. What another spec had needs that spec's policy. Needs no network.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra iam-policy --file infra.yaml --read-only > plan-policy.json")]
pub struct IamPolicy {
    #[command(flatten)]
    spec: SpecArgs,
    /// What `apply` and `destroy` need; so it is unless --read-only is given
    #[arg(long, env = "INFRA_APPLY", conflicts_with = "read_only")]
    apply: bool,
    /// What `plan` and `output` need
    #[arg(long, env = "INFRA_READ_ONLY")]
    read_only: bool,
}

impl IamPolicy {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        // No permission depends on a secret, so that whoever asks for the policy needn't have them.
        let stack = lower(&loaded.spec, &|_| Some(String::new())).map_err(|unset| Failure::unset(&loaded, &unset))?;
        let account = loaded.spec.account.as_ref().map(|a| a.as_str());
        let place = iam::Place { stack: &stack.name, region: loaded.spec.region.as_str(), account };
        let policy = if self.read_only && !self.apply {
            iam::read_only(place)
        } else {
            let kinds: BTreeSet<Kind> = stack.nodes.keys().map(|address| address.kind).collect();
            iam::apply(place, &kinds)
        };
        let size = policy.size();
        if size > iam::MANAGED {
            printer.say(&format!(
                "The policy has {size} characters, white space aside: more than a managed policy may have ({}). Within a role there is room for {}.",
                iam::MANAGED,
                iam::INLINE,
            ));
        }
        printer.result(&policy.text());
        Ok(Exit::Done)
    }
}
