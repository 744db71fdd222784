//! Values that a workload is given and that its deployment doesn't say, as a cluster keeps them.
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, Place};
use super::terraform::{ID, Word, block, is, made, of};
use super::*;
use crate::canon::Open;
use crate::diag::Code;
use crate::model::{self, Computed};
use crate::wire::kubernetes::Type;

object! {
    /// `Secret` (`v1`) of the type `Opaque` that nobody can change (`immutable`). With other values it is another one, beside it, so that pods that run keep
    /// what they were given. No value is ever read: what is listed of it is its metadata. Its id is `CLUSTER/secrets/NAMESPACE/NAME`.
    pub struct KubernetesSecret {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// What `metadata.name` begins with; a digest of the values' prints follows.
        replace name: String,
        /// `data`, by name: in memory alone, until it is sent. An annotation keeps the prints of the values.
        replace values: Open<model::Secret>,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// The annotation that keeps the prints of the values, by which every process that knows one tells whether it is the same.
const VALUES: &str = "infra.dev/values";

/// The type of a secret that holds anything.
const OPAQUE: &str = "Opaque";

/// Bytes of all values together at most (`MaxSecretSize`).
const MOST: usize = 1024 * 1024;

impl KubernetesSecret {
    /// Itself with nothing in place of each value, to be shown.
    pub(super) fn blank(&self) -> Self {
        KubernetesSecret { values: Open(self.values.keys().map(|name| (name.clone(), model::Secret::new(""))).collect()), ..self.clone() }
    }
}

impl Manifest for KubernetesSecret {
    const TYPE: Type = Type { api: "v1", kind: "Secret", plural: "secrets", namespaced: true };

    fn cluster(&self) -> &Ref<EksCluster> {
        &self.cluster
    }

    fn namespace(&self) -> Option<&Ref<Namespace>> {
        Some(&self.namespace)
    }

    fn name(&self, _links: &Links) -> Result<String, CloudError> {
        Ok(format!("{}-{}", self.name, &digest(&self.prints())[..10]))
    }

    fn uid(&self) -> &Computed<String> {
        &self.uid
    }

    fn annotations(&self) -> Vec<(&'static str, String)> {
        vec![(VALUES, json!(self.prints()).to_string())]
    }

    fn body(&self, _links: &Links) -> Result<Value, CloudError> {
        let mut data = BTreeMap::new();
        for (name, value) in self.values.iter() {
            let unknown = || {
                let message = format!("the value of {name} is not known to this run: only its fingerprint was kept");
                CloudError::new(Class::Invalid, "UnknownSecret", message)
            };
            data.insert(name, BASE64_STANDARD.encode(value.expose().ok_or_else(unknown)?));
        }
        Ok(json!({ "type": OPAQUE, "immutable": true, "data": data }))
    }

    /// One without the annotation reads as something that differs from all that is wanted.
    fn read(at: &Place, object: &Value) -> Self {
        let prints = object["metadata"]["annotations"][VALUES].as_str().and_then(|text| serde_json::from_str(text).ok());
        let prints: BTreeMap<String, String> = prints.unwrap_or_default();
        KubernetesSecret {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.rsplit_once('-').map_or(at.name.as_str(), |(name, _)| name).to_owned(),
            values: Open(prints.into_iter().map(|(name, print)| (name, model::Secret::Sealed(print))).collect()),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        KubernetesSecret { uid: manifest::uid(object), ..self.clone() }
    }
}

impl KubernetesSecret {
    fn prints(&self) -> BTreeMap<&str, String> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.print())).collect()
    }
}

impl Resource for KubernetesSecret {
    const KIND: Kind = Kind::KubernetesSecret;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 5);
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_secret_v1",
            &[
                ID,
                is("immutable", Word::Yes),
                block("metadata", &[of("generate_name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
                is("type", Word::Text(OPAQUE)),
            ],
        )],
        left_out: &[("cluster", "a provider is configured for one cluster"), ("values", "no plan shows them")],
    };

    fn example() -> Self {
        KubernetesSecret {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            values: [("API_TOKEN".into(), model::Secret::new("an example of a token"))].into(),
            uid: Computed::default(),
        }
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        let bytes: usize = self.values.values().filter_map(model::Secret::expose).map(str::len).sum();
        if bytes > MOST {
            let message = format!("the values of a secret take {MOST} bytes at most, and these take {bytes}");
            found.push(Breach::new(Code::OutOfRange, "values", message, "keep what is large in Secrets Manager or in a bucket"));
        }
        found.extend(manifest::elsewhere(self, near));
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    // Its stamp alone changes.
    manifest::verbs!(list_own);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_server_refuses_is_refused() {
        let refused = |bytes: usize| {
            let values = [("A", bytes / 2), ("B", bytes - bytes / 2)].map(|(name, n)| (name.to_owned(), model::Secret::new("x".repeat(n))));
            manifest::tests::refused(EXAMPLE, |s: &mut KubernetesSecret| s.values = values.into())
        };
        assert!(refused(MOST).is_empty(), "all values together");
        assert_eq!(refused(MOST + 1), ["values"]);
        assert_eq!(manifest::tests::refused("other", |_: &mut KubernetesSecret| ()), ["namespace"]);
    }
}
