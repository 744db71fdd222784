use infra::kinds::{Addon, Kind, Object, Ref};
use infra::model::Computed;
use infra::run::Outcome;

use super::eks_cluster::{cluster, ground};
use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::{apply, eks, plan_for, settled, stack};

fn addon() -> Addon {
    Addon {
        cluster: Ref::to("main"),
        name: "metrics-server".into(),
        version: None,
        tags: [("Name".into(), "wire".into())].into(),
        arn: Computed::default(),
        running_version: Computed::default(),
    }
}

fn world(addon: Addon) -> Vec<(&'static str, Object)> {
    ground().into_iter().chain([("eks_cluster.main", cluster().into()), ("addon.metrics", addon.into())]).collect()
}

pub fn case() -> Case {
    let variants: Vec<(&str, Object)> = vec![
        ("name and version", Addon { name: "coredns".into(), version: Some("v1.12.2-eksbuild.4".into()), ..addon() }.into()),
        ("tags", Addon { tags: [("team".into(), "a b".into())].into(), ..addon() }.into()),
        ("version", Addon { version: Some("v0.8.0-eksbuild.2".into()), ..addon() }.into()),
        ("version: an older one", Addon { version: Some("v0.7.2-eksbuild.4".into()), ..addon() }.into()),
    ];
    Case { address: "addon.metrics", world: world(addon()), variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Addon, lists: &[], creates: &[], unseen: &[] };

/// What EKS can't install is taken away again, and the run says why in EKS's own words; one of that name that others have installed refuses the plan.
#[tokio::test]
async fn an_addon_that_fails_is_taken_back() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let without = stack("wire-addon", ground().into_iter().chain([("eks_cluster.main", cluster().into())]));
    let plan = plan_for(&cloud, &without).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    eks::fails(&moto.endpoint, "metrics-server", "Conflicts found when trying to apply").await;
    let want = stack("wire-addon", world(addon()));
    let plan = plan_for(&cloud, &want).await.unwrap();
    let (outcome, events) = apply(&cloud, &plan, "r2").await;
    let Outcome::RolledBack(Some(why)) = &outcome else { panic!("{outcome:?} {events:#?}") };
    assert!(why.code == "CREATE_FAILED" && why.message.contains("Conflicts found when trying to apply (ConfigurationConflict)"), "{why}");
    settled(&cloud, &without, "nothing of it is left").await;

    let name = plan_for(&cloud, &want).await.unwrap().old.iter().find(|l| l.object.kind() == Kind::EksCluster).unwrap().id.clone();
    cloud.eks().create_addon().cluster_name(&name).addon_name("metrics-server").send().await.unwrap();
    let refused = plan_for(&cloud, &want).await.unwrap_err();
    assert!(format!("{refused:?}").contains("Taken"), "{refused:?}");
}

/// One whose version nobody asks for stays as it runs: as EKS chose it, through an upgrade of the cluster, and as somebody raises it.
#[tokio::test]
async fn a_version_that_nobody_asks_for_stays() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = |version: &str| {
        let all = world(addon()).into_iter().map(|(address, object)| match object {
            Object::EksCluster(own) => {
                (address, infra::kinds::EksCluster { version: Some(version.into()), ..infra::kinds::EksCluster::clone(&own) }.into())
            }
            other => (address, other),
        });
        stack("wire-addon", all.collect::<Vec<_>>())
    };
    for (run, version) in [("r1", "1.34"), ("r2", "1.35")] {
        let plan = plan_for(&cloud, &want(version)).await.unwrap();
        assert_eq!(apply(&cloud, &plan, run).await.0, Outcome::Applied);
        let seen = settled(&cloud, &want(version), run).await;
        let live = &seen.live[&crate::support::address("addon.metrics")][0];
        assert_eq!(Addon::try_from(live.object.clone()).unwrap().running_version.0.as_deref(), Some("v0.8.0-eksbuild.1"), "{run}");
    }
    let name = cloud.eks().list_clusters().send().await.unwrap().clusters.unwrap().remove(0);
    let raised = cloud.eks().update_addon().cluster_name(&name).addon_name("metrics-server").addon_version("v0.8.0-eksbuild.2");
    raised.send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    settled(&cloud, &want("1.35"), "somebody has raised it").await;
}
