//! `load_balancer`: the balancer, its listeners, the groups behind them, and the bucket of its logs.
use std::collections::BTreeSet;

use super::{GROUP, ListenerProtocol, LoadBalancer as Section, Scheme, forwarding, routes};
use crate::kinds::bucket::Purpose;
use crate::kinds::target_group::HealthCheck;
use crate::kinds::{Bucket, Kind, Listener, LoadBalancer, Pointer, Ref, TargetGroup, foreign};
use crate::spec::Spec;
use crate::spec::cdn::{more, validations};
use crate::spec::compute::{CheckProtocol, Compute, checked_at};
use crate::spec::functions::Function;
use crate::spec::groups::to_pods;
use crate::spec::kubernetes::{CLUSTER, Workload};
use crate::spec::lower::{Lower, int};
use crate::spec::units::Name;

const LOG_DAYS: i32 = 90;

pub fn lower(balancer: &Section, l: &mut Lower<'_>) {
    if balancer.access_logs {
        let bucket = Bucket { expiration_days: Some(LOG_DAYS), tags: l.tags("access-logs"), ..Bucket::plain(Purpose::LoadBalancerLogs) };
        l.add("access_logs", "load_balancer.access_logs", bucket);
    }
    let public = balancer.scheme == Scheme::InternetFacing;
    let made = LoadBalancer {
        scheme: if public { "internet-facing" } else { "internal" }.into(),
        internet_gateway: public.then(|| Ref::to("main")),
        subnets: l.subnets(&balancer.subnets),
        security_groups: BTreeSet::from([Ref::to(GROUP)]),
        idle_timeout: int(balancer.idle_timeout.as_seconds()),
        deletion_protection: balancer.deletion_protection,
        drop_invalid_header_fields: balancer.drop_invalid_headers,
        http2: balancer.http2,
        access_logs: balancer.access_logs.then(|| Ref::to("access_logs")),
        tags: l.tags("main"),
        dns_name: Default::default(),
        zone_id: Default::default(),
    };
    l.add("main", "load_balancer", made);
    for (name, compute) in &l.spec.compute {
        if forwarding(l.spec, name).next().is_some() {
            target_group(l, name, compute);
        }
    }
    for (name, function) in &l.spec.functions {
        if forwarding(l.spec, name).next().is_some() {
            function_group(l, name, function);
        }
    }
    for (name, workload) in l.spec.workloads() {
        if let Some(port) = workload.port.filter(|_| forwarding(l.spec, name).next().is_some()) {
            pods(l, name, workload, port);
        }
    }
    for (name, listener) in &balancer.listeners {
        let https = listener.protocol == ListenerProtocol::Https;
        let Some(action) = routes::lower::action(balancer, listener.action()) else { continue }; // a loaded spec has one
        let host = listener.host();
        let more = more(l.spec, listener);
        let records = host.iter().chain(&more).flat_map(|host| validations(l.spec, host));
        let waits_for = records.chain(behind(l.spec, listener.forward.as_ref())).collect();
        let made = Listener {
            load_balancer: Ref::to("main"),
            port: int(listener.port),
            protocol: protocol(listener.protocol).into(),
            certificate: host.clone().or(listener.certificate.as_deref().map(foreign)).map(Ref::to),
            certificates: more.into_iter().map(Ref::to).collect(),
            ssl_policy: https.then(|| listener.ssl_policy.to_string()),
            action,
            waits_for,
            tags: l.tags(name.as_str()),
        };
        l.add(name.as_str(), format!("load_balancer.listeners.{name}"), made);
        routes::lower::lower(l, balancer, name, listener);
    }
}

/// What must answer before requests are forwarded to an entry. A function answers when its target group is there.
pub fn behind(spec: &Spec, entry: Option<&Name>) -> Option<Pointer> {
    let entry = entry?;
    let kind = if spec.compute.contains_key(entry) {
        Kind::AutoScalingGroup
    } else {
        spec.workload(entry)?;
        Kind::TargetGroupBinding
    };
    Some(Pointer::to(kind, entry.as_str()))
}

