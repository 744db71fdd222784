//! Every part of a spec by chance, and all of them together.
use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::flags::{FLAGS, flag};
use super::{
    BUCKETS, Balancer, Boot, Bucket, CACHES, COMPUTE, Cache, Cluster, Code, Compute, DATABASES, Database, Draw, Edge, FUNCTIONS, Function,
    GROUPS, Group, NAMES, Net, On, ROUTES, SCHEDULES, TIERS, Tier, WORKLOADS, Watch, Workload,
};

pub(super) fn draw() -> impl Strategy<Value = Draw> {
    let team = option::of(select(vec!["red", "blue"]));
    let tiers = prop_oneof![2 => Just(vec![]), 3 => tiers()];
    let groups = btree_map(select(GROUPS), group(), 0..3);
    let sections = (
        option::weighted(0.7, balancer()),
        btree_map(select(COMPUTE), compute(), 0..3),
        btree_map(select(FUNCTIONS), function(), 0..3),
        btree_map(select(CACHES), cache(), 0..3),
        btree_map(select(DATABASES), database(), 0..2),
        btree_map(select(BUCKETS), bucket(), 0..3),
        btree_map(select(FLAGS), flag(), 0..3),
        option::weighted(0.5, edge()),
        option::weighted(0.3, watch()),
        option::weighted(0.3, cluster()),
    );
    (team, net(), tiers, groups, sections).prop_map(
        |(team, net, tiers, groups, (balancer, compute, functions, caches, databases, buckets, flags, edge, watch, cluster))| Draw {
            team,
            net,
            tiers,
            groups,
            balancer,
            compute,
            functions,
            caches,
            databases,
            buckets,
            flags,
            edge,
            watch,
            cluster,
        },
    )
}

fn watch() -> impl Strategy<Value = Watch> {
    let kept = option::of(select(vec!["7d", "400d", "forever"]));
    let numbers = (0..4usize, 0..4usize, 0..5usize);
    (numbers, kept, any::<bool>()).prop_map(|((told, alerting, metrics), kept, off)| Watch { told, kept, off, alerting, metrics })
}

