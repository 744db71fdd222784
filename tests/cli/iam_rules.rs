//! The evaluator of policies, judged: the rules of IAM that ours lean on.
use serde_json::{Value, json};

use crate::support::iam::{Request, allowed, arn, glob};

#[test]
fn patterns() {
    for (pattern, text, fits) in [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abb", false),
        ("db-??", "db-12", true),
        ("db-??", "db-123", false),
        ("rds:*", "rds:CreateDBInstance", true),
        ("", "a", false),
    ] {
        assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
    }
    assert!(!arn("arn:aws:rds:*:1:db:a", "arn:aws:rds:x:2:1:db:a"));
}

/// The rules that our policies lean on, each with what would be otherwise.
#[test]
fn rules_of_evaluation() {
    let policy =
        |effect: &str, condition: Value| json!({ "Effect": effect, "Action": ["EC2:Create*"], "Resource": "*", "Condition": condition });
    let document = |statements: &[Value]| json!({ "Version": "2012-10-17", "Statement": statements });
    let request = Request::new("ec2:CreateTags", "vpc", "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1").of("a").tagging(&[("k", "v")]);
    let is = |condition: Value| allowed(&[&document(&[policy("Allow", condition)])], None, &request);
    for (condition, fits) in [
        (json!({}), true),
        (json!({ "StringEquals": { "AWS:resourcetag/infra:stack": "a" } }), true),
        (json!({ "StringEquals": { "aws:ResourceTag/infra:stack": ["b", "c"] } }), false),
        (json!({ "StringEquals": { "aws:RequestTag/infra:stack": "a" } }), false),
        (json!({ "StringEqualsIfExists": { "aws:RequestTag/infra:stack": "a" } }), true),
        (json!({ "StringEqualsIfExists": { "aws:RequestTag/k": "w" } }), false),
        (json!({ "StringNotEquals": { "aws:RequestTag/none": "w" } }), true),
        (json!({ "ForAllValues:StringNotEquals": { "aws:TagKeys": ["k"] } }), false),
        (json!({ "ForAllValues:StringNotEquals": { "aws:TagKeys": ["other"] } }), true),
        (json!({ "Null": { "aws:TagKeys": "false" } }), true),
        (json!({ "Null": { "ec2:CreateAction": "false" } }), false),
        (json!({ "StringEquals": { "aws:PrincipalAccount": "${aws:PrincipalAccount}" } }), true),
        // Two keys are both asked for.
        (json!({ "StringEquals": { "aws:ResourceTag/infra:stack": "a", "aws:RequestTag/k": "w" } }), false),
        // What AWS doesn't supply for the action isn't there.
        (json!({ "StringEquals": { "iam:PolicyARN": "x" } }), false),
    ] {
        assert_eq!(is(condition.clone()), fits, "{condition}");
    }
    let both = document(&[policy("Allow", json!({})), policy("Deny", json!({ "StringEquals": { "aws:RequestTag/k": "v" } }))]);
    assert!(!allowed(&[&both], None, &request), "a denial wins");
    let all = document(&[policy("Allow", json!({}))]);
    assert!(!allowed(&[&all], Some(&document(&[])), &request), "a boundary that allows nothing");
    assert!(!allowed(&[&document(&[])], Some(&all), &request), "a boundary gives nothing");
}
