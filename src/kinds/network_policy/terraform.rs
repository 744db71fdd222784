//! The kind in Terraform's words.
use serde_json::json;

use super::NAME as LABEL;
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "kubernetes_network_policy_v1",
        &[
            ID,
            block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
            block(
                "spec",
                &[
                    each("ingress", "rules", RULE),
                    block("pod_selector", &[via("match_labels", "pods", labels)]),
                    via("policy_types", "name", |_| json!(["Ingress"])),
                ],
            ),
        ],
    )],
    left_out: &[
        ("cluster", "a provider is configured for one cluster"),
        ("enforced", "it is an entry of a ConfigMap of the whole cluster"),
        ("waits_for", "it only orders what is made"),
    ],
};

const RULE: &[Line] = &[
    block(
        "from",
        &[
            given("ip_block", "@.from.block", &[of("cidr", "@.from.block")]),
            given("pod_selector", "@.from.pods", &[via("match_labels", "@.from.pods", labels)]),
        ],
    ),
    block("ports", &[via("port", "@.port", text), is("protocol", Word::Text("TCP"))]),
];

fn labels(name: &serde_json::Value) -> serde_json::Value {
    if name.is_null() { name.clone() } else { json!({ LABEL: name }) }
}
