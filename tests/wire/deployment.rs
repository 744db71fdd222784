use infra::kinds::deployment::{FILE, HealthCheck, Sidecar};
use infra::kinds::{ConfigMap, Deployment, Kind, Object, Ref, Text};
use infra::model::Computed;

use super::config_map::map;
use super::kubernetes_secret::secret;
use super::pod_identity_association::identified;
use super::{Case, Sends};

pub fn deployment() -> Deployment {
    Deployment {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "shop".into(),
        replicas: Some(2),
        desired: 2,
        image: "ghcr.io/example/shop:1".into(),
        port: Some(8080),
        service_account: None,
        identity: None,
        env_from: None,
        cpu: "250m".into(),
        memory: "256Mi".into(),
        env: [("GREETING".into(), Text::literal("good $(day)")), ("PRICE".into(), Text::literal("$5"))].into(),
        config: None,
        files: Default::default(),
        agent: None,
        health_check: Some(HealthCheck { path: Some("/healthz".into()), port: 8080, interval: 10, timeout: 1, healthy: 1, unhealthy: 3 }),
        surge: 1,
        unavailable: 0,
        deadline: 600,
        drain: 0,
        spread: true,
        node_pool: None,
        restricted: true,
        rolled_out: true,
        waits_for: Default::default(),
        uid: Computed::default(),
    }
}

/// What asks a container what it measures.
pub fn agent() -> Sidecar {
    Sidecar { image: "prometheus:1".into(), config: Ref::to("agent"), workspace: Text::literal("ws-1") }
}

/// The map with its configuration.
pub fn agent_map() -> ConfigMap {
    ConfigMap { name: "shop-agent-1".into(), data: [(FILE.into(), "global: {}\n".into())].into(), ..map() }
}

pub fn case() -> Case {
    let (account, identity, env_from) = (Some(Ref::to("shop")), Some(Ref::to("shop")), Some(Ref::to("shop")));
    let own = || Deployment {
        service_account: account.clone(),
        identity: identity.clone(),
        env_from: env_from.clone(),
        agent: Some(agent()),
        ..deployment()
    };
    let with = |change: fn(&mut Deployment)| {
        let mut other = own();
        change(&mut other);
        Object::from(other)
    };
    let check = |d: &mut Deployment, change: fn(&mut HealthCheck)| d.health_check.as_mut().map(change).unwrap();
    let variants = vec![
        ("agent: another image", with(|d| d.agent.as_mut().unwrap().image = "prometheus:2".into())),
        ("agent: another workspace", with(|d| d.agent.as_mut().unwrap().workspace = Text::literal("ws-2"))),
        ("agent: none", with(|d| d.agent = None)),
        ("config", with(|d| (d.config, d.files) = (Some(Ref::to("shop")), [("/etc/shop/app.toml".into(), "app.toml".into())].into()))),
        ("cpu", with(|d| d.cpu = "1".into())),
        ("deadline", with(|d| d.deadline = 60)),
        ("drain", with(|d| d.drain = 15)),
        ("env: another value", with(|d| drop(d.env.insert("GREETING".into(), Text::literal("good day"))))),
        ("env: none", with(|d| d.env = Default::default())),
        ("env: from the secret", with(|d| drop(d.env.remove("PRICE")))),
        ("env_from", with(|d| d.env_from = Some(Ref::to("other")))),
        ("env_from: none", with(|d| d.env_from = None)),
        ("health_check: another path", {
            let mut other = own();
            check(&mut other, |c| c.path = Some("/ready".into()));
            other.into()
        }),
        ("health_check: it listens", {
            let mut other = own();
            check(&mut other, |c| (c.path, c.interval, c.timeout, c.healthy, c.unhealthy) = (None, 5, 2, 2, 4));
            other.into()
        }),
        ("health_check: none", with(|d| d.health_check = None)),
        ("identity: none", with(|d| (d.service_account, d.identity, d.agent) = (None, None, None))),
        ("image", with(|d| d.image = "ghcr.io/example/shop:2".into())),
        ("memory", with(|d| d.memory = "1Gi".into())),
        ("name", with(|d| d.name = "shops".into())),
        ("port", with(|d| d.port = Some(9090))),
        ("port: none", with(|d| (d.port, d.health_check) = (None, None))),
        ("node_pool", with(|d| d.node_pool = Some(Ref::to("batch")))),
        ("replicas", with(|d| d.replicas = Some(3))),
        ("replicas: an autoscaler's", with(|d| d.replicas = None)),
        ("replicas: none", with(|d| d.replicas = Some(0))),
        ("rolled_out", with(|d| d.rolled_out = false)),
        ("spread", with(|d| d.spread = false)),
        ("surge and unavailable", with(|d| (d.surge, d.unavailable) = (0, 1))),
    ];
    let pool = ("node_pool.batch", super::node_pool::pool().into());
    let secrets = [
        ("kubernetes_secret.shop", secret(&[("API_TOKEN", "correct horse"), ("PRICE", "5")]).into()),
        ("kubernetes_secret.other", secret(&[("API_TOKEN", "battery staple")]).into()),
    ];
    let world = identified()
        .into_iter()
        .chain(secrets)
        .chain([pool, ("config_map.agent", agent_map().into()), ("config_map.shop", map().into()), ("deployment.shop", own().into())])
        .collect();
    Case { address: "deployment.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Deployment, lists: &[], creates: &[], unseen: &[] };
