//! `infra iam-policy`.
use std::collections::BTreeSet;

use clap::Args;

use super::args::SpecArgs;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::{Code, Exit, Finding};
use crate::kinds::{Function, IamRole, Kind, Member, function};
use crate::render::iam;
use crate::spec::lower::lower;

/// Prints the least IAM policy that the spec needs, as JSON, and says what a token of Cloudflare must be allowed to do. What another spec had needs that spec's policy. Needs no network.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra iam-policy --file infra.yaml --read-only > plan-policy.json")]
pub struct IamPolicy {
    #[command(flatten)]
    spec: SpecArgs,
    /// The account that the policy is for, where the spec has no `account`
    #[arg(long, value_name = "ID", env = "INFRA_ACCOUNT", value_parser = account)]
    account: Option<String>,
    /// A managed policy that roles may be given beside the spec's, such as one that a run takes back; may be repeated
    #[arg(long = "and", value_name = "ARN", env = "INFRA_AND", value_delimiter = ',', conflicts_with_all = ["boundary", "read_only"])]
    also: Vec<String>,
    /// What `apply` and `destroy` need; so it is unless --read-only or --boundary is given
    #[arg(long, env = "INFRA_APPLY", conflicts_with_all = ["boundary", "read_only"])]
    apply: bool,
    /// What the policy must say that `permissions_boundary` names
    #[arg(long, env = "INFRA_BOUNDARY", conflicts_with = "read_only")]
    boundary: bool,
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
        let roles: Vec<&IamRole> = stack.nodes.values().filter_map(IamRole::of).collect();
        let policies = roles.iter().flat_map(|role| role.managed_policies.clone()).chain(self.also).collect();
        let functions = stack.nodes.values().filter_map(Function::of);
        let archives = functions.filter_map(|f| function::stored(&f.source)).map(|at| format!("{}/{}", at.bucket, at.key)).collect();
        let place = iam::Place {
            stack: &stack.name,
            region: loaded.spec.region.as_str(),
            account: loaded.spec.account.as_ref().map(|a| a.as_str()).or(self.account.as_deref()),
            boundary: loaded.spec.permissions_boundary.as_ref().map(|arn| arn.as_str()),
            policies: &policies,
            archives: &archives,
        };
        let policy = if self.boundary {
            iam::boundary::boundary(place, roles.iter().copied())
        } else if self.read_only {
            iam::read_only(place)
        } else {
            let kinds: BTreeSet<Kind> = stack.nodes.keys().map(|address| address.kind).collect();
            iam::apply(place, &kinds)
        };
        if place.account.is_none() {
            printer.say(ANY_ACCOUNT);
        }
        if self.boundary {
            let unknown = iam::boundary::unknown(roles.iter().copied());
            if !unknown.is_empty() {
                printer.say(&left_out(&unknown));
            }
        } else if !self.read_only && place.boundary.is_none() && !roles.is_empty() {
            printer.say(NO_BOUNDARY);
        }
        if let Some(zone) = stack.zone.as_ref().filter(|_| !self.boundary) {
            let written = stack.nodes.keys().filter(|_| !self.read_only).map(|a| a.kind).collect();
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

/// What is said of a policy that names no account.
const ANY_ACCOUNT: &str = "The spec has no `account`, so that the policy says `*` for it: write it into the spec, or give --account.";

/// What is said of a policy whose holder can make roles that may do anything.
const NO_BOUNDARY: &str = "Whoever has this policy is an administrator of the account: it can make roles that may do anything.\n\
                           Make a managed policy of what `infra iam-policy --boundary` prints, and let `permissions_boundary` name it.";

/// What is said of policies whose purpose nobody knows here.
fn left_out(unknown: &BTreeSet<&str>) -> String {
    let list: String = unknown.iter().map(|arn| format!("\n  {arn}")).collect();
    format!("Roles are given these policies, too, which come to nothing beyond what the boundary allows. Add what they are for:{list}")
}

fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(text.into()) } else { Err("an account has 12 digits".into()) }
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
