//! The reference environment over the wire: applied, read back by plain requests, changed, bent behind our back, mended, destroyed.
use super::foreign::{make, marks, photo};
use crate::support::reference::Reference;
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

#[tokio::test]
async fn production_is_applied_read_back_and_destroyed() {
    let reference = Reference::start().await;
    let config = &reference.config;
    for (i, mark) in marks("production").iter().enumerate() {
        make::everything(config, &format!("production-{i}"), mark).await;
    }
    make::log_groups(config, "production").await;
    let before = photo::take(config).await;

    reference.apply(&reference.production(""), "r1").await;
    reference.apply(&reference.production(CHANGED), "r2").await;

    reference.apply(&stack("production", []), "r9").await;
    let after = photo::take(config).await;
    for (key, object) in &before {
        let now = after.get(key).map_or("nothing", String::as_str);
        let changed: Vec<_> = object.lines().zip(now.lines()).filter(|(b, a)| b != a).collect();
        assert!(object == now, "{key}: {changed:#?}");
    }
}
