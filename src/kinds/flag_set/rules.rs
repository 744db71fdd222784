//! What AppConfig refuses of flags ("Understanding the type reference for AWS.AppConfig.FeatureFlags").
use super::*;
use crate::diag::Code;

/// `MaxHostedConfigurationSize`, 2 MiB: "AWS AppConfig endpoints and quotas".
const LARGEST: usize = 2 * 1024 * 1024;

/// Whether it is a flag's key: letters, digits, `_` and `-`, first a small letter, at most 64 characters.
pub fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

pub(super) fn breaches(set: &FlagSet) -> Vec<Breach> {
    let mut found = vec![];
    for (key, flag) in set.flags.iter() {
        if !is_key(key) {
            let message = format!("`{key}` is not the key of a flag");
            let help = "write letters, digits, `_` and `-`, first a small letter, at most 64 characters";
            found.push(Breach::new(Code::BadText, format!("flags.{key}"), message, help));
        }
        // Ours: a flag is the stack's, or people's.
        if flag.enabled.is_some() == flag.initial.is_some() {
            let message = format!("`{key}` doesn't say whether it is on");
            found.push(Breach::new(
                Code::Missing,
                format!("flags.{key}.enabled"),
                message,
                "write `enabled: true`, `false` or `{ initial: false }`",
            ));
        }
    }
    let size = content::render(&set.flags, &set.turned).len();
    if size > LARGEST {
        let message = format!("the flags have {size} bytes as a document");
        found.push(Breach::new(Code::Count, "flags", message, format!("AppConfig takes {LARGEST} at most; leave some out")));
    }
    found.extend(pace(set));
    found
}

/// `MonitorList` of AppConfig's model.
const MONITORS: usize = 5;

/// How versions come, and what is looked at meanwhile.
fn pace(set: &FlagSet) -> Vec<Breach> {
    let mut found = vec![];
    let mut say = |code, path: &str, message: String, help: &str| found.push(Breach::new(code, path, message, help));
    let monitors = set.alarms.len() + set.composites.len();
    if monitors > MONITORS {
        say(Code::Count, "alarms", format!("AppConfig can't look at {monitors} alarms"), "name 5 at most, such as one of a group");
    }
    if (monitors > 0) != set.role.is_some() {
        say(Code::Missing, "role", "AppConfig looks at alarms by a role, and at nothing without one".into(), "name alarms and their role");
    }
    match &set.strategy {
        None if monitors > 0 => {
            say(Code::Deployment, "alarms", "nobody looks at alarms of what comes at once".into(), "write a `bake` of some minutes");
        }
        None => {}
        Some(strategy) => {
            for (path, minutes) in [("strategy.minutes", strategy.minutes), ("strategy.bake", strategy.bake)] {
                if !(0..=LONGEST).contains(&minutes) {
                    say(Code::OutOfRange, path, format!("a deployment can't last {minutes} minutes"), "write at most 24h");
                }
            }
            if !(100..=10_000).contains(&strategy.step) {
                say(Code::OutOfRange, "strategy.step", "a step is from 1% to 100%".into(), "write one of 1% or more");
            }
            if strategy.minutes == 0 && strategy.bake == 0 {
                say(Code::Deployment, "strategy", "a strategy that takes no time is none".into(), "leave it out");
            }
        }
    }
    found
}
