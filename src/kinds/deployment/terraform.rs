//! The kind in Terraform's words.
use serde_json::json;

use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "kubernetes_deployment_v1",
        &[
            ID,
            block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
            block(
                "spec",
                &[
                    of("progress_deadline_seconds", "deadline"),
                    via("replicas", "replicas", text),
                    block(
                        "strategy",
                        &[
                            block("rolling_update", &[via("max_surge", "surge", text), via("max_unavailable", "unavailable", text)]),
                            is("type", Word::Text("RollingUpdate")),
                        ],
                    ),
                    block("template", &[block("spec", POD)]),
                ],
            ),
            of("wait_for_rollout", "rolled_out"),
        ],
    )],
    left_out: &[
        ("agent", "it is a second container with two volumes"),
        ("cluster", "a provider is configured for one cluster"),
        ("config", "it is a volume, and a mount for each file"),
        ("desired", "`replicas` is what stands, and nobody's where an autoscaler says it"),
        ("drain", "the provider knows no pause before a container ends"),
        ("env", "each variable is a block with its name in it"),
        ("node_pool", "it is a label and a toleration, which say the name alone"),
        ("env_from", "the secret's name ends with a digest of its values' prints"),
        ("identity", "an annotation of the pods keeps its id, beside others"),
        ("files", "it is a volume, and a mount for each file"),
        ("restricted", "it is several fields of pods and of their containers"),
        ("spread", "it is a constraint of several fields"),
        ("waits_for", "it only orders what is made"),
    ],
};

const POD: &[Line] = &[
    block(
        "container",
        &[
            same("image"),
            of("name", "name"),
            given("port", "port", &[of("container_port", "port"), is("protocol", Word::Text("TCP"))]),
            given("readiness_probe", "health_check", PROBE),
            block("resources", &[via("limits", "memory", |v| json!({ "memory": v })), via("requests", "cpu", |v| json!({ "cpu": v }))]),
        ],
    ),
    is("enable_service_links", Word::No),
    of("service_account_name", "service_account.name"),
];

const PROBE: &[Line] = &[
    of("failure_threshold", "health_check.unhealthy"),
    given("http_get", "health_check.path", &[of("path", "health_check.path"), via("port", "health_check.port", text)]),
    of("period_seconds", "health_check.interval"),
    of("success_threshold", "health_check.healthy"),
    absent("tcp_socket", "health_check.path", &[via("port", "health_check.port", text)]),
    of("timeout_seconds", "health_check.timeout"),
];
