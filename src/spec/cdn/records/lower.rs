//! `cdn.records`, and the certificates that are validated by records.
use std::collections::{BTreeMap, BTreeSet};

use super::{Record, RecordType};
use crate::kinds::dns_record::AUTOMATIC;
use crate::kinds::security_group::Peer as Source;
use crate::kinds::{Address, Certificate, DnsRecord, Kind, Object, Part, Pointer, Text};
use crate::spec::Spec;
use crate::spec::cdn::{Cdn, rules};
use crate::spec::load_balancer::routes::rule;
use crate::spec::load_balancer::{GROUP, Listener, behind, forwards};
use crate::spec::lower::{Lower, int};
use crate::spec::units::{Name, Ttl, host_pattern};

/// Needs the security groups and the zone's settings to be there, for the records that lead to the balancer wait for these.
pub fn lower(cdn: &Cdn, l: &mut Lower<'_>) {
    for (key, record) in &cdn.records {
        let made = DnsRecord {
            zone: cdn.zone.to_string(),
            name: Text::literal(record.name.within(&cdn.zone)),
            r#type: record.kind.unwrap_or(RecordType::Cname).word().to_ascii_uppercase(),
            content: content(l, record),
            priority: record.priority.map(i32::from),
            proxied: record.proxied,
            ttl: match record.ttl {
                Ttl::Auto => AUTOMATIC,
                Ttl::Fixed(ttl) => int(ttl.as_seconds()),
            },
            waits_for: if record.leads() { serving(l, cdn) } else { BTreeSet::new() },
            opens: if record.leads() { BTreeSet::from([group()]) } else { BTreeSet::new() },
        };
        l.renamed::<DnsRecord>(key.as_str(), record.renamed_from.as_ref().map(Name::to_string));
        l.add(key.as_str(), format!("cdn.records.{key}"), made);
    }
    certificates(l, cdn);
}

fn group() -> Address {
    Address::new(Kind::SecurityGroup, GROUP)
}

/// Whether a rule of a security group names Cloudflare's ranges.
pub fn closed(l: &Lower<'_>) -> bool {
    let names = |object: &Object| match object {
        Object::SecurityGroup(group) => group.ingress.iter().chain(&group.egress).any(|rule| matches!(rule.peer, Source::PrefixList(_))),
        _ => false,
    };
    l.stack.nodes.values().any(names)
}

/// What must stand before clients are led to the balancer: what answers them, and what protects it.
fn serving(l: &Lower<'_>, cdn: &Cdn) -> BTreeSet<Pointer> {
    let mut waits = BTreeSet::new();
    for (name, listener) in l.spec.load_balancer.iter().flat_map(|balancer| &balancer.listeners) {
        waits.insert(Pointer::to(Kind::Listener, name.as_str()));
        waits.extend(listener.routes.keys().map(|route| Pointer::to(Kind::ListenerRule, rule(name, route))));
    }
    waits.extend(forwards(l.spec).filter_map(|(_, entry)| behind(l.spec, Some(entry))));
    waits.extend(cdn.tls.mode.map(|_| Pointer::to(Kind::ZoneSetting, "ssl")));
    let protection = [
        (Kind::CustomRules, !cdn.waf.custom.is_empty()),
        (Kind::ManagedRules, !rules::lower::managed(cdn).0.is_empty()),
        (Kind::RateLimitRules, !cdn.rate_limits.is_empty()),
    ];
    waits.extend(protection.into_iter().filter(|(_, there)| *there).map(|(kind, _)| Pointer::to(kind, "main")));
    waits
}

fn content(l: &Lower<'_>, record: &Record) -> Text {
    let kind = record.kind.unwrap_or(RecordType::Cname);
    let Some(words) = &record.content else {
        return output(Kind::LoadBalancer, "main", "dns_name".into());
    };
    let text = match words.literal() {
        Some(literal) => Text::literal(kind.canonical(literal).unwrap_or_else(|| literal.into())),
        None => l.text(words),
    };
    let before = match kind {
        RecordType::Caa => format!("{} {} ", record.flags.unwrap_or(0), record.tag.map_or("issue", |tag| tag.word())),
        RecordType::Srv => format!("{} {} ", record.weight.unwrap_or(0), record.port.unwrap_or(0)),
        _ => return text,
    };
    joined(before, text)
}

