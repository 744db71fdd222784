//! Whom alarms and services tell, and who is told of it.
//!
//! A subscription bears no tags, so it is an attribute of its topic. Whoever is subscribed by mail gets a letter with a link, and is told nothing before
//! the link was followed (`PendingConfirmation`). Nobody waits for that: such a subscription counts as there. It can't be taken away either, since it has no
//! ARN yet; its link ends by itself after two days. A tag notes who was asked for, so that one that is not wanted any more is no difference.
mod policy;
mod rules;
mod subscriptions;
mod terraform;

use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures_util::future::try_join_all;

use super::calls::{NEW_TOPIC_TAGS, NEW_TOPICS, On, TOPICS, call, needs, reads};
use super::example::tags;
use super::quotas::quota;
use super::*;
use crate::kinds::identity::TAG_STACK;
use crate::model::partition::principal;
use crate::model::{Computed, Tags, partition};
use crate::wire::tags::{retag, to_tags};

pub use rules::{MOST, protocol};

object! {
    /// `AWS::SNS::Topic`. Its id is its ARN.
    pub struct Topic {
        /// `DisplayName`: whom its mails are from.
        update display_name: String,
        /// The services that its `Policy` lets publish, on behalf of this account alone.
        update publishers: BTreeSet<String>,
        /// `KmsMasterKeyId`. Without one SNS keeps messages as it keeps all data; with one CloudWatch can't publish, unless the key's policy says so.
        update kms_key: Option<String>,
        /// Who is told: mail addresses (`email`) and URLs (`https`).
        update subscribers: BTreeSet<String>,
        update tags: Tags,
        /// Those of them who haven't confirmed that they want to be told.
        computed pending: Computed<BTreeSet<String>>,
    }
}

/// `Name` of `CreateTopic` takes 256 characters.
pub const NAMES: NameRule = NameRule::most(128);

/// How long the tagging service usually takes to know what was made.
const LISTED: Duration = Duration::from_secs(30);

