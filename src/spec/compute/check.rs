//! Compute entries.
use super::{Compute, deployment};
use crate::diag::{Code, Risk};
use crate::spec::check::Check;
use crate::spec::env::EnvSource;
use crate::spec::load_balancer::forwards;
use crate::spec::units::{Duration, Size};
use crate::spec::vpc::{Nat, TierKind};

pub fn check(name: &str, entry: &Compute, cx: &mut Check<'_>) {
    let _ = cx.tier(&["compute", name, "subnets"], &entry.subnets);
    entry.timeouts.check(cx, &["compute", name]);
    source(cx, name, entry);
    command(cx, name, entry);
    env(cx, name, entry);
    policies(cx, name, entry);
    way_out(cx, name, entry);
    instances(cx, name, entry);
    requests(cx, name, entry);
    health(cx, name, entry);
    deployment::check(cx, name, entry);
    let path = |field| ["compute", name, field];
    cx.within(&path("deregistration_delay"), entry.deregistration_delay, Duration::seconds(0), Duration::seconds(3600));
    if let Some(stickiness) = entry.stickiness {
        cx.within(&path("stickiness"), stickiness, Duration::seconds(1), Duration::days(7));
    }
    let (least, most) = (Duration::seconds(0), Duration::seconds(3600));
    cx.within(&["compute", name, "update", "warmup"], entry.update.warmup, least, most);
    if !(Size::gib(8)..=Size::gib(16 * 1024)).contains(&entry.disk.size) {
        let message = format!("the disk of `{name}` can't have {}", entry.disk.size);
        cx.error(Code::OutOfRange, &["compute", name, "disk", "size"], "this size", message, "write a size from 8GiB to 16TiB");
    }
    if entry.port.is_none() && !entry.allow_from.is_empty() && cx.knows(&path("port")) {
        let message = format!("`compute.{name}` allows connections but has no port");
        cx.error(Code::Missing, &path("allow_from"), "to which port?", message, "add `port:`, or a rule in `vpc.security_groups`");
    }
}

fn source(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    for other in ["ami", "user_data"] {
        if entry.image.is_some() && cx.written(&["compute", name, other]) {
            let (this, image) = (["compute", name, other], ["compute", name, "image"]);
            let places = [(&this[..], "this one"), (&image[..], "and a container")];
            let message = format!("`compute.{name}` has both `image` and `{other}`");
            let help = "a container is started on an instance that infra sets up; leave one of them out";
            cx.both(Code::Source, places, message, help);
        }
    }
}

/// A command is a container's.
fn command(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    if entry.image.is_none() && !entry.command.is_empty() && cx.knows(&["compute", name, "image"]) {
        let message = format!("`compute.{name}` has a `command`, but no container that would run it");
        cx.error(Code::Source, &["compute", name, "command"], "this command", message, "add `image:`, or start it in `user_data`");
    }
}

/// A container's environment is a file with a line for each value.
fn env(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    for (key, value) in entry.env.iter().filter(|_| entry.image.is_some()) {
        if let EnvSource::Text(text) = value
            && text.to_string().contains(['\n', '\r', '\0'])
        {
            let message = format!("the value of `{key}` has several lines, and a container's environment holds one a value");
            let help = "write it in one line, or as base64 that the application decodes";
            cx.error(Code::BadText, &["compute", name, "env", key.as_str()], "this value", message, help);
        }
    }
}

/// A role takes policies of AWS and of its own account alone.
fn policies(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    for (index, arn) in entry.policies.iter().enumerate() {
        if let Some((message, help)) = cx.elsewhere(arn.as_str()) {
            cx.error(Code::BadArn, &["compute", name, "policies", &index.to_string()], "this policy", message, help);
        }
    }
}

/// What can't reach the internet fetches no container: its instances never become healthy. A route that others add may lead out.
fn way_out(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    let tier = cx.spec.vpc.subnets.get(entry.subnets.as_str()).map(|tier| tier.tier);
    let closed = match tier {
        Some(TierKind::Isolated) => true,
        Some(TierKind::Private) => cx.spec.vpc.nat == Nat::None,
        Some(TierKind::Public) | None => false,
    };
    if closed && entry.image.is_some() && cx.knows(&["vpc", "nat"]) && cx.knows(&["vpc", "subnets"]) {
        let message = format!("`compute.{name}` has no way out: its instances can't fetch the image, and never become healthy");
        let help =
            "let `subnets` name a private tier and `vpc.nat` be `per_zone` or `single`, unless somebody else gives the tier a way out";
        cx.risk(Risk::NoWayOut, &["compute", name, "image"], message, help);
    }
}

fn instances(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    let counts = &entry.instances;
    let path = |field| ["compute", name, "instances", field];
    if counts.min > counts.max {
        let (min, max) = (path("min"), path("max"));
        let places = [(&min[..], "this minimum"), (&max[..], "this maximum")];
        let message = format!("`compute.{name}` has a minimum of {} above its maximum of {}", counts.min, counts.max);
        cx.both(Code::Instances, places, message, "write `min` at most as large as `max`");
    } else if !(counts.min..=counts.max).contains(&counts.desired) && cx.knows(&["compute", name, "instances"]) {
        let message = format!("`compute.{name}` can't start with {} instances", counts.desired);
        let help = format!("write a number from {} to {}, or leave it out", counts.min, counts.max);
        cx.error(Code::Instances, &path("desired"), "this number", message, help);
    } else if counts.min < 2 {
        let message = format!("`compute.{name}` may run on fewer than two instances: when the last one fails, nothing answers");
        cx.risk(Risk::SingleInstance, &path("min"), message, "write `min: 2` or more where that matters");
    }
}

/// The load balancer counts what it sends to the entry.
fn requests(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    let reached = forwards(cx.spec).any(|(_, to)| to.as_str() == name);
    if entry.instances.target_requests.is_some() && !reached && cx.knows(&["load_balancer"]) {
        let message = format!("nothing forwards to `compute.{name}`, so there are no requests to count");
        let help = "let a listener or a route of `load_balancer` forward to it, or aim at `target_cpu`";
        cx.error(Code::Missing, &["compute", name, "instances", "target_requests"], "these requests", message, help);
    }
}

fn health(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    let health = &entry.health_check;
    let path = |field| ["compute", name, "health_check", field];
    cx.within(&path("interval"), health.interval, Duration::seconds(5), Duration::seconds(300));
    cx.within(&path("timeout"), health.timeout, Duration::seconds(2), Duration::seconds(120));
    cx.within(&path("grace"), health.grace, Duration::seconds(0), Duration::seconds(7200));
    if health.timeout >= health.interval && cx.knows(&path("timeout")) && cx.knows(&path("interval")) {
        let (timeout, interval) = (path("timeout"), path("interval"));
        let field = if cx.written(&timeout) { timeout } else { interval };
        let message = format!("a check of `{name}` may take {}, but the next one comes after {}", health.timeout, health.interval);
        cx.error(Code::HealthCheck, &field, "this duration", message, "write a `timeout` shorter than `interval`");
    }
}
