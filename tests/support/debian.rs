//! Programs of Debian's packages, unpacked under `target/` when they aren't there: nothing is installed, and nobody needs to be root.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Where Debian's Alertmanager looks for its templates, and where one does that is unpacked: in the folder in which it is started.
const SHARE: &[u8] = b"/usr/share/prometheus/alertmanager";
const HERE: &[u8] = b"/proc/self/cwd";

/// The folder into which Prometheus and Alertmanager are unpacked: these programs need nothing but libc.
pub fn prometheus() -> PathBuf {
    unpacked("debian-prometheus", &["prometheus", "prometheus-alertmanager"], false, |home| {
        let file = home.join("usr/bin/prometheus-alertmanager");
        let program = std::fs::read(&file).unwrap();
        std::fs::write(&file, moved(program)).unwrap();
    })
}

/// The folder into which zsh and fish are unpacked.
pub fn shells() -> PathBuf {
    unpacked("debian-shells", &["zsh", "zsh-common", "fish", "fish-common", "libpcre2-32-0"], false, |home| {
        // Fish takes the files beside it when both folders of them are there.
        std::os::unix::fs::symlink("../etc", home.join("usr/etc")).unwrap();
    })
}

/// The folder into which a browser without windows is unpacked, with the fonts that a code host's style sheet names.
pub fn chromium() -> PathBuf {
    unpacked("debian-chromium", &["chromium-headless-shell", "fonts-liberation"], true, |_| {})
}

/// Where libraries of unpacked packages lie.
pub fn libraries(home: &Path) -> String {
    let folder = home.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    format!("{}:{}", folder.display(), folder.join("pulseaudio").display())
}

/// The folder into which packages are unpacked; with all that they need and this machine lacks, or alone.
fn unpacked(name: &str, packages: &[&str], whole: bool, prepare: impl FnOnce(&Path)) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !home.join("ready").exists() {
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).unwrap();
        fetch(&home, packages, whole);
        prepare(&home);
        std::fs::write(home.join("ready"), "").unwrap();
    }
    home
}

fn fetch(home: &Path, packages: &[&str], whole: bool) {
    let apt = |more: &[String], verb: &[String]| -> Option<String> {
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "APT::Sandbox::User="]).args(more).args(verb).current_dir(home);
        let ended = command.stdin(Stdio::null()).stderr(Stdio::null()).output().unwrap();
        ended.status.success().then(|| String::from_utf8_lossy(&ended.stdout).into_owned())
    };
    let download = |more: &[String]| {
        let verb =
            |words: &[&str], names: &[String]| words.iter().map(|word| word.to_string()).chain(names.iter().cloned()).collect::<Vec<_>>();
        let mut names: Vec<String> = packages.iter().map(|name| name.to_string()).collect();
        if whole {
            // What an installation would add here.
            let said = apt(more, &verb(&["install", "-s", "--no-install-recommends"], &names))?;
            names.extend(said.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next().map(String::from)));
            names.sort();
            names.dedup();
        }
        apt(more, &verb(&["download"], &names))
    };
    if download(&[]).is_none() {
        // Lists of our own, where the machine has none or old ones.
        for folder in ["lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(home.join("apt").join(folder)).unwrap();
        }
        let own = format!("{}/apt", home.display());
        let own = ["-o".into(), format!("Dir::State::Lists={own}/lists"), "-o".into(), format!("Dir::Cache={own}/cache")];
        assert!(apt(&own, &["update".into()]).is_some() && download(&own).is_some(), "apt-get can't fetch {packages:?}");
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
