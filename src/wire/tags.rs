//! Tags in the shape of each service.
use crate::model::Tags;

/// What must be written and what must be removed to turn one set of tags into another.
pub fn retag(before: &Tags, after: &Tags) -> (Tags, Vec<String>) {
    let set = after.iter().filter(|(k, v)| before.get(*k) != Some(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let unset = before.keys().filter(|k| !after.contains_key(*k)).cloned().collect();
    (set, unset)
}

/// A tag in the shape of one service.
pub trait Tag {
    fn new(key: &str, value: &str) -> Self;
    /// Its key and its value; `None` for one without a key.
    fn pair(self) -> Option<(String, String)>;
}

/// Services whose SDK lets a tag be without a key or a value.
macro_rules! loose { ($($sdk:ident),+ $(,)?) => {$(
    impl Tag for $sdk::types::Tag {
        fn new(key: &str, value: &str) -> Self {
            $sdk::types::Tag::builder().key(key).value(value).build()
        }
        fn pair(self) -> Option<(String, String)> {
            Some((self.key?, self.value.unwrap_or_default()))
        }
    }
)+} }

/// Services whose SDK wants both.
macro_rules! strict { ($($sdk:ident),+ $(,)?) => {$(
    impl Tag for $sdk::types::Tag {
        fn new(key: &str, value: &str) -> Self {
            $sdk::types::Tag::builder().key(key).value(value).build().expect("key and value are given")
        }
        fn pair(self) -> Option<(String, String)> {
            Some((self.key, self.value))
        }
    }
)+} }

loose! { aws_sdk_ec2, aws_sdk_elasticache, aws_sdk_elasticloadbalancingv2, aws_sdk_rds, aws_sdk_secretsmanager }
strict! { aws_sdk_eventbridge, aws_sdk_iam, aws_sdk_s3, aws_sdk_sns }

/// Tags as a request says them.
pub fn to_tags<T: Tag>(tags: &Tags) -> Vec<T> {
    tags.iter().map(|(key, value)| T::new(key, value)).collect()
}

/// Tags as an answer says them.
pub fn from_tags<T: Tag>(tags: Option<Vec<T>>) -> Tags {
    tags.into_iter().flatten().filter_map(Tag::pair).collect()
}

/// Tags that EC2 gives to what a request creates.
pub fn ec2_tags(resource: aws_sdk_ec2::types::ResourceType, tags: &Tags) -> aws_sdk_ec2::types::TagSpecification {
    aws_sdk_ec2::types::TagSpecification::builder().resource_type(resource).set_tags(Some(to_tags(tags))).build()
}
