//! `cdn`: settings of the zone, and the list of Cloudflare's ranges; its records, rules and certificates have files of their own.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Cdn, records, rules};
use crate::kinds::prefix_list::CLOUDFLARE;
use crate::kinds::{Kind, Pointer, PrefixList, ZoneSetting};
use crate::spec::load_balancer::ListenerProtocol;
use crate::spec::lower::{Lower, int};

/// How many blocks Cloudflare may publish without the list having to grow; a security group counts each as a rule.
const RANGES: i32 = 20;

pub fn lower(cdn: &Cdn, l: &mut Lower<'_>) {
    l.stack.zone = Some(cdn.zone.to_string());
    settings(l, cdn);
    records::lower::lower(cdn, l);
    rules::lower::lower(cdn, l);
    if records::lower::closed(l) {
        // What Cloudflare publishes is known once the cloud has been looked at.
        let list = PrefixList { max_entries: RANGES, entries: Default::default(), tags: l.tags("cloudflare") };
        l.add(CLOUDFLARE, "cdn.origin", list);
    }
}

fn settings(l: &mut Lower<'_>, cdn: &Cdn) {
    let tls = &cdn.tls;
    let word = |on: bool| json!(if on { "on" } else { "off" });
    let header = tls.hsts.as_ref().map(|hsts| {
        json!({ "strict_transport_security": {
            "enabled": true,
            "max_age": int(hsts.max_age.as_seconds()),
            "include_subdomains": hsts.include_subdomains,
            "preload": hsts.preload,
            "nosniff": hsts.nosniff,
        } })
    });
    let all: [(&str, &str, Option<Value>); 5] = [
        ("always_use_https", "always_use_https", tls.always_use_https.map(word)),
        ("min_tls_version", "min_version", tls.min_version.map(|version| json!(version.word()))),
        ("security_header", "hsts", header),
        ("ssl", "mode", tls.mode.map(|mode| json!(mode.word()))),
        ("tls_1_3", "tls_1_3", tls.tls_1_3.map(word)),
    ];
    for (name, field, value) in all {
        let Some(value) = value else { continue };
        let waits_for = if name == "ssl" { https(l) } else { BTreeSet::new() };
        let setting =
            ZoneSetting { zone: cdn.zone.to_string(), setting: name.into(), value: value.into(), before: Default::default(), waits_for };
        l.add(name, format!("cdn.tls.{field}"), setting);
    }
}

/// The listeners that Cloudflare finds over TLS.
fn https(l: &Lower<'_>) -> BTreeSet<Pointer> {
    let listeners = l.spec.load_balancer.iter().flat_map(|balancer| &balancer.listeners);
    listeners.filter(|(_, x)| x.protocol == ListenerProtocol::Https).map(|(name, _)| Pointer::to(Kind::Listener, name.as_str())).collect()
}
