//! Files that a workload's pods are given. One never changes: other content is another map, so that pods of the old template keep theirs, and going back
//! finds what it went from.
use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, Place, fields};
use super::terraform::{ID, Word, block, is, made, of, same};
use super::*;
use crate::canon::Open;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `ConfigMap` (`v1`), which is `immutable`. Its id is `CLUSTER/configmaps/NAMESPACE/NAME`.
    pub struct ConfigMap {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`, which says which content it has.
        replace name: String,
        /// `data`: contents by key.
        replace data: Open<String>,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// "The data stored in a ConfigMap cannot exceed 1 MiB".
pub const MOST: usize = 1 << 20;

/// "Each key … must consist of alphanumeric characters, -, _ or ."; `.` and what begins with `..` are refused (`IsConfigMapKey`).
fn is_key(key: &str) -> bool {
    let inner = key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    inner && (1..=253).contains(&key.len()) && key != "." && !key.starts_with("..")
}

impl Manifest for ConfigMap {
    const TYPE: Type = Type { api: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };

    manifest::placed!();

    fn body(&self, _links: &Links) -> Result<Value, CloudError> {
        Ok(json!({ "immutable": true, "data": self.data }))
    }

    /// One that may change reads as one without content, and so does one with content that is no text.
    fn read(at: &Place, object: &Value) -> Self {
        let fixed = object["immutable"] == true && object["binaryData"].is_null();
        let data = object["data"].as_object().filter(|_| fixed).into_iter().flatten();
        ConfigMap {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            data: data.map(|(key, value)| (key.clone(), fields::text(value))).collect(),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        ConfigMap { uid: manifest::uid(object), ..self.clone() }
    }
}

impl Resource for ConfigMap {
    const KIND: Kind = Kind::ConfigMap;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 5);
    const HINT: &'static [&'static str] = &["{name}"];
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_config_map_v1",
            &[
                same("data"),
                ID,
                is("immutable", Word::Yes),
                block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
            ],
        )],
        left_out: &[("cluster", "a provider is configured for one cluster")],
    };

    fn example() -> Self {
        ConfigMap {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            data: [("agent.yml".into(), "{}\n".into()), ("app.toml".into(), "greeting = \"good day\"\n".into())].into(),
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.namespace.address()), name: format!("config map {}", self.name) }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        for key in self.data.keys().filter(|key| !is_key(key)) {
            let help = "write letters, digits, `-`, `_` and `.`, 253 characters at most";
            found.push(Breach::new(Code::BadName, "data", format!("`{key}` is no name of a file in a cluster"), help));
        }
        let size: usize = self.data.iter().map(|(key, value)| key.len() + value.len()).sum();
        if size > MOST {
            let message = format!("{size} bytes are more than Kubernetes takes in one map, {MOST}");
            found.push(Breach::new(Code::Count, "data", message, "let the image bring what is large, or fetch it from a bucket"));
        }
        found.extend(manifest::elsewhere(self, near));
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    // The stack's alone: a cluster has many of others, and large ones.
    manifest::verbs!(list_own);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(cluster: &str, change: impl FnOnce(&mut ConfigMap)) -> Vec<String> {
        manifest::tests::refused(cluster, change)
    }

    #[test]
    fn what_the_api_server_refuses_is_refused() {
        assert!(refused(EXAMPLE, |_| ()).is_empty());
        assert_eq!(refused("other", |_| ()), ["namespace"]);
        for key in ["", ".", "..a", "a/b", "ä"] {
            assert_eq!(refused(EXAMPLE, |m| drop(m.data.insert(key.into(), String::new()))), ["data"], "{key}");
        }
        let key = ["agent.yml", "{}\n", "app.toml"].map(str::len).iter().sum::<usize>();
        assert!(refused(EXAMPLE, |m| drop(m.data.insert("app.toml".into(), "a".repeat(MOST - key)))).is_empty());
        assert_eq!(refused(EXAMPLE, |m| drop(m.data.insert("app.toml".into(), "a".repeat(MOST - key + 1)))), ["data"]);
        assert_eq!(refused(EXAMPLE, |m| m.name = "-a".into()), ["name"]);
    }
}
