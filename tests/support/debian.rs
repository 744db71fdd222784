//! Programs of Debian's packages, unpacked under `target/` when they aren't there: nothing is installed, and nobody needs to be root.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Where Debian's Alertmanager looks for its templates, and where one does that is unpacked: in the folder in which it is started.
const SHARE: &[u8] = b"/usr/share/prometheus/alertmanager";
const HERE: &[u8] = b"/proc/self/cwd";

/// The folder into which Prometheus and Alertmanager are unpacked.
pub fn prometheus() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("debian-prometheus");
    if !home.join("ready").exists() {
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).unwrap();
        fetch(&home, &["prometheus", "prometheus-alertmanager"]);
        let file = home.join("usr/bin/prometheus-alertmanager");
        let program = std::fs::read(&file).unwrap();
        std::fs::write(&file, moved(program)).unwrap();
        std::fs::write(home.join("ready"), "").unwrap();
    }
    home
}

/// Packages alone, without what they depend on: these programs need nothing but libc.
fn fetch(home: &Path, packages: &[&str]) {
    let apt = |more: &[String], verb: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "APT::Sandbox::User="]).args(more).args(verb).current_dir(home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    };
    let download: Vec<&str> = ["download"].iter().chain(packages).copied().collect();
    if !apt(&[], &download) {
        // Lists of our own, where the machine has none or old ones.
        for folder in ["lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(home.join("apt").join(folder)).unwrap();
        }
        let own = format!("{}/apt", home.display());
        let own = ["-o".into(), format!("Dir::State::Lists={own}/lists"), "-o".into(), format!("Dir::Cache={own}/cache")];
        assert!(apt(&own, &["update"]) && apt(&own, &download), "apt-get can't fetch {packages:?}");
        std::fs::remove_dir_all(home.join("apt")).unwrap();
    }
    for file in
        std::fs::read_dir(home).unwrap().map(|file| file.unwrap().path()).filter(|file| file.extension().is_some_and(|e| e == "deb"))
    {
        assert!(Command::new("dpkg").arg("-x").arg(&file).arg(home).status().unwrap().success(), "{file:?}");
        std::fs::remove_file(file).unwrap();
    }
}

/// The program with the other folder in it, filled up with slashes, which mean nothing.
fn moved(mut program: Vec<u8>) -> Vec<u8> {
    let places: Vec<usize> = program.windows(SHARE.len()).enumerate().filter(|(_, bytes)| *bytes == SHARE).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "Alertmanager looks for its templates elsewhere");
    for at in places {
        program[at..at + SHARE.len()].fill(b'/');
        program[at..at + HERE.len()].copy_from_slice(HERE);
    }
    program
}
