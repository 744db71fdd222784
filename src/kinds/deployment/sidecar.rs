//! The Prometheus agent beside a deployment's container, as it stands in each of its pods.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::launch_template::{INSTANCE, LISTENS, WORKSPACE};
use super::body::{container, has, security};
use super::*;

/// What asks the container what it measures, and writes that to a workspace of Managed Prometheus, in the role of the pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sidecar {
    /// `image` of its container.
    pub image: String,
    /// The map with its configuration, which has the key `agent.yml`.
    pub config: Ref<ConfigMap>,
    /// The id of the workspace.
    pub workspace: Text,
}

/// The key of its configuration.
pub const FILE: &str = "agent.yml";

/// The volume of its configuration.
const CONFIG: &str = "agent";

/// The volume of what it couldn't send yet. It lasts as long as the pod.
const DATA: &str = "agent-data";

/// `nobody`, whom the image names by a word; of a number alone a node knows that it isn't root ("image has non-numeric user").
const USER: i32 = 65_534;

/// Writes down which workspace and which pod it is, and starts the agent. What it tells of itself nobody else is told.
fn script() -> String {
    let words = format!("-e \"s/{INSTANCE}/$INSTANCE/\" -e \"s/{WORKSPACE}/$WORKSPACE/\"");
    let agent = "/bin/prometheus --agent --config.file=/prometheus/agent.yml --storage.agent.path=/prometheus/data";
    format!("sed {words} /etc/infra/{FILE} > /prometheus/agent.yml && exec {agent} --web.listen-address=127.0.0.1:{LISTENS}")
}

/// The name of its container, which no container beside it has.
pub(super) fn named(deployment: &str) -> String {
    format!("{deployment}-agent")
}

impl Sidecar {
    /// Its container. Only what it writes to is writable; of a processor it needs little, and of memory as much as on an instance at most.
    fn container(&self, deployment: &str, workspace: &str) -> Value {
        let (_, mut security) = security();
        (security["readOnlyRootFilesystem"], security["runAsNonRoot"], security["runAsUser"]) = (true.into(), true.into(), USER.into());
        json!({
            "name": named(deployment),
            "image": self.image,
            "command": ["/bin/sh", "-c", script()],
            "env": [
                { "name": "INSTANCE", "valueFrom": { "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.name" } } },
                { "name": "WORKSPACE", "value": workspace },
            ],
            "resources": { "requests": { "cpu": "20m", "memory": "64Mi" }, "limits": { "memory": "256Mi" } },
            "securityContext": security,
            "volumeMounts": [
                { "name": CONFIG, "mountPath": "/etc/infra", "readOnly": true },
                { "name": DATA, "mountPath": "/prometheus" },
            ],
        })
    }

    fn volumes(map: &str) -> [Value; 2] {
        [json!({ "name": CONFIG, "configMap": { "name": map } }), json!({ "name": DATA, "emptyDir": {} })]
    }

    /// Its container and its volumes.
    pub(super) fn body(&self, deployment: &str, links: &Links) -> Result<(Value, [Value; 2]), CloudError> {
        let map = Place::of(&links.to(&self.config)?).name;
        Ok((self.container(deployment, &self.workspace.resolve(links)?), Self::volumes(&map)))
    }

    /// The one of a deployment. What isn't all that is asked for reads as one of another image.
    pub(super) fn read(at: &Place, spec: &Value) -> Option<Self> {
        let (there, volumes) = (container(spec, &named(&at.name)), &spec["template"]["spec"]["volumes"]);
        if there.is_null() {
            return None;
        }
        let of = |list: &Value, name: &str| list.as_array().and_then(|all| all.iter().find(|one| one["name"] == name)).cloned();
        let map = of(volumes, CONFIG).map_or_else(String::new, |volume| fields::text(&volume["configMap"]["name"]));
        let workspace = of(&there["env"], "WORKSPACE").map_or_else(String::new, |own| fields::text(&own["value"]));
        let config = Ref::to(Place { name: map.clone(), ..at.clone() }.id::<ConfigMap>());
        let image = fields::text(&there["image"]);
        let read = Sidecar { image, config, workspace: Text::literal(&workspace) };
        let whole = alike(there, &read.container(&at.name, &workspace)) && Self::volumes(&map).iter().all(|one| holds(volumes, one));
        Some(if whole { read } else { Sidecar { image: String::new(), ..read } })
    }
}

/// Whether a list has an item, whatever stands beside it in there.
fn holds(list: &Value, item: &Value) -> bool {
    list.as_array().is_some_and(|all| all.iter().any(|one| has(one, item)))
}

/// Whether a container is what is asked for; others may have given it more.
fn alike(there: &Value, asked: &Value) -> bool {
    let lists = |field: &str| asked[field].as_array().into_iter().flatten().all(|item| holds(&there[field], item));
    let plain = ["name", "image", "command", "resources", "securityContext"];
    plain.iter().all(|field| has(&there[field], &asked[field])) && lists("env") && lists("volumeMounts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(value: &mut Value) -> &mut Vec<Value> {
        value.as_array_mut().expect("a list")
    }

    /// What others give the agent beside stays unseen; what of its own is otherwise is seen.
    #[test]
    fn what_is_asked_for_is_read_back() {
        let at = Place { cluster: "main".into(), namespace: "shop".into(), name: "shop".into() };
        let agent =
            Sidecar { image: "prometheus:1".into(), config: Ref::to("main/configmaps/shop/agent-1"), workspace: Text::literal("ws-1") };
        let spec = |change: fn(&mut Value)| {
            let mut pod =
                json!({ "containers": [{ "name": "shop" }, agent.container("shop", "ws-1")], "volumes": Sidecar::volumes("agent-1") });
            change(&mut pod);
            json!({ "template": { "spec": pod } })
        };
        let read = |change: fn(&mut Value)| Sidecar::read(&at, &spec(change));
        assert_eq!(read(|_| ()), Some(agent.clone()));
        assert_eq!(read(|pod| list(&mut pod["containers"][1]["env"]).push(json!({ "name": "TEAM" }))), Some(agent.clone()));
        assert_eq!(read(|pod| drop(list(&mut pod["containers"]).pop())), None);
        let changes: [fn(&mut Value); 6] = [
            |pod| pod["containers"][1]["command"] = json!(["/bin/sh"]),
            |pod| pod["containers"][1]["securityContext"]["readOnlyRootFilesystem"] = false.into(),
            |pod| pod["containers"][1]["resources"]["limits"]["memory"] = "1Gi".into(),
            |pod| drop(list(&mut pod["containers"][1]["env"]).remove(0)),
            |pod| drop(list(&mut pod["containers"][1]["volumeMounts"]).pop()),
            |pod| drop(list(&mut pod["volumes"]).pop()),
        ];
        for (i, change) in changes.into_iter().enumerate() {
            assert_eq!(read(change).map(|read| read.image), Some(String::new()), "{i}");
        }
    }
}
