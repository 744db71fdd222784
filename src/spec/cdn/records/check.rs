//! DNS records: each has what its type takes, and those of one name agree.
use super::{Record, RecordType};
use crate::diag::{Code, Finding, Risk};
use crate::spec::cdn::Cdn;
use crate::spec::check::Check;
use crate::spec::load_balancer::Scheme;
use crate::spec::suggest::list;
use crate::spec::units::{Domain, Duration, Name, Ttl};
use std::collections::BTreeMap;

pub fn check(cdn: &Cdn, cx: &mut Check<'_>) {
    let mut named: BTreeMap<String, Vec<(&Name, &Record)>> = BTreeMap::new();
    for (key, record) in &cdn.records {
        let known = |field| cx.knows(&["cdn", "records", key.as_str(), field]);
        let (typed, led, known) = (known("type"), known("to"), cx.knows(&["cdn", "records", key.as_str()]));
        if cx.knows(&["cdn", "zone"]) {
            name(cx, &cdn.zone, key, record);
        }
        leads(cx, key, record);
        if let Some(kind) = record.kind.filter(|_| typed) {
            fields(cx, key, record, kind);
            content(cx, key, record, kind);
            proxied(cx, &cdn.zone, key, record, kind);
        } else if typed && led {
            let path = ["cdn", "records", key.as_str()];
            let message = format!("`cdn.records.{key}` has no `type`");
            cx.error(
                Code::Missing,
                &path,
                "`type` is missing here",
                message,
                "add `type: …`, or `to: load_balancer` in place of a content",
            );
        }
        ttl(cx, key, record);
        if known && cx.knows(&["cdn", "zone"]) {
            named.entry(record.name.within(&cdn.zone)).or_default().push((key, record));
        }
    }
    for (whole, records) in &named {
        for (position, record) in records.iter().enumerate() {
            if let Some(first) = records[..position].iter().find(|first| clash(first.1, record.1, whole == cdn.zone.as_str()).is_some()) {
                say_clash(cx, whole, *first, *record, whole == cdn.zone.as_str());
            }
        }
    }
}

/// A name is written without the zone.
fn name(cx: &mut Check<'_>, zone: &Domain, key: &Name, record: &Record) {
    let written = record.name.as_str();
    let path = ["cdn", "records", key.as_str(), "name"];
    let (message, help) = if zone.has(written) {
        let short = written.strip_suffix(zone.as_str()).unwrap_or_default().trim_end_matches('.');
        let short = if short.is_empty() { "\"@\"" } else { short };
        (format!("`{written}` is written with its zone, which every name of a record gets"), format!("write `name: {short}`"))
    } else if record.name.whole {
        let message = format!("`{written}` lies outside the zone `{zone}`");
        (message, format!("write a name below the zone, without the zone and without a point at the end: `www` is `www.{zone}`"))
    } else if record.name.within(zone).len() > 253 {
        (format!("`{written}.{zone}` is longer than a name can be"), "write at most 253 characters, the zone counted in".into())
    } else {
        return;
    };
    cx.error(Code::BadHost, &path, "this name", message, help);
}

/// `to` and `content`: one of them, and `to` leads to something that Cloudflare can reach.
fn leads(cx: &mut Check<'_>, key: &Name, record: &Record) {
    let spec = cx.spec;
    let path = |field| ["cdn", "records", key.as_str(), field];
    let (to, content) = (path("to"), path("content"));
    match (&record.to, &record.content) {
        (Some(_), Some(_)) => {
            let places = [(&content[..], "this content"), (&to[..], "and this way")];
            cx.both(Code::BadRecord, places, format!("`cdn.records.{key}` has both `to` and `content`"), "keep one of them");
        }
        (None, None) if record.kind.is_some() && ["content", "to", "type"].iter().all(|field| cx.knows(&path(field))) => {
            let message = format!("`cdn.records.{key}` says nothing");
            cx.error(Code::BadRecord, &to[..3], "this record", message, "add `content: …`, or `to: load_balancer`");
        }
        _ => {}
    }
    if record.to.is_none() {
        return;
    }
    if let Some(kind) = record.kind.filter(|kind| *kind != RecordType::Cname) {
        let message = format!("`cdn.records.{key}` leads to the load balancer, but is of the type `{}`", kind.word());
        let help = "leave `type` out: the balancer's addresses change, and only a cname follows them";
        cx.error(Code::BadRecord, &path("type"), "this type", message, help);
    }
    match &spec.load_balancer {
        None if cx.is_cut(&["load_balancer"]) => {}
        None => {
            let message = format!("`cdn.records.{key}` leads to the load balancer, but the spec has none");
            cx.error(Code::UnknownName, &to, "this way", message, "add `load_balancer:`, or write `content`");
        }
        Some(balancer) if record.proxied && balancer.scheme == Scheme::Internal && cx.knows(&path("proxied")) => {
            let places = [(&to[..], "this way"), (&["load_balancer", "scheme"][..], "this scheme")];
            let message = format!("`cdn.records.{key}` leads Cloudflare to a load balancer that only the VPC reaches");
            cx.both(Code::BadRecord, places, message, "write `scheme: internet_facing` with `allow_from: [cdn]`, or `proxied: false`");
        }
        Some(_) => {}
    }
}

