//! A deployment as it is applied, and as it is read.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::manifest::quantity::canonical;
use super::*;

/// When a pod is sent requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthCheck {
    /// `httpGet.path`; `None`: it is enough that somebody listens (`tcpSocket`).
    pub path: Option<String>,
    /// The port that is asked.
    pub port: i32,
    /// `periodSeconds`.
    pub interval: i32,
    /// `timeoutSeconds`.
    pub timeout: i32,
    /// `successThreshold`.
    pub healthy: i32,
    /// `failureThreshold`.
    pub unhealthy: i32,
}

/// The annotation that keeps that pods of the newest template were seen to serve.
const ROLLED_OUT: &str = "infra.dev/rolled-out";

/// The annotation that keeps that an autoscaler says how many pods there are.
const SCALED: &str = "infra.dev/scaled";

/// The annotation of pods that keeps by which association they are given a role.
const IDENTITY: &str = "infra.dev/identity";
/// The volume of a deployment's files.
const CONFIG: &str = "config";

/// The label of a node that names its zone.
const ZONE: &str = "topology.kubernetes.io/zone";

impl HealthCheck {
    fn body(&self) -> Value {
        let mut probe = json!({
            "periodSeconds": self.interval,
            "timeoutSeconds": self.timeout,
            "successThreshold": self.healthy,
            "failureThreshold": self.unhealthy,
        });
        match &self.path {
            Some(path) => probe["httpGet"] = json!({ "path": path, "port": self.port, "scheme": "HTTP" }),
            None => probe["tcpSocket"] = json!({ "port": self.port }),
        }
        probe
    }

    fn read(probe: &Value) -> Option<Self> {
        let http = &probe["httpGet"];
        let plain = http.is_null() || matches!(http["scheme"].as_str(), None | Some("HTTP"));
        let port = if http.is_null() { &probe["tcpSocket"]["port"] } else { &http["port"] };
        probe.is_object().then(|| HealthCheck {
            path: http["path"].as_str().map(String::from),
            port: if plain { fields::number(port, -1) } else { -1 },
            interval: fields::number(&probe["periodSeconds"], 10),
            timeout: fields::number(&probe["timeoutSeconds"], 1),
            healthy: fields::number(&probe["successThreshold"], 1),
            unhealthy: fields::number(&probe["failureThreshold"], 3),
        })
    }
}

/// A variable's value as a container is given it: `$(NAME)` would stand for another variable ("Define Dependent Environment Variables").
pub(in crate::kinds) fn escaped(text: &str) -> String {
    text.replace('$', "$$")
}

pub(in crate::kinds) fn unescaped(text: &str) -> String {
    let plain = text.replace("$$", "$");
    if escaped(&plain) == text { plain } else { text.to_owned() }
}

/// What the Pod Security Standard `restricted` asks of a pod and of its container; nothing where it isn't kept to.
pub(in crate::kinds) fn security() -> (Value, Value) {
    let pod = json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
    let container = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    (pod, container)
}

/// Whether all of what is asked for is there, whatever stands beside it.
pub(in crate::kinds) fn has(there: &Value, asked: &Value) -> bool {
    match asked {
        Value::Object(asked) => asked.iter().all(|(key, value)| has(&there[key], value)),
        asked => there == asked,
    }
}

/// The container of a name.
pub(in crate::kinds) fn container<'v>(spec: &'v Value, name: &str) -> &'v Value {
    let all = spec["template"]["spec"]["containers"].as_array();
    all.into_iter().flatten().find(|c| c["name"] == name).unwrap_or(&Value::Null)
}

fn spread(name: &str) -> Value {
    json!({ "maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": { "matchLabels": { NAME: name } } })
}

/// The pool whose nodes a pod runs on. Another way to choose them reads as a pool that is none.
fn pool(at: &Place, pod: &Value) -> Option<Ref<NodePool>> {
    if pod["nodeSelector"].is_null() && pod["tolerations"].is_null() {
        return None;
    }
    let named = pod["tolerations"][0]["value"].as_str().unwrap_or_default();
    let plain = pod["nodeSelector"] == node_pool::selector(named) && pod["tolerations"] == node_pool::toleration(named);
    let name = if plain { named.to_owned() } else { String::new() };
    Some(Ref::to(Place { namespace: String::new(), name, ..at.clone() }.id::<NodePool>()))
}

