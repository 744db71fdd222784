use super::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_nat_gateway",
        &[
            of("allocation_id", "elastic_ip"),
            is("connectivity_type", Word::Text("public")),
            ID,
            REGION,
            of("subnet_id", "subnet"),
            TAGS,
            TAGS_ALL,
        ],
    )],
    left_out: &[("internet_gateway", "Terraform says by `depends_on` that the gateway must be attached first")],
};