/// What a type needs beside its content, and what it does not take.
fn fields(cx: &mut Check<'_>, key: &Name, record: &Record, kind: RecordType) {
    let needs: &[&str] = match kind {
        RecordType::Mx => &["priority"],
        RecordType::Srv => &["priority", "weight", "port"],
        RecordType::Caa => &["tag"],
        _ => &[],
    };
    let there = [
        ("priority", record.priority.is_some()),
        ("weight", record.weight.is_some()),
        ("port", record.port.is_some()),
        ("flags", record.flags.is_some()),
        ("tag", record.tag.is_some()),
    ];
    let absent = |field: &&str| there.iter().any(|(name, there)| name == field && !there);
    let missing: Vec<&str> = needs.iter().copied().filter(absent).collect();
    if !missing.is_empty() && missing.iter().all(|field| cx.knows(&["cdn", "records", key.as_str(), field])) {
        let missing = list(missing.into_iter());
        let message = format!("`cdn.records.{key}` has no {missing}");
        let help = format!("add {missing}: a record of the type `{}` needs {}", kind.word(), list(needs.iter().copied()));
        cx.error(Code::Missing, &["cdn", "records", key.as_str()], "this record", message, help);
    }
    let may = |field: &str| needs.contains(&field) || (kind == RecordType::Caa && field == "flags");
    for (field, _) in there.iter().filter(|(field, there)| *there && !may(field)) {
        let owner = match *field {
            "priority" => "mx and srv",
            "weight" | "port" => "srv",
            _ => "caa",
        };
        let message = format!("a record of the type `{}` takes no `{field}`", kind.word());
        let help = format!("leave it out; it belongs to records of the type {owner}");
        cx.error(Code::BadRecord, &["cdn", "records", key.as_str(), field], "this field", message, help);
    }
}

fn content(cx: &mut Check<'_>, key: &Name, record: &Record, kind: RecordType) {
    let Some(written) = record.content.as_ref().and_then(|content| content.literal()) else { return };
    if kind.canonical(written).is_some() {
        return;
    }
    let (what, example) = kind.takes();
    let fits = |other: &RecordType| *other != kind && other.canonical(written).is_some();
    let near = [RecordType::A, RecordType::Aaaa].into_iter().find(fits);
    let near = near.or([RecordType::Cname].into_iter().find(|other| matches!(kind, RecordType::A | RecordType::Aaaa) && fits(other)));
    let help = match near {
        Some(other) if matches!(kind, RecordType::A | RecordType::Aaaa | RecordType::Cname) => {
            format!("it is {}: write `type: {}`, or a content such as `{example}`", other.takes().0, other.word())
        }
        _ => format!("write one such as `{example}`"),
    };
    let message = format!("a record of the type `{}` says {what}, not `{written}`", kind.word());
    cx.error(Code::BadRecord, &["cdn", "records", key.as_str(), "content"], "this content", message, help);
}

fn proxied(cx: &mut Check<'_>, zone: &Domain, key: &Name, record: &Record, kind: RecordType) {
    let path = |field| ["cdn", "records", key.as_str(), field];
    if record.proxied && !kind.proxies() {
        let message = format!("a record of the type `{}` can't be proxied", kind.word());
        let help = "write `proxied: false`; Cloudflare stands only before a, aaaa and cname";
        cx.error(Code::Proxied, &path("proxied"), "this choice", message, help);
    }
    if kind == RecordType::Cname && !record.proxied && record.name.within(zone) == zone.as_str() && cx.knows(&path("name")) {
        let message = "the zone itself can't be an alias: Cloudflare looks the addresses up and answers with those".into();
        cx.risk(Risk::Unproxied, &path("proxied"), message, "write `proxied: true` where clients may come through Cloudflare");
    }
}

