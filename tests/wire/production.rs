//! The reference environment over the wire: applied, read back by plain requests, changed, bent behind our back, mended, destroyed.
mod check;
mod data;
mod drift;
pub mod look;
mod network;
mod serving;

use infra::plan::Verb;

use check::{Want, check};
use look::look;

use super::foreign::{make, marks, photo};
use crate::support::reference::{Reference, lower};
use crate::support::stack;

/// What changes in place, what rolls, and what is new.
const CHANGED: &str = "
tags: { team: shop }
vpc: { security_groups: { bastion: { ingress: [{ port: 22, from: [198.51.100.0/24], description: office }] } } }
load_balancer:
  idle_timeout: 120s
  listeners: { https: { ssl_policy: ELBSecurityPolicy-TLS13-1-2-Res-2021-06 } }
compute:
  app:
    image: ghcr.io/example/shop:1.5.0
    instance_type: t3.large
    instances: { max: 12 }
    health_check: { path: /ready, interval: 20s }
cache:
  main: { node_type: cache.r7g.xlarge, replicas: 2, parameters: { maxmemory-policy: allkeys-lru } }
database:
  main: { instance_class: db.r7g.xlarge, backups: { retention: 30d } }
";

/// What stands before the layer, and after it.
fn wants(certificate: &str) -> (Want, Want) {
    let first = Want {
        backups: 14,
        certificate: certificate.into(),
        check: ("/healthz", 15),
        db_class: "db.r7g.large",
        idle_timeout: "60",
        image: "ghcr.io/example/shop:1.4.2",
        instance_type: "t3.medium",
        max: 9,
        maxmemory: None,
        node_type: "cache.r7g.large",
        nodes: 2,
        office: "203.0.113.0/24",
        ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        team: None,
    };
    let then = Want {
        backups: 30,
        certificate: certificate.into(),
        check: ("/ready", 20),
        db_class: "db.r7g.xlarge",
        idle_timeout: "120",
        image: "ghcr.io/example/shop:1.5.0",
        instance_type: "t3.large",
        max: 12,
        maxmemory: Some("allkeys-lru"),
        node_type: "cache.r7g.xlarge",
        nodes: 3,
        office: "198.51.100.0/24",
        ssl_policy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        team: Some("shop"),
    };
    (first, then)
}

#[tokio::test]
async fn production_is_applied_read_back_and_destroyed() {
    let reference = Reference::start().await;
    let config = &reference.config;
    for (i, mark) in marks("production").iter().enumerate() {
        make::everything(config, &format!("production-{i}"), mark).await;
    }
    make::log_groups(config, "production").await;
    let before = photo::take(config).await;

    let (first, then) = wants(&reference.certificate);
    reference.apply(&reference.production(""), "r1").await;
    check(&look(config).await, &first);
    let changed = reference.production(CHANGED);
    reference.apply(&changed, "r2").await;
    let seen = look(config).await;
    check(&seen, &then);
    drift::bend(config, &seen).await;
    drift::told(&reference.drift(&changed).await, &drift::BENT);
    let plan = reference.apply(&changed, "r3").await;
    drift::shows(&plan, &drift::BENT);
    check(&look(config).await, &then);
    reference.apply(&reference.production(""), "r4").await;
    check(&look(config).await, &first);

    reference.apply(&stack("production", []), "r5").await;
    assert_eq!(look(config).await.tags.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "something of ours is left");
    let after = photo::take(config).await;
    for (key, object) in &before {
        let now = after.get(key).map_or("nothing", String::as_str);
        let changed: Vec<_> = object.lines().zip(now.lines()).filter(|(b, a)| b != a).collect();
        assert!(object == now, "{key}: {changed:#?}");
    }
}

/// A subnet that is gone comes back, and the table that it followed has it again.
#[tokio::test]
async fn a_deleted_subnet_comes_back() {
    let reference = Reference::start().await;
    let config = &reference.config;
    let text = "stack: production\nregion: us-east-1\nvpc: { nat: none, flow_logs: false }";
    let want = lower(&[("network.yaml", text)]);
    reference.apply(&want, "r1").await;
    let before = look(config).await;
    let ec2 = aws_sdk_ec2::Client::new(config);
    let id = before.subnets["subnet.data-b"].subnet_id();
    let mut followed = before.tables["route_table.data"].associations().iter();
    let association = followed.find(|a| a.subnet_id() == id).and_then(|a| a.route_table_association_id()).unwrap();
    ec2.disassociate_route_table().association_id(association).send().await.unwrap();
    ec2.delete_subnet().subnet_id(id.unwrap()).send().await.unwrap();
    let plan = reference.apply(&want, "r2").await;
    let verbs: Vec<_> = plan.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect();
    assert_eq!(verbs, [("route_table.data".to_owned(), Verb::Update), ("subnet.data-b".to_owned(), Verb::Create)]);
    let after = look(config).await;
    let (old, new) = (&before.subnets["subnet.data-b"], &after.subnets["subnet.data-b"]);
    assert_eq!((old.cidr_block(), old.availability_zone()), (new.cidr_block(), new.availability_zone()));
    assert_eq!(after.subnets.len(), 9);
    assert!(after.tables["route_table.data"].associations().iter().any(|a| a.subnet_id() == new.subnet_id()));
}
