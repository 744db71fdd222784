//! Files and streams that the product writes: whole or not at all, and told when they can't be.
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

use infra::files::{help, write};

use super::Infra;

fn sandbox(name: &str) -> Infra {
    Infra { env: vec![("INFRA_CLOUD", "sandbox:cloud.jsonl".into())], ..Infra::new(name) }
}

/// Two stacks planned at once into names that differ in their endings: each file holds its own stack's plan.
#[test]
fn plans_written_at_once_keep_apart() {
    let infra = sandbox("files-at-once");
    let minimal = std::fs::read_to_string(Infra::example("minimal")).unwrap();
    let stack = minimal.lines().find_map(|l| l.strip_prefix("stack: ")).unwrap().to_owned();
    for name in ["one", "two"] {
        infra.file(&format!("{name}.yaml"), &minimal.replacen(&format!("stack: {stack}"), &format!("stack: {name}"), 1));
    }
    for _ in 0..8 {
        let plan = |name: &str| {
            let (spec, out) = (format!("{name}.yaml"), format!("plan.{name}"));
            infra.command(&["plan", "--file", &spec, "--out", &out]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let (mut one, mut two) = (plan("one"), plan("two"));
        assert!([one.wait().unwrap(), two.wait().unwrap()].iter().all(|s| s.success()));
        for name in ["one", "two"] {
            let text = std::fs::read_to_string(infra.folder.join(format!("plan.{name}"))).unwrap();
            assert!(text.contains(&format!("stack: {name}")), "{name}");
        }
    }
    let left: Vec<_> = std::fs::read_dir(&infra.folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().starts_with(".infra-")), "{left:?}");
}

/// A branch may hold links in the names that a plan is written to: nothing behind them is touched, and the plan is its owner's alone.
#[test]
fn a_plan_is_written_behind_no_link() {
    let infra = sandbox("files-links");
    let minimal = Infra::example("minimal");
    let profile = infra.file("profile", "export PATH\n");
    for link in ["p.infraplan.new", "p.infraplan"] {
        symlink(&profile, infra.folder.join(link)).unwrap();
    }
    let said = infra.run(&["plan", "--file", &minimal, "--out", "p.infraplan"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(fs::read_to_string(&profile).unwrap(), "export PATH\n");
    let kept = || fs::symlink_metadata(infra.folder.join("p.infraplan")).unwrap();
    assert!(kept().is_file() && kept().permissions().mode() & 0o777 == 0o600, "{:?}", kept().permissions());
    fs::set_permissions(infra.folder.join("p.infraplan"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(infra.run(&["plan", "--file", &minimal, "--out", "p.infraplan"]).code, 0);
    assert_eq!(kept().permissions().mode() & 0o777, 0o600, "a file that others could read");
}

/// A full disk is told, and is no missing reader: 1, not 141.
#[test]
fn a_result_that_cannot_be_written_is_told() {
    let infra = sandbox("files-full");
    let minimal = Infra::example("minimal");
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    for args in [&["plan", "--file", &minimal, "--format", "json"][..], &["schema"], &["completions", "bash"], &["--help"]] {
        let output = infra.command(args).stdout(full()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?} {err}");
        assert!(err.contains("No space left on device") && err.contains("not whole"), "{args:?} {err}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = infra.command(&["schema"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(141), vec![]));
}

/// No error of a file without its path, and the help is by what is wrong there.
#[test]
fn an_error_of_a_file_names_it() {
    let infra = sandbox("files-errors");
    let minimal = Infra::example("minimal");
    infra.file("plain", "");
    let cases = [
        (vec!["plan", "--file", &minimal, "--out", "/dev/full"], "/dev/full: No space left", "make room"),
        (vec!["plan", "--file", &minimal, "--out", "none/plan"], "none/plan: No such file", "missing"),
        (vec!["plan", "--file", &minimal, "--out", "."], "Is a directory", "name a file"),
        (vec!["apply", "--file", &minimal, "--auto-approve", "--journal", "plain/runs"], "plain/runs", "is none"),
        (vec!["plan", "--file", &minimal, "--cloud", "sandbox:plain/cloud"], "plain", "take away"),
    ];
    for (args, path, help) in cases {
        let said = infra.run(&args);
        assert!(said.code == 1 && said.err.contains(path) && said.err.contains(help), "{args:?} {} {}", said.code, said.err);
    }
    let said = infra.run(&["plan", "--file", &minimal, "--out", "/dev/null"]);
    assert!(said.code == 2 || said.code == 0, "{}", said.err);
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

/// Two names that differ in their ending alone don't share a temporary one; links lead on; a FIFO stays one; nothing is left beside.
#[test]
fn files_are_written_whole_and_where_links_lead() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("plan.prod"), b"prod").unwrap();
    assert_eq!(fs::metadata(at("plan.prod")).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(at("plan.prod"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("plan.prod", at("link")).unwrap();
    symlink("plan.new", at("dangling")).unwrap();
    write(&at("link"), b"again").unwrap();
    write(&at("dangling"), b"new").unwrap();
    assert_eq!((fs::read(at("plan.prod")).unwrap(), fs::read(at("plan.new")).unwrap()), (b"again".to_vec(), b"new".to_vec()));
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert_eq!(fs::metadata(at("plan.prod")).unwrap().permissions().mode() & 0o777, 0o640);
    symlink("round", at("round")).unwrap();
    assert!(write(&at("round"), b"").unwrap_err().to_string().contains("round"));
    assert!(std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    let fifo = at("fifo");
    let reader = std::thread::spawn(move || fs::read(fifo).unwrap());
    write(&at("fifo"), b"through").unwrap();
    assert_eq!(reader.join().unwrap(), b"through");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|n| n.to_string_lossy().starts_with(".infra-")), "{names:?}");
}

#[test]
fn an_error_names_its_file_and_what_helps() {
    let e = write(Path::new("/dev/full"), b"x").unwrap_err();
    assert!(e.to_string().starts_with("/dev/full: ") && help(&e).contains("make room"), "{e}");
    let e = write(Path::new("/no/such/folder/plan"), b"x").unwrap_err();
    assert!(e.to_string().starts_with("/no/such/folder/plan: ") && help(&e).contains("missing"), "{e}");
    assert!(help(&write(Path::new("/tmp"), b"x").unwrap_err()).contains("folder"));
}
