//! Compute entries as they are written.
use std::collections::BTreeSet;

use serde_yaml::Value;

use super::write::{Rank, map, permission, unless, y};
use super::{Boot, Compute, Draw};

/// Ways from one version to the next; cookies and several listeners are drawn by themselves.
const DEPLOYMENTS: [&str; 3] = [
    "{ strategy: canary, steps: [20%, 100%], interval: 1m, bake: 1m }",
    "{ strategy: blue_green, bake: 1m, validate: [{ path: /healthz }] }",
    "{ strategy: canary, steps: [50%, 100%], interval: 1m, bake: 1m, preview: { header: X-Preview, value: next }, smoke: [{ path: /healthz }] }",
];

impl Draw {
    pub(super) fn group_of_instances(&self, name: &'static str, c: &Compute) -> Value {
        let (image, ami, script) = match c.boot {
            Boot::Image(n) => (Some(format!("example/shop:{n}")), None, None),
            Boot::Ami => (None, Some("ami-0123456789abcdef0"), None),
            Boot::Script(n) => (None, None, Some(format!("echo {n} in ${{vpc.cidr}}"))),
            Boot::Nothing => (None, None, None),
        };
        let env = map(c.env.iter().filter(|_| image.is_some()).map(|n| self.variable(name, *n)));
        let peers = c.port.map_or(Value::Null, |_| self.peers(Rank::Compute(name), &c.allow_from));
        let policies = c.policy.then_some(["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]);
        map([
            ("image", y(&image)),
            ("command", y(c.command.filter(|_| image.is_some()))),
            ("ami", y(ami)),
            ("user_data", y(script)),
            ("instance_type", unless("t3.small", c.instance_type)),
            ("other_instance_types", y(c.other_type.then_some([if c.instance_type == "t4g.small" { "t4g.medium" } else { "t3a.medium" }]))),
            ("spot", c.spot.map_or(Value::Null, |percent| map([("on_demand_base", y(1)), ("on_demand_percent", y(percent))]))),
            ("subnets", self.tier(c.tier)),
            ("port", y(c.port)),
            ("instances", self.instances(name, c)),
            (
                "health_check",
                map([("path", y(c.health)), ("protocol", y(c.checked.then_some("https"))), ("port", y(c.checked.then_some(9999)))]),
            ),
            ("env", env),
            ("disk", c.disk.map_or(Value::Null, |(size, kind)| map([("size", y(size)), ("type", y(kind))]))),
            ("allow_from", peers),
            ("policies", y(policies)),
            ("permissions", y(c.permission.then(|| vec![permission()]))),
            ("stickiness", y(c.stickiness)),
            ("deployment", self.deployment(name, c)),
            ("renamed_from", y(c.renamed_from)),
        ])
    }

    /// How a new version takes over: by steps only where there are requests to share out.
    fn deployment(&self, name: &'static str, c: &Compute) -> Value {
        let there = c.instances.is_none_or(|(min, _)| min > 0) && self.forwarded().contains(name);
        let way = c.deployment.filter(|_| there).map(|n| DEPLOYMENTS[n % DEPLOYMENTS.len()]);
        way.map_or(Value::Null, |way| serde_yaml::from_str(way).unwrap())
    }

    /// Entries that a listener or a route forwards to.
    pub(super) fn forwarded(&self) -> BTreeSet<&'static str> {
        let (Some(b), reachable) = (self.balancer.as_ref().filter(|_| self.balances()), self.reachable()) else { return BTreeSet::new() };
        let plain = if b.certificate.is_none() && !b.extra { Some(b.clear.unwrap_or(false)) } else { b.clear };
        let clear = plain.is_some_and(|redirects| !(redirects && b.certificate.is_some()));
        let routed = b.certificate.is_some() || clear;
        let routes = b.routes.values().map(|(_, does)| usize::from(*does)).filter(|does| routed && *does < 3);
        let listeners = [b.certificate.is_some(), clear, b.extra].into_iter().enumerate().filter(|(_, there)| *there).map(|(i, _)| i);
        listeners.chain(routes).map(|i| reachable[b.forward[i] % reachable.len()]).collect()
    }

    /// How many, and what changes that. Two schedules never have one moment.
    fn instances(&self, name: &'static str, c: &Compute) -> Value {
        let forwarded = self.forwarded().contains(name);
        let aims = c.aims.filter(|aim| forwarded || *aim == "cpu");
        let requests = aims.filter(|aim| *aim != "cpu").map(|_| 600);
        let moments = ["0 7 * * MON-FRI", "30 19 * * *", "0 12 1 * *"];
        let taken = c.schedules.values().next().map(|(first, _)| *first);
        let schedule = |(name, (moment, min)): (&&'static str, &(usize, u32))| {
            let moment = if *name == "morning" && c.schedules.len() > 1 && taken == Some(*moment) { (moment + 1) % 3 } else { *moment };
            (*name, map([("cron", y(moments[moment])), ("min", y(min)), ("desired", y((min > &1).then_some(2)))]))
        };
        map([
            ("min", y(c.instances.map(|(min, _)| min))),
            ("max", y(c.instances.map(|(_, max)| max))),
            ("target_cpu", y(aims.filter(|aim| *aim != "requests").map(|_| 70))),
            ("target_requests", y(requests)),
            ("schedules", map(c.schedules.iter().map(schedule))),
        ])
    }
}
