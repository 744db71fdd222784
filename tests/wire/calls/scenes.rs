//! What is played to see a kind's requests: its case, and what no case has.
use std::collections::BTreeSet;

use infra::kinds::security_group::Rule;
use infra::kinds::{Kind, Object, Ref, RouteTable, SecurityGroup};
use infra::stack::Stack;

use crate::support::reference::lower;
use crate::support::{address, stack};
use crate::wire::caches::{LAYERS, SPEC};
use crate::wire::{Case, bucket, iam_role, launch_template, listener, name, nat_gateway, route_table, security_group, target_group, vpc};

/// States that a stack goes through, one after the other, all roles under one boundary or none.
pub struct Scene {
    pub name: String,
    pub states: Vec<Stack>,
    pub boundary: Option<&'static str>,
}

impl Scene {
    pub fn kinds(&self) -> BTreeSet<Kind> {
        self.states.iter().flat_map(|s| s.nodes.keys().map(|a| a.kind)).collect()
    }
}

/// The scene of a bucket in which Elastic Load Balancing has left something.
pub const TRIAL: &str = "trial";

/// What no case has.
pub fn beside() -> Vec<Scene> {
    let mut scenes = vec![];
    let trial = stack(TRIAL, bucket::case().world);
    scenes.push(Scene { name: TRIAL.into(), states: vec![trial], boundary: None });
    let table = |subnets: &[&str]| -> Object {
        RouteTable { subnets: subnets.iter().map(|s| Ref::to(*s)).collect(), ..route_table::route_table() }.into()
    };
    let tables = |tables: Vec<(&'static str, Object)>| stack("moving", nat_gateway::network().into_iter().chain(tables));
    scenes.push(Scene {
        name: "moving".into(),
        states: vec![
            tables(vec![("route_table.x", table(&["a"])), ("route_table.y", table(&["b"]))]),
            tables(vec![("route_table.x", table(&["b"])), ("route_table.y", table(&["a"]))]),
        ],
        boundary: None,
    });
    let group = |description: &str| -> Object {
        let all = Rule { description: description.into(), ..security_group::anywhere() };
        SecurityGroup { ingress: [all.clone()].into(), egress: [all].into(), ..security_group::security_group() }.into()
    };
    let groups = |description| stack("rules", [("vpc.main", vpc::vpc().into()), ("security_group.a", group(description))]);
    scenes.push(Scene { name: "rules".into(), states: vec![groups("all"), groups("everything")], boundary: None });
    // A template's case changes no tags: the emulator takes them, and goes on showing the old ones.
    let case = launch_template::case();
    let base = stack("templates", case.world);
    let mut tagged = base.clone();
    if let Some(Object::LaunchTemplate(template)) = tagged.nodes.get_mut(&address(case.address)) {
        template.tags = [("team".into(), "shop".into())].into();
    }
    for (name, case) in [("certified", listener::certified()), ("functions", target_group::of_function())] {
        let states = scene(case).states.into_iter().map(|s| Stack { name: name.into(), ..s }).collect();
        scenes.push(Scene { name: name.into(), states, boundary: None });
    }
    scenes.push(Scene { name: "templates".into(), states: vec![base, tagged], boundary: None });
    // Roles that are under a boundary from the beginning.
    const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/infra-bounded";
    let bounded = scene(iam_role::case());
    let under = |mut s: Stack| {
        let roles = s.nodes.values_mut().filter_map(|o| if let Object::IamRole(role) = o { Some(role) } else { None });
        roles.for_each(|role| role.permissions_boundary = Some(BOUNDARY.into()));
        Stack { name: "bounded".into(), ..s }
    };
    scenes.push(Scene { name: "bounded".into(), states: bounded.states.into_iter().map(under).collect(), boundary: Some(BOUNDARY) });
    let caches = |layer: &&str| lower(&[("caches.yaml", SPEC), ("layer.yaml", layer)]);
    scenes.push(Scene { name: "calls".into(), states: LAYERS.iter().map(caches).collect(), boundary: None });
    scenes
}

/// A case, from each change to the next and back to the beginning.
pub fn scene(case: Case) -> Scene {
    let at = address(case.address);
    let name = name(at.kind);
    let base = stack(&name, case.world);
    let changed = case.variants.into_iter().map(|(_, object)| {
        let mut other = base.clone();
        other.nodes.insert(at.clone(), object);
        other
    });
    Scene { states: [base.clone()].into_iter().chain(changed).chain([base.clone()]).collect(), name, boundary: None }
}
