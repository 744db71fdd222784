//! What EC2's kinds share: the stack's filter, and tags that follow the wanted ones.
use super::identity::TAG_STACK;
use super::{NameRule, Stamp};
use crate::model::Tags;
use crate::wire::tags::{retag, to_tags};
use crate::wire::{Clients, CloudError, Service};

/// A client token: at most 64 ASCII characters (`ClientToken`).
pub const TOKEN: NameRule = NameRule::most(64);

/// The filter by which every EC2 list asks for the stack's own objects.
pub fn ec2_stack_filter(stack: &str) -> aws_sdk_ec2::types::Filter {
    aws_sdk_ec2::types::Filter::builder().name(format!("tag:{TAG_STACK}")).values(stack).build()
}

impl Clients {
    /// Brings the tags of an EC2 object from what they are to what they should be, stamp included.
    pub async fn retag_ec2(&self, id: &str, live: (&Stamp, &Tags), want: (&Stamp, &Tags)) -> Result<(), CloudError> {
        let stamp = live.0.renewed(want.0);
        let (set, unset) = retag(&live.0.tags(live.1), &stamp.tags(want.1));
        if !set.is_empty() {
            let tags = to_tags(&set);
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
