//! What brings the pods behind a service into a target group: EKS registers their addresses there, and takes away those of pods that are gone.
use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, MANAGER, Manifest, Place, fields};
use super::terraform::{Word, block, is, made, via};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::model::partition::principal;
use crate::wire::kubernetes::Type;

object! {
    /// `TargetGroupBinding` (`eks.amazonaws.com/v1`), which the load balancing of Auto Mode looks after. It is named after its target group, so that one for a
    /// group's successor stands beside it. Its id is `CLUSTER/targetgroupbindings/NAMESPACE/NAME`.
    pub struct TargetGroupBinding {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `spec.targetGroupARN`: a group of the type `ip`, made for the cluster.
        replace target_group: Ref<TargetGroup>,
        /// `spec.serviceRef.name`: behind which service the pods stand.
        update service: Ref<KubernetesService>,
        /// `spec.serviceRef.port`: the service's port that leads to them.
        update port: i32,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// The name of a target group, `arn:…:targetgroup/NAME/ID`.
fn named_after(group: &str) -> &str {
    group.split('/').nth(1).unwrap_or(group)
}

impl Manifest for TargetGroupBinding {
    const TYPE: Type =
        Type { api: concat!(principal!("eks"), "/v1"), kind: "TargetGroupBinding", plural: "targetgroupbindings", namespaced: true };

    fn cluster(&self) -> &Ref<EksCluster> {
        &self.cluster
    }

    fn namespace(&self) -> Option<&Ref<Namespace>> {
        Some(&self.namespace)
    }

    fn name(&self, links: &Links) -> Result<String, CloudError> {
        links.to(&self.target_group).map(|group| named_after(&group).to_owned())
    }

    fn uid(&self) -> &Computed<String> {
        &self.uid
    }

    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        let service = Place::of(&links.to(&self.service)?).name;
        let group = links.to(&self.target_group)?;
        Ok(json!({ "spec": { "serviceRef": { "name": service, "port": self.port }, "targetGroupARN": group, "targetType": IP } }))
    }

    /// Targets of another type read as a group that is none that is wanted.
    fn read(at: &Place, object: &Value) -> Self {
        let spec = &object["spec"];
        let group =
            if matches!(spec["targetType"].as_str(), None | Some(IP)) { fields::text(&spec["targetGroupARN"]) } else { String::new() };
        TargetGroupBinding {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            target_group: Ref::to(group),
            service: Ref::to(Place { name: fields::text(&spec["serviceRef"]["name"]), ..at.clone() }.id::<KubernetesService>()),
            port: fields::number(&spec["serviceRef"]["port"], -1),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        TargetGroupBinding { uid: manifest::uid(object), ..self.clone() }
    }
}

/// How many pods are bound to a target group.
pub(super) fn pods(group: &Address, near: Near<'_>) -> usize {
    let bound = near.all::<TargetGroupBinding>().into_iter().filter(|(_, binding)| binding.target_group.address() == *group);
    let behind = bound.filter_map(|(_, binding)| near.get(&near.get(&binding.service)?.deployment));
    behind.map(|deployment| usize::try_from(deployment.pods()).unwrap_or_default()).sum()
}

/// Targets that are addresses.
const IP: &str = "ip";

impl Resource for TargetGroupBinding {
    const KIND: Kind = Kind::TargetGroupBinding;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(10, 10, 30);
    const HINT: &'static [&'static str] = &["pods behind {service}", "port {port}"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_manifest",
            &[
                block("field_manager", &[is("force_conflicts", Word::Yes), is("name", Word::Text(MANAGER))]),
                via("manifest", "port", |port| {
                    let spec = json!({ "serviceRef": { "port": port }, "targetType": IP });
                    json!({ "apiVersion": Self::TYPE.api, "kind": Self::TYPE.kind, "spec": spec })
                }),
            ],
        )],
        left_out: &[
            ("cluster", "a provider is configured for one cluster"),
            ("namespace", "all of a custom resource is one value, in which no pointer has a place"),
            ("service", "all of a custom resource is one value, in which no pointer has a place"),
            ("target_group", "all of a custom resource is one value, in which no pointer has a place"),
            ("uid", "only what the API server answers has it"),
        ],
    };

    fn example() -> Self {
        TargetGroupBinding {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            target_group: Ref::to(EXAMPLE),
            service: Ref::to(EXAMPLE),
            port: 80,
            uid: Computed::default(),
        }
    }

    /// The controller takes away all targets that aren't its own, so that a group has one binding.
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.target_group.address()), name: "binding".into() }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        if !(1..=65535).contains(&self.port) {
            let message = format!("there is no port {}", self.port);
            found.push(Breach::new(Code::OutOfRange, "port", message, "write one from 1 to 65535"));
        }
        if near.get(&self.service).is_some_and(|s| s.namespace != self.namespace || s.cluster != self.cluster) {
            let message = "a binding is for a service of its own namespace";
            found.push(Breach::new(Code::Refused, "service", message, "name a service beside it").with("namespace"));
        }
        // EKS may register targets in groups alone that carry the cluster's name (AmazonEKSLoadBalancingPolicy).
        if near.get(&self.target_group).is_some_and(|group| group.cluster.as_ref() != Some(&self.cluster)) {
            let message = "pods are registered in a target group that was made for their cluster";
            found.push(Breach::new(Code::Refused, "target_group", message, "let the group name the cluster").with("cluster"));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        manifest::list::<Self>(cx, stack).await
    }

    /// Returns when the pods that are there have been registered. One for which none are is deleted again, so that the failure is definite.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, at) = manifest::reach(self, cx, links)?;
        let made = manifest::make(self, cx, links, (&api, &at), stamp).await?;
        let judged = manifest::observed::<Self>(cx, &api, &at, &made).await;
        manifest::stays::<Self>(cx, &api, &at, &made, judged).await?;
        Live::made(at.id::<Self>(), self.with_computed(&made), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, at) = manifest::reach(self, cx, links)?;
        let old = Self::read(&at, &manifest::standing::<Self>(cx, &api, &at).await?);
        let by_ids =
            TargetGroupBinding { service: Ref::to(foreign(&old.service.0)), target_group: Ref::to(foreign(&old.target_group.0)), ..old };
        let before = manifest::whole(&by_ids, links, &at, &live.stamp)?;
        let done = manifest::update(self, cx, links, live, stamp).await?;
        let now = half(manifest::standing::<Self>(cx, &api, &at).await)?;
        let judged = manifest::observed::<Self>(cx, &api, &at, &now).await;
        manifest::stays_as::<Self>(cx, &api, &before, judged).await?;
        Ok(done)
    }

    /// Its finalizer lets it go when no address is registered any more.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        manifest::delete::<Self>(cx, live).await
    }
}
