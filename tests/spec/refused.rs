//! What services refuse, where a bad spec would be too long to show, and what looks refused and is right.
use infra::kinds::Object;
use infra::spec::{self, lower::lower};

fn load(text: &str) -> Result<spec::Loaded, infra::diag::Findings> {
    spec::load(&[("infra.yaml".into(), format!("stack: shop\nregion: us-east-1\n{text}"))], &|_| None)
}

/// What is said of a spec, refusals and warnings.
fn said(text: &str) -> String {
    match load(text) {
        Ok(loaded) => loaded.warnings.iter().map(|w| format!("warning: {w}\n")).collect(),
        Err(found) => found.0.iter().map(|f| format!("{}: {f}\n", if f.is_error() { "error" } else { "warning" })).collect(),
    }
}

#[test]
fn user_data_fits_into_16_kib() {
    let script = |n: usize| format!("compute: {{ app: {{ user_data: \"#{}\" }} }}", "x".repeat(n));
    assert!(!said(&script(16 * 1024 - 1)).contains("error"));
    assert!(said(&script(16 * 1024)).contains("error: instances can't be started with this: the user data has 16385 bytes"));
    let env: String =
        (0..130).map(|i| format!("A_SECRET_OF_THE_SHOP_{i}: {{ from_secrets_manager: shop/secrets/number-{i} }}, ")).collect();
    assert!(
        said(&format!("compute: {{ app: {{ image: nginx, port: 80, env: {{ {env} }} }} }}")).contains("error: instances can't be started")
    );
}

/// A script of the user's own that has a name of ours would read as one of ours that somebody altered, and be replaced at every apply.
#[test]
fn a_script_of_ones_own_has_no_name_of_ours() {
    let script = |text: &str| said(&format!("compute: {{ app: {{ user_data: \"{text}\" }} }}"));
    assert!(!script("systemctl restart my-app").contains("error"));
    for name in ["infra-app", "/etc/infra/app.env", "# infra:container "] {
        assert!(script(&format!("cat {name}")).contains(&format!("error: the user data has `{name}` in it")), "{}", script(name));
    }
}

#[test]
fn a_container_without_a_port_publishes_none() {
    assert!(!said("compute: { worker: { image: nginx } }").contains("error"));
}

/// 60 rules a direction by default; a prefix list counts as many as it has room for.
#[test]
fn rules_of_a_group_are_counted() {
    let blocks = |n: usize| (0..n).map(|i| format!("198.51.{i}.0/24")).collect::<Vec<_>>().join(", ");
    let group = |n| said(&format!("compute: {{ app: {{ image: nginx, port: 80, allow_from: [{}] }} }}", blocks(n)));
    assert!(!group(60).contains("rules of one"), "{}", group(60));
    assert!(group(61).contains("warning: 61 rules of one security group"), "{}", group(61));
}

/// What follows from several peers, or from the spec and a group by hand, is one rule.
#[test]
fn one_rule_has_one_description() {
    let text = "vpc: { cidr: 10.0.0.0/16, security_groups: { load_balancer: { ingress: [{ port: 80, from: [anywhere], description: public }] } } }\n\
        compute: { app: { image: nginx, port: 80, allow_from: [vpc, 10.0.0.0/16] } }\n\
        load_balancer: { listeners: { http: { port: 80, forward: app } } }\n";
    let loaded = load(text).unwrap_or_else(|found| panic!("{found}"));
    let stack = lower(&loaded.spec, &|_| None).unwrap();
    let rules = |name: &str| {
        let Object::SecurityGroup(group) = &stack.nodes[&format!("security_group.{name}").parse().unwrap()] else { panic!("{name}") };
        group.ingress.iter().map(|rule| format!("{rule}: {}", rule.description)).collect::<Vec<_>>()
    };
    assert_eq!(rules("load_balancer"), ["tcp 80, 0.0.0.0/0: public"]);
    assert_eq!(rules("app"), ["tcp 80, 10.0.0.0/16: from vpc", "tcp 80, load_balancer: from load_balancer"]);
}

/// Types and policies that came after this version are said to be unknown, and taken.
#[test]
fn what_is_younger_than_this_version_is_taken() {
    let kind = |name: &str| said(&format!("compute: {{ app: {{ image: nginx, instance_type: {name} }} }}"));
    for right in ["t3.small", "m7i-flex.large", "u7in-24tb.224xlarge", "mac2-m2pro.metal", "m9g.large"] {
        assert!(!kind(right).contains("instance type"), "{}", kind(right));
    }
    for wrong in ["t3.smal", "t5.small", "t9.small", "m7x.large", "t3.48xlarge", "c33.large"] {
        let younger = wrong == "t9.small";
        assert_eq!(kind(wrong).contains("warning: the instance type"), younger, "{}", kind(wrong));
        assert_eq!(kind(wrong).contains("error: EC2 has no instance type"), !younger, "{}", kind(wrong));
    }
    let policy = |name: &str| {
        said(&format!(
            "compute: {{ app: {{ image: nginx, port: 80 }} }}\nload_balancer: {{ listeners: {{ s: {{ port: 443, certificate: \
             'arn:aws:acm:us-east-1:123456789012:certificate/1', ssl_policy: ELBSecurityPolicy-{name}, forward: app }} }} }}"
        ))
    };
    assert!(!policy("TLS13-1-2-Res-PQ-2025-09").contains("security policy"));
    assert!(policy("TLS13-1-4-2027-01").contains("warning: the security policy"));
    assert!(policy("TLS13-1-4-2021-06").contains("error: there is no security policy"));
}

/// An image's architecture is known by its parameter's name alone.
#[test]
fn images_are_of_their_instances_architecture() {
    let entry = |ami: &str, kind: &str| said(&format!("compute: {{ app: {{ ami: '{ami}', instance_type: {kind} }} }}"));
    for (ami, kind) in [
        ("ami-0123456789abcdef0", "t4g.small"),
        ("resolve:ssm:/golden/arm64/current:3", "t4g.small"),
        ("resolve:ssm:golden-ami:prod", "t3.small"),
        ("resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id", "m7i.large"),
    ] {
        assert!(!entry(ami, kind).contains("error"), "{}", entry(ami, kind));
    }
    assert!(
        entry("resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id", "t4g.small")
            .contains("the image is for x86_64")
    );
    assert!(entry("resolve:ssm:/golden/aarch64", "t3.small").contains("the image is for arm64"));
    for name in ["a b", "golden ami", "aws-golden", "SSM/x", "/ssm", "golden/x", "/golden/", "x:", "x:y:z"] {
        let text = entry(&format!("resolve:ssm:{name}"), "t3.small");
        assert!(text.contains("error"), "{name}: {text}");
    }
}
