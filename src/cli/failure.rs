//! Everything that can refuse a command, as findings: a code, a sentence, the place in the YAML, and what to do instead.
mod claim;
mod cluster;
mod plan;
mod run;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::diag::{Code, Exit, Finding, Findings};
use crate::files;
use crate::forge::{ForgeError, ForgeErrorKind, Provider};
use crate::graph::GraphError;
use crate::kinds::health::WORDS;
use crate::kinds::{Address, gate};
use crate::plan::PlanError;
use crate::plan::saved::Moved;
use crate::plan::signature::BadKey;
use crate::render::values;
use crate::spec::Loaded;
use crate::spec::suggest::nearest;
use crate::stack::Stack;
use crate::visible::visible;
use crate::wire::{Class, CloudError, Service};

/// The findings for which a command did nothing.
#[derive(Debug)]
pub struct Failure {
    pub findings: Vec<Finding>,
    /// For a stale plan: what has moved since it was made.
    stale: Option<Stale>,
    /// What the service calls the request that it refused; said to those who ask for details.
    pub request: Option<String>,
}

/// A stale plan: the sentence that says so, and everything that has moved.
#[derive(Debug)]
struct Stale {
    sentence: String,
    moved: Vec<Moved>,
}

impl Failure {
    /// Both, as one.
    pub fn and(mut self, more: Failure) -> Failure {
        self.findings.extend(more.findings);
        self
    }
}

impl From<Vec<Finding>> for Failure {
    fn from(findings: Vec<Finding>) -> Self {
        Failure { findings, stale: None, request: None }
    }
}

impl From<Finding> for Failure {
    fn from(finding: Finding) -> Self {
        vec![finding].into()
    }
}

impl From<Findings> for Failure {
    fn from(findings: Findings) -> Self {
        findings.0.into()
    }
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        Finding::error(Code::Io, e.to_string(), files::help(&e)).into()
    }
}

impl From<CloudError> for Failure {
    fn from(e: CloudError) -> Self {
        let mut finding = refusal(&e);
        // What a client library says of it is for those who look into it.
        match e.code.as_str() {
            "NoCredentials" if !e.of_cloudflare() => {
                let profile = std::env::var("AWS_PROFILE").ok().filter(|profile| !profile.is_empty());
                let profile = profile.map(|profile| format!(", with the profile `{}`", visible(&profile))).unwrap_or_default();
                let said = std::mem::replace(&mut finding.message, format!("no AWS credentials were found{profile}"));
                finding.help = format!("{}; {said}", finding.help);
            }
            "Unreachable" if e.service == Some(Service::Kubernetes) => {
                finding.message = format!("the cluster can't be reached for {}: {}", e.operation, visible(&e.message))
            }
            "Unreachable" if !e.of_cloudflare() => {
                finding.message = format!("AWS can't be reached for {}: {}", e.operation, visible(&e.message))
            }
            _ => {}
        }
        Failure { request: e.request_id.clone(), ..finding.into() }
    }
}

/// A cloud's error as a finding. What concerns a zone of Cloudflare has a code of its own: its cause may stand in the spec.
fn refusal(e: &CloudError) -> Finding {
    let (code, help) = match (e.class, e.code.as_str()) {
        (_, "UnknownZone") if e.of_cloudflare() => (
            Code::UnknownZone,
            "write the name of a zone that the token sees, or give the token (My Profile, API Tokens) Zone Read for this one",
        ),
        (Class::Denied, code) if e.of_cloudflare() => (
            Code::Permission,
            match code {
                "NoCredentials" => "set CLOUDFLARE_API_TOKEN to a token for this zone, or try `--cloud sandbox`",
                "InvalidToken" => {
                    "CLOUDFLARE_API_TOKEN is none that Cloudflare knows: copy it again, or make a new one (My Profile, API Tokens)"
                }
                _ => {
                    "give the token (My Profile, API Tokens) the permission that the message names; `infra iam-policy` lists all that the stack needs"
                }
            },
        ),
        (Class::Transient | Class::Ambiguous, _) if e.of_cloudflare() => {
            (Code::Cloud, "check the network and CLOUDFLARE_BASE_URL, then try again")
        }
        (class, code) => (
            Code::Cloud,
            match (class, code) {
                (Class::Denied, _) if e.service == Some(Service::Kubernetes) => cluster::denied(e),
                (Class::Transient, _) if e.service == Some(Service::Kubernetes) => {
                    "try it from within the cluster's VPC, or name this machine's address in `kubernetes.cluster.api.allow_from`"
                }
                (_, "NoCredentials") => "log in (`aws sso login`), set AWS_PROFILE or the AWS_… keys, or try `--cloud sandbox`",
                _ if e.forbidden() => {
                    "give this identity the permission that the message names; `infra iam-policy --apply` prints all that an apply needs"
                }
                _ if e.unauthenticated() => {
                    "the credentials themselves are refused: log in again, or use those of another identity; of a signature's time this machine's clock is the judge"
                }
                (Class::Denied, _) => "ask whoever runs the account: it isn't open for this",
                (Class::Transient | Class::Ambiguous, _) => "check the network and AWS_ENDPOINT_URL, then try again",
                (Class::Throttled, _) => "the service asks for fewer requests: try again, with a lower --parallelism",
                (Class::Quota, _) => "raise the quota in Service Quotas, or ask for less",
                (Class::Bug, _) => "this is a mistake in infra; please report it with the spec",
                _ => "the service's own message says what it refuses",
            },
        ),
    };
    Finding::error(code, e.to_string(), help)
}

