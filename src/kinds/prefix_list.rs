//! Address ranges under one name.
use super::calls::{EC2_TAG, EC2_UNTAG, NEW, OWN, call, reads};
use super::example::tags;
use super::managed::broken;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, Word, each, is, known, made, of, one, same};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{AddPrefixListEntry, ManagedPrefixList, PrefixListState, RemovePrefixListEntry, ResourceType};
use futures_util::future::try_join_all;

object! {
    /// `AWS::EC2::PrefixList`, over IPv4. Rules that name it count as many rules as it may have entries.
    pub struct PrefixList {
        /// `MaxEntries`.
        update max_entries: i32,
        /// `Entries[].Cidr`, with their descriptions.
        update entries: Open<String>,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

/// The name of the list that holds what Cloudflare publishes.
pub const CLOUDFLARE: &str = "cloudflare";

/// The most entries that one request adds, and the most that it removes; also the largest page.
const BATCH: usize = 100;

/// `PrefixListName` of `CreateManagedPrefixList`: it can't begin with `com.amazonaws`.
pub const NAMES: NameRule = NameRule::most(255);

impl Resource for PrefixList {
    const KIND: Kind = Kind::PrefixList;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(5, 5, 5);
    const HINT: &'static [&'static str] = &["room for {max_entries} blocks"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeManagedPrefixLists"), reads(Service::Ec2, "GetManagedPrefixListEntries")],
        write: &[
            call(Service::Ec2, "CreateManagedPrefixList", NEW),
            EC2_TAG,
            call(Service::Ec2, "DeleteManagedPrefixList", OWN),
            EC2_UNTAG,
            call(Service::Ec2, "ModifyManagedPrefixList", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_ec2_managed_prefix_list",
        &[
            is("address_family", Word::Text("IPv4")),
            known("arn", "arn:${partition}:ec2:${region}:${account}:prefix-list/${id}"),
            each("entry", "entries", &[of("cidr", "@key"), of("description", "@")]),
            ID,
            same("max_entries"),
            NAME,
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )]);

    fn example() -> Self {
        PrefixList { max_entries: 10, entries: [("203.0.113.0/24".into(), "office".into())].into(), tags: tags() }
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_managed_prefix_lists().filters(ec2_stack_filter(stack)).max_results(BATCH as i32);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeManagedPrefixLists", send, |page| (page.prefix_lists, page.next_token)).await?;
        let own = found.into_iter().filter(|l| !going(l)).filter_map(|l| {
            let (stamp, tags) = Stamp::read(stack, from_tags(l.tags))?;
            Some((l.prefix_list_id?, l.version, l.max_entries?, stamp, tags))
        });
        let read = async |(id, version, max_entries, stamp, tags): (String, _, _, _, _)| {
            let entries = present(entries(cx, &id, version).await)?;
            Ok::<_, CloudError>(entries.map(|entries| Live::found(id, PrefixList { max_entries, entries, tags }, stamp)))
        };
        Ok(try_join_all(own.map(read)).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let first: Vec<_> = self.entries.iter().take(BATCH).map(|(cidr, text)| added(cidr, text)).collect();
        let request = cx
            .ec2()
            .create_managed_prefix_list()
            .prefix_list_name(&name)
            .client_token(&name)
            .address_family("IPv4")
            .max_entries(self.max_entries)
            .set_entries(Some(first).filter(|f| !f.is_empty()))
            .tag_specifications(ec2_tags(ResourceType::PrefixList, &stamp.tags(&self.tags)));
        let made = cx.safe(Service::Ec2, "CreateManagedPrefixList", async || request.clone().send().await).await?;
        let id = made.prefix_list.and_then(|l| l.prefix_list_id);
        let id = id.ok_or_else(|| CloudError::incomplete("CreateManagedPrefixList", "PrefixListId"))?;
        let filled = self.arrange(cx, &id).await;
        if let Err(e) = &filled
            && e.code == PrefixListState::CreateFailed.as_str()
        {
            // It will never have entries, and would read like one that is only empty.
            half(remove(cx, &id).await)?;
            return Err(e.clone());
        }
        half(filled)?;
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: PrefixList = live.of()?;
        if (self.max_entries, &self.entries) != (old.max_entries, &old.entries) {
            self.arrange(cx, &live.id).await?;
        }
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        remove(cx, &live.id).await
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        let filters = ["ip-permission.prefix-list-id", "egress.ip-permission.prefix-list-id"];
        Some(("rules of security groups", holders::naming(cx, filters, &live.id).await))
    }
}

/// What one request changes. Size and entries can't be changed together.
#[derive(Clone, Debug, PartialEq)]
enum Change {
    Resize(i32),
    /// CIDRs with their descriptions, and CIDRs. An entry that is added again gets the new description.
    Entries(Vec<(String, String)>, Vec<String>),
}

impl PrefixList {
    /// Brings a list to what is wanted: one request after the other, each made from what the list has become by then.
    async fn arrange(&self, cx: &Clients, id: &str) -> Result<(), CloudError> {
        let mut last = None;
        loop {
            let sent = self.step(cx, id, last.as_ref()).await;
            match if last.is_some() { half(sent)? } else { sent? } {
                None => return Ok(()),
                change => last = change,
            }
        }
    }

    /// Waits until the list has taken the last change, and sends the next; `None` when there is none. A request for entries names the version
    /// that it was made from, so that it takes effect once, and on nothing that others have changed meanwhile: then the list is read again.
    async fn step(&self, cx: &Clients, id: &str, last: Option<&Change>) -> Result<Option<Change>, CloudError> {
        let look = async || {
            let Some(list) = describe(cx, id).await? else { return Ok(None) };
            match &list.state {
                Some(s) if s.as_str().ends_with("-in-progress") => return Ok(None),
                Some(s) if *s == PrefixListState::CreateFailed || (last.is_some() && s.as_str().ends_with("-failed")) => {
                    return Err(failed(&list));
                }
                _ => {}
            }
            let now = entries(cx, id, list.version).await?;
            match self.next(list.max_entries.unwrap_or_default(), &now) {
                None => Ok(Some(None)),
                // A read that lags: what was sent is not shown yet.
                Some(change) if last == Some(&change) => Ok(None),
                Some(change) => match modify(cx, id, list.version, &change).await {
                    Err(e) if matches!(e.code.as_str(), "IncorrectState" | "PrefixListVersionMismatch") => Ok(None),
                    sent => sent.map(|()| Some(Some(change))),
                },
            }
        };
        let what = format!("{id} to take its entries");
        cx.policy.wait_saying(&what, deadline(Self::TYPICAL.update), look, async || told(cx, id).await).await
    }

    /// What is to be done next: make room, add, remove, give room back. Additions and the removals after them share a request, which makes
    /// one version; a removal comes before an addition only where a full list has no room for both.
    fn next(&self, room: i32, now: &Open<String>) -> Option<Change> {
        if self.max_entries > room {
            return Some(Change::Resize(self.max_entries));
        }
        let add: Vec<_> = self.entries.iter().filter(|(cidr, text)| now.get(*cidr) != Some(*text)).collect();
        let remove: Vec<_> = now.keys().filter(|cidr| !self.entries.contains_key(*cidr)).cloned().collect();
        if !add.is_empty() || !remove.is_empty() {
            let batch: Vec<_> = add.iter().take(BATCH).map(|(cidr, text)| ((*cidr).clone(), (*text).clone())).collect();
            let new = batch.iter().filter(|(cidr, _)| !now.contains_key(cidr)).count();
            let over = (now.len() + new).saturating_sub(usize::try_from(room).unwrap_or_default());
            let removals = if batch.len() == add.len() { BATCH } else { over };
            return Some(Change::Entries(batch, remove.into_iter().take(removals).collect()));
        }
        (self.max_entries < room).then_some(Change::Resize(self.max_entries))
    }
}

async fn modify(cx: &Clients, id: &str, version: Option<i64>, change: &Change) -> Result<(), CloudError> {
    let request = cx.ec2().modify_managed_prefix_list().prefix_list_id(id);
    let request = match change {
        Change::Resize(max) => request.max_entries(*max),
        Change::Entries(add, remove) => {
            let add: Vec<_> = add.iter().map(|(cidr, text)| added(cidr, text)).collect();
            let remove: Vec<_> = remove.iter().map(|cidr| RemovePrefixListEntry::builder().cidr(cidr).build()).collect();
            let request = request.set_current_version(version).set_add_entries(Some(add).filter(|a| !a.is_empty()));
            request.set_remove_entries(Some(remove).filter(|r| !r.is_empty()))
        }
    };
    cx.safe(Service::Ec2, "ModifyManagedPrefixList", async || request.clone().send().await).await.map(drop)
}

fn added(cidr: &str, text: &str) -> AddPrefixListEntry {
    AddPrefixListEntry::builder().cidr(cidr).set_description(Some(text.to_owned()).filter(|t| !t.is_empty())).build()
}

/// Deletes a list, and waits until it is gone. One that something uses stays, and says so.
async fn remove(cx: &Clients, id: &str) -> Result<(), CloudError> {
    let request = cx.ec2().delete_managed_prefix_list().prefix_list_id(id);
    gone(cx.safe(Service::Ec2, "DeleteManagedPrefixList", async || request.clone().send().await).await)?;
    let look = async || match describe(cx, id).await? {
        Some(list) if list.state == Some(PrefixListState::DeleteFailed) => Err(CloudError { class: Class::Conflict, ..failed(&list) }),
        left => Ok(left.is_none().then_some(())),
    };
    let what = format!("{id} to go");
    cx.policy.wait_saying(&what, deadline(PrefixList::TYPICAL.delete), look, async || told(cx, id).await).await
}

/// One list as it is now; `None` when it is gone.
async fn describe(cx: &Clients, id: &str) -> Result<Option<ManagedPrefixList>, CloudError> {
    let request = cx.ec2().describe_managed_prefix_lists().prefix_list_ids(id);
    let seen = present(cx.safe(Service::Ec2, "DescribeManagedPrefixLists", async || request.clone().send().await).await)?;
    let list = seen.and_then(|s| s.prefix_lists).and_then(|all| all.into_iter().next());
    Ok(list.filter(|l| l.state != Some(PrefixListState::DeleteComplete)))
}

/// The entries of a list at one version, each with its description.
async fn entries(cx: &Clients, id: &str, version: Option<i64>) -> Result<Open<String>, CloudError> {
    let request = cx.ec2().get_managed_prefix_list_entries().prefix_list_id(id).set_target_version(version).max_results(BATCH as i32);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::Ec2, "GetManagedPrefixListEntries", send, |page| (page.entries, page.next_token)).await?;
    Ok(found.into_iter().filter_map(|e| Some((e.cidr?, e.description.unwrap_or_default()))).collect())
}

/// A list that is on its way out, or out.
fn going(list: &ManagedPrefixList) -> bool {
    matches!(list.state, Some(PrefixListState::DeleteInProgress | PrefixListState::DeleteComplete))
}

/// A list that refused what was asked of it, with the service's own reason.
fn failed(list: &ManagedPrefixList) -> CloudError {
    let state = list.state.as_ref().map_or("failed", |s| s.as_str());
    broken(Service::Ec2, "DescribeManagedPrefixLists", state, list.state_message().unwrap_or(state))
}

/// What AWS says of a list that takes too long.
async fn told(cx: &Clients, id: &str) -> Option<String> {
    let list = describe(cx, id).await.ok()??;
    let why = list.state_message.filter(|m| !m.is_empty()).map_or(String::new(), |m| format!(": {m}"));
    Some(format!("{id} is {}{why}", list.state?.as_str()))
}
