//! Runs that die, stop or meet: real processes, real signals, a sandbox file that they share.
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command};

use super::{Infra, PACE, Said, said};

/// A folder, and a sandbox file that other folders can share.
fn site(name: &str) -> Infra {
    let mut infra = Infra::new(name);
    let file = infra.folder.join("cloud.jsonl");
    infra.env.push(("INFRA_CLOUD", format!("sandbox:{}", file.display())));
    infra
}

/// Another machine: the same cloud, another folder, no journal.
fn elsewhere(site: &Infra, name: &str) -> Infra {
    let folder = site.folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    Infra { folder, env: site.env.clone() }
}

pub fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

/// Starts an apply that takes long enough to be caught in the middle, and waits until it says something.
pub fn started(infra: &Infra, spec: &str, word: &str) -> (Child, BufReader<ChildStderr>) {
    let mut command = infra.command(&["apply", "-f", spec, "--auto-approve", "--parallelism", "2"]);
    let mut child = command.env(PACE, "4").spawn().unwrap();
    let mut talk = BufReader::new(child.stderr.take().unwrap());
    until(&mut talk, word);
    (child, talk)
}

/// Reads on until a line has the word.
pub fn until(talk: &mut BufReader<ChildStderr>, word: &str) {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert!(talk.read_line(&mut line).unwrap() > 0, "it ended by itself");
    }
}

pub fn rest((child, mut talk): (Child, BufReader<ChildStderr>)) -> Said {
    let mut err = String::new();
    std::io::Read::read_to_string(&mut talk, &mut err).unwrap();
    Said { err, ..said(child.wait_with_output().unwrap()) }
}

fn killed(infra: &Infra, spec: &str) {
    let run = started(infra, spec, "subnet.app-c created");
    signal(&run.0, "-KILL");
    rest(run);
}

/// Whether nothing of the stack stands.
fn nothing_is_left(infra: &Infra, spec: &str) {
    let plan = infra.run(&["plan", "-f", spec, "--destroy", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{} {}", plan.out, plan.err);
}

#[test]
fn a_killed_run_is_seen_and_taken_back() {
    let infra = site("killed");
    let spec = Infra::example("production");
    assert!(infra.run(&["status", "-f", &spec]).out.contains("\nNothing runs on production."));
    assert_eq!(infra.run(&["history"]).out, "No runs.\n");
    assert_eq!(infra.run(&["recover", "-f", &spec, "--auto-approve"]).err, "Nothing to recover.\n");
    killed(&infra, &spec);
    let status = infra.run(&["status", "-f", &spec]);
    assert!(status.out.contains(" died ") && status.out.contains(" of 98") && status.out.contains("infra recover"), "{}", status.out);
    let plan = infra.run(&["plan", "-f", &spec]);
    assert!(plan.err.contains("is not over"), "{}", plan.err);
    let refused = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("infra::run::unfinished") && refused.err.contains("infra recover"), "{}", refused.err);
    let dry = infra.run(&["recover", "-f", &spec, "--dry-run"]);
    assert!(dry.out.contains("Going back:") && dry.out.contains("- vpc.main: delete"), "{}", dry.out);
    let forward = infra.run(&["recover", "-f", &spec, "--dry-run", "--forward"]);
    assert!(forward.out.contains("Going on:") && forward.out.contains("creating auto_scaling_group.app"), "{}", forward.out);
    let recovered = infra.run(&["recover", "-f", &spec, "--auto-approve"]);
    assert_eq!(recovered.code, 0, "{} {}", recovered.out, recovered.err);
    assert!(recovered.out.contains("Everything is as it was before."), "{}", recovered.out);
    nothing_is_left(&infra, &spec);
    infra.run(&["history"]).snapshot("history");
    let run = infra.run(&["history", "--json"]).out;
    let run = serde_json::from_str::<serde_json::Value>(&run).unwrap()["runs"][0]["run"].as_str().unwrap().to_owned();
    let story = infra.run(&["history", &run[..10]]).out;
    let order = [
        "creating vpc.main",
        "+ vpc.main created",
        "the run is taken back",
        "taking back vpc.main",
        "< vpc.main deleted again",
        "rolled back",
    ];
    let places: Vec<usize> = order.iter().map(|w| story.find(w).unwrap_or_else(|| panic!("{w}: {story}"))).collect();
    assert!(places.is_sorted(), "{places:?} {story}");
    let status = infra.run(&["status", "-f", &spec]);
    assert!(status.out.contains("rolled back") && !status.out.contains("not over"), "{}", status.out);
    assert_eq!(infra.run(&["history", "zzz"]).code, 1);
}

#[test]
fn another_machine_takes_it_back_and_this_one_knows() {
    let infra = site("elsewhere");
    let spec = Infra::example("production");
    killed(&infra, &spec);
    let other = elsewhere(&infra, "other");
    assert_eq!(other.run(&["history"]).out, "No runs.\n");
    let dry = other.run(&["recover", "-f", &spec, "--dry-run"]);
    assert!(dry.out.contains("Going back:") && dry.out.contains("- vpc.main: delete"), "{}", dry.out);
    let recovered = other.run(&["recover", "-f", &spec, "--auto-approve"]);
    assert_eq!(recovered.code, 0, "{} {}", recovered.out, recovered.err);
    nothing_is_left(&infra, &spec);
    // The old journal is history: it undoes nothing of what came later.
    assert_eq!(other.run(&["apply", "-f", &spec, "--auto-approve"]).code, 0);
    assert!(infra.run(&["history"]).out.contains("not over"), "not that this machine knew");
    assert_eq!(infra.run(&["recover", "-f", &spec, "--auto-approve"]).err, "Nothing to recover.\n");
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0);
    assert!(infra.run(&["history"]).out.contains("ended on another machine"));
}

