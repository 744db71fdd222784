//! A finding in one field hides none in another: every field of the production example is spoilt, alone and with others.
use infra::diag::{Finding, Findings};
use serde_yaml::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::support::sparse;

/// One thing that is wrong.
struct Spoil {
    /// Keys, and positions of lists.
    path: Vec<String>,
    /// What stands there in place of what is right; a key that no map has is added.
    value: Value,
    /// What is found depends on these, too.
    needs: Vec<Vec<String>>,
}

fn steps(path: &str) -> Vec<String> {
    path.split('/').map(str::to_string).collect()
}

fn child<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    match value {
        Value::Sequence(items) => items.get_mut(step.parse::<usize>().ok()?),
        Value::Mapping(map) => map.get_mut(step),
        _ => None,
    }
}

impl Spoil {
    fn new(path: &str, value: &str, needs: &[&str]) -> Self {
        let value = serde_yaml::from_str(value).expect(value);
        Spoil { path: steps(path), value, needs: needs.iter().map(|path| steps(path)).collect() }
    }

    fn spoil(&self, spec: &mut Value) {
        let (last, parents) = self.path.split_last().expect("a path");
        let mut at = spec;
        for step in parents {
            if child(at, step).is_none()
                && let Value::Mapping(map) = at
            {
                map.insert(step.as_str().into(), Value::Mapping(Default::default()));
            }
            at = child(at, step).expect(step);
        }
        match at {
            Value::Mapping(map) => drop(map.insert(last.as_str().into(), self.value.clone())),
            other => *child(other, last).expect(last) = self.value.clone(),
        }
    }

    /// Whether nothing of one is a part of what the other is found by.
    fn independent(&self, other: &Spoil) -> bool {
        let touch = |a: &[String], b: &[String]| a.iter().zip(b).all(|(a, b)| a == b);
        let meets = |a: &Spoil, b: &Spoil| touch(&a.path, &b.path) || b.needs.iter().any(|need| touch(&a.path, need));
        !meets(self, other) && !meets(other, self)
    }
}

fn example() -> Value {
    serde_yaml::to_value(super::yaml("examples/production.yaml")).expect("plain data")
}

