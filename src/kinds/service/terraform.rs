//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "kubernetes_service_v1",
        &[
            ID,
            block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
            block(
                "spec",
                &[
                    of("cluster_ip", "address"),
                    block(
                        "port",
                        &[
                            is("name", Word::Text("main")),
                            same("port"),
                            is("protocol", Word::Text("TCP")),
                            via("target_port", "target_port", text),
                        ],
                    ),
                    same("type"),
                ],
            ),
        ],
    )],
    left_out: &[
        ("cluster", "a provider is configured for one cluster"),
        ("deployment", "its pods are selected by a label, which says the name alone"),
    ],
};
