//! A policy as it is applied, and as it is read.
use super::*;

/// The only direction that it speaks of.
const INGRESS: &str = "Ingress";

/// Pods by their name in the label.
fn select(name: &str) -> Value {
    json!({ "matchLabels": { NAME: name } })
}

/// The name by which pods are selected; empty for whoever is selected in another way.
fn selected(selector: &Value) -> String {
    let name = fields::text(&selector["matchLabels"][NAME]);
    if *selector == select(&name) { name } else { String::new() }
}

impl Rule {
    fn body(&self) -> Value {
        let from = match &self.from {
            Source::Block(block) => json!({ "ipBlock": { "cidr": block } }),
            Source::Pods(name) => json!({ "podSelector": select(name) }),
        };
        json!({ "from": [from], "ports": [{ "port": self.port, "protocol": "TCP" }] })
    }

    /// What one entry of `ingress` lets in: each of its peers on each of its ports. Without peers it is everybody, without ports each of them, which reads as
    /// something that differs from all that is wanted.
    fn read(entry: &Value) -> Vec<Rule> {
        let list = |field: &str| entry[field].as_array().filter(|all| !all.is_empty()).cloned().unwrap_or_else(|| vec![Value::Null]);
        let (peers, ports) = (list("from"), list("ports"));
        let each = |peer: &Value| ports.iter().map(|port| Rule { port: number(port), from: Source::read(peer) }).collect::<Vec<_>>();
        peers.iter().flat_map(each).collect()
    }
}

fn number(port: &Value) -> i32 {
    let plain = matches!(port["protocol"].as_str(), None | Some("TCP")) && port["endPort"].is_null();
    if plain { fields::number(&port["port"], -1) } else { -1 }
}

impl Source {
    fn read(peer: &Value) -> Source {
        match (peer["ipBlock"]["cidr"].as_str(), &peer["podSelector"]) {
            (Some(block), _) if peer["ipBlock"]["except"].is_null() => Source::Block(block.into()),
            (None, pods) if peer["namespaceSelector"].is_null() => Source::Pods(selected(pods)),
            _ => Source::Pods(String::new()),
        }
    }
}

impl Manifest for NetworkPolicy {
    const TYPE: Type = Type { api: "networking.k8s.io/v1", kind: "NetworkPolicy", plural: "networkpolicies", namespaced: true };

    manifest::placed!();

    fn body(&self, _links: &Links) -> Result<Value, CloudError> {
        let pods = self.pods.as_deref().map_or_else(|| json!({}), select);
        let mut spec = json!({ "podSelector": pods, "policyTypes": [INGRESS] });
        if !self.rules.is_empty() {
            spec["ingress"] = self.rules.iter().map(Rule::body).collect();
        }
        Ok(json!({ "spec": spec }))
    }

    /// One that speaks of connections from pods, too, reads as something that differs from all that is wanted.
    fn read(at: &Place, object: &Value) -> Self {
        let spec = &object["spec"];
        let all = spec["podSelector"].as_object().is_none_or(serde_json::Map::is_empty);
        let mut rules: BTreeSet<Rule> = spec["ingress"].as_array().into_iter().flatten().flat_map(Rule::read).collect();
        if spec["policyTypes"] != json!([INGRESS]) || spec["egress"].as_array().is_some_and(|egress| !egress.is_empty()) {
            rules.insert(Rule { port: -1, from: Source::Pods(String::new()) });
        }
        NetworkPolicy {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            pods: (!all).then(|| selected(&spec["podSelector"])),
            rules,
            enforced: false,
            waits_for: BTreeSet::new(),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        NetworkPolicy { waits_for: BTreeSet::new(), uid: manifest::uid(object), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(spec: Value) -> NetworkPolicy {
        let at = Place { cluster: "main".into(), namespace: "shop".into(), name: "shop".into() };
        NetworkPolicy::read(&at, &json!({ "spec": spec }))
    }

    /// What lets more in, or something else, is never taken for what is wanted.
    #[test]
    fn what_others_have_made_of_it_is_seen() {
        let rules = [Rule { port: 80, from: Source::Pods("web".into()) }, Rule { port: 80, from: Source::Block("10.0.0.0/24".into()) }];
        let want = NetworkPolicy { pods: Some("shop".into()), rules: rules.into(), ..NetworkPolicy::example() };
        let body = want.body(&Links::default()).expect("it points at nothing")["spec"].clone();
        let now = read(body.clone());
        assert_eq!((now.pods, now.rules), (want.pods.clone(), want.rules.clone()));
        let peers = [json!({ "podSelector": select("web") }), json!({ "ipBlock": { "cidr": "10.0.0.0/24" } })];
        let port = |port: Value| json!([{ "port": port }]);
        let one = |ingress: Value| {
            let mut spec = body.clone();
            spec["ingress"] = json!([ingress]);
            read(spec).rules
        };
        assert_eq!(one(json!({ "from": peers, "ports": port(80.into()) })), want.rules, "entries are told by what they let in");
        let others = [
            json!({ "ports": port(80.into()) }),
            json!({ "from": peers }),
            json!({ "from": peers, "ports": port("http".into()) }),
            json!({ "from": peers, "ports": [{ "port": 80, "endPort": 90 }] }),
            json!({ "from": peers, "ports": [{ "port": 80, "protocol": "UDP" }] }),
            json!({ "from": [{ "podSelector": {} }], "ports": port(80.into()) }),
            json!({ "from": [{ "podSelector": select("web"), "namespaceSelector": {} }], "ports": port(80.into()) }),
            json!({ "from": [{ "ipBlock": { "cidr": "10.0.0.0/24", "except": ["10.0.0.0/28"] } }], "ports": port(80.into()) }),
        ];
        for other in others {
            assert!(!one(other.clone()).is_subset(&want.rules), "{other}");
        }
        let mut more = body.clone();
        more["policyTypes"] = json!(["Egress", "Ingress"]);
        assert_ne!(read(more).rules, want.rules);
        let mut wider = body;
        wider["podSelector"] = json!({ "matchExpressions": [] });
        assert_ne!(read(wider).pods, want.pods);
    }
}
