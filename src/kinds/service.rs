//! A service of a cluster: one name and address, within the cluster, for the pods of a deployment.
mod terraform;

use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, NAME, Place, fields};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `Service` (`v1`). Its id is `CLUSTER/services/NAMESPACE/NAME`.
    pub struct KubernetesService {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`: its name in the cluster's DNS is `NAME.NAMESPACE`.
        replace name: String,
        /// `spec.selector`: whose pods answer.
        update deployment: Ref<Deployment>,
        /// `spec.type`: `ClusterIP`, which is reached from within the cluster alone.
        update r#type: String,
        /// `spec.ports[0].port`.
        update port: i32,
        /// `spec.ports[0].targetPort`: where the pods listen.
        update target_port: i32,
        /// `spec.clusterIP`.
        computed address: Computed<String>,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// The type of a service that is reached from within the cluster alone.
pub const INSIDE: &str = "ClusterIP";

impl Manifest for KubernetesService {
    const TYPE: Type = Type { api: "v1", kind: "Service", plural: "services", namespaced: true };

    manifest::placed!();

    /// A port without a protocol is refused.
    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        let deployment = Place::of(&links.to(&self.deployment)?).name;
        let port = json!({ "name": "main", "port": self.port, "protocol": "TCP", "targetPort": self.target_port });
        Ok(json!({ "spec": { "type": self.r#type, "selector": { NAME: deployment }, "ports": [port] } }))
    }

    /// More labels to select by, or more ports, read as something that differs from all that is wanted.
    fn read(at: &Place, object: &Value) -> Self {
        let spec = &object["spec"];
        let plain = spec["selector"].as_object().is_some_and(|all| all.len() == 1);
        let selected = if plain { fields::text(&spec["selector"][NAME]) } else { String::new() };
        let ports = spec["ports"].as_array().map_or(&[][..], |ports| &ports[..]);
        let port = if let [port] = ports { port } else { &Value::Null };
        KubernetesService {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            deployment: Ref::to(Place { name: selected, ..at.clone() }.id::<Deployment>()),
            r#type: fields::text(&spec["type"]),
            port: fields::number(&port["port"], -1),
            target_port: fields::number(&port["targetPort"], -1),
            address: Computed(spec["clusterIP"].as_str().map(String::from)),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        let address = Computed(object["spec"]["clusterIP"].as_str().map(String::from));
        KubernetesService { address, uid: manifest::uid(object), ..self.clone() }
    }
}

impl Resource for KubernetesService {
    const KIND: Kind = Kind::KubernetesService;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 5);
    const HINT: &'static [&'static str] = &["port {port}", "to {target_port}"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &terraform::TABLE;

    fn example() -> Self {
        KubernetesService {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            deployment: Ref::to(EXAMPLE),
            r#type: INSIDE.into(),
            port: 80,
            target_port: 8080,
            address: Computed::default(),
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.namespace.address()), name: format!("service {}", self.name) }]
    }

    fn outputs(&self) -> Outputs {
        self.address.0.iter().map(|address| ("address".to_owned(), address.clone())).collect()
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        for (attribute, port) in [("port", self.port), ("target_port", self.target_port)] {
            if !(1..=65535).contains(&port) {
                found.push(Breach::new(Code::OutOfRange, attribute, format!("there is no port {port}"), "write one from 1 to 65535"));
            }
        }
        if self.r#type != INSIDE {
            // Another type would make a load balancer or open ports of nodes, of which nothing here knows.
            let message = format!("a service of the type `{}` is reached from outside", self.r#type);
            found.push(Breach::new(Code::Refused, "type", message, format!("write {INSIDE}")));
        }
        let apart = near.get(&self.deployment).is_some_and(|d| d.namespace != self.namespace || d.cluster != self.cluster);
        if apart {
            let message = "a service leads to pods of its own namespace";
            found.push(Breach::new(Code::Refused, "deployment", message, "name a deployment beside it").with("namespace"));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.address = Computed::from("172.20.0.10".to_owned());
        self.uid = Computed::from(format!("uid-{id}"));
    }

    manifest::verbs!(list);
}
