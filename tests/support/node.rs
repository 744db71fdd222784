//! Programs in JavaScript, pinned, each in a folder of its own under `target/`, installed when it isn't there.
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The folder in whose `node_modules` packages are: `modules("editor", &["yaml-language-server@1.19.2"])`. None of their scripts are run.
pub fn modules(name: &str, packages: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("node-{name}-{}", packages.join("-").replace(['@', '/'], "_")));
    if !home.join("ready").exists() {
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("package.json"), "{\"private\": true}\n").unwrap();
        let mut install = Command::new("npm");
        install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"]).args(packages);
        let status = install.current_dir(&home).stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "npm can't install {packages:?}");
        std::fs::write(home.join("ready"), "").unwrap();
    }
    home
}
