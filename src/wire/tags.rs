//! Tags in the shapes of each service.
use std::collections::BTreeMap;

use crate::model::Tags;

/// What must be written and what must be removed to turn one set of tags into another.
pub fn retag(before: &Tags, after: &Tags) -> (Tags, Vec<String>) {
    let set = after.iter().filter(|(k, v)| before.get(*k) != Some(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let unset = before.keys().filter(|k| !after.contains_key(*k)).cloned().collect();
    (set, unset)
}

/// EC2's shape of tags at creation.
pub fn ec2_tags(resource: aws_sdk_ec2::types::ResourceType, tags: &Tags) -> aws_sdk_ec2::types::TagSpecification {
    let tags = tags.iter().map(|(k, v)| aws_sdk_ec2::types::Tag::builder().key(k).value(v).build()).collect();
    aws_sdk_ec2::types::TagSpecification::builder().resource_type(resource).set_tags(Some(tags)).build()
}

/// EC2's tags as read.
pub fn from_ec2_tags(tags: Option<Vec<aws_sdk_ec2::types::Tag>>) -> BTreeMap<String, String> {
    tags.into_iter().flatten().filter_map(|t| Some((t.key?, t.value.unwrap_or_default()))).collect()
}

/// IAM's shape of tags.
pub fn iam_tags(tags: &Tags) -> Vec<aws_sdk_iam::types::Tag> {
    let tag = |(k, v): (&String, &String)| aws_sdk_iam::types::Tag::builder().key(k).value(v).build().expect("key and value are given");
    tags.iter().map(tag).collect()
}

/// IAM's tags as read.
pub fn from_iam_tags(tags: Option<Vec<aws_sdk_iam::types::Tag>>) -> BTreeMap<String, String> {
    tags.into_iter().flatten().map(|t| (t.key, t.value)).collect()
}
