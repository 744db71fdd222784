//! Specs by chance. Whatever is drawn can be written as a valid spec, so that a failing pair shrinks among valid ones: choices are numbers, and
//! become names only when the spec is written, out of what is there then.
use std::collections::BTreeMap;
use std::fmt;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_yaml::{Mapping, Value};

const TIERS: &[&str] = &["public", "app", "data", "edge"];
const GROUPS: &[&str] = &["app", "bastion", "load_balancer", "ops"];
const COMPUTE: &[&str] = &["app", "job", "web"];
const CACHES: &[&str] = &["main", "side"];
const DATABASES: &[&str] = &["main", "store"];

/// Entries of a section, by name.
type Entries<T> = BTreeMap<&'static str, T>;

/// A spec before it is written.
#[derive(Clone, Debug)]
pub struct Draw {
    team: Option<&'static str>,
    net: Net,
    /// None: the default tiers.
    tiers: Vec<Tier>,
    groups: Entries<Group>,
    balancer: Option<Balancer>,
    compute: Entries<Compute>,
    caches: Entries<Cache>,
    databases: Entries<Database>,
    edge: Option<Edge>,
}

/// What stands at Cloudflare.
#[derive(Clone, Debug)]
struct Edge {
    zone: &'static str,
    /// What each name is, by number.
    records: Entries<u8>,
    proxied: bool,
    /// Whether only Cloudflare reaches the balancer; then all that leads to it is proxied.
    locked: bool,
    /// Whether a listener's certificate is one of the zone's.
    certified: bool,
    mode: Option<&'static str>,
    version: Option<&'static str>,
    /// Rules by name, in an order that counts, and what they do.
    rules: Vec<&'static str>,
    action: &'static str,
    sensitivity: &'static str,
    managed: bool,
}

const NAMES: &[&str] = &["api", "blog", "shop", "www"];

#[derive(Clone, Debug)]
struct Net {
    cidr: Option<&'static str>,
    /// The zones' letters.
    zones: Option<&'static str>,
    nat: Option<&'static str>,
    /// How long flow logs are kept; none is off.
    flow_logs: Option<&'static str>,
    dns_hostnames: bool,
    endpoints: Vec<&'static str>,
}