/// The secret that variables are taken of. Several, or something else, read as a secret that is none that is wanted.
pub(in crate::kinds) fn from_secret(at: &Place, sources: &Value) -> Option<Ref<KubernetesSecret>> {
    let all = sources.as_array().filter(|all| !all.is_empty())?;
    let plain = all.len() == 1 && fields::text(&all[0]["prefix"]).is_empty();
    let name = if plain { fields::text(&all[0]["secretRef"]["name"]) } else { String::new() };
    Some(Ref::to(Place { name, ..at.clone() }.id::<KubernetesSecret>()))
}

/// An amount in the API's form; of two that should be one, both.
pub(in crate::kinds) fn amount(request: &Value, limit: Option<&Value>) -> String {
    let read = |v: &Value| v.as_str().map_or(String::new(), |text| canonical(text).unwrap_or_else(|| text.to_owned()));
    let request = read(request);
    match limit.map(read) {
        Some(limit) if limit != request => format!("{request} to {limit}"),
        _ => request,
    }
}

/// `terminationGracePeriodSeconds` where nobody says otherwise.
const GRACE: i32 = 30;

/// How long a pod that is to go still answers; a time to end that doesn't fit with it reads as something that differs from all that is wanted.
fn drained(pod: &Value, container: &Value) -> i32 {
    let pause = fields::number(&container["lifecycle"]["preStop"]["sleep"]["seconds"], 0);
    if fields::number(&pod["terminationGracePeriodSeconds"], GRACE) == GRACE + pause { pause } else { -1 }
}

impl Manifest for Deployment {
    const TYPE: Type = Type { api: "apps/v1", kind: "Deployment", plural: "deployments", namespaced: true };

    manifest::placed!();

