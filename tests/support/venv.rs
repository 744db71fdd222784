//! Programs in Python, pinned, each in a virtual environment of its own under `target/`, installed when it isn't there.
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The folder with the programs of a package: `venv("moto", "5.2.5", "moto[server]")`.
pub fn venv(name: &str, version: &str, package: &str) -> PathBuf {
    venv_with(name, version, package, &[])
}

/// The same with packages beside it that it doesn't ask for by itself: `("cbor2", "6.3.0")`.
pub fn venv_with(name: &str, version: &str, package: &str, beside: &[(&str, &str)]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    let beside_it: String = beside.iter().map(|(name, version)| format!("-{name}-{version}")).collect();
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{version}{beside_it}"));
    if !home.join("ready").exists() {
        let pinned = beside.iter().map(|(name, version)| format!("{name}=={version}"));
        run(Command::new("python3").args(["-m", "venv"]).arg(&home));
        run(Command::new(home.join("bin/pip")).args(["install", "--quiet", &format!("{package}=={version}")]).args(pinned));
        std::fs::write(home.join("ready"), version).unwrap();
    }
    home.join("bin")
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?} failed");
}
