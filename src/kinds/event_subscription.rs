//! Events of databases that are told: a failover, a failure, a disk that is full. RDS tells them as they happen, and no metric shows them.
//!
//! Its sources are named, since without any RDS would tell of every instance of the account. A source is added before another is taken away, so that there is always one.
use super::calls::{On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::{already, broken, changed};
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, Word, is, known, made, of, one};
use super::*;
use crate::diag::Code;
use crate::model::{Tags, partition};
use crate::wire::tags::{from_tags, retag, to_tags};
use aws_sdk_rds::types::EventSubscription as Seen;
use futures_util::future::try_join_all;

object! {
    /// `AWS::RDS::EventSubscription` of instances. Its id is its name.
    pub struct EventSubscription {
        /// `SnsTopicArn`: what is told.
        update topic: Ref<Topic>,
        /// `SourceIds`: whose events they are.
        update instances: BTreeSet<Ref<DbInstance>>,
        /// `EventCategories`: `failover`, `failure`, `low storage`, ….
        update categories: BTreeSet<String>,
        update tags: Tags,
    }
}

/// `SubscriptionName`: "less than 255 characters".
pub const NAMES: NameRule = managed::names(63);

/// `SourceType`.
const SOURCE: &str = "db-instance";

/// Those of instances ("Amazon RDS event categories and event messages").
const CATEGORIES: &[&str] = &[
    "availability",
    "backtrack",
    "backup",
    "configuration change",
    "creation",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "notification",
    "read replica",
    "recovery",
    "restoration",
    "security",
    "security patching",
];

const SUBSCRIPTION: &str = "rds:{region}:{account}:es:{names}";
const OWN: &[On] = &[On::Own(SUBSCRIPTION)];