/// A file of the spec that can't be read.
pub fn unreadable(file: &Path, e: &io::Error) -> Finding {
    let message = format!("{} can't be read: {e}", file.display());
    Finding::error(Code::Io, message, "name the spec with --file, or write one: `infra init`")
}

impl Failure {
    /// The exit code of the command: its first finding's.
    pub fn exit(&self) -> Exit {
        self.findings.first().map_or(Exit::Error, |f| f.code.exit())
    }

    /// What all findings say, as a text; of a stale plan, what has moved stands beside it.
    pub fn reason(&self) -> (String, &[Moved]) {
        match &self.stale {
            Some(stale) => (stale.sentence.clone(), &stale.moved),
            None => (self.findings.iter().map(|f| f.message.as_str()).collect::<Vec<_>>().join("\n"), &[]),
        }
    }

    /// A saved plan that can't be used at all.
    pub fn unusable(file: &Path, why: impl std::fmt::Display) -> Failure {
        let message = format!("{} can't be used: {why}", file.display());
        Finding::error(Code::SavedPlan, message, "make a new one with `infra plan --out FILE`, and have that approved").into()
    }

    /// A key that can't sign a plan, or tell who signed it.
    pub fn key(file: &Path, why: &BadKey) -> Failure {
        let help = "make a key with `ssh-keygen -t ed25519 -N '' -f KEYFILE`: it signs, and KEYFILE.pub verifies";
        Finding::error(Code::SavedPlan, format!("{} can't be used: {why}", file.display()), help).into()
    }

    /// A spec that holds a secret can't be kept.
    pub fn secret_in_spec() -> Failure {
        let message = "the spec holds the value of an environment variable whose name is a secret's, and the saved plan would show it";
        Finding::error(Code::LiteralSecret, message, "write `{from_env: NAME}` instead of the value").into()
    }

    /// A comment that can't be written, where no summary of a job does instead.
    pub fn comment(e: &ForgeError) -> Failure {
        let help = match e.kind {
            ForgeErrorKind::NoHost => {
                "run it in GitHub Actions or GitLab CI; or give --provider, --repository, --number, and INFRA_FORGE_TOKEN"
            }
            ForgeErrorKind::NoRepository => "give --repository OWNER/NAME",
            ForgeErrorKind::NoRequest => "give --number N of the pull or merge request",
            ForgeErrorKind::NoToken(Provider::GitHub) => {
                "give the step `env: GITHUB_TOKEN: ${{ github.token }}`, and the job `permissions: pull-requests: write`"
            }
            ForgeErrorKind::NoToken(Provider::GitLab) => {
                "set GITLAB_TOKEN to a project's access token with the scope `api`, as Reporter at least; CI_JOB_TOKEN can't comment"
            }
            ForgeErrorKind::Denied => {
                "let the token comment: at GitHub `permissions: pull-requests: write`, at GitLab the scope `api`; a fork's can't"
            }
            ForgeErrorKind::Token => "copy the token again, or make a new one",
            ForgeErrorKind::Busy => "try again later: the host asks for fewer requests",
            ForgeErrorKind::Unreachable | ForgeErrorKind::Lost => "check the network, --api and HTTPS_PROXY, then try again",
            ForgeErrorKind::Refused => "the host's own message says what it refuses",
        };
        Finding::error(Code::Comment, format!("no comment could be written: {e}"), help).into()
    }

