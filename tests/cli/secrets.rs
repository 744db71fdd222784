//! No secret in any byte of what a command says or leaves behind, wherever the secret comes from.
use std::collections::BTreeMap;
use std::path::Path;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Pace;
use infra::kinds::{Live, Object};
use infra::run::intent;
use infra::run::journal::Header;
use infra::wire::policy::Policy;
use serde_json::Value;

use super::Infra;

const SPEC: &str = "stack: shop
region: us-east-1
vpc: {cidr: 10.0.0.0/16, availability_zones: [us-east-1a, us-east-1b]}
compute:
  app: {image: 'example/shop:1', port: 8080, env: {API_TOKEN: {from_env: API_TOKEN}, PLAIN_NAME: {from_env: PLAIN_NAME}, MODE: fast}}
";

/// In the environment: what the spec takes from there, and what the tool itself and its neighbours log in with.
const SEEDED: &[(&str, &str)] = &[
    ("API_TOKEN", "seed-one \"quoted\" + 100%"),
    ("PLAIN_NAME", "seed-two-battery-staple"),
    ("AWS_SECRET_ACCESS_KEY", "seed/three/wJalrXUtnFEMIK7MDENG"),
    ("AWS_SESSION_TOKEN", "seed-four-FwoGZXIvYXdzEBYaDH"),
    ("CLOUDFLARE_API_TOKEN", "seed-five-0123456789abcdef"),
    ("GITHUB_TOKEN", "seed-six-ghs_16C7e42F292c"),
    ("GITLAB_TOKEN", "seed-seven-glpat-xyz"),
];
/// Somebody put these on live objects by hand: one that is known, one that is none's but looks like one, one whose name tells.
const LIVE: &[(&str, &str)] =
    &[("note", "see seed-two-battery-staple"), ("left", "AbCd0123EfGh4567IjKl8901MnOp"), ("db_password", "seedeight")];
const PIECES: &[&str] = &["seed-", "seed/", "quoted", "seedeight", "AbCd0123", "c2VlZC"];

fn clean(what: &str, text: &str) {
    for piece in PIECES {
        assert!(!text.contains(piece), "{what} holds {piece}: {text}");
    }
}

pub fn everything(folder: &Path, except: &str) -> Vec<(String, String)> {
    let mut out = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(everything(&path, except));
        } else if !path.ends_with(except) {
            out.push((path.display().to_string(), String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()));
        }
    }
    out
}

