//! Actions of listeners and routes, and routes that take each other's requests.
use super::lower::conditions;
use super::{Action, Redirect};
use crate::canon::Open;
use crate::diag::{Code, Risk};
use crate::kinds::listener_rule::{Conditions, priority};
use crate::spec::check::Check;
use crate::spec::load_balancer::{Listener, LoadBalancer};
use crate::spec::units::Name;
use std::collections::BTreeSet;

/// The routes of a listener.
pub fn check(cx: &mut Check<'_>, balancer: &LoadBalancer, name: &Name, listener: &Listener) {
    let base = ["load_balancer", "listeners", name.as_str(), "routes"];
    for (route, it) in &listener.routes {
        let path = [&base[..], &[route.as_str()]].concat();
        action(cx, balancer, &path, (name, &format!("the route `{route}`")), it.action());
    }
    let all: Vec<(&Name, Conditions)> = listener.routes.iter().map(|(route, it)| (route, conditions(it))).collect();
    for (at, (route, own)) in all.iter().enumerate() {
        let path = [&base[..], &[route.as_str()]].concat();
        if !cx.knows(&path) {
            continue;
        }
        if let Some((same, _)) = all[..at].iter().find(|(_, other)| other == own) {
            let first = [&base[..], &[same.as_str()]].concat();
            let places = [(&path[..], "this route"), (&first[..], "asks for the same")];
            let message = format!("the routes `{same}` and `{route}` have the same conditions, and one of them would take all requests");
            cx.both(Code::Duplicate, places, message, "let their conditions differ, or leave one of them out");
            continue;
        }
        let covers = |(_, other): &&(&Name, Conditions)| other != own && before(other, own) && covers(other, own);
        if let Some((other, _)) = all.iter().find(covers) {
            let first = [&base[..], &[other.as_str()]].concat();
            let places = vec![
                cx.sources.place(cx.sources.value(&path), "never reached"),
                cx.sources.place(cx.sources.value(&first), "takes its requests"),
            ];
            let message = format!("no request reaches the route `{route}`: `{other}` takes all that it would");
            cx.risk_at(Risk::UnreachableRoute, &path, message, "let one of them ask for more, or leave it out", places);
        }
    }
}

/// Whether a route may be asked before another: it is said as closely, or more so.
fn before(first: &Conditions, second: &Conditions) -> bool {
    priority::of(first, "").1 <= priority::of(second, "").1
}

/// Whether all requests that `narrow` takes are among those of `wide`, as far as can be told from what is written.
fn covers(wide: &Conditions, narrow: &Conditions) -> bool {
    let all = |wide: &BTreeSet<String>, narrow: &BTreeSet<String>| {
        wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|text| wide.iter().any(|pattern| matches(pattern, text)))
    };
    let named = |wide: &Open<BTreeSet<String>>, narrow: &Open<BTreeSet<String>>| {
        wide.iter().all(|(key, values)| narrow.get(key).is_some_and(|own| all(values, own)))
    };
    let plain = [(&wide.host, &narrow.host), (&wide.method, &narrow.method), (&wide.path, &narrow.path), (&wide.source, &narrow.source)];
    plain.into_iter().all(|(wide, narrow)| all(wide, narrow)) && named(&wide.header, &narrow.header) && named(&wide.query, &narrow.query)
}

/// Whether a pattern takes a text, in which wildcards stand for themselves: what such a text stands for is taken by `*` alone.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return text.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| matches(rest, &text[at..])),
        _ => text.chars().next().is_some_and(|c| (c == first || first == '?' && c != '*') && matches(rest, &text[c.len_utf8()..])),
    }
}

/// What is done with requests: one of three, and with what is there.
pub(in crate::spec::load_balancer) fn action(
    cx: &mut Check<'_>,
    balancer: &LoadBalancer,
    at: &[&str],
    (listener, what): (&Name, &str),
    action: Action<'_>,
) {
    let path = |field| [at, &[field]].concat();
    let said = [
        ("forward", "forwards", action.forward.is_some()),
        ("redirect", "redirects", action.redirect.is_some()),
        ("respond", "answers by itself", action.respond.is_some()),
    ];
    let fields: Vec<(&str, &str)> = said.into_iter().filter(|(.., there)| *there).map(|(field, verb, _)| (field, verb)).collect();
    let help = "write one of `forward:` with a compute entry, a function or a workload, `redirect:` and `respond:`";
    let label = if at.len() == 3 { "this listener" } else { "this route" };
    match &fields[..] {
        [] if said.iter().all(|(field, ..)| cx.knows(&path(field))) => {
            cx.error(Code::ListenerAction, at, label, format!("{what} does nothing with requests"), help);
        }
        [] => {}
        [_] => single(cx, balancer, at, listener, action),
        [(_, one), .., (field, other)] => {
            cx.error(Code::ListenerAction, &path(field), label, format!("{what} both {one} and {other}"), help);
        }
    }
}

/// Says that requests are forwarded to what listens nowhere.
fn portless(cx: &mut Check<'_>, forward: &[&str], port: &[&str], what: &str) {
    let places = [(forward, "forwards here"), (port, "has no port")];
    let help = format!("add `port:` to `{}`", port[..port.len() - 1].join("."));
    cx.both(Code::ListenerAction, places, format!("{what} has no port to forward to"), help);
}

fn single(cx: &mut Check<'_>, balancer: &LoadBalancer, at: &[&str], listener: &Name, action: Action<'_>) {
    let spec = cx.spec;
    if let Some(entry) = action.forward {
        let forward = [at, &["forward"]].concat();
        match spec.compute.get(entry) {
            None if spec.functions.contains_key(entry) => {}
            None => match spec.workload(entry) {
                Some(workload) if workload.port.is_none() => {
                    portless(cx, &forward, &["kubernetes", "workloads", entry.as_str(), "port"], &format!("the workload `{entry}`"));
                }
                Some(_) => {}
                None => {
                    let names = spec.compute.keys().chain(spec.functions.keys()).chain(spec.workloads().map(|(name, _)| name));
                    let places: [&[&str]; 3] = [&["compute"], &["functions"], &["kubernetes", "workloads"]];
                    cx.unknown(&forward, &places, "compute entry, function or workload", entry.as_str(), names.map(Name::as_str));
                }
            },
            Some(compute) if compute.port.is_none() => {
                portless(cx, &forward, &["compute", entry.as_str(), "port"], &format!("the compute entry `{entry}`"));
            }
            Some(_) => {}
        }
    }
    if let Some(Redirect::Listener(other)) = action.redirect {
        let redirect = [at, &["redirect"]].concat();
        match balancer.listeners.get(other) {
            None => {
                let names = balancer.listeners.keys().filter(|known| *known != listener).map(Name::as_str);
                cx.unknown(&redirect, &[&["load_balancer", "listeners"]], "listener", other.as_str(), names);
            }
            Some(target) if other == listener || target.redirect.is_some() => {
                let from = at.last().copied().unwrap_or_default();
                let message = format!("`{from}` redirects to `{other}`, which redirects again");
                cx.error(Code::ListenerAction, &redirect, "this redirect", message, "redirect to a listener that forwards");
            }
            Some(_) => {}
        }
    }
}
