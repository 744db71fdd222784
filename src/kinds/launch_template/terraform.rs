//! The kind in Terraform's words.
use super::user_data;
use crate::kinds::terraform::*;

pub const TABLE: Table = one(&[made(
    "aws_launch_template",
    &[
        known("arn", "arn:${partition}:ec2:${region}:${account}:launch-template/${id}"),
        block("block_device_mappings", &[of("device_name", "disk.device"), block("ebs", DISK)]),
        block("iam_instance_profile", &[link("name", "instance_profile", "name")]),
        ID,
        of("image_id", "image"),
        same("instance_type"),
        block("metadata_options", METADATA),
        block("network_interfaces", INTERFACE),
        REGION,
        TAGS,
        TAGS_ALL,
        via("user_data", "boot", user_data),
    ],
)]);

const DISK: &[Line] = &[
    is("delete_on_termination", Word::Text("true")),
    via("encrypted", "disk.encrypted", text),
    of("volume_size", "disk.size_gib"),
    of("volume_type", "disk.volume_type"),
];

const METADATA: &[Line] = &[
    is("http_endpoint", Word::Text("enabled")),
    of("http_put_response_hop_limit", "metadata.hop_limit"),
    of("http_tokens", "metadata.http_tokens"),
];

const INTERFACE: &[Line] = &[
    via("associate_public_ip_address", "public_ip", text),
    is("delete_on_termination", Word::Text("true")),
    is("device_index", Word::Number(0)),
    same("security_groups"),
];
