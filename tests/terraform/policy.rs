//! A policy in Rego, as conftest and OPA run it over `terraform show -json`.
use infra::plan::Saved;
use regorus::{Engine, Value};

use super::{acting, document, saved, way};
use crate::laws::world::{FULL, stack, with};

const POLICY: &str = r#"
package main

import rego.v1

deny contains msg if {
    some change in input.resource_changes
    change.type == "aws_db_instance"
    "delete" in change.change.actions
    msg := sprintf("%s holds data", [change.address])
}

deny contains msg if {
    some change in input.resource_changes
    change.type == "aws_security_group"
    some rule in change.change.after.ingress
    rule.from_port <= 22
    rule.to_port >= 22
    "0.0.0.0/0" in rule.cidr_blocks
    msg := sprintf("%s is open to everyone at port 22", [change.address])
}

created := count([c | some c in input.resource_changes; c.change.actions == ["create"]])
"#;

/// What is denied, and how much is created.
fn judged(saved: &Saved) -> (Vec<String>, usize) {
    let mut engine = Engine::new();
    engine.add_policy("policy.rego".into(), POLICY.into()).unwrap();
    engine.set_input(Value::from_json_str(&document(saved).to_string()).unwrap());
    let denied = engine.eval_rule("data.main.deny".into()).unwrap();
    let denied = denied.as_set().unwrap().iter().map(|m| m.as_string().unwrap().to_string()).collect();
    let created = engine.eval_rule("data.main.created".into()).unwrap().as_u64().unwrap();
    (denied, created as usize)
}

#[tokio::test(start_paused = true)]
async fn policies_judge_a_plan() {
    let new = way("nothing", "full").await;
    assert_eq!(judged(&new), (vec![], acting(&document(&new), &["create"]).len()));
    let gone = way("full", "nothing").await;
    let held = ["aws_db_instance.db_replica-main-1 holds data", "aws_db_instance.main holds data"].map(String::from);
    assert_eq!(judged(&gone), (held.to_vec(), 0));
    let open = stack(&[FULL, "vpc: {security_groups: {bastion: {ingress: [{port: 22, from: [anywhere], description: all}]}}}"]);
    let open = saved(&with(&stack(&[FULL]), 1).await, &open).await;
    assert_eq!(judged(&open).0, ["aws_security_group.bastion is open to everyone at port 22"]);
}
