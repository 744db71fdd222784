//! What someone else does to the stack, by plain requests, and how the plan must show it.
use aws_config::SdkConfig;
use aws_sdk_ec2::types::Tag;
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, FixedResponseActionConfig};
use infra::plan::drift::Cause;
use infra::plan::{Drift, Plan, Verb};

use super::look::Seen;

/// A rule added, a tag changed, a way out taken away, a listener bent.
pub async fn bend(config: &SdkConfig, seen: &Seen) {
    let ec2 = aws_sdk_ec2::Client::new(config);
    let group = seen.groups["security_group.database.main"].group_id().unwrap();
    let rule = ec2.authorize_security_group_ingress().group_id(group).ip_protocol("tcp").from_port(5432).to_port(5432);
    rule.cidr_ip("0.0.0.0/0").send().await.unwrap();
    let vpc = seen.vpcs["vpc.main"].0.vpc_id().unwrap();
    ec2.create_tags().resources(vpc).tags(Tag::builder().key("Name").value("mine").build()).send().await.unwrap();
    let table = seen.tables["route_table.app-b"].route_table_id().unwrap();
    ec2.delete_route().route_table_id(table).destination_cidr_block("0.0.0.0/0").send().await.unwrap();
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(config);
    let say = FixedResponseActionConfig::builder().status_code("503").content_type("text/plain").message_body("closed").build();
    let action = Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(say).build();
    let listener = seen.listeners["listener.https"].listener_arn().unwrap();
    elb.modify_listener().listener_arn(listener).default_actions(action).send().await.unwrap();
}

/// Address and attribute of all that was bent.
pub const BENT: [(&str, &str); 4] =
    [("listener.https", "action"), ("route_table.app-b", "routes"), ("security_group.database.main", "ingress"), ("vpc.main", "tags")];

/// The plan changes exactly these attributes, in place.
pub fn shows(plan: &Plan, bent: &[(&str, &str)]) {
    let mut found: Vec<(String, String)> = vec![];
    for change in &plan.changes {
        assert_eq!(change.verb, Verb::Update, "{change:#?}");
        let attribute = |path: &str| path.split(['.', '[']).next().unwrap().to_owned();
        found.extend(change.attrs.iter().map(|a| (change.address.to_string(), attribute(&a.path))));
    }
    found.sort();
    found.dedup();
    let found: Vec<_> = found.iter().map(|(address, attribute)| (address.as_str(), attribute.as_str())).collect();
    assert_eq!(found, bent);
}

/// The same as drift: all of it somebody else's doing, for the stamps say that the spec still asks for what it last did.
pub fn told(drift: &Drift, bent: &[(&str, &str)]) {
    let found: Vec<_> = drift.found.iter().map(|d| (d.address.to_string(), d.cause)).collect();
    let expected: Vec<_> = bent.iter().map(|(address, _)| ((*address).to_owned(), Cause::Changed)).collect();
    assert_eq!(found, expected);
}