#[test]
fn no_secret_in_any_byte() {
    let mut infra = Infra::new("secrets");
    infra.env.push(("INFRA_CLOUD", "sandbox:cloud".into()));
    infra.env.push(("RUST_LOG", "trace".into()));
    infra.env.extend(SEEDED.iter().map(|(name, value)| (*name, (*value).to_owned())));
    infra.file("infra.yaml", SPEC);
    let said = std::cell::RefCell::new(vec![]);
    let run = |args: &[&str], code: i32| {
        let out = infra.run(args);
        assert_eq!(out.code, code, "{args:?}: {} {}", out.out, out.err);
        said.borrow_mut().push((args.join(" "), format!("{}{}", out.out, out.err)));
    };
    run(&["apply", "--auto-approve", "--sandbox-fail", "9", "-v"], 3);
    run(&["apply", "--auto-approve", "--json", "-v"], 0);

    let sandbox = Sandbox::open(&infra.folder.join("cloud"), "us-east-1", Pace::INSTANT, Policy::new(1)).unwrap();
    for live in sandbox.objects() {
        let mut value = serde_json::to_value(&live.object).unwrap();
        let Some(tags) = value.as_object_mut().unwrap().values_mut().next().unwrap().get_mut("tags") else { continue };
        LIVE.iter().for_each(|(key, v)| drop(tags.as_object_mut().unwrap().insert((*key).into(), (*v).into())));
        let object: Object = serde_json::from_value(value).unwrap();
        sandbox.put(Live { object, ..live }).unwrap();
    }
    drop(sandbox);
    infra.file("infra.yaml", &SPEC.replace("MODE: fast", "MODE: slow, NEW_KEY: {from_env: API_TOKEN}"));
    run(&["plan", "--out", "p.infraplan", "-v"], 0);
    run(&["plan", "--json", "-v"], 0);
    run(&["status"], 0);
    run(&["validate"], 0);
    for format in ["text", "json", "kubernetes", "markdown", "terraform-json", "terraform-text"] {
        run(&["show", "p.infraplan", "--format", format, "-v"], 0);
        run(&["plan", "--format", format, "-v"], 0);
    }
    run(&["drift"], 2);
    run(&["drift", "--json"], 2);
    std::fs::write(infra.folder.join("summary.md"), "").unwrap();
    let summary = infra.folder.join("summary.md").display().to_string();
    let mut comment = infra.command(&["comment", "--plan", "p.infraplan"]);
    let comment = super::said(comment.env("GITHUB_STEP_SUMMARY", summary).env_remove("GITHUB_TOKEN").output().unwrap());
    assert_eq!(comment.code, 0, "{}", comment.err);
    said.borrow_mut().push(("comment".into(), format!("{}{}", comment.out, comment.err)));
    // What was put there by hand was no secret to the tool when it was written; it stands in the journal of the run that takes it away.
    run(&["apply", "p.infraplan", "--json", "-v"], 0);
    run(&["history"], 0);
    run(&["iam-policy", "--read-only"], 0);

    // Templates name secrets by their ARNs, the role may read these alone, and whoever plans none.
    let sandbox = Sandbox::open(&infra.folder.join("cloud"), "us-east-1", Pace::INSTANT, Policy::new(1)).unwrap();
    let objects: Vec<serde_json::Value> = sandbox.objects().iter().map(|l| serde_json::to_value(&l.object).unwrap()).collect();
    let one = |kind: &str| objects.iter().filter_map(|o| o.get(kind)).collect::<Vec<_>>();
    let ids = |env: &str| one("launch_template")[0]["boot"]["container"]["env"][env]["from_secrets_manager"].to_string();
    assert!(one("secret").len() == 3 && ids("API_TOKEN").contains("arn:aws:secretsmanager:"), "{}", ids("API_TOKEN"));
    assert!(one("launch_template").iter().all(|t| !t.to_string().contains("$secret")), "{objects:#?}");
    let readable = one("iam_role").iter().map(|r| r["readable"].to_string()).collect::<String>();
    for secret in one("secret") {
        assert!(readable.contains(secret["arn"]["$computed"].as_str().unwrap_or_else(|| panic!("{secret}"))), "{readable}");
    }
    assert!(said.borrow().iter().all(|(what, text)| !what.starts_with("iam-policy") || !text.contains("GetSecretValue")));

    for (what, text) in said.borrow().iter() {
        clean(what, text);
    }
    let files = everything(&infra.folder, "cloud");
    assert!(files.iter().any(|(f, _)| f.ends_with("p.infraplan")) && files.iter().any(|(f, _)| f.contains("runs")), "{files:?}");
    for (file, text) in files.iter().filter(|(f, _)| !f.contains("runs")) {
        clean(file, text);
    }
    for (file, text) in files.iter().filter(|(f, _)| f.contains("runs")) {
        SEEDED.iter().for_each(|(_, value)| assert!(!text.contains(value) || *value == "seed-two-battery-staple", "{file} holds {value}"));
    }
}

/// A secret that stands in the spec is refused, and isn't repeated.
#[test]
fn a_literal_secret_is_not_repeated() {
    let infra = Infra::new("literal-secret");
    infra.file("infra.yaml", &SPEC.replace("MODE: fast", "DB_PASSWORD: 'seed-nine'"));
    for args in [&["validate"][..], &["plan", "--json", "--cloud", "sandbox"]] {
        let said = infra.run(args);
        assert_eq!(said.code, 1);
        assert!(format!("{}{}", said.out, said.err).contains("literal_secret"));
        clean("a finding", &format!("{}{}", said.out, said.err));
    }
}

/// The header of the first run that a sandbox's file notes.
fn noted(file: &Path) -> Header {
    let mut notes = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let [name, text] = ["name", "text"].map(|part| line["note"][part].as_str().unwrap_or_default().to_owned());
        let name = name.split_once(':').map_or(name.as_str(), |(_region, name)| name).to_owned();
        notes.insert(name, text);
        if let Some(intent) = intent::read("shop", &notes).unwrap() {
            return intent::header("shop", &notes, &intent).unwrap();
        }
    }
    panic!("no run was noted");
}