fn cluster() -> impl Strategy<Value = Cluster> {
    let numbers = (
        option::of(select(vec![8080, 9090])),
        option::of(select(vec![(0, None), (1, None), (3, None), (1, Some(2)), (3, Some(3))])),
        option::of(select(vec!["128MiB", "1GiB"])),
    );
    let one = (
        select(vec!["example/desk:1", "example/desk:2"]),
        numbers,
        any::<(bool, bool, bool, bool)>(),
        option::of(Just("/healthz")),
        any::<(bool, bool)>(),
        option::of(select(vec!["a = 1", "a = 2"])),
    );
    let workload = |(image, (port, replicas, memory), (pooled, told, secret, permission), path, met, config)| Workload {
        image,
        port,
        replicas,
        memory,
        pooled,
        told,
        secret,
        permission,
        path,
        met,
        config,
    };
    let one = one.prop_map(workload);
    let workloads = btree_map(select(WORKLOADS), one, 0..3);
    let pool = option::of(select(vec![None, Some(8), Some(16)]));
    let jobs = (option::of(select(vec!["example/desk:1", "example/desk:2"])), option::of(select(vec!["0 3 * * *", "*/5 * * * *"])));
    (any::<bool>(), any::<bool>(), pool, jobs, workloads).prop_map(|(open, trusting, pool, jobs, workloads)| Cluster {
        open,
        trusting,
        pool,
        jobs,
        workloads,
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
    let routes = btree_map(select(ROUTES), (0..4u8, 0..5u8), 0..4);
    let more = (option::of(select(vec!["30s", "120s"])), any::<bool>(), any::<bool>(), routes);
    (any::<bool>(), 0..4usize, listeners, proptest::array::uniform3(0..3usize), picks(), more).prop_map(
        |(internal, tier, (certificate, clear, extra, swapped), forward, allow_from, (idle_timeout, access_logs, protected, routes))| {
            Balancer {
                internal,
                tier,
                certificate,
                clear,
                extra,
                swapped,
                forward,
                routes,
                allow_from,
                idle_timeout,
                access_logs,
                protected,
            }
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
    let health = (option::of(select(vec!["/healthz", "/live"])), proptest::bool::weighted(0.3));
    let bought = (proptest::bool::weighted(0.3), option::weighted(0.3, select(vec![0u32, 50])));
    let aims = option::of(select(vec!["both", "cpu", "requests"]));
    let schedules = prop_oneof![2 => Just(BTreeMap::new()), 1 => btree_map(select(SCHEDULES), (0..3usize, 0..3u32), 1..=2)];
    let env = subsequence((0..11).collect::<Vec<usize>>(), 0..4);
    let command = option::weighted(0.3, select(vec![&["serve"][..], &["serve", "--all"]]));
    let more = (any::<bool>(), any::<bool>(), command, option::weighted(0.2, Just("1h")));
    (boot, shape, 0..4usize, port, counts, health, env, picks(), more, (aims, schedules, bought)).prop_map(
        |(
            boot,
            (instance_type, disk),
            tier,
            port,
            instances,
            (health, checked),
            env,
            allow_from,
            (policy, permission, command, stickiness),
            (aims, schedules, (other_type, spot)),
        )| {
            Compute {
                boot,
                instance_type,
                other_type,
                spot,
                tier,
                port,
                instances,
                health,
                checked,
                aims,
                schedules,
                env,
                disk,
                allow_from,
                policy,
                permission,
                command,
                stickiness,
                deployment: None,
                renamed_from: None,
            }
        },
    )
}

fn function() -> impl Strategy<Value = Function> {
    let code = prop_oneof![3 => select(vec!["hello", "other"]).prop_map(Code::Folder), 1 => (1..3u8).prop_map(Code::Image)];
    let env = subsequence((0..10).collect::<Vec<usize>>(), 0..3);
    let schedules = btree_map(select(SCHEDULES), (0..2usize, any::<bool>()), 0..=2);
    let on = (schedules, option::of(0..2usize)).prop_map(|(schedules, bucket)| On { schedules, bucket });
    let more = (option::of(Just(3u32)), any::<bool>(), any::<bool>(), proptest::bool::weighted(0.3));
    (code, option::of(select(vec!["128MiB", "1GiB"])), option::weighted(0.7, 0..4usize), env, more, on).prop_map(
        |(code, memory, tier, env, (reserved, provisioned, permission, url), on)| Function {
            code,
            memory,
            tier,
            env,
            reserved,
            provisioned,
            permission,
            on,
            url,
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
    let engine = select(vec![("postgres", "16.11"), ("postgres", "16"), ("mysql", "8.0"), ("mariadb", "10.11")]);
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

fn bucket() -> impl Strategy<Value = Bucket> {
    let access = || option::of(select(vec!["read", "write", "both"]));
    let users = vec((0..3usize, access()), 0..3);
    let kept = (
        option::of(select(vec!["120d", "365d"])),
        option::of(select(vec![("0d", "deep_archive"), ("60d", "standard_ia"), ("90d", "glacier_ir")])),
        option::of(select(vec!["7d", "forever"])),
        option::of(Just("1d")),
    );
    let origins = subsequence(vec!["*", "https://*.example.com", "https://www.example.org"], 0..=3).prop_shuffle();
    (users, access(), any::<bool>(), any::<bool>(), kept, origins).prop_map(
        |(users, access, versioning, key, (expire, archive, old_versions, abort_uploads), cors)| Bucket {
            users,
            access,
            versioning,
            key,
            expire,
            archive,
            old_versions,
            abort_uploads,
            cors,
            renamed_from: None,
        },
    )
}
