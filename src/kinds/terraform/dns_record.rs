use super::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "cloudflare_dns_record",
        &[same("content"), ID, same("name"), same("priority"), same("proxied"), same("ttl"), same("type"), known("zone_id", "${zone}")],
    )],
    left_out: &[
        ("opens", "it only orders changes in place"),
        ("waits_for", "Terraform says by `depends_on` what must serve first"),
        ("zone", "a stack has one zone, and Terraform says it by its id"),
    ],
};