type Said = BTreeSet<(&'static str, String)>;

fn said(found: &[Finding]) -> Said {
    found.iter().filter(|finding| finding.is_error()).map(|finding| (finding.code.text(), finding.message.clone())).collect()
}

fn found(spoils: &[&Spoil]) -> Said {
    let mut spec = example();
    spoils.iter().for_each(|spoil| spoil.spoil(&mut spec));
    let text = serde_yaml::to_string(&spec).expect("plain data");
    match infra::spec::load(&[("infra.yaml".into(), text)], &|_| None) {
        Ok(_) => Said::new(),
        Err(Findings(found)) => said(&found),
    }
}

/// Every scalar of a document, and every entry of a map of maps.
fn places(value: &Value, path: &str, out: &mut Vec<String>) {
    let below = |step: &str| if path.is_empty() { step.to_string() } else { format!("{path}/{step}") };
    match value {
        Value::Mapping(map) => {
            for (key, value) in map {
                let path = below(key.as_str().expect("keys are text"));
                if value.is_mapping() && path.contains('/') {
                    out.push(path.clone());
                }
                places(value, &path, out);
            }
        }
        Value::Sequence(items) => items.iter().enumerate().for_each(|(index, item)| places(item, &below(&index.to_string()), out)),
        _ => out.push(path.into()),
    }
}

/// Values of a wrong type, and keys that nobody knows, wherever something is written.
fn of_shape() -> Vec<Spoil> {
    let mut paths = Vec::new();
    places(&example(), "", &mut paths);
    let mut spoils: Vec<Spoil> = paths.iter().map(|path| Spoil::new(path, "[[wrong]]", &[])).collect();
    for path in ["", "vpc/", "load_balancer/", "compute/app/", "cache/main/", "database/main/", "database/main/storage/", "cdn/tls/"] {
        spoils.push(Spoil::new(&format!("{path}nobody_knows_it"), "1", &[]));
    }
    spoils
}

/// Values of the right type that something else forbids.
fn of_meaning() -> Vec<Spoil> {
    [
        ("cache/main/allow_from/0", "nobody", &["vpc/security_groups", "vpc/subnets"][..]),
        ("cache/main/replicas", "0", &["cache/main/automatic_failover"]),
        ("cache/main/snapshot_retention", "99d", &[]),
        ("cache/main/snapshot_window", "03:00-03:30", &[]),
        ("cdn/rate_limits/0/per", "7s", &[]),
        ("cdn/records/www/ttl", "5m", &["cdn/records/www/proxied"]),
        ("cdn/static_assets/0/edge_ttl", "0s", &[]),
        ("cdn/waf/custom/0/when", "'((a)'", &[]),
        ("compute/app/disk/size", "4GiB", &[]),
        ("compute/app/env/CACHE_URL", "${cache.mian.url}", &[]),
        ("compute/app/health_check/timeout", "20s", &["compute/app/health_check/interval"]),
        ("compute/app/instances/min", "20", &["compute/app/instances"]),
        ("compute/app/renamed_from", "app", &[]),
        ("compute/app/subnets", "ap", &["vpc/subnets"]),
        ("database/main/backups/retention", "99d", &[]),
        ("database/main/storage/max", "50GiB", &["database/main/storage/size"]),
        ("database/main/storage/throughput", "500", &["database/main/storage"]),
        ("load_balancer/idle_timeout", "2h", &[]),
        ("load_balancer/listeners/http/redirect", "nowhere", &[]),
        ("load_balancer/listeners/https/forward", "nobody", &[]),
        ("outputs/database_secret", "${database.mian.secret_arn}", &[]),
        ("tags/Name", "mine", &[]),
        ("vpc/availability_zones/1", "eu-west-1b", &["region"]),
        ("vpc/flow_log_retention", "2d", &[]),
    ]
    .map(|(path, value, needs)| Spoil::new(path, value, needs))
    .into()
}

#[test]
fn one_wrong_field_is_one_finding() {
    assert_eq!(found(&[]), Said::new());
    for spoil in of_shape() {
        let found = found(&[&spoil]);
        assert_eq!(found.len(), 1, "{}: {found:#?}", spoil.path.join("."));
    }
    for spoil in of_meaning() {
        let found = found(&[&spoil]);
        assert_eq!(found.len(), 1, "{}: {found:#?}", spoil.path.join("."));
    }
}

#[test]
fn what_is_found_alone_is_found_together() {
    let spoils: Vec<Spoil> = of_shape().into_iter().chain(of_meaning()).collect();
    let mut alone: BTreeMap<usize, Said> = BTreeMap::new();
    let mut random = fastrand::Rng::with_seed(11);
    let mut cases = 0;
    while cases < sparse(400, 100) {
        let chosen: Vec<usize> = (0..random.usize(2..=3)).map(|_| random.usize(..spoils.len())).collect();
        let apart = |a: usize, b: usize| chosen[a] != chosen[b] && spoils[chosen[a]].independent(&spoils[chosen[b]]);
        if !(0..chosen.len()).all(|a| (0..a).all(|b| apart(a, b))) {
            continue;
        }
        cases += 1;
        let together: Vec<&Spoil> = chosen.iter().map(|index| &spoils[*index]).collect();
        let said = found(&together);
        let each: Said = chosen.iter().flat_map(|index| alone.entry(*index).or_insert_with(|| found(&[&spoils[*index]])).clone()).collect();
        let paths: Vec<String> = together.iter().map(|spoil| spoil.path.join(".")).collect();
        assert_eq!(said, each, "{paths:?}");
    }
}

#[test]
fn three_findings_of_one_entry() {
    let text = "stack: shop\nregion: us-east-1\ncompute: { web: { prot: 80, instances: { min: 3, max: 2 }, subnets: ap } }\n";
    let Findings(found) = infra::spec::load(&[("infra.yaml".into(), text.into())], &|_| None).expect_err("three things are wrong");
    let codes: Vec<&str> = found.iter().map(|finding| finding.code.text()).collect();
    assert_eq!(codes, ["infra::spec::unknown_key", "infra::spec::instances", "infra::spec::unknown_name"]);
}

/// An unset variable and a key that stands twice hide nothing either.
#[test]
fn what_can_not_be_read_hides_nothing() {
    let text = "stack: shop\nregion: us-east-1\ncompute:\n  web: { port: \"${env.INFRA_VAR_PORT}\", subnets: ap }\n  \
        api: { port: 80, port: 81, instances: { min: 3, max: 2 } }\n";
    let Findings(found) = infra::spec::load(&[("infra.yaml".into(), text.into())], &|_| None).expect_err("four things are wrong");
    let codes: Vec<&str> = found.iter().map(|finding| finding.code.text()).collect();
    assert_eq!(codes, ["infra::spec::unset_env", "infra::spec::unknown_name", "infra::spec::duplicate", "infra::spec::instances"]);
}
