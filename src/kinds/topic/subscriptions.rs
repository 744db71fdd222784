//! Who is subscribed to a topic.
use super::*;
use crate::model::digest;

/// Notes who was asked for, by marks, so that a pending subscription which is not wanted any more doesn't count.
const TAG_ASKED: &str = "infra:asked";

/// Characters of a mark: all of [`MOST`] fit into a tag (256).
const MARK: usize = 4;

/// What `ListSubscriptionsByTopic` says instead of an ARN: of a subscription that isn't confirmed, and of one that is gone but still shown.
const PENDING: &str = "PendingConfirmation";
const DELETED: &str = "Deleted";

fn mark(endpoint: &str) -> String {
    digest(&endpoint)[..MARK].to_owned()
}

/// The tag that notes who was asked for.
pub(super) fn noted(subscribers: &BTreeSet<String>) -> Tags {
    let marks: String = subscribers.iter().map(|s| mark(s)).collect();
    [(TAG_ASKED.to_owned(), marks)].into_iter().filter(|(_, marks)| !marks.is_empty()).collect()
}

/// The endpoints of a topic's subscriptions, each with its ARN; without one as long as it isn't confirmed.
pub(super) async fn standing(cx: &Clients, arn: &str) -> Result<Vec<(String, Option<String>)>, CloudError> {
    let request = cx.sns().list_subscriptions_by_topic().topic_arn(arn);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::Sns, "ListSubscriptionsByTopic", send, |page| (page.subscriptions, page.next_token)).await?;
    let there = found.into_iter().filter(|s| s.subscription_arn() != Some(DELETED));
    Ok(there.filter_map(|s| Some((s.endpoint?, s.subscription_arn.filter(|arn| arn != PENDING)))).collect())
}

/// Who counts as subscribed, and who of those is pending.
pub(super) fn counted(standing: Vec<(String, Option<String>)>, all: &Tags) -> (BTreeSet<String>, BTreeSet<String>) {
    let marks = all.get(TAG_ASKED).cloned().unwrap_or_default();
    let asked = |endpoint: &str| marks.as_bytes().chunks(MARK).any(|m| m == mark(endpoint).as_bytes());
    let counting = standing.into_iter().filter(|(endpoint, arn)| arn.is_some() || asked(endpoint));
    let (mut subscribers, mut pending) = (BTreeSet::new(), BTreeSet::new());
    for (endpoint, arn) in counting {
        pending.extend(arn.is_none().then(|| endpoint.clone()));
        subscribers.insert(endpoint);
    }
    (subscribers, pending)
}

/// `Subscribe`: asks each whether it wants to be told. Answers who hasn't said so yet.
pub(super) async fn ask(cx: &Clients, arn: &str, wanted: &BTreeSet<String>) -> Result<BTreeSet<String>, CloudError> {
    let mut pending = BTreeSet::new();
    for endpoint in wanted {
        let request = cx.sns().subscribe().topic_arn(arn).set_protocol(protocol(endpoint).map(String::from)).endpoint(endpoint);
        let asked = cx.safe(Service::Sns, "Subscribe", async || request.clone().send().await).await?;
        let confirmed = asked.subscription_arn().is_some_and(|arn| arn.starts_with("arn:"));
        pending.extend((!confirmed).then(|| endpoint.clone()));
    }
    Ok(pending)
}

/// `Unsubscribe`, for those that are confirmed.
pub(super) async fn drop_those(cx: &Clients, arn: &str, unwanted: &BTreeSet<String>) -> Result<(), CloudError> {
    if unwanted.is_empty() {
        return Ok(());
    }
    let standing = standing(cx, arn).await?.into_iter().filter(|(endpoint, _)| unwanted.contains(endpoint));
    for subscription in standing.filter_map(|(_, arn)| arn) {
        let request = cx.sns().unsubscribe().subscription_arn(subscription);
        gone(cx.safe(Service::Sns, "Unsubscribe", async || request.clone().send().await).await)?;
    }
    Ok(())
}
