//! What the API server refuses of a deployment.
use super::super::manifest::quantity::canonical;
use super::super::namespace::RESTRICTED;
use super::*;
use crate::diag::Code;

pub(super) fn breaches(d: &Deployment, me: &Address, near: Near<'_>) -> Vec<Breach> {
    let mut found: Vec<Breach> = manifest::named(&d.name).into_iter().collect();
    let mut within = |attribute: &str, value: i32, least: i32, most: i32| {
        if !(least..=most).contains(&value) {
            let message = format!("`{attribute}` of a deployment is from {least} to {most}, not {value}");
            found.push(Breach::new(Code::OutOfRange, attribute, message, "write another number"));
        }
    };
    within("replicas", d.replicas.unwrap_or_default(), 0, i32::MAX);
    // With none an autoscaler does nothing ("ScalingDisabled").
    within("desired", d.desired, i32::from(d.replicas.is_none()), i32::MAX);
    within("surge", d.surge, 0, i32::MAX);
    within("unavailable", d.unavailable, 0, i32::MAX);
    within("deadline", d.deadline, 1, i32::MAX);
    within("drain", d.drain, 0, 3600);
    if let Some(port) = d.port {
        within("port", port, 1, 65535);
    }
    if let Some(check) = &d.health_check {
        within("health_check.port", check.port, 1, 65535);
        within("health_check.interval", check.interval, 1, i32::MAX);
        within("health_check.timeout", check.timeout, 1, i32::MAX);
        within("health_check.healthy", check.healthy, 1, i32::MAX);
        within("health_check.unhealthy", check.unhealthy, 1, i32::MAX);
    }
    // "maxUnavailable: may not be 0 when `maxSurge` is 0".
    if d.surge == 0 && d.unavailable == 0 {
        let message = "with no pod more and no pod fewer nothing can roll";
        found.push(Breach::new(Code::Refused, "surge", message, "write `surge: 1`").with("unavailable"));
    }
    for (attribute, amount) in [("cpu", &d.cpu), ("memory", &d.memory)] {
        if canonical(amount).is_none_or(|kept| kept != *amount || kept == "0") {
            let message = format!("`{amount}` is no amount as Kubernetes writes it");
            found.push(Breach::new(Code::BadSize, attribute, message, "write one such as 250m or 256Mi"));
        }
    }
    // "must be less than or equal to progressDeadlineSeconds" holds of `minReadySeconds`, which is not set.
    if d.image.is_empty() || d.image.contains(char::is_whitespace) {
        found.push(Breach::new(
            Code::BadText,
            "image",
            format!("`{}` is no image", d.image),
            "write one such as ghcr.io/example/shop:1.4.2",
        ));
    }
    // "spec.template.spec.containers[].volumeMounts[].name: Not found".
    if d.config.is_none() != d.files.is_empty() {
        let message = "files come from a map, and a map is there for files";
        found.push(Breach::new(Code::Refused, "files", message, "name both, or neither").with("config"));
    }
    for path in d.files.keys().filter(|path| !path.starts_with('/') || path.contains(':')) {
        let message = format!("`{path}` is no place of a file in a container");
        found.push(Breach::new(Code::BadText, "files", message, "write an absolute path without `:`"));
    }
    if let Some(map) = d.config.as_ref().and_then(|config| near.get(config)) {
        if map.namespace != d.namespace || map.cluster != d.cluster {
            let message = "a deployment's files are in a map of its own namespace";
            found.push(Breach::new(Code::Refused, "config", message, "name one beside it").with("namespace"));
        }
        // Its pods would wait for the file without end (`CreateContainerConfigError`).
        for key in d.files.values().filter(|key| !map.data.contains_key(*key)) {
            found.push(Breach::new(Code::Refused, "files", format!("the map has no `{key}`"), "name a key of it"));
        }
    }
    if let Some(agent) = &d.agent {
        if agent.image.is_empty() || agent.image.contains(char::is_whitespace) {
            let message = format!("`{}` is no image", agent.image);
            found.push(Breach::new(Code::BadText, "agent.image", message, "write one such as quay.io/prometheus/prometheus:v3.5.0"));
        }
        let map = near.get(&agent.config);
        // As of files of the container.
        if map.is_some_and(|map| map.namespace != d.namespace || map.cluster != d.cluster || !map.data.contains_key(FILE)) {
            let message = format!("an agent's configuration is `{FILE}` of a map of its own namespace");
            found.push(Breach::new(Code::Refused, "agent.config", message, "name one beside it").with("namespace"));
        }
        // A rule of ours: what it writes would be refused, and nobody would tell.
        if d.identity.is_none() {
            let message = "an agent writes in the role of its pods, and they have none";
            found.push(Breach::new(Code::Refused, "agent", message, "give them one").with("identity"));
        }
    }
    // Admission refuses the pods, not the deployment ("Pod Security Admission").
    if !d.restricted && near.get(&d.namespace).is_some_and(|n| n.pod_security == RESTRICTED) {
        let message = "the namespace takes pods that keep to the Pod Security Standard `restricted` alone";
        found.push(Breach::new(Code::Refused, "restricted", message, "let them keep to it"));
    }
    if d.node_pool.as_ref().and_then(|pool| near.get(pool)).is_some_and(|pool| pool.cluster != d.cluster) {
        found.push(Breach::new(Code::Refused, "node_pool", "a deployment's nodes are of its cluster", "name a pool of it").with("cluster"));
    }
    if d.service_account.as_ref().and_then(|account| near.get(account)).is_some_and(|account| account.namespace != d.namespace) {
        let message = "pods run under an account of their own namespace";
        found.push(Breach::new(Code::Refused, "service_account", message, "name one of it").with("namespace"));
    }
    if d.env_from.as_ref().and_then(|secret| near.get(secret)).is_some_and(|secret| secret.namespace != d.namespace) {
        let message = "pods are given secrets of their own namespace";
        found.push(Breach::new(Code::Refused, "env_from", message, "name one of it").with("namespace"));
    }
    // A rule of ours: pods would be given no role, and nobody would tell.
    let identity = d.identity.as_ref().and_then(|identity| near.get(identity));
    if identity.is_some_and(|identity| Some(&identity.service_account) != d.service_account.as_ref()) {
        let message = "pods are given a role by an association of the account that they run under";
        found.push(Breach::new(Code::Refused, "identity", message, "name that account's").with("service_account"));
    }
    found.extend(manifest::elsewhere(d, near));
    if d.replicas.is_some() && near.all::<Autoscaler>().iter().any(|(_, scaler)| scaler.deployment.address() == *me) {
        found.push(autoscaler::twice("replicas"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::example::EXAMPLE;
    use super::*;

    fn refused(change: fn(&mut Deployment), map: ConfigMap) -> Vec<String> {
        let mut own = Deployment::example();
        change(&mut own);
        let nodes = BTreeMap::from([(Address::new(Kind::ConfigMap, EXAMPLE), map.into())]);
        let found = own.breaches(&Address::new(Kind::Deployment, EXAMPLE), Near(&nodes));
        found.into_iter().map(|breach| breach.attributes[0].clone()).collect()
    }

    /// An agent has its configuration beside it, and a role to write in.
    #[test]
    fn agents_can_write() {
        let map = ConfigMap::example;
        let mut without = map();
        assert!(refused(|_| (), map()).is_empty() && without.data.remove(FILE).is_some());
        assert_eq!(refused(|_| (), without), ["agent.config"]);
        assert_eq!(refused(|d| d.identity = None, map()), ["agent"]);
        assert_eq!(refused(|d| d.agent.iter_mut().for_each(|agent| agent.image.clear()), map()), ["agent.image"]);
        assert!(refused(|d| (d.identity, d.agent) = (None, None), map()).is_empty());
    }

    /// Files come from a map beside the deployment that has them.
    #[test]
    fn files_are_there() {
        let map = ConfigMap::example;
        assert!(refused(|_| (), map()).is_empty());
        assert_eq!(refused(|d| d.config = None, map()), ["files"]);
        assert_eq!(refused(|d| d.files.clear(), map()), ["files"]);
        assert_eq!(refused(|d| d.files = [("app.toml".into(), "app.toml".into())].into(), map()), ["files"]);
        assert_eq!(refused(|_| (), ConfigMap { namespace: Ref::to("other"), ..map() }), ["config", "agent.config"]);
        assert_eq!(refused(|_| (), ConfigMap { data: Open::new(), ..map() }), ["files", "agent.config"]);
    }
}
