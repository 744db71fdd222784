//! The load balancer and its listeners.
use super::{Listener, ListenerProtocol, LoadBalancer, Scheme, routes};
use crate::diag::{Code, Risk};
use crate::model::partition;
use crate::spec::check::Check;
use crate::spec::units::{Arn, Duration, Name, Unit};
use crate::spec::vpc::TierKind;

pub fn check(balancer: &LoadBalancer, cx: &mut Check<'_>) {
    let spec = cx.spec;
    let path = ["load_balancer", "subnets"];
    let tier = cx.tier(&path, &balancer.subnets);
    let faces = balancer.scheme == Scheme::InternetFacing && cx.knows(&["load_balancer", "scheme"]);
    if faces && tier.is_some_and(|tier| tier != TierKind::Public) {
        let message = format!("a load balancer that faces the internet can't stand in the tier `{}`", balancer.subnets);
        let help = "name a tier with `tier: public`, or write `scheme: internal`";
        cx.error(Code::Tier, &path, "not a public tier", message, help);
    }
    if spec.vpc.availability_zones.len() < 2 {
        let zones: &[&str] = &["vpc", "availability_zones"];
        let places = [(zones, "one zone"), (&["load_balancer"][..], "needs two")];
        let message = "a load balancer needs at least two zones".into();
        cx.both(Code::OneZone, places, message, "add a second zone of the region");
    }
    let (least, most) = (Duration::seconds(1), Duration::seconds(4000));
    cx.within(&["load_balancer", "idle_timeout"], balancer.idle_timeout, least, most);
    balancer.timeouts.check(cx, &["load_balancer"]);
    if !balancer.deletion_protection {
        let message = "nothing keeps the load balancer from being deleted".into();
        cx.risk(Risk::NoDeletionProtection, &["load_balancer", "deletion_protection"], message, "leave it out where that matters");
    }
    for (name, listener) in &balancer.listeners {
        ports(cx, balancer, name, listener);
        let at = ["load_balancer", "listeners", name.as_str()];
        routes::check::action(cx, balancer, &at, (name, &format!("the listener `{name}`")), listener.action());
        routes::check::check(cx, balancer, name, listener);
        certificate(cx, name, listener);
    }
}

fn ports(cx: &mut Check<'_>, balancer: &LoadBalancer, name: &Name, listener: &Listener) {
    let same = |other: &(&Name, &Listener)| other.0 < name && other.1.port == listener.port;
    if let Some((other, _)) = balancer.listeners.iter().find(same) {
        let this = ["load_balancer", "listeners", name.as_str(), "port"];
        let first = ["load_balancer", "listeners", other.as_str(), "port"];
        let places = [(&this[..], "this port"), (&first[..], "taken here")];
        let message = format!("the listeners `{other}` and `{name}` have one port, {}", listener.port);
        cx.both(Code::Duplicate, places, message, "give one of them another port, or leave it out");
    }
}

fn certificate(cx: &mut Check<'_>, name: &Name, listener: &Listener) {
    let path = ["load_balancer", "listeners", name.as_str(), "certificate"];
    let Some(certificate) = &listener.certificate else {
        if listener.protocol == ListenerProtocol::Https && cx.knows(&[path[0], path[1], path[2], "protocol"]) {
            let message = format!("the listener `{name}` speaks https without a certificate");
            let help = "add `certificate:` with a host name of the zone in `cdn`, or the ARN of a certificate of AWS Certificate Manager";
            cx.error(Code::ListenerCertificate, &path, "this listener", message, help);
        }
        return;
    };
    let region = cx.spec.region.as_str();
    let parts: Vec<&str> = certificate.split(':').collect();
    let service = parts.get(2).copied().unwrap_or_default();
    let label = "this certificate";
    if listener.protocol == ListenerProtocol::Http {
        let message = format!("the listener `{name}` has a certificate but speaks http");
        cx.error(Code::ListenerCertificate, &path, label, message, "write `protocol: https`, or leave the certificate out");
    } else if !certificate.starts_with("arn:") {
        host(cx, &path, certificate, listener);
    } else if Arn::read(certificate).is_err() || !matches!(service, "acm" | "iam") {
        let message = format!("`{certificate}` is not the ARN of a certificate");
        let help = format!("write {}", an_arn(region));
        cx.error(Code::ListenerCertificate, &path, label, message, help);
    } else if let Some((message, help)) = cx.elsewhere(certificate) {
        cx.error(Code::ListenerCertificate, &path, label, message, help);
    } else if service == "acm" && parts.get(3).is_some_and(|there| *there != region) && cx.knows(&["region"]) {
        let message = format!("the certificate of `{name}` is not in the region `{region}`");
        cx.error(
            Code::ListenerCertificate,
            &path,
            label,
            message,
            format!("a load balancer takes certificates of its own region; request one in `{region}`"),
        );
    }
}

fn an_arn(region: &str) -> String {
    let partition = partition(region).name;
    format!("the ARN of a certificate of AWS Certificate Manager, such as `arn:{partition}:acm:{region}:123456789012:certificate/…`")
}

/// A host name stands for a certificate that is requested for it and validated through the CDN's zone.
fn host(cx: &mut Check<'_>, path: &[&str; 4], written: &str, listener: &Listener) {
    let label = "this certificate";
    let region = cx.spec.region.as_str();
    let arn = an_arn(region);
    match (listener.host(), &cx.spec.cdn) {
        (None, _) => {
            let message = format!("`{written}` is neither the name of a host nor the ARN of a certificate");
            cx.error(Code::ListenerCertificate, path, label, message, format!("write a name of the zone in `cdn`, or {arn}"));
        }
        (Some(_), None) if cx.is_cut(&["cdn"]) => {}
        (Some(host), None) => {
            let message = format!("a certificate for `{host}` is validated through its zone, but the spec has no section `cdn`");
            cx.error(Code::ListenerCertificate, path, label, message, format!("add `cdn:` with its zone, or write {arn}"));
        }
        (Some(host), Some(cdn)) if !cdn.zone.has(&host) => {
            let places = [(&path[..], label), (&["cdn", "zone"][..], "the CDN's zone")];
            let message = format!("`{host}` lies outside the zone `{}`, through which a certificate for it would be validated", cdn.zone);
            cx.both(Code::ListenerCertificate, places, message, format!("write a name of the zone, such as `www.{}`, or {arn}", cdn.zone));
        }
        _ => {}
    }
}
