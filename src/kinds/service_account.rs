//! Who the pods of a workload are: EKS hands credentials of AWS to pods by the account that they run under.
use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, Place};
use super::terraform::{ID, block, made, of};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `ServiceAccount` (`v1`). Its id is `CLUSTER/serviceaccounts/NAMESPACE/NAME`.
    pub struct ServiceAccount {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`.
        replace name: String,
        /// `automountServiceAccountToken`: whether its pods are given a token of the cluster's own API, unless they say otherwise.
        update automount_token: bool,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// The account that Kubernetes makes in every namespace by itself, and under which pods run that name none ("Service Accounts").
pub(super) const DEFAULT: &str = "default";

impl Manifest for ServiceAccount {
    const TYPE: Type = Type { api: "v1", kind: "ServiceAccount", plural: "serviceaccounts", namespaced: true };

    manifest::placed!();

    fn body(&self, _links: &Links) -> Result<Value, CloudError> {
        Ok(json!({ "automountServiceAccountToken": self.automount_token }))
    }

    /// A token is mounted where nobody says otherwise.
    fn read(at: &Place, object: &Value) -> Self {
        ServiceAccount {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            automount_token: object["automountServiceAccountToken"] != false,
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        ServiceAccount { uid: manifest::uid(object), ..self.clone() }
    }
}

impl Resource for ServiceAccount {
    const KIND: Kind = Kind::ServiceAccount;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 5);
    const HINT: &'static [&'static str] = &["{name}"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_service_account_v1",
            &[
                of("automount_service_account_token", "automount_token"),
                ID,
                block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
            ],
        )],
        left_out: &[("cluster", "a provider is configured for one cluster")],
    };

    fn example() -> Self {
        ServiceAccount {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            automount_token: false,
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.namespace.address()), name: format!("service account {}", self.name) }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        if self.name == DEFAULT {
            let message = format!("Kubernetes makes the account `{DEFAULT}` of every namespace by itself");
            found.push(Breach::new(Code::BadName, "name", message, "write another name"));
        }
        found.extend(manifest::elsewhere(self, near));
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    manifest::verbs!(list);
}