/// A short secret stands in no file in a form that can be tried out quickly: neither by the recipe of old (SHA-256 over a fixed word and the secret), nor
/// by any digest that two secrets would tell apart. That another one changes something is seen all the same, from the file alone.
#[test]
fn a_short_secret_is_not_found_in_files() {
    let pin = "4711";
    let old = |guess: &str| infra::stack::text_digest(&format!("[\"infra/secret\",\"{guess}\"]"))[..12].to_owned();
    let mut digests = std::collections::BTreeSet::new();
    for value in [pin, "4712"] {
        let mut infra = Infra::new(&format!("secrets-pin-{value}"));
        infra.env.push(("INFRA_CLOUD", "sandbox:cloud".into()));
        infra.env.push(("API_TOKEN", value.into()));
        infra.env.push(("PLAIN_NAME", "seed-two-battery-staple".into()));
        infra.file("infra.yaml", SPEC);
        assert_eq!(infra.run(&["plan", "--out", "p.infraplan"]).code, 0);
        let said = infra.run(&["apply", "p.infraplan", "--sandbox-fail", "9"]);
        assert_eq!(said.code, 3, "{} {}", said.out, said.err);
        assert_eq!(infra.run(&["apply", "p.infraplan"]).code, 0);
        let files = everything(&infra.folder, "infra.yaml");
        assert!(files.iter().any(|(f, _)| f.ends_with("cloud")) && files.iter().any(|(f, _)| f.ends_with("jsonl")), "{files:?}");
        for (file, text) in &files {
            assert!(!text.contains(&old(value)), "{file}");
            assert!(!text.contains("$secret") || text.contains(r#"{"$secret":"argon2id."#), "{file}");
        }
        let header = serde_json::to_string(&noted(&infra.folder.join("cloud"))).unwrap();
        assert!(header.contains(r#"{"$secret":"argon2id."#) && !header.contains(&old(value)), "{header}");
        let saved = infra::plan::Saved::parse(&std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap()).unwrap();
        let sandbox = Sandbox::open(&infra.folder.join("cloud"), "us-east-1", Pace::INSTANT, Policy::new(1)).unwrap();
        let stamps: BTreeMap<String, String> =
            sandbox.objects().into_iter().map(|l| (l.stamp.address.to_string(), l.stamp.digest)).collect();
        digests.insert((saved.plan.digest, stamps));

        infra.env.push(("API_TOKEN", "4713".into()));
        let changed = infra.run(&["plan"]);
        assert!(changed.out.contains("value: (sensitive) -> (sensitive)"), "{}", changed.out);
        infra.env.push(("API_TOKEN", value.into()));
        assert_eq!(infra.run(&["plan", "--detailed-exitcode"]).code, 0, "the same secret is the same");
    }
    assert_eq!(digests.len(), 1, "a digest tells secrets apart: {digests:?}");
}

/// What a container's environment holds stands neither in a plan's text nor in its file, unless that is asked for.
#[test]
fn environments_are_shown_on_request() {
    let mut infra = Infra::new("secrets-env");
    infra.env.push(("INFRA_CLOUD", "sandbox:cloud".into()));
    infra.env.push(("API_TOKEN", "seed-one".into()));
    infra.env.push(("PLAIN_NAME", "seed-two-battery-staple".into()));
    infra.env.push(("RELEASE_MODE", "very-slow".into()));
    infra.file("infra.yaml", &format!("env: [RELEASE_MODE]\n{}", SPEC.replace("MODE: fast", "MODE: \"${env.RELEASE_MODE}\"")));
    let kept = || std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap();
    let hidden = infra.run(&["plan", "-v", "--out", "p.infraplan"]);
    assert!(
        hidden.out.contains("MODE: (sensitive)") && !hidden.out.contains("very-slow") && !kept().contains("very-slow"),
        "{}",
        hidden.out
    );
    assert!(!infra.run(&["show", "p.infraplan", "--format", "json", "--show-env"]).out.contains("very-slow"));
    let shown = infra.run(&["plan", "-v", "--out", "p.infraplan", "--show-env"]);
    assert!(shown.out.contains("MODE: very-slow") && kept().contains("very-slow"), "{}", shown.out);
    infra.run(&["plan", "--out", "p.infraplan"]);
    let applied = infra.run(&["apply", "p.infraplan", "-v"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(!applied.out.contains("very-slow") && applied.out.contains("MODE: (sensitive)"), "{}", applied.out);
}
