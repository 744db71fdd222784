//! Specs by chance. Whatever is drawn can be written as a valid spec, so that a failing pair shrinks among valid ones: choices are numbers, and
//! become names only when the spec is written, out of what is there then.
mod compute;
mod draw;
mod flags;
mod kubernetes;
mod monitoring;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use draw::draw;
use proptest::prelude::*;

const WORKLOADS: &[&str] = &["desk", "mail", "queue"];
const TIERS: &[&str] = &["public", "app", "data", "edge"];
const GROUPS: &[&str] = &["app", "bastion", "load_balancer", "ops"];
const COMPUTE: &[&str] = &["app", "job", "web"];
const SCHEDULES: &[&str] = &["evening", "morning"];
const CACHES: &[&str] = &["main", "side"];
const FUNCTIONS: &[&str] = &["hello", "thumb"];
const ROUTES: &[&str] = &["api", "old", "shut"];
const DATABASES: &[&str] = &["main", "store"];
const BUCKETS: &[&str] = &["media", "uploads"];

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
    functions: Entries<Function>,
    databases: Entries<Database>,
    buckets: Entries<Bucket>,
    flags: Entries<flags::Flag>,
    edge: Option<Edge>,
    watch: Option<Watch>,
    cluster: Option<Cluster>,
}

/// A Kubernetes cluster, and what runs in it, by name.
#[derive(Clone, Debug)]
struct Cluster {
    open: bool,
    /// A pool of nodes beside the cluster's own, and how many processors it may have.
    pool: Option<Option<u32>>,
    /// Whether whatever runs in it may connect to whatever else.
    trusting: bool,
    /// The image of a job that comes first, and when another runs.
    jobs: (Option<&'static str>, Option<&'static str>),
    workloads: Entries<Workload>,
}

#[derive(Clone, Debug)]
struct Workload {
    image: &'static str,
    port: Option<u16>,
    /// Fewest and, where their number follows the load, most pods.
    replicas: Option<(u32, Option<u32>)>,
    memory: Option<&'static str>,
    /// Whether it runs in the pool, where there is one.
    pooled: bool,
    /// Whether it is told of the first cache.
    told: bool,
    /// Whether it is given a secret.
    secret: bool,
    /// Whether it may read objects of others at AWS.
    permission: bool,
    path: Option<&'static str>,
    /// Whether the first workload and the balancer, if there is one, may connect to it.
    met: (bool, bool),
    /// What is in its file, if it has one.
    config: Option<&'static str>,
}

/// What is watched.
#[derive(Clone, Debug)]
struct Watch {
    /// How long logs are kept, where it isn't the default.
    kept: Option<&'static str>,
    /// Whether the first container writes to none.
    off: bool,
    /// Who is told, by number.
    told: usize,
    /// What is changed of the alarms, by number.
    alerting: usize,
    /// What applications measure, by number.
    metrics: usize,
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
    /// What each route of the first listener asks for, and what it does, by number.
    routes: Entries<(u8, u8)>,
    allow_from: Vec<usize>,
    idle_timeout: Option<&'static str>,
    access_logs: bool,
    protected: bool,
}

#[derive(Clone, Debug)]
struct Compute {
    boot: Boot,
    instance_type: &'static str,
    /// Another type beside it.
    other_type: bool,
    /// The share on demand, where not all of it is.
    spot: Option<u32>,
    tier: usize,
    port: Option<u16>,
    instances: Option<(u32, u32)>,
    health: Option<&'static str>,
    /// Another protocol and port of the health check.
    checked: bool,
    /// What it aims at: the CPU unless it says so, requests where somebody forwards to it, or both.
    aims: Option<&'static str>,
    /// Sizes at certain moments, by name: which of the moments, and the least size from then on.
    schedules: Entries<(usize, u32)>,
    env: Vec<usize>,
    disk: Option<(&'static str, &'static str)>,
    allow_from: Vec<usize>,
    policy: bool,
    permission: bool,
    /// What a container runs, by word.
    command: Option<&'static [&'static str]>,
    stickiness: Option<&'static str>,
    /// How a new version takes over, where somebody forwards to it, by number.
    deployment: Option<usize>,
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
struct Function {
    code: Code,
    memory: Option<&'static str>,
    /// None is outside of the VPC.
    tier: Option<usize>,
    env: Vec<usize>,
    /// So many calls at a time, and whether as many instances are there beforehand.
    reserved: Option<u32>,
    provisioned: bool,
    permission: bool,
    on: On,
    /// Whether it has an address of its own.
    url: bool,
    renamed_from: Option<&'static str>,
}

