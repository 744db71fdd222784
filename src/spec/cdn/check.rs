//! The CDN's settings, its way to the load balancer, and the certificates that are validated through its zone.
use super::tls::{MinVersion, Mode};
use super::waf::DdosSensitivity;
use super::{Cdn, records};
use crate::diag::{Code, Risk};
use crate::spec::check::Check;
use crate::spec::load_balancer::{ListenerProtocol, LoadBalancer};
use crate::spec::units::{Duration, Peer};
use std::collections::BTreeMap;

pub fn check(cdn: &Cdn, cx: &mut Check<'_>) {
    tls(cdn, cx);
    hsts(cdn, cx);
    ddos(cdn, cx);
    origin(cdn, cx);
    comments(cdn, cx);
}

fn tls(cdn: &Cdn, cx: &mut Check<'_>) {
    let spec = cx.spec;
    let tls = &cdn.tls;
    match tls.mode {
        Some(mode @ (Mode::Off | Mode::Flexible)) => {
            let message = format!("with `{}`, whatever clients send goes from Cloudflare to the stack in the clear", mode.word());
            cx.risk(Risk::ClearOrigin, &["cdn", "tls", "mode"], message, "write `mode: strict`, and a listener with a certificate");
        }
        Some(mode @ (Mode::Full | Mode::Strict)) if cx.knows(&["cdn", "records"]) && cx.knows(&["load_balancer"]) => {
            let https = |balancer: &LoadBalancer| balancer.listeners.values().any(|l| l.protocol == ListenerProtocol::Https);
            let leads = cdn.leading().any(|(_, record, _)| record.proxied);
            if leads && spec.load_balancer.as_ref().is_some_and(|balancer| !https(balancer)) {
                let message = format!("with `{}`, Cloudflare asks over https, and the load balancer has no listener for it", mode.word());
                cx.risk(
                    Risk::NoHttpsOrigin,
                    &["cdn", "tls", "mode"],
                    message,
                    "add a listener with `certificate:`; until then clients see errors",
                );
            }
        }
        _ => {}
    }
    if let Some(version @ (MinVersion::V1_0 | MinVersion::V1_1)) = tls.min_version {
        let message = format!("TLS {} is long broken", version.word());
        cx.risk(Risk::OldTls, &["cdn", "tls", "min_version"], message, "write `min_version: \"1.2\"` where no old client needs it");
    }
}

fn hsts(cdn: &Cdn, cx: &mut Check<'_>) {
    let Some(hsts) = &cdn.tls.hsts else { return };
    let path = |field| ["cdn", "tls", "hsts", field];
    cx.within(&path("max_age"), hsts.max_age, Duration::seconds(0), Duration::days(730));
    let missing =
        [(!hsts.include_subdomains, "`include_subdomains: true`"), (hsts.max_age < Duration::days(365), "a `max_age` of at least `365d`")];
    let missing: Vec<&str> = missing.into_iter().filter(|(missing, _)| *missing).map(|(_, what)| what).collect();
    if hsts.preload && !missing.is_empty() && cx.knows(&["cdn", "tls", "hsts"]) {
        let message = format!("the list that browsers are made with takes no zone without {}", missing.join(" and "));
        cx.error(Code::Rule, &path("preload"), "this choice", message, format!("write {}, or `preload: false`", missing.join(" and ")));
    }
}

fn ddos(cdn: &Cdn, cx: &mut Check<'_>) {
    if cdn.ddos.sensitivity == DdosSensitivity::EssentiallyOff {
        let message = "only the largest attacks are held off".into();
        cx.risk(Risk::LowSensitivity, &["cdn", "ddos", "sensitivity"], message, "write `default` where that matters");
    }
}

/// What only Cloudflare may reach is reached by nobody else, and through Cloudflare.
fn origin(cdn: &Cdn, cx: &mut Check<'_>) {
    let spec = cx.spec;
    let locked = ["cdn", "origin", "locked_to_cloudflare"];
    let Some(balancer) = &spec.load_balancer else {
        if cdn.origin.locked_to_cloudflare && !cx.is_cut(&["load_balancer"]) {
            let message = "the spec has no load balancer to lock".into();
            cx.error(Code::Locked, &locked, "this lock", message, "add `load_balancer:`, or leave it out");
        }
        return;
    };
    let closed = !balancer.allow_from.is_empty() && balancer.allow_from.iter().all(|peer| *peer == Peer::Cdn);
    let allow = ["load_balancer", "allow_from"];
    if cdn.origin.locked_to_cloudflare && !closed {
        let places = [(&allow[..], "these peers"), (&locked[..], "locked here")];
        let message = "the load balancer is locked to Cloudflare, but allows others".into();
        cx.both(Code::Locked, places, message, "write `allow_from: [cdn]` or leave it out, or write `locked_to_cloudflare: false`");
    } else if closed && !cdn.origin.locked_to_cloudflare {
        let places = [(&locked[..], "not locked"), (&allow[..], "only Cloudflare")];
        let message = "the load balancer is not locked to Cloudflare, but allows nobody else".into();
        cx.both(Code::Locked, places, message, "leave `locked_to_cloudflare` out, or allow others");
    }
    if !closed {
        return;
    }
    for (key, _, whole) in cdn.leading().filter(|(_, record, _)| !record.proxied) {
        let path = ["cdn", "records", key.as_str(), "proxied"];
        let lock = if cx.written(&allow) { &allow[..] } else { &locked[..] };
        let places = [(&path[..], "not proxied"), (lock, "only Cloudflare may come in")];
        let message = format!("`{whole}` leads clients to the load balancer directly, and it lets none of them in");
        cx.both(Code::Locked, places, message, "write `proxied: true`, or allow others to reach the load balancer");
    }
}

/// The records that validate certificates are called after the names that these cover.
fn comments(cdn: &Cdn, cx: &mut Check<'_>) {
    let spec = cx.spec;
    let Some(balancer) = &spec.load_balancer else { return };
    let mut hosts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, listener) in &balancer.listeners {
        if let Some(host) = listener.host().filter(|host| cdn.zone.has(host)) {
            hosts.entry(host).or_insert(vec!["load_balancer", "listeners", name.as_str(), "certificate"]);
        }
    }
    if hosts.is_empty() {
        return;
    }
    for (key, _, whole) in cdn.leading() {
        hosts.entry(whole).or_insert(vec!["cdn", "records", key.as_str(), "name"]);
    }
    for (host, path) in &hosts {
        records::check::comment(cx, path, host, &format!("certificate.{}", host.trim_start_matches("*.")));
    }
}
