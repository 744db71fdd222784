//! The binary is killed (SIGKILL) at its writes, over the wire; another process, in another folder and without the journal, brings the run to
//! its end; plain requests then show the account as it was before, or as it was to be.
pub mod canon;
mod rollout;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use canon::canon;
use tokio::process::Command;

use crate::support::proxy::{Call, Reaction};
use crate::support::reference::Reference;
use crate::support::{all_kills, stack};

const CHANGED: &str = "
tags: { team: shop }
load_balancer: { idle_timeout: 120s }
vpc: { security_groups: { bastion: { ingress: [{ port: 22, from: [198.51.100.0/24], description: office }] } } }
compute: { app: { image: 'ghcr.io/example/shop:1.5.0', instances: { max: 12 }, health_check: { path: /ready, interval: 20s } } }
database: { main: { backups: { retention: 30d } } }
";
const ALL_DATA: &str = "bucket.access_logs,bucket.uploads,db_instance.main,db_replica.main-1,load_balancer.main,log_group.cache.main,log_group.compute.app,log_group.flow_logs,log_group.function.thumbnails,replication_group.main";

/// An emulator, its proxy, and folders to run the binary in.
struct Site {
    reference: Reference,
    folder: PathBuf,
    runs: usize,
}

/// How a process ended.
struct Ended {
    code: Option<i32>,
    out: String,
}

/// The binary in a folder of its own, with these layers: another machine, as far as journals go.
fn elsewhere(folder: &Path, run: usize, endpoint: &str, verb: &str, layers: &[&str]) -> Command {
    let place = folder.join(format!("run-{run}"));
    std::fs::create_dir_all(&place).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_infra"));
    command.arg(verb).arg("--auto-approve").current_dir(place).env_clear();
    for layer in layers {
        command.arg("-f").arg(folder.join(format!("{layer}.yaml")));
    }
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("INFRA_QUIET_PERIOD", "300ms")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

impl Site {
    async fn start(name: &str) -> Site {
        let reference = Reference::start().await;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kill").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("production.yaml"), include_str!("../../examples/production.yaml")).unwrap();
        std::fs::write(folder.join("emulator.yaml"), reference.emulator()).unwrap();
        std::fs::write(folder.join("changed.yaml"), CHANGED).unwrap();
        Site { reference, folder, runs: 0 }
    }

    /// The binary in a folder of its own, with the layers named.
    fn command(&mut self, verb: &str, layers: &[&str]) -> Command {
        self.runs += 1;
        let layers = [&["production", "emulator"], layers].concat();
        let mut command = elsewhere(&self.folder, self.runs, &self.reference.proxy.endpoint, verb, &layers);
        if verb == "destroy" {
            command.args(["--allow-data-loss", ALL_DATA]);
        }
        command
    }

    async fn run(&mut self, verb: &str, layers: &[&str]) -> Ended {
        ended(self.command(verb, layers).spawn().unwrap()).await
    }

    /// Kills the process at its `n`th write. The write it is killed at arrives, or doesn't. `false` when it ended before.
    async fn killed(&mut self, verb: &str, layers: &[&str], n: usize, arrives: bool) -> bool {
        let (pid, writes) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicUsize::new(0)));
        let at = pid.clone();
        self.reference.proxy.reset();
        self.reference.proxy.rule(move |call, _| {
            if !call.mutating || writes.fetch_add(1, Ordering::SeqCst) != n {
                return Reaction::Pass;
            }
            kill("-KILL", at.load(Ordering::SeqCst));
            if arrives { Reaction::CutAfter } else { Reaction::Cut }
        });
        let child = self.command(verb, layers).spawn().unwrap();
        pid.store(child.id().unwrap(), Ordering::SeqCst);
        let ended = ended(child).await;
        self.reference.proxy.reset();
        assert!(ended.code.is_none_or(|code| code == 0), "{}", ended.out);
        ended.code.is_none()
    }

    async fn recover(&mut self, layers: &[&str]) {
        let ended = self.run("recover", layers).await;
        assert_eq!(ended.code, Some(0), "{}", ended.out);
    }

    /// Brings the account to a stack by our own library, for the next case.
    async fn reset(&mut self, layers: Option<&str>) {
        let want = layers.map_or_else(|| stack("production", []), |layer| self.reference.production(layer));
        self.runs += 1;
        let run = format!("{:012x}", self.runs);
        self.reference.apply_identified(&want, &run).await;
    }
}

