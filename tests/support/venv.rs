//! Programs from Python's registry, each pinned in a virtual environment of its own under `target/`.
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// A program of a package (`name==version`), installed when it isn't there.
pub fn program(package: &str, program: &str) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(package.replace("==", "-"));
    if !home.join("ready").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&home));
        run(Command::new(home.join("bin/pip")).args(["install", "--quiet", package]));
        std::fs::write(home.join("ready"), package).unwrap();
    }
    home.join("bin").join(program)
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?} failed");
}