#[test]
fn a_killed_run_goes_forward_or_is_left_or_recovered_by_apply() {
    let infra = site("forward");
    let spec = Infra::example("production");
    killed(&infra, &spec);
    let other = elsewhere(&infra, "other");
    let forward = other.run(&["recover", "-f", &spec, "--auto-approve", "--forward"]);
    assert_eq!(forward.code, 0, "{} {}", forward.out, forward.err);
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0, "the new stack stands");
    let infra = site("abandoned");
    killed(&infra, &spec);
    let abandoned = infra.run(&["recover", "-f", &spec, "--auto-approve", "--abandon"]);
    assert_eq!(abandoned.code, 0, "{}", abandoned.err);
    // The cloud tells of it, too: the journals are of no need.
    std::fs::remove_dir_all(infra.folder.join(".infra/runs")).unwrap();
    let told = infra.run(&["history", "-f", &spec]);
    assert!(told.out.lines().count() == 1 && told.out.contains(": abandoned after 0s"), "{}{}", told.out, told.err);
    assert_eq!(infra.run(&["apply", "-f", &spec, "--auto-approve"]).code, 0, "planning again arrives");
    let infra = site("recover-first");
    killed(&infra, &spec);
    let applied = infra.run(&["apply", "-f", &spec, "--auto-approve", "--recover"]);
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0);
}

/// The first signal takes everything back, the second leaves that to `infra recover`; each may be SIGINT or SIGTERM.
#[test]
fn a_second_signal_leaves_the_rest_to_recover() {
    for (n, signals) in [["-INT", "-TERM"], ["-TERM", "-INT"]].into_iter().enumerate() {
        let infra = site(&format!("second-signal-{n}"));
        let spec = Infra::example("production");
        let mut run = started(&infra, &spec, "subnet.app-c created");
        signal(&run.0, signals[0]);
        until(&mut run.1, "Interrupted:");
        signal(&run.0, signals[1]);
        let stopped = rest(run);
        assert_eq!(stopped.code, 130, "{} {}", stopped.out, stopped.err);
        assert!(stopped.out.contains("Stopped on the way") && stopped.out.contains("infra recover"), "{} {}", stopped.out, stopped.err);
        let status = infra.run(&["status", "-f", &spec]);
        assert!(status.out.contains("is not over"), "{}", status.out);
        assert_eq!(infra.run(&["recover", "-f", &spec, "--auto-approve"]).code, 0);
        nothing_is_left(&infra, &spec);
    }
}

