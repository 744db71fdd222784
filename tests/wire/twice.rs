//! What has a name of its own is made, changed and deleted twice with the same result: a lost answer costs a second try, nothing more.
use infra::cloud::{Cloud, Observe};
use infra::kinds::{Links, Object, Stamp};
use infra::model::digest;
use infra::wire::Class;

use super::bucket::bucket;
use super::iam_role::role;
use super::instance_profile::profile;
use crate::support::address;
use crate::support::moto::Moto;

const STACK: &str = "wire-twice";

fn stamp(at: &str, want: &Object) -> Stamp {
    Stamp { stack: STACK.into(), address: address(at), run: "r1".into(), step: 0, identity: String::new(), digest: digest(want) }
}

#[tokio::test]
async fn verbs_may_be_repeated() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let mut links = Links::default();
    let (app, other) = (role("ec2.amazonaws.com"), role("vpc-flow-logs.amazonaws.com"));
    let moved = infra::kinds::Bucket { expiration_days: Some(3), public_access_blocked: false, ..bucket() };
    let objects: [(&str, Object, Object); 4] = [
        (
            "iam_role.app",
            app.clone().into(),
            infra::kinds::IamRole { managed_policies: [].into(), inline_policies: [].into(), ..app }.into(),
        ),
        ("iam_role.other", other.clone().into(), other.into()),
        ("instance_profile.app", profile("app").into(), profile("other").into()),
        ("bucket.logs", bucket().into(), moved.into()),
    ];
    for (at, want, _) in &objects {
        let stamp = stamp(at, want);
        let made = cloud.create(want, &links, &stamp).await.unwrap();
        assert_eq!(cloud.create(want, &links, &stamp).await.unwrap(), made, "{at}");
        let found = cloud.list(want.kind(), STACK).await.unwrap();
        let found: Vec<_> = found.into_iter().filter(|l| l.stamp.address == stamp.address).collect();
        assert_eq!(found.iter().map(|l| &l.id).collect::<Vec<_>>(), [&made.id], "{at}");
        links.0.insert(address(at), made);
    }
    for (at, _, want) in &objects {
        let live = &links.0[&address(at)];
        for _ in 0..2 {
            let made = cloud.update(live, want, &links, &live.stamp).await.unwrap();
            let found = cloud.list(want.kind(), STACK).await.unwrap().into_iter().find(|l| l.id == live.id).unwrap();
            assert_eq!(found.points, made.points, "{at}");
            assert!(!found.points.is_empty() || found.object == *want, "{at}: {found:#?}");
        }
    }
    for (at, ..) in objects.iter().rev() {
        let live = &links.0[&address(at)];
        cloud.delete(live).await.unwrap();
        cloud.delete(live).await.unwrap();
        let found = cloud.list(live.object.kind(), STACK).await.unwrap();
        assert!(found.iter().all(|l| l.id != live.id), "{at}");
    }
}

/// An object that bears a step's generated name without its stamp is someone else's.
#[tokio::test]
async fn a_taken_name_is_refused() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want: Object = role("ec2.amazonaws.com").into();
    let stamp = stamp("iam_role.app", &want);
    let plain = aws_sdk_iam::Client::new(&Moto::config(&moto.endpoint));
    plain
        .create_role()
        .role_name(stamp.physical_name(&infra::kinds::iam_role::NAMES))
        .assume_role_policy_document("{}")
        .send()
        .await
        .unwrap();
    let refused = cloud.create(&want, &Links::default(), &stamp).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.class), ("NameTaken", Class::Ambiguous));
    assert!(cloud.list(want.kind(), STACK).await.unwrap().is_empty());
}
