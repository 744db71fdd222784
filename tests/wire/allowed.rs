//! The printed policies against the requests that are really made: IAM would let every one of them pass.
use std::collections::BTreeSet;

use infra::kinds::calls::{Call, GENERAL};
use infra::kinds::{Kind, Object};
use infra::render::iam;
use serde_json::Value;

use super::calls::{Asked, Part, Scene};
use crate::support::authorization::questions;
use crate::support::iam::allowed;

/// How many questions a scene's requests raise, and what of them IAM would refuse: by the policy that applies the scene's stack, and for lists by
/// the one that only reads, too.
pub fn refused(scene: &Scene, asked: &[Asked]) -> (usize, BTreeSet<String>) {
    let nodes = || scene.states.iter().flat_map(|s| &s.nodes);
    let kinds: BTreeSet<Kind> = nodes().map(|(address, _)| address.kind).collect();
    let roles = nodes().filter_map(|(_, o)| if let Object::IamRole(role) = o { Some(role) } else { None });
    let policies = roles.flat_map(|role| role.managed_policies.clone()).collect();
    let account = Some("123456789012");
    let place = iam::Place {
        stack: &scene.name,
        region: "us-east-1",
        account,
        boundary: scene.boundary,
        policies: &policies,
        archives: &["builds/app.zip".to_owned()].into(),
    };
    let json = |policy: iam::Policy| -> Value { serde_json::from_str(&policy.text()).unwrap() };
    let (apply, read) = (json(iam::apply(place, &kinds)), json(iam::read_only(place)));
    let (mut all, mut no) = (0, BTreeSet::new());
    for Asked { kind, part, request: (service, operation), call } in asked {
        let calls = kind.calls();
        let of = |list: &'static [Call]| list.iter().filter(|c| c.service == *service && c.operation == operation).copied();
        let mut needed: Vec<Call> = of(calls.read).chain(of(calls.write)).chain(of(GENERAL.read)).chain(of(GENERAL.write)).collect();
        needed.dedup();
        let within: &[&Value] = if *part == Part::Read { &[&apply, &read] } else { &[&apply] };
        for question in questions(call, service.prefix(), &needed, &scene.name, scene.boundary) {
            all += 1;
            let passes = within.iter().all(|policy| allowed(&[policy], None, &question));
            if !passes {
                no.insert(format!("{}: {operation} needs {} on {} {:?}", scene.name, question.action, question.resource, question.context));
            }
        }
    }
    (all, no)
}