    /// What a saved plan was made from is no longer so.
    pub fn stale(file: &Path, moved: Vec<Moved>) -> Failure {
        let sentence = format!("{} is stale; since it was made, {} moved:", file.display(), values::count(moved.len(), "thing"));
        let lines: Vec<String> = moved.iter().map(|m| format!("\n- {}", values::moved(m))).collect();
        let help = "nothing was changed: make a new plan with `infra plan --out FILE`, and have that approved";
        let findings = vec![Finding::error(Code::Stale, sentence.clone() + &lines.concat(), help)];
        Failure { findings, stale: Some(Stale { sentence, moved }), request: None }
    }

    /// The live environment can't be read. A zone that is unknown or closed is shown at its place in the spec.
    pub fn looking(loaded: &Loaded, e: CloudError) -> Failure {
        match refusal(&e) {
            finding if finding.code == Code::Cloud => e.into(),
            finding => finding.at(place(loaded, "cdn.zone", "for this zone")).into(),
        }
    }

    /// `{from_env: NAME}` of names that aren't set; each is the path of its value.
    pub fn unset(loaded: &Loaded, paths: &[String]) -> Failure {
        let finding = |path: &String| {
            let f = Finding::error(
                Code::UnsetEnv,
                "the environment variable of a secret is not set",
                "set it, or keep the secret in Secrets Manager",
            );
            f.at(place(loaded, path, "not set"))
        };
        paths.iter().map(finding).collect::<Vec<_>>().into()
    }

    /// Another account than the spec is for.
    pub fn account(loaded: &Loaded, wanted: &str, live: &str) -> Failure {
        let message = format!("the credentials are of account {live}, the spec is for {wanted}");
        let f = Finding::error(Code::WrongAccount, message, "use the credentials of the right account, or correct `account:`");
        f.at(place(loaded, "account", "pinned here")).into()
    }

    /// Files stand where new ones were to be written.
    pub fn there_already(files: &[&Path]) -> Failure {
        let finding = |file: &&Path| {
            let message = format!("{} is there already", file.display());
            Finding::error(Code::Io, message, "nothing was written: name another folder, or move it away")
        };
        files.iter().map(finding).collect::<Vec<_>>().into()
    }

    /// `--target` or `--exclude` that name nothing.
    pub fn unselectable(words: Vec<String>, there: &BTreeSet<String>) -> Failure {
        let help = "write an address (subnet.app-a), a kind (subnet), a section (compute) or an entry (compute.app)";
        let help = |w: &String| match nearest(w, there.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => help.into(),
        };
        let finding = |w: &String| Finding::error(Code::Selection, format!("`{w}` names nothing of this stack"), help(w));
        words.iter().map(finding).collect::<Vec<_>>().into()
    }

    /// What can't be bent: on a real cloud nothing can.
    pub fn unbendable(wanted: &[String]) -> Failure {
        let help = format!(
            "of a sandbox write a section, an entry or an address, one of {} and a value (compute.app.targets=1), a metric that an alarm looks at (compute.app.cpu=95), what a rule of one's own counts (logs.NAME=20), or what the gates of a deployment see (compute.app.errors=8%): one of {}",
            WORDS.join(", "),
            gate::WORDS.join(", ")
        );
        let finding = |w: &String| Finding::error(Code::Selection, format!("`{w}` names nothing that can be bent to this value"), &*help);
        wanted.iter().map(finding).collect::<Vec<_>>().into()
    }

