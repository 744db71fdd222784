//! What a saved plan binds: where it was made, from which layers, what may be lost, and whose signature it bears.
use crate::kinds::Address;
use crate::plan::saved::{Saved, Seal};
use crate::render::words;

/// The lines of `infra show`. `verified`: the signature was asked for, and holds.
pub fn of(saved: &Saved, seal: &Seal, verified: bool) -> String {
    let made = humantime::format_rfc3339_seconds(saved.created.0);
    let scene = &saved.scene;
    let mut lines = vec![format!("Plan {}, made {made} for account {}, region {}.", saved.plan.digest, scene.account, scene.region)];
    lines.extend(saved.layers.iter().map(|l| format!("Layer {} (sha256 {}).", l.file, l.digest)));
    lines.push(match saved.allowed.is_empty() {
        true => "No data may be lost.".into(),
        false => {
            let names: Vec<String> = saved.allowed.iter().map(|address| format!("{address} ({})", fate(saved, address))).collect();
            format!("Data may be lost: {}.", names.join(", "))
        }
    });
    lines.push(match &seal.signature {
        None => "Not signed.".into(),
        Some(signature) => {
            let commit = signature.commit.as_ref().map_or("no commit".into(), |commit| format!("commit {commit}"));
            let key = signature.claimed().unwrap_or_else(|| "a key that can't be read".into());
            let held = if verified { "verified" } else { "not verified: `--verify FILE` does" };
            format!("Signed for {commit} by {key} ({held}).")
        }
    });
    lines.join("\n")
}

/// What the plan does with an address whose data may be lost.
fn fate(saved: &Saved, address: &Address) -> &'static str {
    let change = saved.plan.changes.iter().find(|c| c.address == *address);
    change.map_or("untouched", |c| words::verb(c.verb).done)
}
