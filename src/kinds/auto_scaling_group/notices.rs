//! Which topics are told of instances that could not be started or ended: what no metric of a group shows.
use super::*;
use crate::diag::Code;
use aws_sdk_autoscaling::types::NotificationConfiguration as Seen;

/// `NotificationTypes`.
const TYPES: [&str; 2] = ["autoscaling:EC2_INSTANCE_LAUNCH_ERROR", "autoscaling:EC2_INSTANCE_TERMINATE_ERROR"];

/// "Your maximum limit of SNS topics, which is 10 per Auto Scaling group".
const MOST: usize = 10;

pub(super) fn breach(group: &AutoScalingGroup) -> Option<Breach> {
    let count = group.notification_topics.len();
    let message = format!("a group tells {MOST} topics at most, and not {count}");
    (count > MOST).then(|| Breach::new(Code::Count, "notification_topics", message, "name fewer"))
}

/// The topics of each of these groups, by their ARNs. One that is told of something else is none of them.
pub(super) async fn list(cx: &Clients, groups: &[String]) -> Result<BTreeMap<String, BTreeSet<Ref<Topic>>>, CloudError> {
    let mut all: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    if groups.is_empty() {
        return Ok(BTreeMap::new());
    }
    let request =
        cx.autoscaling().describe_notification_configurations().set_auto_scaling_group_names(Some(groups.to_vec())).max_records(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let split = |page: aws_sdk_autoscaling::operation::describe_notification_configurations::DescribeNotificationConfigurationsOutput| {
        (page.notification_configurations, page.next_token)
    };
    let found: Vec<Seen> = cx.pages(Service::AutoScaling, "DescribeNotificationConfigurations", send, split).await?;
    for seen in found {
        if let (Some(group), Some(topic), Some(of)) = (seen.auto_scaling_group_name, seen.topic_arn, seen.notification_type) {
            all.entry((group, topic)).or_default().insert(of);
        }
    }
    let wanted: BTreeSet<String> = TYPES.iter().map(|of| (*of).to_owned()).collect();
    let mut topics: BTreeMap<String, BTreeSet<Ref<Topic>>> = BTreeMap::new();
    for ((group, topic), _) in all.into_iter().filter(|(_, types)| *types == wanted) {
        topics.entry(group).or_default().insert(Ref::to(topic));
    }
    Ok(topics)
}

/// The topics that a live group has, by their ARNs.
pub(super) fn of(live: &Live) -> BTreeSet<String> {
    live.points.iter().filter(|id| id.split(':').nth(2) == Some("sns")).cloned().collect()
}

/// Lets these topics be told, and no others that were. What else a topic was told of, it is told no more: "This configuration overwrites any existing configuration."
pub(super) async fn settle(cx: &Clients, name: &str, before: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Result<(), CloudError> {
    for topic in before - wanted {
        let request = cx.autoscaling().delete_notification_configuration().auto_scaling_group_name(name).topic_arn(&topic);
        match cx.safe(Service::AutoScaling, "DeleteNotificationConfiguration", async || request.clone().send().await).await {
            // What isn't there any more can't be deleted, which is refused as any mistake is (by the emulator's word; AWS says no page of it): a look tells.
            Err(e) if e.code == "ValidationError" && !told(cx, name, &topic).await? => {}
            answer => drop(answer?),
        }
    }
    for topic in wanted - before {
        let request = cx.autoscaling().put_notification_configuration().auto_scaling_group_name(name).topic_arn(topic);
        let request = request.set_notification_types(Some(TYPES.map(String::from).to_vec()));
        cx.safe(Service::AutoScaling, "PutNotificationConfiguration", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// Whether a group tells a topic.
async fn told(cx: &Clients, name: &str, topic: &str) -> Result<bool, CloudError> {
    Ok(list(cx, &[name.to_owned()]).await?.get(name).is_some_and(|topics| topics.contains(&Ref::to(topic))))
}