async fn ended(child: tokio::process::Child) -> Ended {
    let output = tokio::time::timeout(Duration::from_secs(240), child.wait_with_output()).await.expect("it ends").unwrap();
    let text = [output.stdout, output.stderr].concat();
    Ended { code: output.status.code(), out: String::from_utf8_lossy(&text).into_owned() }
}

fn kill(signal: &str, pid: u32) {
    let _ = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
}

/// Which of two pictures a third one is.
fn which(now: &[String], before: &[String], after: &[String], tag: &str) -> bool {
    if now == before {
        return false;
    }
    if now != after {
        let only = |one: &[String], others: [&[String]; 2]| {
            let own = one.iter().filter(|o| others.iter().all(|other| !other.contains(o)));
            own.cloned().collect::<Vec<_>>().join("\n\n")
        };
        let (stray, old, new) = (only(now, [before, after]), only(before, [now, after]), only(after, [now, before]));
        panic!("{tag}: between worlds\n== neither's\n{stray}\n== missing of the old\n{old}\n== missing of the new\n{new}");
    }
    true
}

/// How many kills: the smaller number in every run of the tests, all with `INFRA_TEST_KILLS=all`.
pub fn every(some: usize) -> usize {
    if all_kills() { 1 } else { some }
}

#[tokio::test]
async fn a_killed_creation_leaves_nothing() {
    let mut site = Site::start("create").await;
    let before = canon(&site.reference.config).await;
    site.reset(Some("")).await;
    let after = canon(&site.reference.config).await;
    site.reset(None).await;
    which(&canon(&site.reference.config).await, &before, &before, "the comparison itself");
    let (mut cases, mut forward) = (0, 0);
    for n in (0..).step_by(every(23)) {
        let tag = format!("apply killed at write {n}");
        if !site.killed("apply", &[], n, n % 2 == 0).await {
            break;
        }
        site.recover(&[]).await;
        if which(&canon(&site.reference.config).await, &before, &after, &tag) {
            forward += 1;
            site.reset(None).await;
        }
        cases += 1;
    }
    println!("killed creations: {cases}, {forward} were done");
    assert!(cases > 1);
}

#[tokio::test]
async fn a_killed_update_is_the_old_or_the_new_world() {
    let mut site = Site::start("update").await;
    site.reset(Some(CHANGED)).await;
    let after = canon(&site.reference.config).await;
    site.reset(Some("")).await;
    let before = canon(&site.reference.config).await;
    assert!(before != after);
    let (mut cases, mut forward) = (0, 0);
    for n in (0..).step_by(every(17)) {
        let mut over = false;
        for arrives in if every(2) == 1 { vec![true, false] } else { vec![n % 2 == 0] } {
            let tag = format!("update killed at write {n} (arrives: {arrives})");
            over = !site.killed("apply", &["changed"], n, arrives).await;
            if over {
                break;
            }
            site.recover(&["changed"]).await;
            if which(&canon(&site.reference.config).await, &before, &after, &tag) {
                forward += 1;
                site.reset(Some("")).await;
            }
            cases += 1;
        }
        if over {
            break;
        }
    }
    println!("killed updates: {cases}, {forward} were done");
    assert!(cases > 1);
}

#[tokio::test]
async fn a_killed_destroy_goes_on() {
    let mut site = Site::start("destroy").await;
    let empty = canon(&site.reference.config).await;
    let (mut cases, mut back) = (0, 0);
    site.reset(Some("")).await;
    let full = canon(&site.reference.config).await;
    for n in (0..).step_by(every(43)) {
        let tag = format!("destroy killed at write {n}");
        if !site.killed("destroy", &[], n, n % 2 == 0).await {
            break;
        }
        site.recover(&[]).await;
        match which(&canon(&site.reference.config).await, &full, &empty, &tag) {
            true => site.reset(Some("")).await,
            false => back += 1,
        }
        cases += 1;
    }
    println!("killed destroys: {cases}, {back} had not begun");
    assert!(cases > 1);
}

