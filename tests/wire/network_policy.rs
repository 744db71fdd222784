use std::collections::BTreeSet;

use infra::kinds::network_policy::{Rule, Source};
use infra::kinds::{Kind, NetworkPolicy, Object, Ref};
use infra::model::Computed;

use super::namespace::around;
use super::{Case, Sends};

pub fn rule(port: i32, from: Source) -> Rule {
    Rule { port, from }
}

/// Lets another workload, and those in one subnet, connect to a workload.
pub fn policy() -> NetworkPolicy {
    NetworkPolicy {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "to-shop".into(),
        pods: Some("shop".into()),
        rules: [rule(8080, Source::Pods("web".into())), rule(8080, Source::Block("10.0.1.0/24".into()))].into(),
        enforced: true,
        waits_for: BTreeSet::new(),
        uid: Computed::default(),
    }
}

pub fn case() -> Case {
    let with = |change: fn(&mut NetworkPolicy)| {
        let mut other = policy();
        change(&mut other);
        Object::from(other)
    };
    let variants = vec![
        ("enforced", with(|p| p.enforced = false)),
        ("name", with(|p| p.name = "to-shops".into())),
        ("pods: all", with(|p| p.pods = None)),
        ("pods: others", with(|p| p.pods = Some("web".into()))),
        ("rules: another block", with(|p| p.rules = [rule(8080, Source::Block("10.0.2.0/24".into()))].into())),
        ("rules: another port", with(|p| p.rules.extend([rule(9090, Source::Pods("web".into()))]))),
        ("rules: none", with(|p| p.rules.clear())),
    ];
    let world = around().into_iter().chain([("network_policy.shop", policy().into())]).collect();
    Case { address: "network_policy.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::NetworkPolicy, lists: &[], creates: &[], unseen: &[] };