#[derive(Clone, Debug)]
struct Tier {
    name: &'static str,
    kind: &'static str,
    prefix: u8,
    /// Blocks by hand, and by how many zones they are turned.
    by_hand: Option<usize>,
    renamed_from: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Group {
    description: Option<&'static str>,
    ingress: Vec<(u16, Vec<usize>)>,
    closed: bool,
    renamed_from: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Balancer {
    internal: bool,
    tier: usize,
    certificate: Option<char>,
    /// The listener in the clear: none, or whether it redirects.
    clear: Option<bool>,
    extra: bool,
    /// The ports of the last two change places.
    swapped: bool,
    forward: [usize; 3],
    allow_from: Vec<usize>,
    idle_timeout: Option<&'static str>,
    access_logs: bool,
    protected: bool,
}

#[derive(Clone, Debug)]
struct Compute {
    boot: Boot,
    instance_type: &'static str,
    tier: usize,
    port: Option<u16>,
    instances: Option<(u32, u32)>,
    health: Option<&'static str>,
    env: Vec<usize>,
    disk: Option<(&'static str, &'static str)>,
    allow_from: Vec<usize>,
    policy: bool,
    stickiness: Option<&'static str>,
    renamed_from: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum Boot {
    Image(u8),
    Ami,
    Script(u8),
    Nothing,
}

#[derive(Clone, Debug)]
struct Cache {
    valkey: bool,
    node_type: Option<&'static str>,
    tier: usize,
    replicas: u32,
    failover: bool,
    multi_az: bool,
    port: Option<u16>,
    parameter: Option<&'static str>,
    allow_from: Vec<usize>,
    retention: Option<&'static str>,
    renamed_from: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Database {
    engine: (&'static str, &'static str),
    class: Option<&'static str>,
    storage: Option<(&'static str, &'static str)>,
    tier: usize,
    multi_az: bool,
    replicas: u32,
    retention: Option<&'static str>,
    parameter: Option<&'static str>,
    allow_from: Vec<usize>,
    protected: bool,
    admin_user: Option<&'static str>,
    renamed_from: Option<&'static str>,
}

/// A way from one spec to another; `None` is nothing at all.
#[derive(Clone)]
pub struct Pair {
    pub from: Option<Draw>,
    pub to: Option<Draw>,
    /// What the pair's own choices are drawn from: faults, steps, latencies.
    pub seed: u64,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |d: &Option<Draw>| d.as_ref().map_or("nothing\n".into(), Draw::yaml);
        write!(f, "seed {}\n# from\n{}# to\n{}", self.seed, text(&self.from), text(&self.to))
    }
}

/// Two specs that share most of their sections; some entries of the others are renamed.
pub fn pair() -> impl Strategy<Value = Pair> {
    let changed = proptest::array::uniform9(proptest::bool::weighted(0.35));
    let renamed = proptest::array::uniform5(proptest::bool::weighted(0.2));
    (draw(), draw(), changed, renamed, 0..14u8, 0..u64::MAX).prop_map(|(from, other, changed, renamed, ends, seed)| {
        let mut to = from.clone();
        let [team, net, tiers, groups, balancer, compute, caches, databases, edge] = changed;
        lay(team, &mut to.team, other.team);
        lay(net, &mut to.net, other.net);
        lay(tiers, &mut to.tiers, other.tiers);
        lay(groups, &mut to.groups, other.groups);
        lay(balancer, &mut to.balancer, other.balancer);
        lay(compute, &mut to.compute, other.compute);
        lay(caches, &mut to.caches, other.caches);
        lay(databases, &mut to.databases, other.databases);
        lay(edge, &mut to.edge, other.edge);
        let [tier, group, compute, cache, database] = renamed;
        if tier {
            rename_tier(&from.tiers, &mut to.tiers);
        }
        let plain: Vec<&str> = GROUPS.iter().copied().filter(|g| *g != "load_balancer").collect();
        rename(group, &plain, &from.groups, &mut to.groups, |g, old| g.renamed_from = Some(old));
        rename(compute, COMPUTE, &from.compute, &mut to.compute, |c, old| c.renamed_from = Some(old));
        rename(cache, CACHES, &from.caches, &mut to.caches, |c, old| c.renamed_from = Some(old));
        rename(database, DATABASES, &from.databases, &mut to.databases, |d, old| d.renamed_from = Some(old));
        Pair { from: (ends != 12).then_some(from), to: (ends != 13).then_some(to), seed }
    })
}

fn lay<T>(changed: bool, here: &mut T, other: T) {
    if changed {
        *here = other;
    }
}

/// An entry that is new takes the place of one that is gone; without such a pair, the first one gets another name.
fn rename<T>(wanted: bool, names: &[&'static str], from: &Entries<T>, to: &mut Entries<T>, set: fn(&mut T, &'static str)) {
    if !wanted {
        return;
    }
    let new = names.iter().copied().find(|n| to.contains_key(n) && !from.contains_key(n));
    let gone = names.iter().copied().find(|n| from.contains_key(n) && !to.contains_key(n));
    let free = names.iter().copied().find(|n| !from.contains_key(n) && !to.contains_key(n));
    let stays = names.iter().copied().find(|n| from.contains_key(n) && to.contains_key(n));
    match (new, gone, free, stays) {
        (Some(new), Some(old), ..) => to.entry(new).and_modify(|e| set(e, old)),
        (_, _, Some(new), Some(old)) => {
            let entry = to.remove(old);
            to.extend(entry.map(|e| (new, e)));
            to.entry(new).and_modify(|e| set(e, old))
        }
        _ => return,
    };
}

fn rename_tier(from: &[Tier], to: &mut [Tier]) {
    let has = |tiers: &[Tier], name: &str| tiers.iter().any(|t| t.name == name);
    let free = TIERS.iter().copied().find(|n| !has(from, n) && !has(to, n));
    let gone = TIERS.iter().copied().find(|n| has(from, n) && !has(to, n));
    let new = to.iter().position(|t| !has(from, t.name));
    match (new, gone, free) {
        (Some(new), Some(old), _) => to[new].renamed_from = Some(old),
        (_, _, Some(name)) => {
            if let Some(tier) = to.iter_mut().find(|t| has(from, t.name)) {
                tier.renamed_from = Some(std::mem::replace(&mut tier.name, name));
            }
        }
        _ => {}
    }
}

fn draw() -> impl Strategy<Value = Draw> {
    let team = option::of(select(vec!["red", "blue"]));
    let tiers = prop_oneof![2 => Just(vec![]), 3 => tiers()];
    let groups = btree_map(select(GROUPS), group(), 0..3);
    let sections = (
        option::weighted(0.7, balancer()),
        btree_map(select(COMPUTE), compute(), 0..3),
        btree_map(select(CACHES), cache(), 0..3),
        btree_map(select(DATABASES), database(), 0..2),
        option::weighted(0.5, edge()),
    );
    (team, net(), tiers, groups, sections).prop_map(|(team, net, tiers, groups, (balancer, compute, caches, databases, edge))| Draw {
        team,
        net,
        tiers,
        groups,
        balancer,
        compute,
        caches,
        databases,
        edge,
    })
}

fn net() -> impl Strategy<Value = Net> {
    let cidr = option::of(select(vec!["10.9.0.0/16", "10.0.0.0/17"]));
    let zones = option::of(select(vec!["ab", "abc", "ba", "bcd", "ac", "a"]));
    let nat = option::of(select(vec!["none", "single", "per_zone"]));
    let flow_logs = option::weighted(0.6, select(vec!["90d", "30d"]));
    let endpoints = subsequence(vec!["dynamodb", "s3"], 0..=2);
    (cidr, zones, nat, flow_logs, any::<bool>(), endpoints).prop_map(|(cidr, zones, nat, flow_logs, dns_hostnames, endpoints)| Net {
        cidr,
        zones,
        nat,
        flow_logs,
        dns_hostnames,
        endpoints,
    })
}

fn tiers() -> impl Strategy<Value = Vec<Tier>> {
    subsequence(TIERS, 1..=4).prop_shuffle().prop_flat_map(|names| names.into_iter().map(tier).collect::<Vec<_>>())
}

fn tier(name: &'static str) -> impl Strategy<Value = Tier> {
    let kinds = match name {
        "public" => vec!["public"],
        "app" => vec!["private", "public"],
        "data" => vec!["isolated", "private"],
        _ => vec!["public", "private", "isolated"],
    };
    (select(kinds), select(vec![24u8, 26, 22]), option::weighted(0.3, 0..3usize)).prop_map(move |(kind, prefix, by_hand)| Tier {
        name,
        kind,
        prefix,
        by_hand,
        renamed_from: None,
    })
}

fn picks() -> impl Strategy<Value = Vec<usize>> {
    vec(0..12usize, 0..3)
}

fn group() -> impl Strategy<Value = Group> {
    let rule = (select(vec![22u16, 443]), vec(0..12usize, 1..3));
    (option::of(Just("by hand")), vec(rule, 0..3), any::<bool>()).prop_map(|(description, ingress, closed)| Group {
        description,
        ingress,
        closed,
        renamed_from: None,
    })
}

fn balancer() -> impl Strategy<Value = Balancer> {
    let listeners = (option::of(select(vec!['1', '2'])), option::of(any::<bool>()), any::<bool>(), any::<bool>());
    let more = (option::of(select(vec!["30s", "120s"])), any::<bool>(), any::<bool>());
    (any::<bool>(), 0..4usize, listeners, proptest::array::uniform3(0..3usize), picks(), more).prop_map(
        |(internal, tier, (certificate, clear, extra, swapped), forward, allow_from, (idle_timeout, access_logs, protected))| Balancer {
            internal,
            tier,
            certificate,
            clear,
            extra,
            swapped,
            forward,
            allow_from,
            idle_timeout,
            access_logs,
            protected,
        },
    )
}

fn edge() -> impl Strategy<Value = Edge> {
    let records = btree_map(select(NAMES), 0..5u8, 0..4);
    let tls = (option::of(select(vec!["full", "strict"])), option::of(select(vec!["1.2", "1.3"])));
    let rules = subsequence(vec!["admin", "cart", "login", "search"], 0..=4).prop_shuffle();
    let ways = (select(vec!["block", "log", "managed_challenge"]), select(vec!["default", "low", "medium"]), any::<bool>());
    let flags = (any::<bool>(), proptest::bool::weighted(0.3), any::<bool>());
    (select(vec!["example.com", "example.com", "example.org"]), records, flags, tls, rules, ways).prop_map(
        |(zone, records, (proxied, locked, certified), (mode, version), rules, (action, sensitivity, managed))| Edge {
            zone,
            records,
            proxied,
            locked,
            certified,
            mode,
            version,
            rules,
            action,
            sensitivity,
            managed,
        },
    )
}

fn compute() -> impl Strategy<Value = Compute> {
    let boot = prop_oneof![3 => (1..3u8).prop_map(Boot::Image), 1 => Just(Boot::Ami), 1 => (1..3u8).prop_map(Boot::Script), 1 => Just(Boot::Nothing)];
    let shape = (select(vec!["t3.small", "t3.large", "t4g.small"]), option::of(select(vec![("8GiB", "gp2"), ("40GiB", "gp3")])));
    let port = option::weighted(0.8, select(vec![8080u16, 9090]));
    let counts = option::of((0..3u32, 3..6u32));
    let health = option::of(select(vec!["/healthz", "/live"]));
    let env = subsequence((0..10).collect::<Vec<usize>>(), 0..4);
    let more = (any::<bool>(), option::weighted(0.2, Just("1h")));
    (boot, shape, 0..4usize, port, counts, health, env, picks(), more).prop_map(
        |(boot, (instance_type, disk), tier, port, instances, health, env, allow_from, (policy, stickiness))| Compute {
            boot,
            instance_type,
            tier,
            port,
            instances,
            health,
            env,
            disk,
            allow_from,
            policy,
            stickiness,
            renamed_from: None,
        },
    )
}

fn cache() -> impl Strategy<Value = Cache> {
    let shape = (any::<bool>(), option::of(Just("cache.r7g.large")), 0..4usize);
    let copies = (0..3u32, any::<bool>(), any::<bool>());
    let more =
        (option::weighted(0.2, Just(6380u16)), option::of(select(vec!["allkeys-lru", "noeviction"])), option::of(select(vec!["0d", "3d"])));
    (shape, copies, picks(), more).prop_map(
        |((valkey, node_type, tier), (replicas, failover, multi_az), allow_from, (port, parameter, retention))| Cache {
            valkey,
            node_type,
            tier,
            replicas,
            failover,
            multi_az,
            port,
            parameter,
            allow_from,
            retention,
            renamed_from: None,
        },
    )
}

fn database() -> impl Strategy<Value = Database> {
    let engine = select(vec![("postgres", "16.4"), ("postgres", "16"), ("mysql", "8.0"), ("mariadb", "10.11")]);
    let shape = (option::of(Just("db.r7g.large")), option::of(select(vec![("50GiB", "gp3"), ("100GiB", "gp2")])), 0..4usize);
    let copies = (any::<bool>(), 0..3u32, option::of(select(vec!["0d", "14d"])));
    let more = (option::of(select(vec!["100", "500"])), any::<bool>(), option::weighted(0.2, Just("root")));
    (engine, shape, copies, picks(), more).prop_map(
        |(engine, (class, storage, tier), (multi_az, replicas, retention), allow_from, (parameter, protected, admin_user))| Database {
            engine,
            class,
            storage,
            tier,
            multi_az,
            replicas,
            retention,
            parameter,
            allow_from,
            protected,
            admin_user,
            renamed_from: None,
        },
    )
}

/// A map of what is there: nulls and empty maps are left out.
fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let there = |v: &Value| !v.is_null() && v.as_mapping().is_none_or(|m| !m.is_empty());
    Value::Mapping(entries.into_iter().filter(|(_, v)| there(v)).map(|(k, v)| (Value::from(k), v)).collect::<Mapping>())
}

fn y(value: impl serde::Serialize) -> Value {
    serde_yaml::to_value(value).unwrap()
}

/// Written only when it is not the default.
fn unless<T: PartialEq + serde::Serialize>(default: T, value: T) -> Value {
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
            ("cache", map(self.caches.iter().map(|(name, c)| (*name, self.cache(c))))),
            ("database", map(self.with_databases().map(|(name, d)| (*name, self.database(d))))),
            ("cdn", self.edge.as_ref().map(|e| self.cdn(e)).unwrap_or_default()),
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

    fn tier(&self, pick: usize) -> Value {
        let tiers = self.layout();
        y(tiers[pick % tiers.len()].0)
    }

    /// Entries that a listener may forward to.
    fn reachable(&self) -> Vec<&'static str> {
        self.compute.iter().filter(|(_, c)| c.port.is_some()).map(|(name, _)| *name).collect()
    }

    /// A balancer needs two zones, and somebody to forward to.
    fn balances(&self) -> bool {
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
    fn peers(&self, most: Rank, picks: &[usize]) -> Value {
        let mut known = self.outside();
        let groups = self.own_groups();
        known.extend(groups.into_iter().filter(|g| most.beyond_groups() || matches!(most, Rank::Group(own) if *g >= own)));
        if self.balances() && matches!(most, Rank::Compute(_) | Rank::Store) {
            known.push("load_balancer");
        }
        known.extend(self.compute.keys().filter(|c| matches!(most, Rank::Store) || matches!(most, Rank::Compute(own) if **c <= own)));
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
        let https = b.certificate.map(|n| {
            let arn = format!("arn:aws:acm:us-east-1:123456789012:certificate/{n}2345678-1234-1234-1234-123456789012");
            let host = self.edge.as_ref().filter(|e| e.certified).map(|e| format!("www.{}", e.zone));
            map([("port", y(443)), ("certificate", y(host.unwrap_or(arn))), ("forward", to(0))])
        });
        // Somebody must listen.
        let plain = if b.certificate.is_none() && !b.extra { Some(b.clear.unwrap_or(false)) } else { b.clear };
        let http = plain.map(|redirects| match redirects && b.certificate.is_some() {
            true => map([("port", y(clear)), ("redirect", y("https"))]),
            false => map([("port", y(clear)), ("forward", to(1))]),
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
    fn variable(&self, own: &str, number: usize) -> (&'static str, Value) {
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
            _ => ("DATABASE_SECRET_ARN", of("secret_arn")),
        }
    }

    fn group_of_instances(&self, name: &'static str, c: &Compute) -> Value {
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
            ("image", y(image)),
            ("ami", y(ami)),
            ("user_data", y(script)),
            ("instance_type", unless("t3.small", c.instance_type)),
            ("subnets", self.tier(c.tier)),
            ("port", y(c.port)),
            ("instances", c.instances.map_or(Value::Null, |(min, max)| map([("min", y(min)), ("max", y(max))]))),
            ("health_check", map([("path", y(c.health))])),
            ("env", env),
            ("disk", c.disk.map_or(Value::Null, |(size, kind)| map([("size", y(size)), ("type", y(kind))]))),
            ("allow_from", peers),
            ("policies", y(policies)),
            ("stickiness", y(c.stickiness)),
            ("renamed_from", y(c.renamed_from)),
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

/// Who asks for peers.
#[derive(Clone, Copy)]
enum Rank {
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