/// What the proxy may answer to one write, by number.
fn fault(n: usize, call: &Call) -> Reaction {
    let xml = |code: &str| format!("<Response><Errors><Error><Code>{code}</Code><Message>spoilt</Message></Error></Errors></Response>");
    let json = |code: &str| format!("{{\"__type\":\"{code}\",\"message\":\"spoilt\"}}");
    let body = |code: &str| if ["ssm", "logs"].contains(&call.service.as_str()) { json(code) } else { xml(code) };
    match n % 6 {
        0 => Reaction::Answer { status: 503, body: body("ServiceUnavailable") },
        1 => Reaction::Answer { status: 400, body: body("Throttling") },
        2 => Reaction::After { status: 500, body: body("InternalError") },
        3 => Reaction::Cut,
        4 => Reaction::CutAfter,
        _ => Reaction::Answer { status: 403, body: body("AccessDenied") },
    }
}

/// One spoilt answer at a write: the run ends by itself, as the new world or the old one.
#[tokio::test]
async fn a_spoilt_answer_ends_in_one_world() {
    let mut site = Site::start("spoilt").await;
    site.reset(Some(CHANGED)).await;
    let after = canon(&site.reference.config).await;
    site.reset(Some("")).await;
    let before = canon(&site.reference.config).await;
    let (mut cases, mut forward) = (0, 0);
    for n in (0..).step_by(every(19)) {
        let writes = AtomicUsize::new(0);
        let hit = Arc::new(Mutex::new(None));
        let told = hit.clone();
        site.reference.proxy.reset();
        site.reference.proxy.rule(move |call, _| {
            if !call.mutating || writes.fetch_add(1, Ordering::SeqCst) != n {
                return Reaction::Pass;
            }
            let reaction = fault(n, call);
            *told.lock().unwrap() = Some(format!("{} {reaction:?}", call.operation));
            reaction
        });
        let ended = site.run("apply", &["changed"]).await;
        site.reference.proxy.reset();
        let Some(what) = hit.lock().unwrap().take() else { break };
        let tag = format!("write {n}: {what}, exit {:?}\n{}", ended.code, ended.out);
        let now = canon(&site.reference.config).await;
        let new = which(&now, &before, &after, &tag);
        assert!(matches!((ended.code, new), (Some(0 | 5), true) | (Some(1 | 3), false)), "{tag}");
        if ended.code == Some(0) && n % 6 == 5 {
            // A later request of a change is sent again with the rest of it, from what was found.
            assert!(what.contains("Parameter") || ended.out.contains(" is half "), "a refusal is no success: {tag}");
        }
        if new {
            forward += 1;
            site.reset(Some("")).await;
        }
        cases += 1;
    }
    println!("spoilt answers: {cases}, {forward} applied all the same");
    assert!(cases > 1);
}

