//! What a compute entry becomes: its role, its container, what stands before it.
use infra::kinds::launch_template::Boot;
use infra::kinds::{AutoScalingGroup, IamRole, Kind, LaunchTemplate, SecurityGroup, TargetGroup};
use infra::stack::Stack;

use crate::laws::world::stack;

const SPEC: &str = "stack: shop\nregion: us-east-1\nload_balancer: { listeners: { http: { port: 80, forward: app } } }\ncompute: { app: { image: nginx:1, port: 80 }, worker: { image: nginx:1 } }\n";

/// An object of a stack, as its own kind.
pub fn of<K: infra::kinds::Resource>(stack: &Stack, name: &str) -> K {
    let found = stack.nodes.iter().find(|(a, _)| a.kind == K::KIND && a.name == name);
    K::try_from(found.unwrap_or_else(|| panic!("no {name}")).1.clone()).unwrap()
}

/// From its network a container reaches the metadata service, and with it the role's credentials, only where it is to act in the role.
#[test]
fn a_container_reaches_the_role_only_where_it_acts_in_it() {
    let asks = "permissions: [{ actions: ['sqs:SendMessage'], resources: ['arn:aws:sqs:us-east-1:123456789012:mail'] }]";
    for (more, hops) in [
        ("env: { GREETING: hello, TOKEN: { from_secrets_manager: shop/token } }", 1),
        ("command: [serve]", 1),
        (asks, 2),
        ("policies: ['arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy']", 2),
    ] {
        let stack = stack(&[SPEC, &format!("compute: {{ worker: {{ {more} }} }}")]);
        assert_eq!(of::<LaunchTemplate>(&stack, "worker").metadata.hop_limit, hops, "{more}");
        let policies: Vec<String> = of::<IamRole>(&stack, "worker").inline_policies.iter().map(|(n, p)| format!("{n} {}", p.0)).collect();
        let expected = r#"permissions {"Statement":[{"Action":["sqs:SendMessage"],"Effect":"Allow","Resource":["arn:aws:sqs:us-east-1:123456789012:mail"]}],"Version":"2012-10-17"}"#;
        assert_eq!(policies, if more == asks { vec![expected.to_owned()] } else { vec![] }, "{more}");
    }
}

/// Nothing forwards to a worker: it has no target group, and EC2 alone says whether its instances are well.
#[test]
fn a_worker_without_a_port_stands_behind_nothing() {
    let stack = stack(&[SPEC]);
    let groups = stack.nodes.keys().filter(|a| a.kind == Kind::TargetGroup).map(|a| a.name.as_str());
    assert_eq!(groups.collect::<Vec<_>>(), ["app"]);
    for (name, health, targets) in [("app", "ELB", 1), ("worker", "EC2", 0)] {
        let group: AutoScalingGroup = of(&stack, name);
        assert_eq!((group.health_check_type.as_str(), group.target_groups.len()), (health, targets), "{name}");
    }
    let group = of::<SecurityGroup>(&stack, "worker");
    assert!(group.ingress.is_empty(), "{:?}", group.ingress);
}

/// The health check has a port of its own: the container opens it, the balancer alone reaches it, and the target group asks there.
#[test]
fn a_health_check_has_a_port_of_its_own() {
    let stack = stack(&[SPEC, "compute: { app: { allow_from: [vpc], health_check: { protocol: https, port: 9000 } } }"]);
    let check = of::<TargetGroup>(&stack, "app").health_check.unwrap();
    assert_eq!((check.protocol.as_deref(), check.port), (Some("HTTPS"), Some(9000)));
    let Boot::Container(container) = of::<LaunchTemplate>(&stack, "app").boot else { panic!("no container") };
    assert_eq!((container.port, container.health_port), (Some(80), Some(9000)));
    let opened = |port| {
        let rules = of::<SecurityGroup>(&stack, "app").ingress.into_iter().filter(|r| r.from_port == port && r.to_port == port);
        rules.map(|r| r.description).collect::<Vec<_>>()
    };
    assert_eq!(opened(9000), ["from load_balancer"]);
    assert_eq!(opened(80).len(), 2, "{:?}", opened(80));
}

/// What a role may do is as long as IAM takes it, which is said at the field.
#[test]
fn permissions_are_as_long_as_iam_takes_them() {
    let findings = |queues: usize| {
        let arns: Vec<String> = (0..queues).map(|n| format!("'arn:aws:sqs:us-east-1:123456789012:queue-{n:04}'")).collect();
        let more =
            format!("compute: {{ worker: {{ permissions: [{{ actions: ['sqs:SendMessage'], resources: [{}] }}] }} }}", arns.join(", "));
        infra::spec::load(&[("base.yaml".into(), SPEC.into()), ("more.yaml".into(), more)], &|_| None).err().map(|e| e.to_string())
    };
    assert_eq!(findings(200), None);
    let told = findings(250).expect("it is too long");
    assert!(told.contains("IAM takes 10240 at most") && told.contains("more.yaml:1:35"), "{told}");
}
