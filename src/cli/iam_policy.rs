//! `infra iam-policy`.
use std::collections::BTreeSet;

use clap::Args;

use super::args::SpecArgs;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::{Code, Exit, Finding};
use crate::kinds::Kind;
use crate::render::iam;
use crate::spec::lower::lower;

/// Prints the least IAM policy that the spec needs, as JSON, and says what a token of Cloudflare must be allowed to do. What another spec had needs that spec's policy. Needs no network.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra iam-policy --file infra.yaml --read-only > plan-policy.json")]
pub struct IamPolicy {
    #[command(flatten)]
    spec: SpecArgs,
    /// What `apply` and `destroy` need; so it is unless --read-only is given
    #[arg(long, env = "INFRA_APPLY", conflicts_with = "read_only")]
    apply: bool,
    /// Only the Nth of the managed policies that a large policy fills; from 1
    #[arg(long, value_name = "N", env = "INFRA_PART", value_parser = clap::value_parser!(u16).range(1..))]
    part: Option<u16>,
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
        if let Some(zone) = &stack.zone {
            let written = stack.nodes.keys().filter(|_| !self.read_only || self.apply).map(|a| a.kind).collect();
            printer.say(&iam::token(zone, &written));
        }
        let parts = policy.parts();
        match self.part {
            Some(n) => match parts.get(usize::from(n) - 1) {
                Some(part) => printer.document(&part.text()),
                None => return Err(no_part(n, parts.len())),
            },
            None => {
                if parts.len() > 1 {
                    printer.say(&too_large(policy.size(), parts.len()));
                }
                printer.document(&policy.text());
            }
        }
        Ok(Exit::Done)
    }
}

/// What can be done with a policy that is too large for one managed policy.
fn too_large(size: usize, parts: usize) -> String {
    format!(
        "The policy has {size} characters, white space aside; a managed policy may have {}, the policies within a role {}.\n\
         `--part 1` to `--part {parts}` print it as {parts} managed policies.",
        iam::MANAGED,
        iam::INLINE,
    )
}

fn no_part(n: u16, parts: usize) -> Failure {
    let help = format!("the parts are 1 to {parts}; without --part all is printed as one");
    Finding::error(Code::Selection, format!("the policy has no part {n}"), help).into()
}
