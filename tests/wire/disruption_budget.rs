use infra::kinds::{Deployment, DisruptionBudget, Kind, Object, Ref};
use infra::model::Computed;

use super::deployment::deployment;
use super::namespace::around;
use super::{Case, Sends};

pub fn case() -> Case {
    let budget = || DisruptionBudget {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "shop".into(),
        deployment: Ref::to("shop"),
        unavailable: 1,
        uid: Computed::default(),
    };
    let mut world = around();
    world.extend([
        ("deployment.shop", deployment().into()),
        ("deployment.other", Deployment { name: "other".into(), ..deployment() }.into()),
        ("disruption_budget.shop", budget().into()),
    ]);
    let variants: Vec<(&str, Object)> = vec![
        ("deployment", DisruptionBudget { deployment: Ref::to("other"), ..budget() }.into()),
        ("name", DisruptionBudget { name: "shops".into(), ..budget() }.into()),
        ("unavailable", DisruptionBudget { unavailable: 2, ..budget() }.into()),
    ];
    Case { address: "disruption_budget.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::DisruptionBudget, lists: &[], creates: &[], unseen: &[] };