/// What calls a function by itself.
#[derive(Clone, Debug)]
struct On {
    /// Which of the schedules each is, and whether it calls.
    schedules: Entries<(usize, bool)>,
    /// A bucket by number, where there is one.
    bucket: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Code {
    Folder(&'static str),
    Image(u8),
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

#[derive(Clone, Debug)]
struct Bucket {
    /// Who uses it: a compute entry by number, and what for where it isn't what the bucket says.
    users: Vec<(usize, Option<&'static str>)>,
    access: Option<&'static str>,
    versioning: bool,
    key: bool,
    expire: Option<&'static str>,
    archive: Option<(&'static str, &'static str)>,
    old_versions: Option<&'static str>,
    abort_uploads: Option<&'static str>,
    /// The origins of its rules, in an order that counts.
    cors: Vec<&'static str>,
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
    let changed = proptest::array::uniform14(proptest::bool::weighted(0.35));
    let renamed = proptest::array::uniform7(proptest::bool::weighted(0.2));
    (draw(), draw(), changed, renamed, 0..14u8, 0..u64::MAX).prop_map(|(mut from, other, changed, renamed, ends, seed)| {
        let mut to = from.clone();
        let [team, net, tiers, groups, balancer, compute, functions, caches, databases, buckets, flags, edge, watch, cluster] = changed;
        lay(team, &mut to.team, other.team);
        lay(net, &mut to.net, other.net);
        lay(tiers, &mut to.tiers, other.tiers);
        lay(groups, &mut to.groups, other.groups);
        lay(balancer, &mut to.balancer, other.balancer);
        lay(compute, &mut to.compute, other.compute);
        lay(functions, &mut to.functions, other.functions);
        lay(caches, &mut to.caches, other.caches);
        lay(databases, &mut to.databases, other.databases);
        lay(buckets, &mut to.buckets, other.buckets);
        lay(flags, &mut to.flags, other.flags);
        lay(edge, &mut to.edge, other.edge);
        lay(watch, &mut to.watch, other.watch);
        lay(cluster, &mut to.cluster, other.cluster);
        let [tier, group, compute, function, cache, database, bucket] = renamed;
        if tier {
            rename_tier(&from.tiers, &mut to.tiers);
        }
        let plain: Vec<&str> = GROUPS.iter().copied().filter(|g| *g != "load_balancer").collect();
        rename(group, &plain, &from.groups, &mut to.groups, |g, old| g.renamed_from = Some(old));
        rename(compute, COMPUTE, &from.compute, &mut to.compute, |c, old| c.renamed_from = Some(old));
        rename(function, FUNCTIONS, &from.functions, &mut to.functions, |f, old| f.renamed_from = Some(old));
        rename(cache, CACHES, &from.caches, &mut to.caches, |c, old| c.renamed_from = Some(old));
        rename(database, DATABASES, &from.databases, &mut to.databases, |d, old| d.renamed_from = Some(old));
        rename(bucket, BUCKETS, &from.buckets, &mut to.buckets, |b, old| b.renamed_from = Some(old));
        if seed.is_multiple_of(3) {
            roll(&mut from, &mut to, (seed / 3) as usize);
        }
        Pair { from: (ends != 12).then_some(from), to: (ends != 13).then_some(to), seed }
    })
}

/// A new version of every entry that requests are forwarded to, before and after, and takes over in one of the ways.
fn roll(from: &mut Draw, to: &mut Draw, way: usize) {
    let both = &from.forwarded() & &to.forwarded();
    for (draw, image) in [(from, 1), (to, 2)] {
        for (_, entry) in draw.compute.iter_mut().filter(|(name, _)| both.contains(*name)) {
            (entry.boot, entry.deployment) = (Boot::Image(image), Some(way));
        }
    }
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