impl Resource for Topic {
    const KIND: Kind = Kind::Topic;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Sns;
    const TYPICAL: Typical = Typical::secs(10, 3, 3);
    const HINT: &'static [&'static str] = &["tells {subscribers}"];
    const CALLS: Calls = Calls {
        read: &[
            call(Service::Sns, "GetTopicAttributes", TOPICS),
            call(Service::Sns, "ListSubscriptionsByTopic", TOPICS),
            reads(Service::Tagging, "GetResources"),
        ],
        write: &[
            call(Service::Sns, "CreateTopic", NEW_TOPICS),
            needs(Service::Sns, "CreateTopic", "sns:TagResource", NEW_TOPIC_TAGS),
            call(Service::Sns, "DeleteTopic", TOPICS),
            call(Service::Sns, "SetTopicAttributes", TOPICS),
            call(Service::Sns, "Subscribe", TOPICS),
            call(Service::Sns, "TagResource", NEW_TOPIC_TAGS),
            // AWS knows no narrower right: a subscription is nothing that a policy can name.
            call(Service::Sns, "Unsubscribe", &[On::Here]),
            call(Service::Sns, "UntagResource", TOPICS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[quota(Service::Sns, "TopicLimitExceeded", ("sns", "L-61103206"), "Topics per Account")];

    fn example() -> Self {
        Topic {
            display_name: "example".into(),
            publishers: [principal!("cloudwatch").into()].into(),
            kms_key: Some("arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4444-8888-0123456789ab".into()),
            subscribers: ["ops@example.com".into()].into(),
            tags: tags(),
            pending: Computed::default(),
        }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self)
    }

    /// Whoever is told by mail has not confirmed it yet.
    fn simulate(&mut self, _id: &str) {
        let mail = self.subscribers.iter().filter(|s| protocol(s) == Some("email"));
        self.pending = Computed::from(mail.cloned().collect::<BTreeSet<_>>());
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let own = tagged(cx, stack).await?;
        let own = own.into_iter().filter_map(|(arn, all)| Some((arn, Stamp::read(stack, all.clone())?, all)));
        let each = own.map(async |(arn, (stamp, tags), all)| {
            let seen = read(cx, &arn, &all, tags).await?;
            Ok::<_, CloudError>(seen.map(|topic| Live::found(arn, topic, stamp)))
        });
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    /// The same name again returns the same topic. Returns when the topic can be listed.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let account = cx.identity().await?.account;
        let arn = format!("arn:{}:sns:{}:{account}:{name}", partition(cx.region()).name, cx.region());
        let request = cx
            .sns()
            .create_topic()
            .name(&name)
            .attributes("DisplayName", &self.display_name)
            .attributes("Policy", policy::text(&self.publishers, &arn))
            .set_tags(Some(to_tags(&self.all_tags(stamp))));
        let request = self.kms_key.iter().fold(request, |request, key| request.attributes("KmsMasterKeyId", key));
        cx.safe(Service::Sns, "CreateTopic", async || request.clone().send().await).await?;
        let pending = half(subscriptions::ask(cx, &arn, &self.subscribers).await)?;
        let listed = async || Ok(tagged(cx, &stamp.stack).await?.contains_key(&arn).then_some(()));
        half(cx.policy.wait(&format!("{name} to be listed"), deadline(LISTED), listed).await)?;
        Live::made(&arn, Topic { pending: Computed::from(pending), ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Topic = live.of()?;
        let arn = &live.id;
        half(self.set_attributes(cx, arn, &old).await)?;
        half(self.set_tags(cx, arn, &old, live, stamp).await)?;
        let gone = old.subscribers.difference(&self.subscribers).cloned().collect();
        half(subscriptions::drop_those(cx, arn, &gone).await)?;
        let new = self.subscribers.difference(&old.subscribers).cloned().collect();
        let mut pending = half(subscriptions::ask(cx, arn, &new).await)?;
        pending.extend(old.pending.0.unwrap_or_default().intersection(&self.subscribers).cloned());
        Live::made(arn, Topic { pending: Computed::from(pending), ..self.clone() }, stamp, links)
    }

    /// Takes all its subscriptions with it.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.sns().delete_topic().topic_arn(&live.id);
        gone(cx.safe(Service::Sns, "DeleteTopic", async || request.clone().send().await).await)
    }
}

impl Topic {
    fn all_tags(&self, stamp: &Stamp) -> Tags {
        let mut all = stamp.tags(&self.tags);
        all.extend(subscriptions::noted(&self.subscribers));
        all
    }

    async fn set_attributes(&self, cx: &Clients, arn: &str, old: &Topic) -> Result<(), CloudError> {
        let changes = [
            (self.display_name != old.display_name, "DisplayName", self.display_name.clone()),
            (self.publishers != old.publishers, "Policy", policy::text(&self.publishers, arn)),
            (self.kms_key != old.kms_key, "KmsMasterKeyId", self.kms_key.clone().unwrap_or_default()),
        ];
        for (_, name, value) in changes.into_iter().filter(|(changed, ..)| *changed) {
            let request = cx.sns().set_topic_attributes().topic_arn(arn).attribute_name(name).attribute_value(value);
            cx.safe(Service::Sns, "SetTopicAttributes", async || request.clone().send().await).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, cx: &Clients, arn: &str, old: &Topic, live: &Live, stamp: &Stamp) -> Result<(), CloudError> {
        let mut before = live.stamp.tags(&old.tags);
        before.extend(subscriptions::noted(&old.subscribers));
        let (set, unset) = retag(&before, &self.all_tags(&live.stamp.renewed(stamp)));
        if !set.is_empty() {
            let request = cx.sns().tag_resource().resource_arn(arn).set_tags(Some(to_tags(&set)));
            cx.safe(Service::Sns, "TagResource", async || request.clone().send().await).await?;
        }
        if unset.is_empty() {
            return Ok(());
        }
        let request = cx.sns().untag_resource().resource_arn(arn).set_tag_keys(Some(unset));
        cx.safe(Service::Sns, "UntagResource", async || request.clone().send().await).await.map(drop)
    }
}

/// The stack's topics by ARN, with their tags. The tagging service still shows deleted ones for a while.
async fn tagged(cx: &Clients, stack: &str) -> Result<BTreeMap<String, Tags>, CloudError> {
    let filter = TagFilter::builder().key(TAG_STACK).values(stack).build();
    let request = cx.tagging().get_resources().resource_type_filters("sns").tag_filters(filter).resources_per_page(100);
    let send = async |token| request.clone().set_pagination_token(token).send().await;
    let found = cx.pages(Service::Tagging, "GetResources", send, |page| (page.resource_tag_mapping_list, page.pagination_token)).await?;
    let own = found.into_iter().filter_map(|found| {
        let tags = found.tags.into_iter().flatten().map(|t| (t.key, t.value)).collect();
        Some((found.resource_arn?, tags))
    });
    Ok(own.collect())
}

/// A topic by its ARN; `None` when it is gone.
async fn read(cx: &Clients, arn: &str, all: &Tags, tags: Tags) -> Result<Option<Topic>, CloudError> {
    let request = cx.sns().get_topic_attributes().topic_arn(arn);
    let attributes = cx.safe(Service::Sns, "GetTopicAttributes", async || request.clone().send().await);
    let (attributes, standing) = tokio::join!(attributes, subscriptions::standing(cx, arn));
    let (Some(attributes), Some(standing)) = (present(attributes)?, present(standing)?) else { return Ok(None) };
    let attributes = attributes.attributes.unwrap_or_default();
    let said = |name: &str| attributes.get(name).filter(|value| !value.is_empty()).cloned();
    let (subscribers, pending) = subscriptions::counted(standing, all);
    Ok(Some(Topic {
        display_name: said("DisplayName").unwrap_or_default(),
        publishers: policy::publishers(&said("Policy").unwrap_or_default(), arn),
        kms_key: said("KmsMasterKeyId"),
        subscribers,
        tags,
        pending: Computed::from(pending),
    }))
}
