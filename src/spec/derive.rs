//! Defaults that follow from other fields; a field that has one says so in the schema as `x-default`.
use super::locate::At;
use super::node::{Entry, Node, Val, plain};
use super::units::{InstanceType, Unit};

/// Completes the document: afterwards every field with `x-default` is there. The shape must hold already.
pub fn derive(root: &mut Node) {
    root.fill("vpc", Node::map);
    let region = root.get("region").and_then(Node::as_text).unwrap_or_default().to_string();
    if let Some(vpc) = root.get_mut("vpc") {
        network(vpc, &region);
    }
    let tiers = Tiers::of(root);
    let origin = root.get("cdn").and_then(|cdn| cdn.get("origin")?.get("locked_to_cloudflare"));
    let locked = matches!(origin, Some(Node { value: Val::Bool(true), .. }));
    if let Some(balancer) = root.get_mut("load_balancer") {
        load_balancer(balancer, &tiers, locked);
    }
    let peers = root.get("load_balancer").and_then(|balancer| balancer.get("allow_from")).map(|peers| &peers.value);
    let closed = matches!(peers, Some(Val::List(peers)) if !peers.is_empty() && peers.iter().all(|peer| peer.as_text() == Some("cdn")));
    if let Some(zone) = root.get_mut("cdn") {
        cdn(zone, closed);
    }
    entries(root, "compute", |entry| compute(entry, &tiers));
    entries(root, "cache", |entry| cache(entry, &tiers));
    entries(root, "database", |entry| database(entry, &tiers));
}

fn entries(root: &mut Node, section: &str, each: impl Fn(&mut Node)) {
    if let Some(Node { value: Val::Map(entries), .. }) = root.get_mut(section) {
        entries.iter_mut().for_each(|entry| each(&mut entry.node));
    }
}

fn network(vpc: &mut Node, region: &str) {
    let zone = |letter: char, at| Node::text(format!("{region}{letter}"), at);
    vpc.fill("availability_zones", |at| Node { value: Val::List(['a', 'b', 'c'].map(|letter| zone(letter, at)).into()), at });
    let length = vpc.get("cidr").and_then(Node::as_text).and_then(|cidr| cidr.split_once('/')?.1.parse::<u8>().ok()).unwrap_or(16);
    let (small, large) = prefixes(length);
    vpc.fill("subnets", |at| {
        let tiers = [("public", "public", small), ("app", "private", large), ("data", "isolated", small)];
        let mut subnets = Node::map(at);
        for (name, kind, prefix) in tiers {
            subnets.fill(name, |at| {
                let mut tier = Node::map(at);
                tier.fill("tier", |at| Node::text(kind, at));
                tier.fill("prefix", |at| Node { value: Val::Int(prefix), at });
                tier
            });
        }
        subnets
    });
}

/// Prefixes of the default tiers: /24 and /22 down to a VPC of /17, else in proportion.
fn prefixes(vpc: u8) -> (i64, i64) {
    let shift = i64::from(vpc.saturating_sub(17));
    ((24 + shift).min(28), (22 + shift).min(28))
}

/// Names of the first tier of each kind, or of any tier when there is none.
struct Tiers {
    public: String,
    private: String,
    isolated: String,
}

impl Tiers {
    fn of(root: &Node) -> Self {
        let subnets = root.get("vpc").and_then(|vpc| vpc.get("subnets"));
        let all: &[Entry] = subnets.map_or(&[], Node::entries);
        let first = |kinds: &[&str]| {
            let of = |kind: &&str| {
                let is = |e: &&Entry| e.node.get("tier").and_then(Node::as_text) == Some(*kind);
                all.iter().find(is)
            };
            let found = kinds.iter().find_map(of).or(all.first());
            found.map_or_else(|| kinds[0].to_string(), |entry| entry.key.clone())
        };
        Tiers { public: first(&["public"]), private: first(&["private", "isolated"]), isolated: first(&["isolated", "private"]) }
    }
}

fn text_of<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_text).unwrap_or_default()
}

