//! A write fails, or the process dies at one, in the middle of a run over both clouds.
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};

use infra::run::Outcome;
use serde_json::json;

use super::{CHANGED, EMULATOR, Site, production};
use crate::support::cloudflare::Reaction;
use crate::wire::kill::every;

/// One write to Cloudflare fails in the middle of a run over both clouds: both are as they were.
#[tokio::test]
async fn a_failure_at_one_cloud_takes_both_back() {
    let site = Site::start().await;
    site.apply(&production(CHANGED), "r0").await;
    let after = site.picture().await;
    site.apply(&production(""), "r1").await;
    let before = site.picture().await;
    let (mut cases, mut back) = (0, 0);
    for n in (0..).step_by(every(7)) {
        let (writes, hit) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
        let seen = hit.clone();
        site.fake.rule(move |call, _| {
            if call.method == "GET" || writes.fetch_add(1, SeqCst) != n {
                return Reaction::Pass;
            }
            seen.store(1, SeqCst);
            let body = json!({ "success": false, "errors": [{ "code": 1, "message": "spoilt" }], "messages": [], "result": null });
            match n % 4 {
                0 => Reaction::Answer { status: 400, headers: vec![], body },
                1 => Reaction::After { status: 500, headers: vec![], body },
                2 => Reaction::Cut,
                _ => Reaction::CutAfter,
            }
        });
        let (_, outcome) = site.run(&production(CHANGED), "r2").await;
        site.fake.rule(|_, _| Reaction::Pass);
        if hit.load(SeqCst) == 0 {
            break;
        }
        cases += 1;
        let now = site.picture().await;
        match outcome {
            Outcome::RolledBack(_) => {
                back += 1;
                compare(&now, &before, &format!("write {n}"));
            }
            Outcome::Applied | Outcome::Leftovers(_) => {
                if outcome == Outcome::Applied {
                    compare(&now, &after, &format!("write {n}"));
                }
                site.apply(&production(""), "r3").await;
            }
            other => panic!("write {n}: {other:?}"),
        }
    }
    println!("spoilt writes at Cloudflare: {cases}, {back} taken back");
    assert!(cases > 1 && back > 0);
}

fn compare(now: &[String], then: &[String], tag: &str) {
    let only = |a: &[String], b: &[String]| a.iter().filter(|x| !b.contains(x)).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(now == then, "{tag}\n== now only\n{}\n== then only\n{}", only(now, then), only(then, now));
}

/// The binary is killed at a write to Cloudflare; another process, without its journal, brings both clouds to one world.
#[tokio::test]
async fn a_run_killed_at_cloudflare_is_taken_back_elsewhere() {
    let site = Site::start().await;
    site.apply(&production(CHANGED), "r0").await;
    let after = site.picture().await;
    site.apply(&production(""), "r1").await;
    let before = site.picture().await;
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("edge");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("production", include_str!("../../../examples/production.yaml")), ("emulator", EMULATOR), ("changed", CHANGED)] {
        std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
    }
    let command = |verb: &str, place: &str| {
        let place = folder.join(place);
        std::fs::create_dir_all(&place).unwrap();
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_infra"));
        command.args([verb, "--auto-approve"]).current_dir(place).env_clear();
        for layer in ["production", "emulator", "changed"] {
            command.arg("-f").arg(folder.join(format!("{layer}.yaml")));
        }
        command
            .env("AWS_ENDPOINT_URL", &site.reference.proxy.endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("CLOUDFLARE_API_TOKEN", "test-token").env("CLOUDFLARE_BASE_URL", &site.fake.endpoint);
        // A request for a certificate may be on its way for long: the emulator makes a key for it.
        command.env("INFRA_QUIET_PERIOD", "5s").env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.kill_on_drop(true);
        command
    };
    let mut cases = 0;
    for n in (0..).step_by(every(7)) {
        let (pid, writes) = (Arc::new(AtomicU32::new(0)), AtomicUsize::new(0));
        let at = pid.clone();
        site.fake.rule(move |call, _| {
            if call.method == "GET" || writes.fetch_add(1, SeqCst) != n {
                return Reaction::Pass;
            }
            let _ = std::process::Command::new("kill").args(["-KILL", &at.load(SeqCst).to_string()]).status();
            if n % 2 == 0 { Reaction::CutAfter } else { Reaction::Cut }
        });
        let child = command("apply", &format!("apply-{n}")).spawn().unwrap();
        pid.store(child.id().unwrap(), SeqCst);
        let ended = child.wait_with_output().await.unwrap();
        site.fake.rule(|_, _| Reaction::Pass);
        if ended.status.code().is_some() {
            break;
        }
        let recovered = command("recover", &format!("recover-{n}")).output().await.unwrap();
        let said = String::from_utf8_lossy(&[recovered.stdout, recovered.stderr].concat()).into_owned();
        assert_eq!(recovered.status.code(), Some(0), "{said}");
        let now = site.picture().await;
        if now != before {
            compare(&now, &after, &format!("killed at write {n}: {said}"));
            site.apply(&production(""), "r3").await;
        }
        cases += 1;
    }
    println!("killed at Cloudflare: {cases}");
    assert!(cases > 1);
}
