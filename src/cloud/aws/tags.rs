//! Stamps and the user's tags, in the shapes of each service.
use std::collections::BTreeMap;

use super::Clients;
use crate::cloud::CloudError;
use crate::model::{Service, Stamp, Tags};

/// The tag that names the stack.
pub const TAG_STACK: &str = "infra:stack";
const TAG_ADDRESS: &str = "infra:address";
const TAG_RUN: &str = "infra:run";
const TAG_DIGEST: &str = "infra:digest";

impl Stamp {
    /// All tags of an object: the stamp's and the user's.
    pub fn tags(&self, user: &Tags) -> Tags {
        let mut all = user.clone();
        all.insert(TAG_STACK.into(), self.stack.clone());
        all.insert(TAG_ADDRESS.into(), self.address.to_string());
        all.insert(TAG_RUN.into(), format!("{}/{}", self.run, self.step));
        all.insert(TAG_DIGEST.into(), self.digest[..16.min(self.digest.len())].into());
        all
    }

    /// The stamp among an object's tags, and the user's tags; `None` when the object isn't of this stack, or its stamp is damaged.
    pub fn read(stack: &str, tags: impl IntoIterator<Item = (String, String)>) -> Option<(Stamp, Tags)> {
        let all: Tags = tags.into_iter().collect();
        let (run, step) = all.get(TAG_RUN)?.rsplit_once('/')?;
        let stamp = Stamp {
            stack: all.get(TAG_STACK).filter(|s| *s == stack)?.clone(),
            address: all.get(TAG_ADDRESS)?.parse().ok()?,
            run: run.into(),
            step: step.parse().ok()?,
            digest: all.get(TAG_DIGEST)?.clone(),
        };
        let user = all.into_iter().filter(|(k, _)| !k.starts_with("infra:") && !k.starts_with("aws:")).collect();
        Some((stamp, user))
    }

    /// The stamp as one line, for objects whose list shows a description but no tags.
    pub fn line(&self) -> String {
        let tags = self.tags(&Tags::new());
        [TAG_STACK, TAG_ADDRESS, TAG_RUN, TAG_DIGEST].map(|k| tags[k].as_str()).join(" ")
    }

    /// Reads [`Stamp::line`] back.
    pub fn from_line(stack: &str, line: &str) -> Option<Stamp> {
        let words: Vec<&str> = line.split(' ').collect();
        let [s, address, run, digest] = words[..] else { return None };
        let tags = [(TAG_STACK, s), (TAG_ADDRESS, address), (TAG_RUN, run), (TAG_DIGEST, digest)];
        Stamp::read(stack, tags.map(|(k, v)| (k.into(), v.into()))).map(|(stamp, _)| stamp)
    }
}

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

/// The filter by which every EC2 list asks for the stack's own objects.
pub fn ec2_stack_filter(stack: &str) -> aws_sdk_ec2::types::Filter {
    aws_sdk_ec2::types::Filter::builder().name(format!("tag:{TAG_STACK}")).values(stack).build()
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

impl Clients {
    /// Brings the tags of an EC2 object from what they are to what they should be, stamp included.
    pub async fn retag_ec2(&self, id: &str, live: (&Stamp, &Tags), want: (&Stamp, &Tags)) -> Result<(), CloudError> {
        let stamp = live.0.renewed(want.0);
        let (set, unset) = retag(&live.0.tags(live.1), &stamp.tags(want.1));
        if !set.is_empty() {
            let tags: Vec<_> = set.iter().map(|(k, v)| aws_sdk_ec2::types::Tag::builder().key(k).value(v).build()).collect();
            self.safe(Service::Ec2, "CreateTags", async || {
                self.ec2().create_tags().resources(id).set_tags(Some(tags.clone())).send().await
            })
            .await?;
        }
        if !unset.is_empty() {
            let tags: Vec<_> = unset.iter().map(|k| aws_sdk_ec2::types::Tag::builder().key(k).build()).collect();
            self.safe(Service::Ec2, "DeleteTags", async || {
                self.ec2().delete_tags().resources(id).set_tags(Some(tags.clone())).send().await
            })
            .await?;
        }
        Ok(())
    }
}
