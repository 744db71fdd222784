//! A canary as a newcomer tries it on the sandbox, and as it is killed, stopped and gone on with.
use super::recover::{rest, signal, until};
use super::{Infra, PACE, Said};

use std::io::BufReader;
use std::process::{Child, ChildStderr};

/// A stack whose first version stands, and the layer of the next one.
fn first(name: &str) -> (Infra, String, String) {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", format!("sandbox:{}", infra.folder.join("cloud.jsonl").display())));
    let spec = Infra::example("canary");
    let made = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    assert_eq!(made.code, 0, "{} {}", made.out, made.err);
    let next = infra.file("next.yaml", "compute: { app: { image: 'ghcr.io/example/shop:1.5.0' } }\n");
    (infra, spec, next)
}

/// What somebody reads of it, without the times.
fn steps(said: &Said) -> String {
    let lines = said.err.lines().filter(|line| line.contains("compute.app") || line.contains("listener.http"));
    lines.map(|line| line.trim_start().split_once("  ").map_or(line, |(_, rest)| rest).to_owned() + "\n").collect()
}

#[test]
fn a_good_version_takes_over_step_by_step() {
    let (infra, spec, next) = first("canary-good");
    let plan = infra.run(&["plan", "-f", &spec, "-f", &next]);
    plan.snapshot("plan_canary");
    let json: serde_json::Value = {
        let kept = infra.folder.join("p.infraplan").display().to_string();
        assert_eq!(infra.run(&["plan", "-f", &spec, "-f", &next, "--out", &kept]).code, 0);
        serde_json::from_str(&infra.run(&["show", &kept, "--format", "json"]).out).unwrap()
    };
    let shares: Vec<_> = json["rollouts"][0]["stages"].as_array().unwrap().iter().map(|stage| stage["share_percent"].clone()).collect();
    assert_eq!(shares, [10, 50, 100]);
    let short = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--time-limit", "30m"]);
    assert!(short.code == 1 && short.flat().contains("there are 30 min, and this plan may take "), "{}", short.err);
    let done = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve"]);
    assert_eq!(done.code, 0, "{} {}", done.out, done.err);
    Said { out: steps(&done), err: String::new(), code: done.code }.snapshot("canary_good");
    assert_eq!(infra.run(&["plan", "-f", &spec, "-f", &next, "--detailed-exitcode"]).code, 0);
}

#[test]
fn a_bad_version_goes_back_by_itself() {
    let (infra, spec, next) = first("canary-bad");
    let bad = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--sandbox-bend", "compute.app.errors=8%"]);
    Said { out: steps(&bad) + &bad.out, err: String::new(), code: bad.code }.snapshot("canary_bad");
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0, "it is as before");
    let probed = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--sandbox-bend", "compute.app.probe=500"]);
    assert_eq!(probed.code, 3, "{} {}", probed.out, probed.err);
    assert!(probed.out.contains("GET /healthz answered 500, not 200"), "{}", probed.out);
    let wrong = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--sandbox-bend", "compute.app.moon=full"]);
    assert_eq!(wrong.code, 1, "{} {}", wrong.out, wrong.err);
}

/// A function's new version gets calls by the alias' weights; one that fails them goes back, and is told so.
#[test]
fn a_bad_version_of_a_function_goes_back_by_itself() {
    let mut infra = Infra::new("canary-function");
    infra.env.push(("INFRA_CLOUD", format!("sandbox:{}", infra.folder.join("cloud.jsonl").display())));
    let spec = infra.file(
        "spec.yaml",
        "stack: canary\nregion: us-east-1\nfunctions: { thumbs: { code: hello, runtime: python3.13, subnets: none, deployment: { strategy: canary, approve: [50%] } } }\n",
    );
    for folder in ["hello", "other"] {
        std::fs::create_dir_all(infra.folder.join(folder)).unwrap();
        let from = format!("{}/tests/support/code/{folder}/app.py", env!("CARGO_MANIFEST_DIR"));
        std::fs::copy(from, infra.folder.join(folder).join("app.py")).unwrap();
    }
    let next = infra.file("next.yaml", "functions: { thumbs: { code: other } }\n");
    let made = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    assert_eq!(made.code, 0, "{} {}", made.out, made.err);
    infra.run(&["plan", "-f", &spec, "-f", &next]).snapshot("plan_canary_function");
    let bad = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--sandbox-bend", "functions.thumbs.errors=8%"]);
    assert_eq!(bad.code, 3, "{} {}", bad.out, bad.err);
    assert!(bad.out.contains("errors 8.33% (old 0%), p99 120ms (old 120ms); 2 bad minutes in a row"), "{}", bad.out);
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0, "it is as before");
}

