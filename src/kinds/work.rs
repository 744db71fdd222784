//! What pods of jobs do, once or by the clock (`JobSpec` of `batch/v1`): one container that comes to an end.
use serde_json::json;

use super::deployment::body::{amount, container, escaped, from_secret, has, security, unescaped};
use super::manifest::{NAME, Place, fields, quantity::canonical};
use super::*;
use crate::canon::Open;
use crate::diag::Code;

/// A job's container, and when it counts as failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Work {
    /// `image` of the container.
    pub image: String,
    /// `command` and its arguments, word by word; empty: the image's own.
    pub command: Vec<String>,
    /// `resources.requests.cpu`, as the API writes it: `250m`.
    pub cpu: String,
    /// `resources.requests.memory` and `limits.memory`, as the API writes it: `256Mi`.
    pub memory: String,
    /// `env`, by name.
    pub env: Open<Text>,
    /// `envFrom`: the secret whose values are variables, too.
    pub env_from: Option<Ref<KubernetesSecret>>,
    /// `activeDeadlineSeconds`: after so long it has failed.
    pub deadline: i32,
    /// `backoffLimit`: so often it is tried again.
    pub retries: i32,
    /// Whether its pods keep to the Pod Security Standard `restricted`.
    pub restricted: bool,
}

impl Work {
    /// What the examples of kinds do.
    pub(super) fn example() -> Self {
        Work {
            image: "ghcr.io/example/shop:1.4.2".into(),
            command: vec!["shop".into(), "migrate".into()],
            cpu: "250m".into(),
            memory: "256Mi".into(),
            env: [("GREETING".into(), Text::literal("good day"))].into(),
            env_from: None,
            deadline: 3600,
            retries: 2,
            restricted: true,
        }
    }

    /// `JobSpec`, of a job of this name.
    pub(super) fn body(&self, name: &str, links: &Links) -> Result<Value, CloudError> {
        let mut container = json!({
            "name": name,
            "image": self.image,
            "resources": { "requests": { "cpu": self.cpu, "memory": self.memory }, "limits": { "memory": self.memory } },
        });
        let mut pod = json!({ "enableServiceLinks": false, "restartPolicy": "Never" });
        if self.restricted {
            (pod["securityContext"], container["securityContext"]) = security();
            pod["automountServiceAccountToken"] = false.into();
        }
        if !self.command.is_empty() {
            container["command"] = self.command.iter().map(|word| escaped(word)).collect();
        }
        let env = self.env.iter().map(|(name, value)| Ok(json!({ "name": name, "value": escaped(&value.resolve(links)?) })));
        let env = env.collect::<Result<Vec<Value>, CloudError>>()?;
        if !env.is_empty() {
            container["env"] = env.into();
        }
        if let Some(secret) = &self.env_from {
            container["envFrom"] = json!([{ "secretRef": { "name": Place::of(&links.to(secret)?).name } }]);
        }
        pod["containers"] = json!([container]);
        let template = json!({ "metadata": { "labels": { NAME: name } }, "spec": pod });
        Ok(json!({ "activeDeadlineSeconds": self.deadline, "backoffLimit": self.retries, "template": template }))
    }

    pub(super) fn read(at: &Place, spec: &Value, name: &str) -> Self {
        let (pod, own) = (&spec["template"]["spec"], container(spec, name));
        let (of_pod, of_container) = security();
        let secure = has(&pod["securityContext"], &of_pod) && has(&own["securityContext"], &of_container);
        let env = own["env"].as_array().into_iter().flatten();
        let env = env.map(|v| (fields::text(&v["name"]), Text::literal(unescaped(&fields::text(&v["value"])))));
        let resources = &own["resources"];
        Work {
            image: fields::text(&own["image"]),
            command: own["command"].as_array().into_iter().flatten().map(|word| unescaped(&fields::text(word))).collect(),
            cpu: amount(&resources["requests"]["cpu"], None),
            memory: amount(&resources["requests"]["memory"], Some(&resources["limits"]["memory"])),
            env: env.collect(),
            env_from: from_secret(at, &own["envFrom"]),
            deadline: fields::number(&spec["activeDeadlineSeconds"], -1),
            retries: fields::number(&spec["backoffLimit"], 6),
            restricted: secure && pod["automountServiceAccountToken"] == false,
        }
    }

    /// What the API server refuses of it, in a namespace.
    pub(super) fn breaches(&self, namespace: &Ref<Namespace>, near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        if self.env_from.as_ref().and_then(|secret| near.get(secret)).is_some_and(|secret| secret.namespace != *namespace) {
            let message = "pods are given secrets of their own namespace";
            found.push(Breach::new(Code::Refused, "work.env_from", message, "name one of it").with("namespace"));
        }
        for (attribute, value, least) in [("work.deadline", self.deadline, 1), ("work.retries", self.retries, 0)] {
            if value < least {
                let message = format!("`{attribute}` of a job is {least} at least, not {value}");
                found.push(Breach::new(Code::OutOfRange, attribute, message, "write another number"));
            }
        }
        for (attribute, amount) in [("work.cpu", &self.cpu), ("work.memory", &self.memory)] {
            if canonical(amount).is_none_or(|kept| kept != *amount || kept == "0") {
                let message = format!("`{amount}` is no amount as Kubernetes writes it");
                found.push(Breach::new(Code::BadSize, attribute, message, "write one such as 250m or 256Mi"));
            }
        }
        if self.image.is_empty() || self.image.contains(char::is_whitespace) {
            let message = format!("`{}` is no image", self.image);
            found.push(Breach::new(Code::BadText, "work.image", message, "write one such as ghcr.io/example/shop:1.4.2"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::EXAMPLE;
    use super::*;

    /// A secret is beside the job that is given it.
    #[test]
    fn secrets_are_of_the_namespace() {
        let work = Work { env_from: Some(Ref::to(EXAMPLE)), ..Work::example() };
        let refused = |namespace: &str| {
            let secret = KubernetesSecret { namespace: Ref::to(namespace), ..KubernetesSecret::example() };
            let nodes = BTreeMap::from([(Address::new(Kind::KubernetesSecret, EXAMPLE), secret.into())]);
            work.breaches(&Ref::to(EXAMPLE), Near(&nodes)).into_iter().map(|breach| breach.attributes).collect::<Vec<_>>()
        };
        assert!(refused(EXAMPLE).is_empty());
        assert_eq!(refused("other"), [["work.env_from", "namespace"]]);
    }
}
