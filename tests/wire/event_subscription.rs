use infra::cloud::Observe as _;
use infra::kinds::{EventSubscription, Kind, Object, Ref};
use infra::run::Outcome;
use infra::stack::Stack;

use super::db_instance::{db_instance, ground};
use super::{Case, Sends, topic};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

fn subscription() -> EventSubscription {
    EventSubscription {
        topic: Ref::to("alerts"),
        instances: [Ref::to("main")].into(),
        categories: ["failover".into(), "low storage".into()].into(),
        tags: [("Name".into(), "events".into())].into(),
    }
}

fn world() -> Vec<(&'static str, Object)> {
    let mut world = ground();
    world.extend([
        ("db_instance.main", db_instance().into()),
        ("db_instance.other", db_instance().into()),
        ("topic.alerts", topic::topic().into()),
        ("topic.other", topic::topic().into()),
        ("event_subscription.databases", subscription().into()),
    ]);
    world
}

pub fn case() -> Case {
    let variants = vec![
        ("another topic", EventSubscription { topic: Ref::to("other"), ..subscription() }.into()),
        ("another instance", EventSubscription { instances: [Ref::to("other")].into(), ..subscription() }.into()),
        ("both", EventSubscription { instances: [Ref::to("main"), Ref::to("other")].into(), ..subscription() }.into()),
        ("categories", EventSubscription { categories: ["failure".into()].into(), ..subscription() }.into()),
        ("tags", EventSubscription { tags: [("team".into(), "a b".into())].into(), ..subscription() }.into()),
    ];
    Case { address: "event_subscription.databases", world: world(), variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::EventSubscription,
    lists: &["DescribeEventSubscriptions"],
    creates: &[("CreateEventSubscription", 1)],
    unseen: &[],
};

/// One that somebody has turned off, has turned to other events, or has given another source is mended; others' stay.
#[tokio::test]
async fn what_is_told_is_mended_and_others_stay() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-events", world());
    let mut run = 0;
    let mut go = async |want: &Stack| {
        run += 1;
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, &format!("r{run}")).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        plan.changes.iter().map(|change| change.address.to_string()).collect::<Vec<_>>()
    };
    go(&want).await;
    let live = cloud.list(Kind::EventSubscription, "wire-events").await.unwrap().remove(0);
    let other = cloud.list(Kind::DbInstance, "wire-events").await.unwrap().into_iter().find(|l| l.stamp.address.name == "other").unwrap();
    let foreign = cloud.rds().create_event_subscription().subscription_name("wire-events-by-hand").source_type("db-instance").enabled(true);
    let foreign = foreign.sns_topic_arn("arn:aws:sns:us-east-1:123456789012:theirs").event_categories("failure").source_ids(&other.id);
    foreign.send().await.unwrap();
    let change = || cloud.rds().modify_event_subscription().subscription_name(&live.id);
    change().enabled(false).send().await.unwrap();
    assert_eq!(go(&want).await, ["event_subscription.databases"]);
    change().source_type("db-instance").event_categories("backup").send().await.unwrap();
    assert_eq!(go(&want).await, ["event_subscription.databases"]);
    cloud.rds().add_source_identifier_to_subscription().subscription_name(&live.id).source_identifier(&other.id).send().await.unwrap();
    assert_eq!(go(&want).await, ["event_subscription.databases"]);
    go(&stack("wire-events", [])).await;
    let left = cloud.rds().describe_event_subscriptions().send().await.unwrap().event_subscriptions_list.unwrap();
    assert_eq!(left.iter().filter_map(|one| one.cust_subscription_id()).collect::<Vec<_>>(), ["wire-events-by-hand"]);
}
