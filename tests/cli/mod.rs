//! The binary as people and CI run it: real processes, real files, real signals; everything a person reads is a snapshot.
mod aws;
mod canary;
mod cloudflare;
mod comment;
mod completions;
mod drift;
mod explain;
mod files;
mod flags;
mod forged;
mod functions;
mod help;
mod iam_attacks;
mod iam_policy;
mod iam_rules;
mod identity;
mod init;
mod kubernetes;
mod logs;
mod lsp;
mod markdown;
mod offers;
mod picture;
mod progress;
mod real_account;
mod recover;
mod refusals;
mod sandbox;
mod saved;
mod secrets;
mod signed;
mod status;
mod stream;
pub mod terminal;
mod text;
mod tools;
mod watched;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How long the sandbox takes, as a multiple of what a person sees. A test that catches a run in the middle says more.
pub const PACE: &str = "INFRA_SANDBOX_PACE";

/// A folder of its own for each test, and the binary in it.
pub struct Infra {
    pub folder: PathBuf,
    pub env: Vec<(&'static str, String)>,
}

/// What a process said and how it ended.
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Infra {
    pub fn new(name: &str) -> Infra {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Infra { folder, env: vec![] }
    }

    /// The path of an example.
    pub fn example(name: &str) -> String {
        format!("{}/examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"))
    }

    /// A file of this test.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        self.program(env!("CARGO_BIN_EXE_infra"), args)
    }

    /// Another program, as the binary is run.
    pub fn program(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        let kept = ["PATH", "HOME"].into_iter().filter_map(|k| Some((k, std::env::var(k).ok()?)));
        command
            .args(args)
            .current_dir(&self.folder)
            .env_clear()
            .envs(kept)
            .env("COLUMNS", "100")
            .env(PACE, "0.05")
            .envs(self.env.iter().map(|(k, v)| (*k, v)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Said {
        said(self.command(args).output().unwrap())
    }
}

pub fn said(output: Output) -> Said {
    Said {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap_or(-1),
    }
}

impl Said {
    /// What was said to people, in one line.
    pub fn flat(&self) -> String {
        self.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    }

    /// What a person reads, with what differs from run to run taken out.
    pub fn snapshot(&self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(r"(in|after) \d+(s| min)", "$1 [time]");
        settings.add_filter(r"\d+(s| min) ago", "[time] ago");
        settings.add_filter(r"-\d{6}\b", "-[serial]");
        settings.add_filter(env!("CARGO_TARGET_TMPDIR"), "[tmp]");
        settings.add_filter(env!("CARGO_MANIFEST_DIR"), "[project]");
        settings.add_filter(r"(?m)(^|[Rr]un )[0-9a-f]{12}", "$1[run]");
        settings.add_filter(r"\S+@\S+ \(process \d+\)", "[holder]");
        settings.add_filter(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "[moment]");
        settings.bind(|| insta::assert_snapshot!(name, format!("{}\n--- exit {}", self.out, self.code)));
    }
}
