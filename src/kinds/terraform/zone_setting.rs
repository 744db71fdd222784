use super::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "cloudflare_zone_setting",
        &[of("id", "setting"), of("setting_id", "setting"), same("value"), known("zone_id", "${zone}")],
    )],
    left_out: &[
        ("before", "what a setting was before is infra's own memory"),
        ("waits_for", "Terraform says by `depends_on` what must serve first"),
        ("zone", "a stack has one zone, and Terraform says it by its id"),
    ],
};
