//! What recovery finds is believed only when the stack's key has sealed it: forged notes and journals need a person, and touch nobody else's objects.
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Pace;
use infra::kinds::{IamRole, Live, Object};
use infra::plan::{Act, Step, Undo};
use infra::run::intent;
use infra::run::journal::Header;
use infra::wire::Notes;
use infra::wire::policy::Policy;

use super::Infra;

const SPEC: &str = "stack: minimal\nregion: us-east-1\ndatabase: {main: {engine: postgres}}\n";

/// A site with a stack and, in the same account, another one; the header of the first one's last run.
fn site(name: &str) -> (Infra, Header, PathBuf) {
    let mut infra = Infra::new(name);
    let file = infra.folder.join("cloud.jsonl");
    infra.env.push(("INFRA_CLOUD", format!("sandbox:{}", file.display())));
    let other = SPEC.replace("minimal", "victim");
    for (spec, text) in [("infra.yaml", SPEC), ("victim.yaml", other.as_str())] {
        std::fs::write(infra.folder.join(spec), text).unwrap();
        let applied = infra.run(&["apply", "-f", spec, "--auto-approve"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
    }
    let journals = infra.folder.join(".infra/runs/minimal");
    let journal = std::fs::read_dir(journals).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&journal).unwrap();
    (infra, serde_json::from_str(text.lines().next().unwrap()).unwrap(), file)
}

/// The program of the header, but for one step.
fn with(mut header: Header, act: Act, allowed: bool) -> Header {
    let (Act::Create { object } | Act::Update { object, .. } | Act::Delete { live: Live { object, .. } }) = &act else {
        panic!("a gate changes nothing")
    };
    let name = if let Act::Delete { live } = &act { live.stamp.address.name.clone() } else { "support".into() };
    let address = infra::kinds::Address::new(object.kind(), name);
    let deletes = matches!(act, Act::Delete { .. });
    let p = &mut header.plan;
    (p.changes, p.critical, p.old, p.commit) = (vec![], vec![], vec![], usize::from(!deletes));
    p.allowed = allowed.then(|| address.clone()).into_iter().collect();
    let zero = Duration::from_secs(1);
    let undo = if deletes { Undo::Never } else { Undo::Delete };
    p.steps = vec![Step {
        id: 0,
        address,
        act,
        back: None,
        held: vec![],
        after: vec![],
        undo,
        typical: zero,
        tail: zero,
        timeouts: Default::default(),
    }];
    header.run = "6b0a00000001".into();
    header
}

/// Lines of a sandbox file that note the run, sealed by another stack's key.
fn notes(header: &Header) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let elsewhere = Sandbox::new("us-east-1", Pace::INSTANT, Policy::new(10));
        intent::write(&elsewhere, header, 1).await.unwrap();
        let all = elsewhere.notes(&header.stack).await.unwrap();
        all.into_iter().map(|(name, text)| serde_json::json!({ "note": { "name": name, "text": text } }).to_string()).collect()
    })
}

fn append(file: &Path, lines: &[String]) {
    let mut file = std::fs::OpenOptions::new().append(true).open(file).unwrap();
    lines.iter().for_each(|line| writeln!(file, "{line}").unwrap());
}

fn live(file: &Path, stack: &str) -> Vec<Live> {
    let cloud = Sandbox::open(file, "us-east-1", Pace::INSTANT, Policy::new(10)).unwrap();
    cloud.objects().into_iter().filter(|l| l.stamp.stack == stack).collect()
}

fn role() -> Object {
    let mut role: IamRole = infra::kinds::Kind::IamRole.example().try_into().unwrap();
    role.managed_policies = ["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()].into();
    role.into()
}

fn database(all: Vec<Live>) -> Live {
    all.into_iter().find(|l| l.object.kind() == infra::kinds::Kind::DbInstance).unwrap()
}

#[test]
fn forged_notes_need_a_person() {
    let (infra, header, file) = site("forged-notes");
    let before = (live(&file, "minimal"), live(&file, "victim"));
    let create = with(header.clone(), Act::Create { object: role() }, false);
    append(&file, &notes(&create));
    let dry = infra.run(&["recover", "--dry-run", "--forward"]);
    assert!(dry.out.contains("creating iam_role.support") && dry.out.contains("AdministratorAccess"), "{}{}", dry.out, dry.err);
    for how in [
        &["recover", "--auto-approve"][..],
        &["recover", "--auto-approve", "--forward"],
        &["apply", "--recover", "--auto-approve"],
        &["recover"],
    ] {
        let refused = infra.run(how);
        assert_eq!(refused.code, 1, "{how:?} {}{}", refused.out, refused.err);
        assert!(refused.err.contains("the seal of this stack"), "{how:?} {}", refused.err);
    }
    assert_eq!((live(&file, "minimal"), live(&file, "victim")), before);
    // Forgotten, and the stack goes on.
    assert_eq!(infra.run(&["recover", "--abandon", "--auto-approve"]).code, 0);
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
}

#[test]
fn a_program_that_loses_data_or_touches_others_is_none() {
    let (infra, header, file) = site("forged-programs");
    let before = (live(&file, "minimal"), live(&file, "victim"));
    let (own, theirs) = (database(live(&file, "minimal")), database(live(&file, "victim")));
    for (act, words) in
        [(Act::Delete { live: own }, "nobody has allowed"), (Act::Delete { live: theirs.clone() }, "touches an object that isn't")]
    {
        append(&file, &notes(&with(header.clone(), act, words != "nobody has allowed")));
        let refused = infra.run(&["recover", "--auto-approve"]);
        assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
        assert!(refused.err.contains(words), "{}", refused.err);
        assert_eq!(infra.run(&["recover", "--abandon", "--auto-approve"]).code, 0);
    }
    // In a journal alone: another's object, told as the stack's own.
    let mut told = theirs;
    (told.stamp.stack, told.stamp.identity) = ("minimal".into(), header.plan.identity.clone());
    let forged = with(header, Act::Delete { live: told }, true);
    let journal = infra.folder.join(".infra/runs/minimal/6b0a00000001.jsonl");
    std::fs::write(&journal, serde_json::to_string(&forged).unwrap() + "\n").unwrap();
    let refused = infra.run(&["recover", "--auto-approve", "--run", "6b0a00000001"]);
    assert!(refused.code == 1 && refused.err.contains("the seal of this stack"), "{}{}", refused.out, refused.err);
    assert_eq!((live(&file, "minimal"), live(&file, "victim")), before);
}

#[test]
fn what_cannot_be_read_is_no_absence() {
    let (infra, _, file) = site("unreadable");
    for (name, text) in
        [("minimal/run", "{\"who\":\"an older version\"}"), ("minimal/run/6b0a00000001", "{}"), ("minimal/run/x", "no json")]
    {
        append(&file, &[serde_json::json!({ "note": { "name": name, "text": text } }).to_string()]);
        for how in [
            &["apply", "--auto-approve"][..],
            &["destroy", "--auto-approve", "--allow-data-loss", "db_instance.main"],
            &["recover", "--auto-approve"],
        ] {
            let refused = infra.run(how);
            assert_eq!(refused.code, 1, "{how:?} {}{}", refused.out, refused.err);
            assert!(refused.err.contains("what the cloud noted of") && refused.err.contains("--abandon"), "{how:?} {}", refused.err);
        }
        assert!(infra.run(&["status"]).out.contains("can't be read"));
        assert!(infra.run(&["plan"]).err.contains("can't be read"));
        assert_eq!(infra.run(&["recover", "--abandon", "--auto-approve"]).code, 0);
    }
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
}