impl Resource for EventSubscription {
    const KIND: Kind = Kind::EventSubscription;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Rds;
    const TYPICAL: Typical = Typical::secs(10, 5, 10);
    const HINT: &'static [&'static str] = &["{categories}", "of {instances}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Rds, "DescribeEventSubscriptions"), reads(Service::Rds, "ListTagsForResource")],
        write: &[
            call(Service::Rds, "AddSourceIdentifierToSubscription", OWN),
            call(Service::Rds, "AddTagsToResource", &[On::NewTags(SUBSCRIPTION), On::Own(SUBSCRIPTION)]),
            call(Service::Rds, "CreateEventSubscription", &[On::New(SUBSCRIPTION)]),
            needs(Service::Rds, "CreateEventSubscription", "rds:AddTagsToResource", &[On::NewTags(SUBSCRIPTION), On::Own(SUBSCRIPTION)]),
            call(Service::Rds, "DeleteEventSubscription", OWN),
            call(Service::Rds, "ModifyEventSubscription", OWN),
            call(Service::Rds, "RemoveSourceIdentifierFromSubscription", OWN),
            call(Service::Rds, "RemoveTagsFromResource", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_db_event_subscription",
        &[
            known("arn", "arn:${partition}:rds:${region}:${account}:es:${id}"),
            known("customer_aws_id", "${account}"),
            is("enabled", Word::Yes),
            of("event_categories", "categories"),
            ID,
            NAME,
            REGION,
            of("sns_topic", "topic"),
            of("source_ids", "instances"),
            is("source_type", Word::Text(SOURCE)),
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] = &[quota(Service::Rds, "EventSubscriptionQuotaExceeded", ("rds", "L-A59F4C87"), "Event subscriptions")];

    fn example() -> Self {
        EventSubscription {
            topic: Ref::to(EXAMPLE),
            instances: [Ref::to(EXAMPLE)].into(),
            categories: ["failure".into()].into(),
            tags: tags(),
        }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        for category in self.categories.iter().filter(|known| !CATEGORIES.contains(&known.as_str())) {
            let message = format!("instances have no events of the category `{category}`");
            found.push(Breach::new(Code::Refused, "categories", message, format!("they have {}", CATEGORIES.join(", "))).item(category));
        }
        for (path, none) in [("categories", self.categories.is_empty()), ("instances", self.instances.is_empty())] {
            if none {
                let message = format!("a subscription without {path} is told of all there are in the account");
                found.push(Breach::new(Code::Count, path, message, "name at least one"));
            }
        }
        found
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.rds().describe_event_subscriptions().max_records(100);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let found = cx.pages(Service::Rds, "DescribeEventSubscriptions", send, |page| (page.event_subscriptions_list, page.marker)).await?;
        let named = found.into_iter().filter(|s| s.cust_subscription_id().is_some_and(|n| n.starts_with(&NAMES.start(stack))));
        Ok(try_join_all(named.map(|seen| read(cx, stack, seen))).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let request = cx
            .rds()
            .create_event_subscription()
            .subscription_name(&name)
            .sns_topic_arn(links.to(&self.topic)?)
            .source_type(SOURCE)
            .set_source_ids(Some(links.all(&self.instances)?.into_iter().collect()))
            .set_event_categories(Some(self.categories.iter().cloned().collect()))
            .enabled(true)
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        already(cx.safe(Service::Rds, "CreateEventSubscription", async || request.clone().send().await).await)?;
        half(active(cx, &name).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (name, old) = (&live.id, live.of::<Self>()?);
        let (topic, wanted) = (links.to(&self.topic)?, links.all(&self.instances)?);
        let told = Some(&topic).filter(|topic| !live.points.contains(*topic));
        let categories = changed(&old.categories, &self.categories);
        if told.is_some() || categories.is_some() {
            let request = cx.rds().modify_event_subscription().subscription_name(name).set_sns_topic_arn(told.cloned()).source_type(SOURCE);
            let request = request.set_event_categories(categories.map(|all| all.into_iter().collect())).enabled(true);
            cx.safe(Service::Rds, "ModifyEventSubscription", async || request.clone().send().await).await?;
            half(active(cx, name).await)?;
        }
        for id in wanted.iter().filter(|id| !live.points.contains(*id)) {
            let request = cx.rds().add_source_identifier_to_subscription().subscription_name(name).source_identifier(id);
            half(cx.safe(Service::Rds, "AddSourceIdentifierToSubscription", async || request.clone().send().await).await)?;
            half(active(cx, name).await)?;
        }
        for id in live.points.iter().filter(|id| !id.starts_with("arn:") && !wanted.contains(*id)) {
            let request = cx.rds().remove_source_identifier_from_subscription().subscription_name(name).source_identifier(id);
            half(gone(cx.safe(Service::Rds, "RemoveSourceIdentifierFromSubscription", async || request.clone().send().await).await))?;
            half(active(cx, name).await)?;
        }
        half(self.set_tags(cx, &old, live, stamp).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.rds().delete_event_subscription().subscription_name(&live.id);
        gone(cx.safe(Service::Rds, "DeleteEventSubscription", async || request.clone().send().await).await)?;
        let left = async || Ok(look(cx, &live.id).await?.is_none().then_some(()));
        cx.policy.wait(&format!("{} to be gone", live.id), deadline(Self::TYPICAL.delete), left).await
    }
}

impl EventSubscription {
    async fn set_tags(&self, cx: &Clients, old: &Self, live: &Live, stamp: &Stamp) -> Result<(), CloudError> {
        let (before, after) = (live.stamp.tags(&old.tags), managed::moved(live, stamp).tags(&self.tags));
        if retag(&before, &after) == (Tags::new(), vec![]) {
            return Ok(());
        }
        let account = cx.identity().await?.account;
        let arn = format!("arn:{}:rds:{}:{account}:es:{}", partition(cx.region()).name, cx.region(), live.id);
        rds::retag(cx, &arn, &before, &after).await
    }
}

/// One that was found, `None` when there is none.
async fn look(cx: &Clients, name: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.rds().describe_event_subscriptions().subscription_name(name);
    let seen = present(cx.safe(Service::Rds, "DescribeEventSubscriptions", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| seen.event_subscriptions_list?.into_iter().next()))
}

/// Waits until it tells; one whose topic RDS may not publish to, or that is gone, never will.
async fn active(cx: &Clients, name: &str) -> Result<(), CloudError> {
    let look = async || match look(cx, name).await? {
        Some(seen) => match seen.status().unwrap_or_default() {
            status @ ("no-permission" | "topic-not-exist") => {
                Err(broken(Service::Rds, "DescribeEventSubscriptions", status, "RDS can't publish to the topic"))
            }
            status => Ok((status == "active").then_some(())),
        },
        None => Ok(None),
    };
    cx.policy.wait(&format!("{name} to be active"), deadline(EventSubscription::TYPICAL.create), look).await
}

/// One that was read; `None` when it isn't the stack's, or is on its way out. One that is turned off tells of nothing.
async fn read(cx: &Clients, stack: &str, seen: Seen) -> Result<Option<Live>, CloudError> {
    let (Some(arn), Some(name)) = (seen.event_subscription_arn(), seen.cust_subscription_id()) else { return Ok(None) };
    if seen.status() == Some("deleting") {
        return Ok(None);
    }
    let request = cx.rds().list_tags_for_resource().resource_name(arn);
    let Some(tags) = present(cx.safe(Service::Rds, "ListTagsForResource", async || request.clone().send().await).await)? else {
        return Ok(None);
    };
    let Some((stamp, tags)) = Stamp::read(stack, from_tags(tags.tag_list)) else { return Ok(None) };
    let categories = if seen.enabled() == Some(true) { seen.event_categories_list().iter().cloned().collect() } else { BTreeSet::new() };
    let subscription = EventSubscription {
        topic: Ref::to(seen.sns_topic_arn().unwrap_or_default()),
        instances: seen.source_ids_list().iter().map(Ref::to).collect(),
        categories,
        tags,
    };
    Ok(Some(Live::found(name, subscription, stamp)))
}