fn output(kind: Kind, name: &str, attr: String) -> Text {
    Text(vec![Part::Output { r#ref: Address::new(kind, name), attr }])
}

/// A text after some literal; literals side by side are one.
fn joined(before: String, text: Text) -> Text {
    let mut parts = text.0;
    match parts.first_mut() {
        Some(Part::Literal(first)) => first.insert_str(0, &before),
        _ => parts.insert(0, Part::Literal(before)),
    }
    Text(parts)
}

/// The hosts that listeners are given a certificate for, and the names that each covers: every name that leads to the balancer is among them, so
/// that Cloudflare finds a valid one whatever name it asks for.
fn covered(spec: &Spec, cdn: &Cdn) -> BTreeMap<String, BTreeSet<String>> {
    let listeners = spec.load_balancer.iter().flat_map(|balancer| balancer.listeners.values());
    let names: BTreeSet<String> = cdn.leading().map(|(_, _, whole)| whole).collect();
    let own = |host: String| (host.clone(), names.iter().cloned().chain([host]).collect());
    let first: BTreeMap<String, BTreeSet<String>> = listeners.clone().filter_map(|listener| listener.host()).map(own).collect();
    let more = listeners.flat_map(|listener| more(spec, listener)).map(|host| (host.clone(), BTreeSet::from([host])));
    more.chain(first.clone()).collect()
}

/// The hosts of a listener's routes for which it has certificates beside its own: those within the zone that its own doesn't cover.
pub fn more(spec: &Spec, listener: &Listener) -> BTreeSet<String> {
    let (Some(cdn), Some(own)) = (&spec.cdn, listener.host()) else { return BTreeSet::new() };
    let mut covered: BTreeSet<String> = cdn.leading().map(|(_, _, whole)| whole).collect();
    covered.insert(own);
    let wider = |host: &str| host.split_once('.').map(|(_, domain)| format!("*.{domain}"));
    let open = |host: &String| !covered.contains(host) && !wider(host).is_some_and(|wide| covered.contains(&wide));
    let hosts = listener.routes.values().flat_map(|route| route.host.iter().flat_map(|hosts| &hosts.0));
    hosts.filter_map(|host| host_pattern(host)).filter(|host| cdn.zone.has(host)).filter(open).collect()
}

/// The name of the record that validates a name. A domain and `*` below it are validated by one, whichever certificate it is for.
fn validation(name: &str) -> String {
    format!("certificate.{}", name.trim_start_matches("*."))
}

/// The records that validate the certificate of a host.
pub fn validations(spec: &Spec, host: &str) -> BTreeSet<Pointer> {
    let Some(cdn) = &spec.cdn else { return BTreeSet::new() };
    let names = covered(spec, cdn).remove(host).unwrap_or_default();
    names.iter().map(|name| Pointer::to(Kind::DnsRecord, validation(name))).collect()
}

fn certificates(l: &mut Lower<'_>, cdn: &Cdn) {
    let mut records: BTreeMap<String, (String, String)> = BTreeMap::new();
    let listeners = l.spec.load_balancer.iter().flat_map(|balancer| &balancer.listeners);
    let spec = l.spec;
    let of = |(name, x): (&Name, &Listener)| {
        let own = x.host().map(|host| (host, format!("load_balancer.listeners.{name}.certificate")));
        let route = |host: &String| x.routes.iter().find(|(_, r)| r.host.iter().any(|h| h.0.iter().any(|h| h.eq_ignore_ascii_case(host))));
        let more = more(spec, x).into_iter().filter_map(|host| Some((route(&host)?.0, host)));
        let more = more.map(|(route, host)| (host, format!("load_balancer.listeners.{name}.routes.{route}.host")));
        own.into_iter().chain(more).collect::<Vec<_>>()
    };
    let origins: Vec<(String, String)> = listeners.flat_map(of).collect();
    let origin = |host: &str| origins.iter().find(|(of, _)| of == host).map_or_else(String::new, |(_, origin)| origin.clone());
    for (host, names) in covered(l.spec, cdn) {
        for name in &names {
            records.entry(validation(name)).or_insert_with(|| (host.clone(), name.clone()));
        }
        let tags = l.tags(host.trim_start_matches("*."));
        let made = Certificate { domain: host.clone(), names, validation: Default::default(), tags };
        l.add(&host, origin(&host), made);
    }
    for (key, (host, name)) in records {
        let made = DnsRecord {
            zone: cdn.zone.to_string(),
            name: output(Kind::Certificate, &host, format!("validation_name.{name}")),
            r#type: "CNAME".into(),
            content: output(Kind::Certificate, &host, format!("validation_value.{name}")),
            priority: None,
            proxied: false,
            ttl: AUTOMATIC,
            waits_for: BTreeSet::new(),
            opens: BTreeSet::new(),
        };
        l.add(key, origin(&host), made);
    }
}