fn begun(infra: &Infra, spec: &str, next: &str, word: &str) -> (Child, BufReader<ChildStderr>) {
    let mut child = infra.command(&["apply", "-f", spec, "-f", next, "--auto-approve"]).env(PACE, "1").spawn().unwrap();
    let mut talk = BufReader::new(child.stderr.take().unwrap());
    until(&mut talk, word);
    (child, talk)
}

/// Killed in a gate: another machine sees it, takes it back, or goes on where the journal is.
#[test]
fn a_killed_canary_is_taken_back_from_anywhere_or_goes_on() {
    for (forward, word) in [(false, "at 10%: 2 of 5"), (true, "at 50%: 1 of 5")] {
        let (infra, spec, next) = first(if forward { "canary-forward" } else { "canary-killed" });
        let run = begun(&infra, &spec, &next, word);
        signal(&run.0, "-KILL");
        rest(run);
        let folder = infra.folder.join("elsewhere");
        std::fs::create_dir_all(&folder).unwrap();
        let other = Infra { folder, env: infra.env.clone() };
        let shown = infra.run(&["recover", "-f", &spec, "--dry-run"]);
        assert!(shown.out.contains("~ listener.http: restore"), "{}", shown.out);
        if forward {
            let done = infra.run(&["recover", "-f", &spec, "-f", &next, "--forward", "--auto-approve"]);
            assert_eq!(done.code, 0, "{} {}", done.out, done.err);
            assert!(done.err.contains("at 50%: 2 of 5") && !done.err.contains("at 50%: 1 of 5"), "judged minutes count: {}", done.err);
            assert_eq!(infra.run(&["plan", "-f", &spec, "-f", &next, "--detailed-exitcode"]).code, 0);
        } else {
            let back = other.run(&["recover", "-f", &spec, "--auto-approve"]);
            assert_eq!(back.code, 0, "{} {}", back.out, back.err);
            assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0);
        }
    }
}

/// Ctrl-C in a gate is heeded in the middle of its minute.
#[test]
fn a_stop_in_a_gate_goes_back() {
    let (infra, spec, next) = first("canary-stopped");
    let run = begun(&infra, &spec, &next, "at 10%: 1 of 5");
    signal(&run.0, "-INT");
    let said = rest(run);
    assert_eq!(said.code, 130, "{} {}", said.out, said.err);
    assert!(said.err.contains("compute.app at 10% is watched no longer") && !said.err.contains("at 10%: 5 of 5"), "{}", said.err);
    assert!(said.out.contains("Everything is as it was before."), "{}", said.out);
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0);
}