fn ttl(cx: &mut Check<'_>, key: &Name, record: &Record) {
    let path = |field| ["cdn", "records", key.as_str(), field];
    let Ttl::Fixed(ttl) = record.ttl else { return };
    if record.proxied {
        let (ttl, proxied) = (path("ttl"), path("proxied"));
        let places = [(&ttl[..], "this duration"), (&proxied[..], "proxied")];
        let message = format!("`cdn.records.{key}` is proxied, so Cloudflare decides how long it is kept");
        cx.both(Code::Proxied, places, message, "leave `ttl` out, or write `proxied: false`");
    } else if cx.knows(&path("proxied")) {
        cx.within(&path("ttl"), ttl, Duration::seconds(60), Duration::days(1));
    }
}

/// Why two records can't stand under one name. Cloudflare answers for an alias that is proxied, or that is the zone itself, with addresses: only then
/// other things can be said of the name.
fn clash(first: &Record, second: &Record, apex: bool) -> Option<Code> {
    let (Some(a), Some(b)) = (first.kind, second.kind) else { return None };
    let content = |record: &Record, kind: RecordType| {
        let literal = record.content.as_ref().map(|text| text.literal().and_then(|text| kind.canonical(text)).unwrap_or(text.to_string()));
        literal.or(record.to.map(|_| "load_balancer".to_string()))
    };
    if a == b
        && content(first, a) == content(second, b)
        && (first.port, first.weight, first.tag) == (second.port, second.weight, second.tag)
    {
        return Some(Code::Duplicate);
    }
    let alias = |record: &Record, kind| kind == RecordType::Cname && !(apex || record.proxied);
    let aliased = a == RecordType::Cname || b == RecordType::Cname;
    let both = a.proxies() && b.proxies();
    (aliased && (both || alias(first, a) || alias(second, b))).then_some(Code::RecordClash)
}

fn say_clash(cx: &mut Check<'_>, whole: &str, first: (&Name, &Record), second: (&Name, &Record), apex: bool) {
    let path = |key| vec!["cdn", "records", key];
    let (this, that) = (path(second.0.as_str()), path(first.0.as_str()));
    let places = [(&this[..], "this record"), (&that[..], "and this one")];
    let (a, b) = (first.1.kind.map_or("", RecordType::word), second.1.kind.map_or("", RecordType::word));
    match clash(first.1, second.1, apex) {
        Some(Code::Duplicate) => {
            let message = format!("`{}` and `{}` say the same of `{whole}`", first.0, second.0);
            cx.both(Code::Duplicate, places, message, "keep one of them");
        }
        _ if a == b => {
            let message = format!("`{whole}` is two aliases (`cname`), `{}` and `{}`", first.0, second.0);
            cx.both(Code::RecordClash, places, message, "a name can be an alias of one other name alone: keep one of them");
        }
        _ => {
            let message =
                format!("`{whole}` is an alias (`cname`), and has a record of the type `{}` too", if a == "cname" { b } else { a });
            let help = match (first.1.kind, second.1.kind) {
                (Some(a), Some(b)) if a.proxies() && b.proxies() => "give one of them another name, or keep one",
                _ => "give one of them another name; a proxied cname is answered with addresses, and others can stand beside it",
            };
            cx.both(Code::RecordClash, places, message, help);
        }
    }
}

/// How long the comment of a DNS record may be, and what of it is not the stack's and the record's names: `infra STACK-PLACE NAME IDENTITY/RUN/STEP DIGEST`.
const COMMENT: (usize, usize) = (100, "infra -12345  abcdef/123456789012/1234 12345678".len());

/// Whether a record's comment has room for its name; only those that validate a certificate can be too long.
pub fn comment(cx: &mut Check<'_>, path: &[&str], host: &str, record: &str) {
    let stack = cx.spec.stack.as_str();
    let room = COMMENT.0 - COMMENT.1 - stack.len();
    if record.len() > room {
        let most = room.saturating_sub(record.len() - host.len());
        let message = format!("`{host}` is too long for the comment of the record that validates its certificate");
        let help = format!(
            "Cloudflare takes 100 characters, in which the stack's name and the host's stand: write at most {most} here, or a shorter name of the stack"
        );
        let finding = Finding::error(Code::LongComment, message, help);
        let at = cx.sources.place(cx.sources.value(path), "this name");
        let finding = finding.at(at).at(cx.sources.place(cx.sources.value(&["stack"]), "the stack's name"));
        cx.say(&[path, &["stack"]], finding);
    }
}
