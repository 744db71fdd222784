//! What was drawn, as a spec: choices become names of what is there.
use serde_yaml::{Mapping, Value};

use super::{Balancer, Bucket, Cache, Code, Database, Draw, Edge, Function, Group, On, TIERS, Tier};

/// A map of what is there: nulls and empty maps are left out.
pub(super) fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let there = |v: &Value| !v.is_null() && v.as_mapping().is_none_or(|m| !m.is_empty());
    Value::Mapping(entries.into_iter().filter(|(_, v)| there(v)).map(|(k, v)| (Value::from(k), v)).collect::<Mapping>())
}

pub(super) fn y(value: impl serde::Serialize) -> Value {
    serde_yaml::to_value(value).unwrap()
}

/// Written only when it is not the default.
pub(super) fn unless<T: PartialEq + serde::Serialize>(default: T, value: T) -> Value {
    if value == default { Value::Null } else { y(value) }
}

impl Draw {
    /// The spec, always of the stack `full`.
    pub fn yaml(&self) -> String {
        let spec = map([
            ("stack", y("full")),
            ("region", y("us-east-1")),
            ("tags", map([("Team", y(self.team))])),
            ("vpc", self.vpc()),
            ("load_balancer", self.balancer.as_ref().and_then(|b| self.load_balancer(b)).unwrap_or_default()),
            ("compute", map(self.compute.iter().map(|(name, c)| (*name, self.group_of_instances(name, c))))),
            ("functions", map(self.functions.iter().map(|(name, f)| (*name, self.function(name, f))))),
            ("kubernetes", self.cluster.as_ref().map(|c| self.kubernetes(c)).unwrap_or_default()),
            ("cache", map(self.caches.iter().map(|(name, c)| (*name, self.cache(c))))),
            ("database", map(self.with_databases().map(|(name, d)| (*name, self.database(d))))),
            ("storage", map(self.buckets.iter().map(|(name, b)| (*name, self.bucket(b))))),
            ("feature_flags", self.feature_flags()),
            ("cdn", self.edge.as_ref().map(|e| self.cdn(e)).unwrap_or_default()),
            ("monitoring", self.watch.as_ref().map(|w| self.monitoring(w)).unwrap_or_default()),
            ("outputs", map([("url", y(self.balances().then_some("${load_balancer.url}"))), ("network", y("${vpc.id}"))])),
        ]);
        serde_yaml::to_string(&spec).unwrap()
    }