/// Credentials that end in the middle: nothing is stuck, the way out is named, and with others the run is taken back. Those that are known to end
/// before the run usually does are refused before anything is done.
#[tokio::test]
async fn credentials_that_end_leave_the_rest_to_recover() {
    let mut site = Site::start("expired").await;
    let before = canon(&site.reference.config).await;
    let ends = humantime::format_rfc3339_seconds(std::time::SystemTime::now() + Duration::from_secs(300)).to_string();
    let mut command = site.command("apply", &[]);
    let refused = ended(command.env("AWS_CREDENTIAL_EXPIRATION", &ends).spawn().unwrap()).await;
    assert!(refused.code == Some(1) && refused.out.contains("--ignore-expiry"), "{}", refused.out);
    which(&canon(&site.reference.config).await, &before, &before, "refused");
    for (n, code) in ["RequestExpired", "ExpiredTokenException", "AuthFailure"].into_iter().enumerate() {
        let writes = AtomicUsize::new(0);
        site.reference.proxy.rule(move |call, _| {
            if call.mutating && call.service != "ssm" {
                writes.fetch_add(1, Ordering::SeqCst);
            }
            let body =
                format!("<Response><Errors><Error><Code>{code}</Code><Message>Request has expired.</Message></Error></Errors></Response>");
            match writes.load(Ordering::SeqCst) > 5 + 9 * n {
                true if ["ssm", "logs"].contains(&call.service.as_str()) => {
                    Reaction::Answer { status: 400, body: format!("{{\"__type\":\"{code}\",\"message\":\"Request has expired.\"}}") }
                }
                true => Reaction::Answer { status: 400, body },
                false => Reaction::Pass,
            }
        });
        let mut command = site.command("apply", &[]);
        let stopped = ended(command.env("AWS_CREDENTIAL_EXPIRATION", &ends).env("INFRA_IGNORE_EXPIRY", "true").spawn().unwrap()).await;
        site.reference.proxy.reset();
        assert_eq!(stopped.code, Some(4), "{}", stopped.out);
        for (said, there) in
            [("Stopped on the way", true), ("log in again", true), ("infra recover", true), ("Stuck", false), ("Take away", false)]
        {
            assert_eq!(stopped.out.contains(said), there, "{said}: {}", stopped.out);
        }
        site.recover(&[]).await;
        which(&canon(&site.reference.config).await, &before, &before, code);
    }
}

/// An answer that stalls for half a minute, which is longer than a lease's beat, is waited for: one in every run of the tests, five with
/// `INFRA_TEST_KILLS=all`.
#[tokio::test]
async fn a_stalled_answer_is_waited_for() {
    let mut site = Site::start("stalled").await;
    let stalls: &[usize] = if every(2) == 1 { &[3, 9, 20, 21, 33] } else { &[9] };
    let (writes, stalled) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = stalled.clone();
    site.reference.proxy.rule(move |call, _| {
        if !call.mutating || !stalls.contains(&writes.fetch_add(1, Ordering::SeqCst)) {
            return Reaction::Pass;
        }
        seen.fetch_add(1, Ordering::SeqCst);
        Reaction::Delay(Duration::from_secs(30))
    });
    let ended = site.run("apply", &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(stalled.load(Ordering::SeqCst), stalls.len(), "an answer has stalled");
    site.reference.proxy.reset();
    assert!(site.run("plan", &[]).await.code.is_some());
}

/// Record GitHub does when a job is cancelled: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL. Another machine then brings the old world back.
#[tokio::test]
async fn a_cancelled_job_is_taken_back_elsewhere() {
    let mut site = Site::start("cancelled").await;
    let before = canon(&site.reference.config).await;
    for after in [12, 40] {
        site.reference.proxy.reset();
        let writes = Arc::new(AtomicUsize::new(0));
        let seen = writes.clone();
        // A cloud that takes its time.
        site.reference.proxy.rule(move |call, _| {
            if !call.mutating || call.service == "ssm" {
                return Reaction::Pass;
            }
            if writes.fetch_add(1, Ordering::SeqCst) < after { Reaction::Pass } else { Reaction::Delay(Duration::from_millis(2500)) }
        });
        let child = site.command("apply", &[]).spawn().unwrap();
        let pid = child.id().unwrap();
        while seen.load(Ordering::SeqCst) < after + 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        kill("-INT", pid);
        tokio::time::sleep(Duration::from_millis(7500)).await;
        kill("-TERM", pid);
        tokio::time::sleep(Duration::from_millis(2500)).await;
        kill("-KILL", pid);
        let ended = ended(child).await;
        assert!(ended.code.is_none_or(|code| code == 130), "{:?} {}", ended.code, ended.out);
        assert!(ended.out.contains("Interrupted"), "{}", ended.out);
        site.reference.proxy.reset();
        assert!(canon(&site.reference.config).await != before, "there is something to take back");
        site.recover(&[]).await;
        let now = canon(&site.reference.config).await;
        which(&now, &before, &before, "cancelled");
    }
}
