//! What clients of a Kubernetes cluster ask for: where its API is, and a token for it.
use serde_json::{Value, json};

use crate::kinds::Outputs;
use crate::model::Moment;

/// The form in which a client is told a token ("client-go credential plugins").
const CREDENTIAL: &str = "client.authentication.k8s.io/v1";

/// A configuration of clients, in JSON, which is YAML: the cluster by its name, and who asks for a token where. `context` is what people call it.
pub fn config(context: &str, cluster: &str, region: &str, outputs: &Outputs) -> String {
    let said = |name: &str| outputs.get(name).cloned().unwrap_or_default();
    let exec = json!({
        "apiVersion": CREDENTIAL,
        "command": "infra",
        "args": ["token", cluster, "--region", region],
        "interactiveMode": "Never",
    });
    let whole = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": context, "cluster": { "server": said("endpoint"), "certificate-authority-data": said("certificate_authority") } }],
        "users": [{ "name": context, "user": { "exec": exec } }],
        "contexts": [{ "name": context, "context": { "cluster": context, "user": context } }],
        "current-context": context,
    });
    format!("{whole:#}\n")
}

/// A token, as a client that has asked for one reads it (`ExecCredential`).
pub fn credential(token: &str, until: Moment) -> Value {
    let until = humantime::format_rfc3339_seconds(until.0).to_string();
    json!({ "apiVersion": CREDENTIAL, "kind": "ExecCredential", "spec": {}, "status": { "expirationTimestamp": until, "token": token } })
}