pub fn protocol(p: ListenerProtocol) -> &'static str {
    match p {
        ListenerProtocol::Http => "HTTP",
        ListenerProtocol::Https => "HTTPS",
    }
}

fn target_group(l: &mut Lower<'_>, name: &Name, compute: &Compute) {
    let check = &compute.health_check;
    let group = TargetGroup {
        load_balancer: Ref::to("main"),
        vpc: Some(Ref::to("main")),
        port: Some(int(compute.port.unwrap_or(80))),
        protocol: Some("HTTP".into()),
        cluster: None,
        function: None,
        health_check: Some(HealthCheck {
            protocol: Some(match check.protocol {
                CheckProtocol::Http => "HTTP".into(),
                CheckProtocol::Https => "HTTPS".into(),
            }),
            port: checked_at(l.spec, name, compute).map(int),
            path: check.path.to_string(),
            interval: int(check.interval.as_seconds()),
            timeout: int(check.timeout.as_seconds()),
            healthy: int(check.healthy),
            unhealthy: int(check.unhealthy),
            matcher: check.matcher.to_string(),
        }),
        deregistration_delay: Some(int(compute.deregistration_delay.as_seconds())),
        stickiness: int(compute.stickiness.map_or(0, |s| s.as_seconds())),
        tags: l.tags(name.as_str()),
    };
    l.renamed::<TargetGroup>(name.as_str(), compute.renamed_from.as_ref().map(Name::to_string));
    l.add(name.as_str(), format!("compute.{name}"), group);
}

/// How long pods that leave may end their requests.
const LEAVE: i32 = 30;

/// The group that pods are registered in, and what lets the balancer reach them. They are asked for their health where Kubernetes asks them, within what the
/// balancer can; where nothing but a port is checked, any answer to `/` that is no failure of the server is good.
fn pods(l: &mut Lower<'_>, name: &Name, workload: &Workload, port: u16) {
    let check = workload.health_check.clone().unwrap_or_default();
    let interval = int(check.interval.as_seconds()).clamp(5, 300);
    let group = TargetGroup {
        load_balancer: Ref::to("main"),
        vpc: Some(Ref::to("main")),
        port: Some(int(port)),
        protocol: Some("HTTP".into()),
        cluster: Some(Ref::to(CLUSTER)),
        function: None,
        health_check: Some(HealthCheck {
            protocol: Some("HTTP".into()),
            port: check.port.filter(|own| *own != port).map(int),
            path: check.path.as_ref().map_or_else(|| "/".into(), ToString::to_string),
            interval,
            timeout: int(check.timeout.as_seconds()).clamp(2, (interval - 1).min(120)),
            healthy: int(check.healthy).clamp(2, 10),
            unhealthy: int(check.unhealthy).clamp(2, 10),
            matcher: if check.path.is_some() { "200-399" } else { "200-499" }.into(),
        }),
        deregistration_delay: Some(LEAVE),
        stickiness: 0,
        tags: l.tags(name.as_str()),
    };
    let origin = format!("kubernetes.workloads.{name}");
    l.add(name.as_str(), &origin, group);
    for port in [Some(port), check.port].into_iter().flatten() {
        to_pods(l, GROUP, port, &origin);
    }
}

/// Nobody asks whether a function is healthy: each question would be a call.
fn function_group(l: &mut Lower<'_>, name: &Name, function: &Function) {
    let group = TargetGroup {
        load_balancer: Ref::to("main"),
        vpc: None,
        port: None,
        protocol: None,
        cluster: None,
        function: Some(Ref::to(name.as_str())),
        health_check: None,
        deregistration_delay: None,
        stickiness: 0,
        tags: l.tags(name.as_str()),
    };
    l.renamed::<TargetGroup>(name.as_str(), function.renamed_from.as_ref().map(Name::to_string));
    l.add(name.as_str(), format!("functions.{name}"), group);
}
