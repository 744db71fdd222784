//! The reference environment in front of the emulator: a proxy that has an ElastiCache, and a certificate.
use std::time::Duration;

use aws_config::SdkConfig;
use infra::observe::observe;
use infra::plan::{Drift, Plan, drift};
use infra::run::Outcome;
use infra::spec;
use infra::stack::Stack;
use infra::wire::Clients;

use super::elasticache::ElastiCache;
use super::kubernetes::Kubernetes;
use super::moto::Moto;
use super::proxy::Proxy;
use super::{apply, eks, offers, plan_for, plan_identified, settled};

/// A running emulator behind a proxy.
pub struct Reference {
    _moto: Moto,
    _api: Kubernetes,
    pub proxy: Proxy,
    /// For plain requests.
    pub config: SdkConfig,
    pub cloud: Clients,
    /// A certificate that is there; the emulator has no listener without.
    pub certificate: String,
}

impl Reference {
    pub async fn start() -> Reference {
        let moto = Moto::start().await;
        let api = eks::with_api(&moto.endpoint).await;
        let proxy = Proxy::start(&moto.endpoint);
        let mut caches = ElastiCache::default();
        proxy.stand_in(move |call, body| offers::answer(call, body).or_else(|| caches.answer(call, body)));
        let config = Moto::config(&proxy.endpoint);
        let iam = aws_sdk_iam::Client::new(&config);
        let request = iam.upload_server_certificate().server_certificate_name("www").certificate_body("body").private_key("key");
        let certificate = request.send().await.unwrap().server_certificate_metadata.unwrap().arn;
        let cloud = Moto::clients(&proxy.endpoint);
        Reference { _moto: moto, _api: api, proxy, config, cloud, certificate }
    }

    /// The stack of `examples/production.yaml`, and a layer above it. Its certificate is one that is there, and there is no CDN and no Performance Insights,
    /// which the emulator never shows to be on.
    pub fn production(&self, layer: &str) -> Stack {
        let base = include_str!("../../examples/production.yaml");
        lower(&[("production.yaml", base), ("emulator.yaml", &self.emulator()), ("layer.yaml", layer)])
    }

    /// The layer that makes the example one for the emulator.
    pub fn emulator(&self) -> String {
        let https = format!("https: {{ certificate: '{}' }}", self.certificate);
        let balancer = format!("cdn: null\nload_balancer: {{ allow_from: [anywhere], listeners: {{ {https} }} }}");
        format!("{balancer}\ndatabase: {{ main: {{ performance_insights: false }} }}\n")
    }

    /// Plans and applies; afterwards there is nothing to do.
    pub async fn apply(&self, want: &Stack, run: &str) -> Plan {
        let plan = plan_for(&self.cloud, want).await.unwrap_or_else(|e| panic!("{run}: {e:#?}"));
        self.run(plan, want, run).await
    }

    /// The same for a stack that has an identity, as every one has that the binary made.
    pub async fn apply_identified(&self, want: &Stack, run: &str) -> Plan {
        let plan = plan_identified(&self.cloud, want).await.unwrap_or_else(|e| panic!("{run}: {e:#?}"));
        self.run(plan, want, run).await
    }

    async fn run(&self, plan: Plan, want: &Stack, run: &str) -> Plan {
        // A wait for what the emulator never does shows in the last calls.
        let applied = tokio::time::timeout(Duration::from_secs(180), apply(&self.cloud, &plan, run)).await;
        let (outcome, events) =
            applied.unwrap_or_else(|_| panic!("{run} does not end: {:#?}", self.proxy.log().split_off(self.proxy.log().len() - 5)));
        assert_eq!(outcome, Outcome::Applied, "{run}: {events:#?}");
        settled(&self.cloud, want, run).await;
        plan
    }

    /// What is not as it is wanted, and why.
    pub async fn drift(&self, want: &Stack) -> Drift {
        drift(want, &observe(&self.cloud, &want.name, &want.renamed).await.unwrap()).unwrap()
    }
}

/// The stack of some layers, by name and text.
pub fn lower(layers: &[(&str, &str)]) -> Stack {
    let layers: Vec<_> = layers.iter().map(|(name, text)| (name.into(), (*text).to_owned())).collect();
    let loaded = spec::load(&layers, &|_| None).unwrap_or_else(|findings| panic!("{findings:#?}"));
    spec::lower::lower(&loaded.spec, &|_| None).unwrap()
}