    fn zones(&self) -> &'static str {
        self.net.zones.unwrap_or("abc")
    }

    /// Names and kinds of the tiers.
    fn layout(&self) -> Vec<(&'static str, &'static str)> {
        if self.tiers.is_empty() {
            return vec![("public", "public"), ("app", "private"), ("data", "isolated")];
        }
        self.tiers.iter().map(|t| (t.name, t.kind)).collect()
    }

    pub(super) fn tier(&self, pick: usize) -> Value {
        let tiers = self.layout();
        y(tiers[pick % tiers.len()].0)
    }

    /// Entries that a listener may forward to.
    pub(super) fn reachable(&self) -> Vec<&'static str> {
        let groups = self.compute.iter().filter(|(_, c)| c.port.is_some()).map(|(name, _)| *name);
        groups.chain(self.functions.keys().copied()).chain(self.listening()).collect()
    }

    /// A balancer needs two zones, and somebody to forward to.
    pub(super) fn balances(&self) -> bool {
        self.balancer.is_some() && self.zones().len() > 1 && !self.reachable().is_empty()
    }

    /// A database needs two zones.
    fn with_databases(&self) -> impl Iterator<Item = (&&'static str, &Database)> {
        self.databases.iter().filter(|_| self.zones().len() > 1)
    }

    /// Security groups that extend nobody's.
    fn own_groups(&self) -> Vec<&'static str> {
        self.groups.keys().copied().filter(|g| *g != "load_balancer" && !self.compute.contains_key(g)).collect()
    }

    /// Peers that no circle can lead through.
    fn outside(&self) -> Vec<&'static str> {
        let tiers = self.layout().into_iter().map(|(name, _)| name);
        let plain = tiers.filter(|t| !self.compute.contains_key(t) && !self.groups.contains_key(t));
        ["vpc", "203.0.113.0/24", "anywhere", "198.51.100.0/24"].into_iter().chain(plain).collect()
    }

    /// Peers in an order in which none needs a later one: outside, groups by hand, balancer, compute.
    pub(super) fn peers(&self, most: Rank, picks: &[usize]) -> Value {
        let mut known = self.outside();
        let groups = self.own_groups();
        known.extend(groups.into_iter().filter(|g| most.beyond_groups() || matches!(most, Rank::Group(own) if *g >= own)));
        if self.balances() && matches!(most, Rank::Compute(_) | Rank::Store) {
            known.push("load_balancer");
        }
        known.extend(self.compute.keys().filter(|c| matches!(most, Rank::Store) || matches!(most, Rank::Compute(own) if **c <= own)));
        known.extend(self.functions.iter().filter(|(_, f)| f.tier.is_some() && matches!(most, Rank::Store)).map(|(name, _)| *name));
        let mut chosen: Vec<&str> = vec![];
        for pick in picks {
            let peer = known[pick % known.len()];
            if !chosen.contains(&peer) {
                chosen.push(peer);
            }
        }
        y(chosen)
    }

    fn vpc(&self) -> Value {
        let net = &self.net;
        let has = |kind| self.layout().iter().any(|(_, k)| *k == kind);
        let nat = if has("private") && !has("public") { Some("none") } else { net.nat };
        let zones = net.zones.map(|letters| letters.chars().map(|z| format!("us-east-1{z}")).collect::<Vec<_>>());
        let groups = self.groups.iter().filter(|(name, _)| **name != "load_balancer" || self.balances());
        map([
            ("cidr", y(net.cidr)),
            ("availability_zones", y(zones)),
            ("subnets", map(self.tiers.iter().map(|t| (t.name, self.subnets(t))))),
            ("nat", y(nat)),
            ("flow_logs", unless(true, net.flow_logs.is_some())),
            ("flow_log_retention", y(net.flow_logs.filter(|kept| *kept != "90d"))),
            ("dns_hostnames", unless(true, net.dns_hostnames)),
            ("gateway_endpoints", y(&net.endpoints)),
            ("security_groups", map(groups.map(|(name, g)| (*name, self.security_group(name, g))))),
        ])
    }

    fn subnets(&self, tier: &Tier) -> Value {
        let row = TIERS.iter().position(|t| *t == tier.name).unwrap_or(0);
        let second = if self.net.cidr == Some("10.9.0.0/16") { 9 } else { 0 };
        let zones = self.zones().len();
        let blocks =
            |turn: usize| (0..zones).map(|z| format!("10.{second}.{}.0/24", 64 + 8 * row + (z + turn) % zones)).collect::<Vec<_>>();
        map([
            ("tier", y(tier.kind)),
            ("prefix", unless(24, tier.prefix)),
            ("cidrs", y(tier.by_hand.map(blocks))),
            ("renamed_from", y(tier.renamed_from)),
        ])
    }

    fn security_group(&self, name: &'static str, group: &Group) -> Value {
        let own = self.own_groups().contains(&name);
        let rank = if own { Rank::Group(name) } else { Rank::Outside };
        let rule = |(port, from): &(u16, Vec<usize>)| map([("port", y(port)), ("from", self.peers(rank, from))]);
        let egress = group.closed.then(|| vec![map([("port", y(443)), ("to", y(["vpc"]))])]);
        map([
            ("description", y(group.description)),
            ("ingress", y(group.ingress.iter().map(rule).collect::<Vec<_>>())),
            ("egress", y(egress)),
            ("renamed_from", y(group.renamed_from)),
        ])
    }

    /// Whether there is a balancer that Cloudflare reaches.
    fn faces(&self) -> bool {
        let public = self.layout().iter().any(|(_, kind)| *kind == "public");
        self.balances() && public && self.balancer.as_ref().is_some_and(|b| !b.internal)
    }

    fn cdn(&self, e: &Edge) -> Value {
        let record = |name: &str, what: u8| match what {
            0 | 1 if self.faces() => map([("to", y("load_balancer")), ("proxied", y(e.locked || e.proxied))]),
            0..3 => map([("type", y("a")), ("content", y(format!("192.0.2.{what}"))), ("ttl", y("5m"))]),
            3 => map([("type", y("txt")), ("content", y(format!("of {name}"))), ("name", y("@"))]),
            _ => map([("type", y("cname")), ("content", y("origin.example.net")), ("proxied", y(e.proxied))]),
        };
        let rule = |name: &str| {
            let when = format!("http.request.uri.path eq \"/{name}\"");
            map([("name", y(name)), ("when", y(when)), ("action", y(e.action))])
        };
        map([
            ("zone", y(e.zone)),
            ("records", map(e.records.iter().map(|(name, what)| (*name, record(name, *what))))),
            ("tls", map([("mode", y(e.mode)), ("min_version", y(e.version))])),
            ("waf", map([("managed", y(e.managed)), ("custom", Value::Sequence(e.rules.iter().map(|n| rule(n)).collect()))])),
            ("ddos", map([("sensitivity", y(e.sensitivity))])),
        ])
    }

    fn load_balancer(&self, b: &Balancer) -> Option<Value> {
        if !self.balances() {
            return None;
        }
        let public: Vec<&str> = self.layout().iter().filter(|(_, kind)| *kind == "public").map(|(name, _)| *name).collect();
        let internal = b.internal || public.is_empty();
        let tier = if internal { self.tier(b.tier) } else { y(public[b.tier % public.len()]) };
        let reachable = self.reachable();
        let to = |i: usize| y(reachable[b.forward[i] % reachable.len()]);
        let (clear, extra) = if b.swapped { (8443, 80) } else { (80, 8443) };
        let routes = |first: bool| {
            if first { map(b.routes.iter().map(|(name, (asks, does))| (*name, route(name, *asks, *does, &to)))) } else { Value::Null }
        };
        let https = b.certificate.map(|n| {
            let arn = format!("arn:aws:acm:us-east-1:123456789012:certificate/{n}2345678-1234-1234-1234-123456789012");
            let host = self.edge.as_ref().filter(|e| e.certified).map(|e| format!("www.{}", e.zone));
            map([("port", y(443)), ("certificate", y(host.unwrap_or(arn))), ("forward", to(0)), ("routes", routes(true))])
        });
        // Somebody must listen.
        let plain = if b.certificate.is_none() && !b.extra { Some(b.clear.unwrap_or(false)) } else { b.clear };
        let http = plain.map(|redirects| match redirects && b.certificate.is_some() {
            true => map([("port", y(clear)), ("redirect", y("https"))]),
            false => map([("port", y(clear)), ("forward", to(1)), ("routes", routes(b.certificate.is_none()))]),
        });
        let extra = b.extra.then(|| map([("port", y(extra)), ("forward", to(2))]));
        Some(map([
            ("scheme", y(if internal { "internal" } else { "internet_facing" })),
            ("subnets", tier),
            (
                "allow_from",
                match self.edge.as_ref().is_some_and(|e| e.locked) && self.faces() {
                    true => Value::Sequence(vec![y("cdn")]),
                    false => self.peers(Rank::Balancer, &b.allow_from),
                },
            ),
            ("listeners", map([("https", y(https)), ("http", y(http)), ("extra", y(extra))])),
            ("idle_timeout", y(b.idle_timeout)),
            ("access_logs", unless(true, b.access_logs)),
            ("deletion_protection", unless(true, b.protected)),
        ]))
    }

    /// An environment variable by number, when what it refers to is there.
    pub(super) fn variable(&self, own: &str, number: usize) -> (&'static str, Value) {
        let cache = self.caches.keys().next();
        let database = self.with_databases().next().map(|(name, _)| *name);
        let earlier = self.compute.keys().find(|c| **c < own);
        let of = |attr: &str| y(database.map(|d| format!("${{database.{d}.{attr}}}")));
        match number {
            0 => ("CACHE_URL", y(cache.map(|c| format!("${{cache.{c}.url}}")))),
            1 => ("DATABASE_HOST", of("endpoint")),
            2 => ("API_TOKEN", map([("from_env", y("API_TOKEN"))])),
            3 => ("KEY_ID", map([("from_secrets_manager", y("shop/key"))])),
            4 => ("NETWORK", y("in ${vpc.id}")),
            5 => ("BALANCER", y(self.balances().then_some("${load_balancer.dns_name}"))),
            6 => ("COST", y("5 $$")),
            7 => ("NEIGHBOUR", y(earlier.map(|c| format!("${{compute.{c}.group_name}}")))),
            8 => ("READER", of("reader_endpoint")),
            9 => ("DATABASE_SECRET_ARN", of("secret_arn")),
            _ => ("BUCKET", y(self.buckets.keys().next().map(|b| format!("${{storage.{b}.name}}")))),
        }
    }

    /// What calls a function: at times, and for objects of a bucket, of which no other is told.
    fn on(&self, name: &str, on: &On) -> Value {
        let schedule = |(name, (which, enabled)): (&&'static str, &(usize, bool))| {
            let expression = ["rate(1 hour)", "cron(0 3 ? * MON-FRI *)"][*which];
            (*name, map([("expression", y(expression)), ("enabled", unless(true, *enabled))]))
        };
        let buckets: Vec<&str> = self.buckets.keys().copied().collect();
        let bucket = on.bucket.filter(|_| !buckets.is_empty()).map(|pick| buckets[pick % buckets.len()]);
        map([
            ("schedule", map(on.schedules.iter().map(schedule))),
            ("storage", map(bucket.map(|bucket| (bucket, map([("prefix", y(format!("{name}/")))]))))),
        ])
    }

    fn function(&self, name: &str, f: &Function) -> Value {
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0";
        let (folder, image) = match f.code {
            Code::Folder(name) => (Some(format!("tests/support/code/{name}")), None),
            Code::Image(n) => (None, Some(format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/shop@sha256:{digest}{n}"))),
        };
        // Lambda keeps no instances ready while calls are shared out.
        let shifts = f.url && !(f.provisioned && f.reserved.is_some());
        map([
            ("runtime", y(folder.as_ref().map(|_| "python3.13"))),
            ("code", y(folder)),
            ("image", y(image)),
            ("memory", y(f.memory)),
            ("subnets", f.tier.map_or(y("none"), |tier| self.tier(tier))),
            ("env", map(f.env.iter().map(|n| self.variable("~", *n)))),
            ("reserved_concurrency", y(f.reserved)),
            ("provisioned_concurrency", y(f.reserved.filter(|_| f.provisioned))),
            ("on", self.on(name, &f.on)),
            ("deployment", y(shifts.then(|| map([("strategy", y("canary")), ("interval", y("1m")), ("bake", y("1m"))])))),
            ("url", y(f.url.then(|| map([("auth", y("aws_iam"))])))),
            ("permissions", y(f.permission.then(|| vec![permission()]))),
            ("renamed_from", y(f.renamed_from)),
        ])
    }

    fn cache(&self, c: &Cache) -> Value {
        let failover = c.failover && c.replicas > 0;
        map([
            ("engine", y(if c.valkey { "valkey" } else { "redis" })),
            ("node_type", y(c.node_type)),
            ("subnets", self.tier(c.tier)),
            ("replicas", y(c.replicas)),
            ("automatic_failover", y(failover)),
            ("multi_az", y(c.multi_az && failover && self.zones().len() > 1)),
            ("port", y(c.port)),
            ("parameters", map([("maxmemory-policy", y(c.parameter))])),
            ("allow_from", self.peers(Rank::Store, &c.allow_from)),
            ("snapshot_retention", y(c.retention)),
            ("renamed_from", y(c.renamed_from)),
        ])
    }

    fn database(&self, d: &Database) -> Value {
        let retention = d.retention.filter(|kept| *kept != "0d" || d.replicas == 0);
        map([
            ("engine", y(d.engine.0)),
            ("version", y(d.engine.1)),
            ("instance_class", y(d.class)),
            ("storage", d.storage.map_or(Value::Null, |(size, kind)| map([("size", y(size)), ("type", y(kind))]))),
            ("subnets", self.tier(d.tier)),
            ("multi_az", unless(true, d.multi_az)),
            ("replicas", unless(0, d.replicas)),
            ("backups", map([("retention", y(retention))])),
            ("parameters", map([("max_connections", y(d.parameter))])),
            ("allow_from", self.peers(Rank::Store, &d.allow_from)),
            ("deletion_protection", unless(true, d.protected)),
            ("admin_user", y(d.admin_user)),
            ("renamed_from", y(d.renamed_from)),
        ])
    }
}

pub(super) fn permission() -> Value {
    map([("actions", y(["s3:GetObject"])), ("resources", y(["arn:aws:s3:::shop-uploads/*"]))])
}

/// A key that somebody else has made.
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4444-8888-0123456789ab";

impl Draw {
    fn bucket(&self, b: &Bucket) -> Value {
        let known: Vec<&str> = self.compute.keys().chain(self.functions.keys()).copied().chain(self.workloads()).collect();
        let mut users: Vec<(&str, Option<&str>)> = vec![];
        for (pick, access) in b.users.iter().filter(|_| !known.is_empty()) {
            let name = known[pick % known.len()];
            if !users.iter().any(|(taken, _)| *taken == name) {
                users.push((name, *access));
            }
        }
        let user = |(name, access): (&str, Option<&str>)| match access {
            None => y(name),
            Some(access) => map([("name", y(name)), ("access", y(access))]),
        };
        let rule = |origin: &&str| map([("origins", y([origin])), ("methods", y(["get", "put"])), ("max_age", y("1h"))]);
        map([
            ("allow_from", Value::Sequence(users.into_iter().map(user).collect())),
            ("access", y(b.access)),
            ("versioning", unless(true, b.versioning)),
            ("encryption", y(b.key.then_some(KEY))),
            ("expire", y(b.expire)),
            ("archive", b.archive.map_or(Value::Null, |(after, class)| map([("after", y(after)), ("class", y(class))]))),
            ("old_versions", y(b.old_versions)),
            ("abort_uploads", y(b.abort_uploads)),
            ("cors", Value::Sequence(b.cors.iter().map(rule).collect())),
            ("renamed_from", y(b.renamed_from)),
        ])
    }
}

/// A route, which no other shares its requests with.
fn route(name: &str, asks: u8, does: u8, to: &dyn Fn(usize) -> Value) -> Value {
    let asks = match asks {
        0 => vec![("path", y(format!("/{name}/*")))],
        1 => vec![("host", y(format!("{name}.example.com")))],
        2 => vec![("path", y([format!("/{name}"), format!("/{name}-more*")])), ("method", y("POST"))],
        _ => vec![("header", map([("X-Route", y(name))]))],
    };
    let does = match does {
        0..3 => ("forward", to(usize::from(does))),
        3 => ("redirect", map([("path", y("/new"))])),
        _ => ("respond", map([("status", y(503))])),
    };
    map(asks.into_iter().chain([does]))
}

/// Who asks for peers.
#[derive(Clone, Copy)]
pub(super) enum Rank {
    Outside,
    Group(&'static str),
    Balancer,
    Compute(&'static str),
    Store,
}

impl Rank {
    fn beyond_groups(self) -> bool {
        matches!(self, Rank::Balancer | Rank::Compute(_) | Rank::Store)
    }
}
