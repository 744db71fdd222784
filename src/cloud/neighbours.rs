//! Other stacks of the account and region, as far as tags tell of them.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_resourcegroupstagging::types::TagFilter;

use crate::kinds::identity::TAG_STACK;
use crate::kinds::{Address, Stamp};
use crate::model::Tags;
use crate::wire::{Clients, CloudError, Service};

/// Other stacks by name: where they have objects, and by digest ([`Stamp::short`]) what was last asked for there.
pub type Neighbours = BTreeMap<String, BTreeMap<Address, BTreeSet<String>>>;

/// Gathers stamps by stack, but for those of the stack itself.
pub fn gathered(stack: &str, stamps: impl Iterator<Item = Stamp>) -> Neighbours {
    let mut all = Neighbours::new();
    for stamp in stamps.filter(|stamp| !stamp.stack.is_empty() && stamp.stack != stack) {
        let digest = stamp.short().to_owned();
        all.entry(stamp.stack).or_default().entry(stamp.address).or_default().insert(digest);
    }
    all
}

/// Everything in the region that bears a stamp, in one pass (`GetResources`). It tells nothing of what has no tags, and of roles in one region alone.
pub(super) async fn of_region(cx: &Clients, stack: &str) -> Result<Neighbours, CloudError> {
    let filter = TagFilter::builder().key(TAG_STACK).build();
    let request = cx.tagging().get_resources().tag_filters(filter).resources_per_page(100);
    let send = async |token| request.clone().set_pagination_token(token).send().await;
    let found = cx.pages(Service::Tagging, "GetResources", send, |page| (page.resource_tag_mapping_list, page.pagination_token)).await?;
    let stamp = |tags: Tags| Stamp::read(&tags.get(TAG_STACK)?.clone(), tags).map(|(stamp, _)| stamp);
    let tags = found.into_iter().map(|found| found.tags.into_iter().flatten().map(|t| (t.key, t.value)).collect());
    Ok(gathered(stack, tags.filter_map(stamp)))
}