    fn annotations(&self) -> Vec<(&'static str, String)> {
        let all = [(ROLLED_OUT, self.rolled_out), (SCALED, self.replicas.is_none())];
        all.into_iter().filter(|(_, set)| *set).map(|(key, _)| (key, "true".to_owned())).collect()
    }

    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        let labels = json!({ NAME: self.name });
        let mut env = vec![];
        for (name, value) in &self.env.0 {
            env.push(json!({ "name": name, "value": escaped(&value.resolve(links)?) }));
        }
        let mut container = json!({
            "name": self.name,
            "image": self.image,
            "resources": { "requests": { "cpu": self.cpu, "memory": self.memory }, "limits": { "memory": self.memory } },
        });
        let account = self.service_account.as_ref().map(|account| links.to(account)).transpose()?;
        let account = account.map_or(service_account::DEFAULT.to_owned(), |id| Place::of(&id).name);
        // Said in any case: where it is left out, an older name of the same field (`serviceAccount`) keeps what it was.
        let mut pod = json!({ "enableServiceLinks": false, "serviceAccountName": account });
        if self.restricted {
            (pod["securityContext"], container["securityContext"]) = security();
            pod["automountServiceAccountToken"] = false.into();
        }
        if let Some(port) = self.port {
            container["ports"] = json!([{ "containerPort": port, "protocol": "TCP" }]);
        }
        if !env.is_empty() {
            container["env"] = env.into();
        }
        if let Some(secret) = &self.env_from {
            container["envFrom"] = json!([{ "secretRef": { "name": Place::of(&links.to(secret)?).name } }]);
        }
        if let Some(check) = &self.health_check {
            container["readinessProbe"] = check.body();
        }
        if self.drain > 0 {
            container["lifecycle"] = json!({ "preStop": { "sleep": { "seconds": self.drain } } });
            pod["terminationGracePeriodSeconds"] = (GRACE + self.drain).into();
        }
        if self.spread {
            pod["topologySpreadConstraints"] = json!([spread(&self.name)]);
        }
        if let Some(pool) = &self.node_pool {
            let pool = Place::of(&links.to(pool)?).name;
            (pod["nodeSelector"], pod["tolerations"]) = (node_pool::selector(&pool), node_pool::toleration(&pool));
        }
        let (mut containers, mut volumes) = (vec![], vec![]);
        if let Some(config) = &self.config {
            volumes.push(json!({ "name": CONFIG, "configMap": { "name": Place::of(&links.to(config)?).name } }));
            // Each file alone, so that what else the image has beside it stays.
            let mount = |(path, key): (&String, &String)| json!({ "name": CONFIG, "mountPath": path, "subPath": key, "readOnly": true });
            container["volumeMounts"] = self.files.iter().map(mount).collect();
        }
        containers.push(container);
        if let Some(agent) = &self.agent {
            let (beside, own) = agent.body(&self.name, links)?;
            containers.push(beside);
            volumes.extend(own);
        }
        pod["containers"] = containers.into();
        if !volumes.is_empty() {
            pod["volumes"] = volumes.into();
        }
        let mut meta = json!({ "labels": labels });
        if let Some(identity) = &self.identity {
            let id = links.to(identity)?;
            meta["annotations"] = json!({ IDENTITY: id.rsplit('/').next() });
        }
        let mut whole = json!({ "spec": {
            "progressDeadlineSeconds": self.deadline,
            "selector": { "matchLabels": labels },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": self.surge, "maxUnavailable": self.unavailable } },
            "template": { "metadata": meta, "spec": pod },
        } });
        if let Some(replicas) = self.replicas {
            whole["spec"]["replicas"] = replicas.into();
        }
        Ok(whole)
    }

    fn read(at: &Place, object: &Value) -> Self {
        let (meta, spec) = (&object["metadata"], &object["spec"]);
        let (pod, own) = (&spec["template"]["spec"], container(spec, &at.name));
        let item = format!("k:{{\"name\":{:?}}}", at.name);
        let known = fields::own(object, &["f:spec", "f:template", "f:spec", "f:containers", &item, "f:env"]);
        let env = own["env"].as_array().into_iter().flatten().map(|v| (fields::text(&v["name"]), fields::text(&v["value"])));
        let env = env.filter(|(name, _)| known.contains(name)).map(|(name, value)| (name, Text::literal(unescaped(&value))));
        let (rolling, (of_pod, of_container)) = (&spec["strategy"]["rollingUpdate"], security());
        let secure = has(&pod["securityContext"], &of_pod) && has(&own["securityContext"], &of_container);
        let apart = pod["topologySpreadConstraints"].as_array().into_iter().flatten().any(|c| has(c, &spread(&at.name)));
        let (resources, pods) = (&own["resources"], fields::number(&spec["replicas"], 1));
        let account = pod["serviceAccountName"].as_str().filter(|name| *name != service_account::DEFAULT && !name.is_empty());
        let identity = spec["template"]["metadata"]["annotations"][IDENTITY].as_str();
        let mounts = own["volumeMounts"].as_array().into_iter().flatten().filter(|mount| mount["name"] == CONFIG);
        let config = pod["volumes"].as_array().into_iter().flatten().find(|volume| volume["name"] == CONFIG);
        let config = config.map(|volume| Place { name: fields::text(&volume["configMap"]["name"]), ..at.clone() }.id::<ConfigMap>());
        Deployment {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            replicas: (meta["annotations"][SCALED] != "true").then_some(pods),
            desired: pods,
            image: fields::text(&own["image"]),
            port: own["ports"][0]["containerPort"].as_i64().and_then(|port| i32::try_from(port).ok()),
            service_account: account.map(|name| Ref::to(Place { name: name.into(), ..at.clone() }.id::<ServiceAccount>())),
            identity: identity.map(|id| Ref::to(format!("{}/{id}", at.cluster))),
            cpu: amount(&resources["requests"]["cpu"], None),
            memory: amount(&resources["requests"]["memory"], Some(&resources["limits"]["memory"])),
            env: env.collect(),
            env_from: from_secret(at, &own["envFrom"]),
            config: config.map(Ref::to),
            files: mounts.map(|mount| (fields::text(&mount["mountPath"]), fields::text(&mount["subPath"]))).collect(),
            agent: Sidecar::read(at, spec),
            health_check: HealthCheck::read(&own["readinessProbe"]),
            surge: fields::number(&rolling["maxSurge"], -1),
            unavailable: fields::number(&rolling["maxUnavailable"], -1),
            deadline: fields::number(&spec["progressDeadlineSeconds"], 600),
            drain: drained(pod, own),
            spread: apart,
            node_pool: pool(at, pod),
            restricted: secure && pod["automountServiceAccountToken"] == false,
            rolled_out: meta["annotations"][ROLLED_OUT] == "true",
            waits_for: BTreeSet::new(),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        Deployment {
            waits_for: BTreeSet::new(),
            uid: manifest::uid(object),
            desired: fields::number(&object["spec"]["replicas"], 1),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_stands_for_another_variable() {
        for (plain, sent) in [("a$(B)$", "a$$(B)$$"), ("none", "none"), ("$$x", "$$$$x")] {
            assert_eq!((escaped(plain).as_str(), unescaped(sent).as_str()), (sent, plain));
        }
        assert_eq!(unescaped("$(B)"), "$(B)", "somebody else's stays what it is");
    }
}