/// Eight processes at once: one applies, the others leave with 6 and say who holds the lease.
#[test]
fn of_eight_processes_one_applies() {
    let infra = site("eight");
    let rounds = if std::env::var("INFRA_TEST_ROUNDS").is_ok_and(|r| r == "all") { 20 } else { 6 };
    let (mut winners, mut losers) = (0, 0);
    for round in 0..rounds {
        let text = |n: usize| {
            format!("stack: race\nregion: us-east-1\ntags: {{ round: '{round}', by: '{n}' }}\nvpc: {{ nat: none, flow_logs: false }}\n")
        };
        let specs: Vec<String> = (0..8).map(|n| infra.file(&format!("spec-{n}.yaml"), &text(n))).collect();
        let folders: Vec<Infra> = (0..8).map(|n| elsewhere(&infra, &format!("p{n}"))).collect();
        // Whoever is first is not done before the last one has come.
        let apply = |(f, s): (&Infra, &String)| f.command(&["apply", "-f", s, "--auto-approve"]).env(PACE, "20").spawn().unwrap();
        let all: Vec<Child> = folders.iter().zip(&specs).map(apply).collect();
        let ends: Vec<Said> = all.into_iter().map(|c| said(c.wait_with_output().unwrap())).collect();
        let won: Vec<usize> = (0..8).filter(|n| ends[*n].code == 0).collect();
        assert_eq!(won.len(), 1, "round {round}: {:?}", ends.iter().map(|e| (e.code, &e.out, &e.err)).collect::<Vec<_>>());
        for lost in ends.iter().filter(|e| e.code != 0) {
            assert_eq!(lost.code, 6, "{} {}", lost.out, lost.err);
            assert!(lost.err.contains("holds the lease of race since"), "{}", lost.err);
            losers += 1;
        }
        let plan = infra.run(&["plan", "-f", &specs[won[0]], "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "round {round}: what stands is the winner's, and nothing else: {}", plan.out);
        winners += 1;
    }
    println!("eight processes: {rounds} rounds, {winners} winners, {losers} refused");
}

/// A lease that is taken away from a process that sleeps: when it wakes it sends nothing more.
#[test]
fn a_sleeper_whose_lease_is_gone_sends_nothing_more() {
    let infra = site("sleeper");
    let spec = Infra::example("production");
    let run = started(&infra, &spec, "subnet.app-c created");
    signal(&run.0, "-STOP");
    let holder = infra.run(&["status", "-f", &spec, "--json"]).out;
    let holder: serde_json::Value = serde_json::from_str(&holder).unwrap();
    assert_eq!(holder["lease"], "held", "{holder}");
    let named = format!(
        "{}@{} (process {})",
        holder["last"]["holder"]["user"].as_str().unwrap(),
        holder["last"]["holder"]["host"].as_str().unwrap(),
        run.0.id()
    );
    let busy = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    assert_eq!(busy.code, 6);
    assert!(busy.err.contains(&named), "{}", busy.err);
    assert_eq!(infra.run(&["unlock", "-f", &spec]).code, 1, "nobody to ask");
    assert_eq!(infra.run(&["unlock", "-f", &spec, "--holder", "somebody"]).code, 1, "the wrong holder");
    let unlocked = infra.run(&["unlock", "-f", &spec, "--holder", &named]);
    assert_eq!(unlocked.code, 0, "{}", unlocked.err);
    let other = elsewhere(&infra, "other");
    assert_eq!(other.run(&["recover", "-f", &spec, "--auto-approve"]).code, 0);
    nothing_is_left(&infra, &spec);
    signal(&run.0, "-CONT");
    let woken = rest(run);
    assert_eq!(woken.code, 4, "{} {}", woken.out, woken.err);
    assert!(woken.out.contains("lease"), "{}", woken.out);
    nothing_is_left(&infra, &spec);
}

#[test]
fn a_lease_is_waited_for() {
    let infra = site("waiting");
    let spec = Infra::example("minimal");
    let run = started(&infra, &spec, "vpc.main created");
    let waited = infra.run(&["apply", "-f", &spec, "--auto-approve", "--lock-timeout", "2m"]);
    assert_eq!(waited.code, 0, "{} {}", waited.out, waited.err);
    assert!(waited.err.contains("Waiting for ") && waited.out.contains("No changes"), "{} {}", waited.out, waited.err);
    assert_eq!(rest(run).code, 0);
}

#[test]
fn a_damaged_journal_is_told_and_the_notes_go_on() {
    let infra = site("damaged");
    let spec = Infra::example("production");
    killed(&infra, &spec);
    let folder = infra.folder.join(".infra/runs/production");
    let path = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.lines().count() > 10);
    std::fs::write(&path, text.replacen("\"began\"", "\"begun\"", 1)).unwrap();
    assert!(infra.run(&["history"]).out.contains("can't be read: line 2"));
    assert_eq!(infra.run(&["recover", "-f", &spec, "--auto-approve"]).code, 0);
    nothing_is_left(&infra, &spec);
    assert!(infra.folder.join(".infra/.gitignore").exists());
}

/// A journal that can't be begun stops the run before any effect.
#[test]
fn without_a_journal_nothing_begins() {
    let infra = site("no-journal");
    let (spec, file) = (Infra::example("minimal"), infra.file("file", ""));
    let refused = infra.run(&["apply", "-f", &spec, "--auto-approve", "--journal", &format!("{file}/runs")]);
    assert_eq!(refused.code, 1, "{}", refused.out);
    nothing_is_left(&infra, &spec);
    assert_eq!(infra.run(&["apply", "-f", &spec, "--auto-approve"]).code, 0, "and the lease is free");
}

/// Who did what is told on any machine, by the cloud, also after everything was destroyed; foreign texts in it are made visible.
#[test]
fn the_history_is_told_on_any_machine() {
    let infra = site("history");
    let spec = Infra::example("minimal");
    assert_eq!(infra.run(&["apply", "-f", &spec, "--auto-approve"]).code, 0);
    let other = elsewhere(&infra, "other");
    let alone = other.run(&["history"]);
    assert!(alone.code == 0 && alone.out == "No runs.\n" && alone.err.contains("Only the journals of this machine"), "{}", alone.err);
    let mut destroy = other.command(&[
        "destroy",
        "-f",
        &spec,
        "--auto-approve",
        "--allow-data-loss",
        "bucket.access_logs,load_balancer.main,log_group.flow_logs",
    ]);
    destroy.env("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567").env("CI_JOB_URL", "https://ci.example/7");
    let gone = said(destroy.output().unwrap());
    assert_eq!(gone.code, 0, "{} {}", gone.out, gone.err);
    assert!(gone.err.contains("infra history"), "what stays is told: {}", gone.err);
    let third = elsewhere(&infra, "third");
    third.run(&["history", "-f", &spec]).snapshot("history_cloud");
    assert!(third.run(&["status", "-f", &spec]).out.contains("applied"), "the last lease stays");
    let all: serde_json::Value = serde_json::from_str(&third.run(&["history", "-f", &spec, "--json"]).out).unwrap();
    let all = &all["runs"];
    let run = all[1]["run"].as_str().unwrap();
    assert_eq!(
        (all[1]["command"].as_str(), all[1]["ended"].as_str(), all[1]["journal"].as_str()),
        (Some("destroy"), Some("applied"), None)
    );
    let one = third.run(&["history", "-f", &spec, run]);
    assert!(one.out.starts_with(run) && one.err.contains("No journal"), "{} {}", one.out, one.err);
    assert_eq!(infra.run(&["apply", "-f", &spec, "--auto-approve"]).code, 0, "and the stack can be made again");
    let file = infra.folder.join("cloud.jsonl");
    let forged = std::fs::read_to_string(&file).unwrap().replace("ci.example/7", "ci.example/\\\\u001b[2K\\\\n::error::");
    std::fs::write(&file, forged).unwrap();
    let told = third.run(&["history", "-f", &spec]).out;
    assert!(told.contains("\\u{1b}[2K\\n::error::") && !told.contains('\u{1b}'), "{told}");
}
