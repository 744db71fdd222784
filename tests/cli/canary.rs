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
