//! Workloads.
use super::Workload;
use crate::diag::{Code, Finding, Risk};
use crate::spec::check::Check;
use crate::spec::suggest::nearest;
use crate::spec::units::{Duration, Name};

pub fn check(name: &Name, entry: &Workload, cx: &mut Check<'_>) {
    let path = |fields: &[&'static str]| -> Vec<String> {
        ["kubernetes", "workloads", name.as_str()].iter().chain(fields).map(|step| (*step).to_owned()).collect()
    };
    fn steps(path: &[String]) -> Vec<&str> {
        path.iter().map(String::as_str).collect()
    }
    entry.timeouts.check(cx, &["kubernetes", "workloads", name.as_str()]);
    cx.within(&steps(&path(&["update", "deadline"])), entry.update.deadline, Duration::seconds(10), Duration::seconds(3600));
    if let Some(probe) = &entry.health_check {
        for (field, value) in [("interval", probe.interval), ("timeout", probe.timeout)] {
            cx.within(&steps(&path(&["health_check", field])), value, Duration::seconds(1), Duration::seconds(300));
        }
        if probe.port.or(entry.port).is_none() {
            let message = format!("nothing says at which port `kubernetes.workloads.{name}` is checked");
            cx.error(Code::Missing, &steps(&path(&["health_check"])), "this check", message, "add `port:` to the workload or to its check");
        }
    }
    if entry.replicas.least() == 1 {
        let message = format!("`kubernetes.workloads.{name}` runs on one pod: when it fails, nothing answers");
        cx.risk(Risk::SingleInstance, &steps(&path(&["replicas"])), message, "write 2 or more where that matters");
    }
    if let Some(pool) = &entry.node_pool {
        placed(cx, name, pool);
    }
    for path in entry.config.iter().filter(|(_, content)| content.literal().is_none()).map(|(path, _)| path) {
        let message = format!("`{path}` refers to what is known only once it is there, and a file's content names it");
        let at = ["kubernetes", "workloads", name.as_str(), "config", path.as_str()];
        cx.error(Code::Refused, &at, "this file", message, "hand it over in `env`; `$$` is a dollar sign");
    }
    clash(cx, ("workloads", "workload"), name);
    super::peers::check(name, entry, cx);
}

/// The pool is there.
fn placed(cx: &mut Check<'_>, name: &Name, pool: &Name) {
    let pools = cx.spec.kubernetes.iter().flat_map(|kubernetes| kubernetes.node_pools.keys());
    let known: Vec<&str> = pools.map(Name::as_str).collect();
    if known.contains(&pool.as_str()) {
        return;
    }
    let at = ["kubernetes", "workloads", name.as_str(), "node_pool"];
    let help = match nearest(pool.as_str(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add `{pool}: {{}}` to `kubernetes.node_pools`"),
    };
    cx.error(Code::UnknownName, &at, "this name", format!("there is no node pool `{pool}`"), help);
}

/// One name is one peer, and one thing to forward to: `what` of `kubernetes`, a workload or a job.
pub fn clash(cx: &mut Check<'_>, (section, what): (&str, &str), name: &Name) {
    let this = ["kubernetes", section, name.as_str()];
    let others = [
        ("compute", "a compute entry", cx.spec.compute.contains_key(name)),
        ("functions", "a function", cx.spec.functions.contains_key(name)),
    ];
    for (section, other, _) in others.into_iter().filter(|(.., there)| *there) {
        let entry = [section, name.as_str()];
        let apart = if what == "workload" { "`allow_from` and `forward`" } else { "`allow_from`" };
        let message = format!("`{name}` is a {what} and {other}: {apart} couldn't tell them apart");
        let place = |path: &[&str], label: &str| cx.sources.place(cx.sources.key(path), label);
        let finding = Finding::error(Code::AmbiguousName, message, "give one of them another name");
        let finding = finding.at(place(&this, &format!("this {what}"))).at(place(&entry, "and this entry"));
        cx.say(&[&this, &entry], finding);
    }
}