/// What `infra status` of another folder says of a run, once it says a word.
fn told(infra: &Infra, spec: &str, word: &str) -> String {
    for _ in 0..200 {
        let said = infra.run(&["status", "-f", spec]);
        if said.out.contains(word) {
            return said.out;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it is never told: {}", infra.run(&["status", "-f", spec]).out);
}

fn elsewhere(infra: &Infra) -> Infra {
    let folder = infra.folder.join("elsewhere");
    std::fs::create_dir_all(&folder).unwrap();
    Infra { folder, env: infra.env.clone() }
}

/// From another machine: how the gate stands, and the end of the run, which goes back at once.
#[test]
fn another_machine_sees_the_gate_and_aborts() {
    let (infra, spec, next) = first("canary-aborted");
    let nobody = infra.run(&["abort", "-f", &spec]);
    assert_eq!((nobody.code, nobody.err.as_str()), (0, "Nothing runs on canary.\n"));
    let slow = "compute: { app: { image: 'ghcr.io/example/shop:1.5.0', deployment: { interval: 40m } } }";
    std::fs::write(&next, slow).unwrap();
    let run = begun(&infra, &spec, &next, "at 10%: 1 of 40");
    let other = elsewhere(&infra);
    let stands = told(&other, &spec, "compute.app: 10% new, ");
    assert!(stands.contains("good minutes; errors 0% (old 0%)") && stands.contains("; next 50%"), "{stands}");
    let json: serde_json::Value = serde_json::from_str(&other.run(&["status", "-f", &spec, "--json"]).out).unwrap();
    let gate = &json["last"]["gates"][0];
    assert_eq!((gate["entry"].as_str(), gate["next"].as_u64(), gate["asks"].as_bool()), (Some("compute.app"), Some(50), Some(false)));
    let wrong = other.run(&["abort", "-f", &spec, "--run", "000000000000"]);
    assert!(wrong.code == 1 && wrong.flat().contains("not 000000000000"), "{}", wrong.err);
    let unasked = other.run(&["approve", "-f", &spec]);
    assert!(unasked.code == 1 && unasked.flat().contains("no such step waits for approval: compute.app: 10% new"), "{}", unasked.err);
    let aborted = other.run(&["abort", "-f", &spec]);
    assert_eq!(aborted.code, 0, "{}", aborted.err);
    assert!(aborted.err.contains(" is told.\n") && aborted.err.ends_with(" has ended: rolled back.\n"), "{}", aborted.err);
    let said = rest(run);
    assert_eq!(said.code, 3, "{} {}", said.out, said.err);
    assert!(said.out.contains(" has aborted the run") && said.out.contains("Everything is as it was before."), "{}", said.out);
    assert!(!said.err.contains("at 50%"), "{}", said.err);
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0);
}

/// A step that waits for somebody's word goes on with it, from another machine; the next one needs its own.
#[test]
fn another_machine_approves() {
    let (infra, spec, next) = first("canary-approved");
    let asks = "compute: { app: { image: 'ghcr.io/example/shop:1.5.0', deployment: { strategy: canary, steps: [10%, 100%], interval: 1m, bake: 1m, approve: [10%, 100%] } } }";
    std::fs::write(&next, asks).unwrap();
    let plan = infra.run(&["plan", "-f", &spec, "-f", &next]);
    assert!(plan.out.contains("     10%  until 60s went well, then `infra approve` within 1 h\n"), "{}", plan.out);
    let run = begun(&infra, &spec, &next, "waits for approval");
    let other = elsewhere(&infra);
    told(&other, &spec, "compute.app: 10% new, 1 of 1 good minute; errors 0% (old 0%), p99 120ms (old 120ms); waits for approval, ");
    let wrong = other.run(&["approve", "compute.app", "-f", &spec, "--share", "50%"]);
    assert_eq!(wrong.code, 1, "{}", wrong.err);
    for share in ["10%", "100%"] {
        let stands = told(&other, &spec, &format!("compute.app: {share} new, 1 of 1 good minute"));
        assert!(stands.contains("goes on once somebody says `infra approve`"), "{stands}");
        let said = other.run(&["approve", "compute.app", "-f", &spec, "--share", share]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(said.err, format!("Approved: compute.app goes on behind {share}, once its minutes are good.\n"));
    }
    let said = rest(run);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    assert!(said.err.contains("; approved by ") && said.err.contains(" approves.\n"), "{}", said.err);
    assert_eq!(infra.run(&["plan", "-f", &spec, "-f", &next, "--detailed-exitcode"]).code, 0);
}