fn load_balancer(balancer: &mut Node, tiers: &Tiers, locked: bool) {
    let internal = text_of(balancer, "scheme") == "internal";
    let (tier, peer) = if internal { (&tiers.private, "vpc") } else { (&tiers.public, "anywhere") };
    balancer.fill("subnets", |at| Node::text(tier, at));
    let peer = if locked { "cdn" } else { peer };
    balancer.fill("allow_from", |at| Node { value: Val::List(vec![Node::text(peer, at)]), at });
    entries(balancer, "listeners", |listener| {
        let protocol = if listener.get("certificate").is_some() { "https" } else { "http" };
        listener.fill("protocol", |at| Node::text(protocol, at));
    });
}

fn cdn(zone: &mut Node, closed: bool) {
    let bool = |value: bool| move |at: At| Node { value: Val::Bool(value), at };
    zone.fill("origin", Node::map);
    if let Some(origin) = zone.get_mut("origin") {
        origin.fill("locked_to_cloudflare", bool(closed));
    }
    if let Some(Node { value: Val::Map(records), .. }) = zone.get_mut("records") {
        for Entry { key, node: record, .. } in records {
            let leads = record.get("to").is_some();
            record.fill("name", |at| Node::text(key.as_str(), at));
            record.fill("proxied", bool(leads));
            if leads {
                record.fill("type", |at| Node::text("cname", at));
            }
        }
    }
    for (list, path) in [("static_assets", "match"), ("redirects", "from")] {
        items(zone, list, |rule| {
            if let Some(name) = rule.get(path).and_then(Node::as_text).map(slug) {
                rule.fill("name", |at| Node::text(name, at));
            }
        });
    }
    items(zone, "rate_limits", |rule| {
        let passes = ["", "block", "log"].contains(&text_of(rule, "action"));
        let timeout = if passes { text_of(rule, "per").to_string() } else { "0s".into() };
        rule.fill("timeout", |at| Node::text(timeout, at));
    });
}

fn items(node: &mut Node, list: &str, each: impl Fn(&mut Node)) {
    if let Some(Node { value: Val::List(items), .. }) = node.get_mut(list) {
        items.iter_mut().for_each(each);
    }
}

/// The name that follows from a path: `static` from `/static/*`.
fn slug(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    let name = match name.chars().next() {
        None => "all".into(),
        Some(first) if first.is_ascii_digit() => format!("path-{name}"),
        Some(_) => name,
    };
    name.chars().take(32).collect::<String>().trim_end_matches('-').to_string()
}

fn compute(entry: &mut Node, tiers: &Tiers) {
    let written = InstanceType::read(text_of(entry, "instance_type"));
    let architecture = written.map_or("x86_64", |kind| kind.architecture());
    entry.fill("ami", |at| {
        let name = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default";
        Node::text(format!("{name}-{architecture}"), at)
    });
    entry.fill("subnets", |at| Node::text(&tiers.private, at));
    entry.fill("instances", Node::map);
    if let Some(instances) = entry.get_mut("instances") {
        let int = |value: i64| move |at: At| Node { value: Val::Int(value), at };
        let min = match instances.get("min").map(|node| &node.value) {
            Some(Val::Int(min)) => *min,
            _ => 2,
        };
        instances.fill("max", int(min.max(4)));
        instances.fill("desired", int(min));
    }
}

fn cache(entry: &mut Node, tiers: &Tiers) {
    let version = if text_of(entry, "engine") == "valkey" { "8.0" } else { "7.1" };
    let failover = match entry.get("automatic_failover").map(|node| &node.value) {
        Some(Val::Bool(failover)) => *failover,
        _ => true,
    };
    entry.fill("version", |at| Node::text(version, at));
    entry.fill("subnets", |at| Node::text(&tiers.isolated, at));
    entry.fill("multi_az", |at| Node { value: Val::Bool(failover), at });
}

fn database(entry: &mut Node, tiers: &Tiers) {
    let (version, port) = match text_of(entry, "engine") {
        "postgres" => ("16", "5432"),
        "mysql" => ("8.0", "3306"),
        _ => ("10.11", "3306"),
    };
    entry.fill("version", |at| Node::text(version, at));
    entry.fill("port", |at| Node { value: plain(port), at });
    entry.fill("subnets", |at| Node::text(&tiers.isolated, at));
}
