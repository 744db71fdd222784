//! How many pods of a deployment may be taken away at a time: when nodes are made anew or emptied, the others stay.
use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, NAME, Place, fields};
use super::terraform::{ID, block, made, of, text, via};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `PodDisruptionBudget` (`policy/v1`). Its id is `CLUSTER/poddisruptionbudgets/NAMESPACE/NAME`.
    pub struct DisruptionBudget {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`.
        replace name: String,
        /// `spec.selector`: whose pods.
        update deployment: Ref<Deployment>,
        /// `spec.maxUnavailable`: so many pods may be away at a time.
        update unavailable: i32,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

impl Manifest for DisruptionBudget {
    const TYPE: Type = Type { api: "policy/v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets", namespaced: true };

    manifest::placed!();

    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        let deployment = Place::of(&links.to(&self.deployment)?).name;
        Ok(json!({ "spec": { "maxUnavailable": self.unavailable, "selector": { "matchLabels": { NAME: deployment } } } }))
    }

    /// Another way to select or to count reads as something that differs from all that is wanted.
    fn read(at: &Place, object: &Value) -> Self {
        let spec = &object["spec"];
        let plain = spec["selector"] == json!({ "matchLabels": { NAME: spec["selector"]["matchLabels"][NAME] } });
        let selected = if plain { fields::text(&spec["selector"]["matchLabels"][NAME]) } else { String::new() };
        DisruptionBudget {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            deployment: Ref::to(Place { name: selected, ..at.clone() }.id::<Deployment>()),
            unavailable: if spec["minAvailable"].is_null() { fields::number(&spec["maxUnavailable"], -1) } else { -1 },
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        DisruptionBudget { uid: manifest::uid(object), ..self.clone() }
    }
}

impl Resource for DisruptionBudget {
    const KIND: Kind = Kind::DisruptionBudget;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 5);
    const HINT: &'static [&'static str] = &["{unavailable} away at a time"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_pod_disruption_budget_v1",
            &[
                ID,
                block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
                block("spec", &[via("max_unavailable", "unavailable", text)]),
            ],
        )],
        left_out: &[
            ("cluster", "a provider is configured for one cluster"),
            ("deployment", "its pods are selected by a label, which says the name alone"),
        ],
    };

    fn example() -> Self {
        DisruptionBudget {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            deployment: Ref::to(EXAMPLE),
            unavailable: 1,
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.namespace.address()), name: format!("budget {}", self.name) }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        // It would keep every node as it is: upgrades wait for it without end.
        if self.unavailable < 1 {
            let message = "a budget that lets no pod away holds every node";
            found.push(Breach::new(Code::OutOfRange, "unavailable", message, "let one pod away at least"));
        }
        if near.get(&self.deployment).is_some_and(|d| d.namespace != self.namespace || d.cluster != self.cluster) {
            let message = "a budget is for pods of its own namespace";
            found.push(Breach::new(Code::Refused, "deployment", message, "name a deployment beside it").with("namespace"));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    manifest::verbs!(list);
}