    /// An output that the spec doesn't have.
    pub fn no_output<'a>(name: &str, there: impl Iterator<Item = &'a String>) -> Failure {
        let there: Vec<&str> = there.map(String::as_str).collect();
        let help = if there.is_empty() { "the spec has no `outputs`".into() } else { format!("there are: {}", there.join(", ")) };
        Finding::error(Code::Output, format!("there is no output `{name}`"), help).into()
    }

    /// An output whose object doesn't exist yet.
    pub fn unknown_output(name: &str) -> Failure {
        let message = format!("the output `{name}` has no value yet");
        Finding::error(Code::Output, message, "what it names does not exist yet: `infra apply` makes it").into()
    }

    /// A circle or a missing target among the references.
    pub fn graph(loaded: &Loaded, stack: &Stack, problems: Vec<GraphError>) -> Failure {
        Failure::plan(loaded, stack, &problems.into_iter().map(PlanError::from).collect::<Vec<_>>())
    }

    /// Why there is no plan.
    pub fn plan(loaded: &Loaded, stack: &Stack, problems: &[PlanError]) -> Failure {
        let at = |f: Finding, a: &Address, label: &str| match stack.origins.get(a) {
            Some(origin) => f.at(place(loaded, origin, label)),
            None => f,
        };
        let findings = problems.iter().filter_map(|p| {
            Some(match p {
                PlanError::Blocked { .. } => return None,
                PlanError::Cycle(path) => {
                    let way: Vec<String> = path.iter().chain(path.first()).map(Address::to_string).collect();
                    let f = Finding::error(
                        Code::Cycle,
                        format!("these need each other: {}", way.join(" -> ")),
                        "take one of these references out",
                    );
                    path.iter().fold(f, |f, a| at(f, a, &format!("{a}")))
                }
                PlanError::Dangling { from, to } => {
                    let message = format!("{from} needs {to}, which would not exist");
                    at(Finding::error(Code::Dangling, message, "select both, or keep what is needed"), from, "needs it")
                }
                PlanError::Twins { address, ids } => {
                    let message = format!("{} bear the stamp of {address}, but one step of a run makes one object", ids.join(" and "));
                    let help = "find out which of them is the stack's, and take the stamp (the tags `infra:*`) from the other";
                    at(Finding::error(Code::Twins, message, help), address, "this one")
                }
                PlanError::Taken { address, id, found } => {
                    let (what, id) = (values::object(found), visible(id));
                    let (message, help) = match found.kind() == address.kind {
                        true => (
                            format!("{address} can't be made: {what} stands in its place, and isn't of this stack"),
                            format!("take it away (its id is {id}), give {address} another name, or write it as it stands: then it is used as it is"),
                        ),
                        false => (
                            format!("{address} can't be as it is wanted: {what} decides about the same, and isn't of this stack"),
                            format!("take it away (its id is {id}), or give {address} another name"),
                        ),
                    };
                    at(Finding::error(Code::Taken, message, help), address, "this one")
                }
                PlanError::Refused { address, breach } => plan::refused(loaded, stack, address, breach),
            })
        });
        findings.chain(plan::blocked(loaded, stack, problems)).collect::<Vec<_>>().into()
    }
}

/// The key that a path of the spec leads to.
pub fn place(loaded: &Loaded, path: &str, label: &str) -> crate::diag::Place {
    let steps: Vec<&str> = path.split('.').collect();
    loaded.sources.place(loaded.sources.key(&steps), label)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a missing permission needs is a policy; what refused credentials need is others.
    #[test]
    fn what_is_denied_helps_by_its_cause() {
        let help = |code: &str| format!("{:?}", Failure::from(CloudError::new(Class::Denied, code, "no")));
        assert!(help("AccessDenied").contains("infra iam-policy --apply"));
        assert!(help("ExpiredToken").contains("log in again"));
        assert!(help("NoCredentials").contains("aws sso login"));
        let cluster = |class, code: &str, operation: &str| {
            let e = CloudError { service: Some(Service::Kubernetes), operation: operation.into(), ..CloudError::new(class, code, "no") };
            format!("{:?}", Failure::from(e))
        };
        let denied = |operation: &str| cluster(Class::Denied, "Forbidden", operation);
        assert!(denied("get pods/log").contains("`AmazonEKSViewPolicy` gives this right"));
        assert!(denied("list pods").contains("`kubernetes.cluster.viewers`"));
        for operation in ["list secrets", "list nodepools", "get configmaps"] {
            assert!(denied(operation).contains("`AmazonEKSAdminViewPolicy` gives this right, to whom `kubernetes.cluster.planners`"));
        }
        assert!(denied("patch deployments").contains("`kubernetes.cluster.admins`"));
        assert!(cluster(Class::Denied, "Unauthorized", "list secrets").contains("`admins`, `planners` or `viewers`"));
        let away = cluster(Class::Transient, "Unreachable", "get pods/log");
        assert!(away.contains("the cluster can't be reached for get pods/log: no") && away.contains("api.allow_from"), "{away}");
    }
}
