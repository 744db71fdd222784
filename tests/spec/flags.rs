//! Feature flags: how a change of them comes, and what takes it back.
use infra::diag::Code;
use infra::kinds::flag_set::Strategy;
use infra::kinds::{Address, FlagSet, IamRole, Kind, refs};
use infra::render::iam::Place;
use infra::render::iam::boundary::boundary;
use infra::stack::Stack;

const HEAD: &str = "stack: shop\nregion: us-east-1\ncompute: { app: { image: 'nginx:1.29', port: 80 } }\n\
    load_balancer: { listeners: { http: { port: 80, forward: app } } }\n\
    monitoring: { notify: [ops@example.com], alerting: { groups: { front: [load_balancer] }, rules: { errors: { logs: app, match: ERROR, above: 10 } } } }\n";

fn read(deployment: &str) -> Result<Stack, infra::diag::Findings> {
    let text = format!("{HEAD}feature_flags:\n  dark: {{ enabled: true, allow_from: [app] }}\n{deployment}");
    let loaded = infra::spec::load(&[("infra.yaml".into(), text)], &|_| None)?;
    Ok(infra::spec::lower::lower(&loaded.spec, &|_| None).unwrap())
}

fn set(stack: &Stack) -> FlagSet {
    stack.nodes[&Address::new(Kind::FlagSet, "main")].clone().try_into().unwrap()
}

fn role(stack: &Stack) -> Option<IamRole> {
    stack.nodes.get(&Address::new(Kind::IamRole, "flag_alarms")).map(|role| role.clone().try_into().unwrap())
}

/// The strategy of a deployment, with nothing said of alarms.
fn strategy(said: &str) -> Option<Strategy> {
    set(&read(&format!("  deployment: {{ {said} }}\n")).unwrap_or_else(|e| panic!("{said}: {e}"))).strategy
}

#[test]
fn what_says_nothing_comes_at_once() {
    let plain = read("").unwrap();
    assert_eq!((set(&plain).strategy, role(&plain)), (None, None));
    for said in ["", "strategy: all_at_once", "strategy: all_at_once, bake: 0s"] {
        let other = read(&format!("  deployment: {{ {said} }}\n")).unwrap();
        assert_eq!(other.nodes, plain.nodes, "{said}");
    }
}

#[test]
fn steps_are_as_appconfig_takes_them() {
    let of = |minutes, bake, step, doubles| Some(Strategy { minutes, bake, step, doubles });
    assert_eq!(strategy("strategy: canary"), of(25, 15, 1_000, true));
    assert_eq!(strategy("strategy: canary, steps: [25%, 50%, 75%, 100%], interval: 90s, bake: 0s"), of(6, 0, 2_500, false));
    assert_eq!(strategy("strategy: canary, steps: [33.33%, 66.66%, 99.99%, 100%], interval: 1m, bake: 30s"), of(4, 1, 3_333, false));
    assert_eq!(strategy("strategy: canary, steps: [1%, 2%, 4%, 8%, 16%, 32%, 64%, 100%]"), of(40, 15, 100, true));
    assert_eq!(strategy("strategy: canary, steps: [60%, 100%], interval: 10m"), of(20, 15, 6_000, false));
    assert_eq!(strategy("strategy: canary, steps: [100%]"), of(5, 15, 10_000, false));
    assert_eq!(strategy("bake: 10m"), of(0, 10, 10_000, false));
    // All of AppConfig's time, and no more.
    assert_eq!(strategy("strategy: canary, steps: [50%, 100%], interval: 12h, bake: 24h"), of(1440, 1440, 5_000, false));
    let hundred = (1..=100).map(|share| format!("{share}%")).collect::<Vec<_>>().join(", ");
    assert_eq!(strategy(&format!("strategy: canary, steps: [{hundred}], interval: 1m")), of(100, 15, 100, false));
    for steps in
        ["[0.5%, 1%, 100%]", "[50%]", "[10%, 20%, 100%]", "[20%, 10%, 100%]", "[10%, 20%, 40%, 60%, 80%, 100%]", "[50%, 100%, 100%]"]
    {
        let found = read(&format!("  deployment: {{ strategy: canary, steps: {steps} }}\n")).unwrap_err();
        assert!(found.0.iter().any(|finding| finding.code == Code::Deployment), "{steps}: {found}");
    }
}

#[test]
fn alarms_are_the_stacks_or_those_of_others() {
    let alarms = "[rule.errors, group.front.critical, load_balancer.errors, theirs]";
    let stack = read(&format!("  deployment: {{ strategy: canary, alarms: {alarms} }}\n")).unwrap_or_else(|e| panic!("{e}"));
    let set = set(&stack);
    let names: Vec<&str> = set.alarms.iter().map(|alarm| alarm.0.as_str()).collect();
    assert_eq!(names, ["=theirs", "load_balancer.errors", "rule.errors"]);
    assert_eq!(set.composites.iter().map(|alarm| alarm.0.as_str()).collect::<Vec<_>>(), ["group.front.critical"]);
    // Each comes before the flags do, and leaves after them.
    let me = &stack.nodes[&Address::new(Kind::FlagSet, "main")];
    for address in refs(me).filter(|address| !address.name.starts_with('=')) {
        assert!(stack.nodes.contains_key(address), "{address}");
    }
    let role = role(&stack).expect("AppConfig looks by a role");
    assert_eq!(role.service, "appconfig.amazonaws.com");
    let said = serde_json::to_string(&role.inline_policies).unwrap();
    assert!(said.contains(r#""Action":["cloudwatch:DescribeAlarms"],"Effect":"Allow","Resource":["*"]"#), "{said}");
    assert_eq!(set.role.map(|role| role.0), Some("flag_alarms".into()));
    // Who is to be looked at has time to fire.
    let at_once = read("  deployment: { alarms: [theirs] }\n").unwrap();
    assert_eq!(self::set(&at_once).strategy, Some(Strategy { minutes: 0, bake: 15, step: 10_000, doubles: false }));
}

/// What the boundary of the stack's roles lets those do that ask for flags, and AppConfig where it looks at alarms; and no others.
#[test]
fn the_boundary_lets_flags_be_read_and_alarms_be_looked_at() {
    let none = Default::default();
    let place =
        Place { stack: "shop", region: "us-east-1", account: Some("123456789012"), boundary: None, policies: &none, archives: &none };
    let of = |stack: &Stack| {
        let roles: Vec<IamRole> = stack.nodes.values().filter_map(|object| object.clone().try_into().ok()).collect();
        serde_json::to_value(boundary(place, &roles)).unwrap()["Statement"].as_array().unwrap().clone()
    };
    let named = |all: &[serde_json::Value], sid: &str| all.iter().find(|statement| statement["Sid"] == sid).cloned();
    let watched = of(&read("  deployment: { strategy: canary, alarms: [rule.errors] }\n").unwrap());
    let reads = named(&watched, "ReadFlags").expect("somebody asks for flags");
    assert_eq!(reads["Action"], serde_json::json!(["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"]));
    let configuration = "arn:aws:appconfig:us-east-1:123456789012:application/*/environment/*/configuration/*";
    assert_eq!(reads["Resource"], serde_json::json!([configuration]));
    let looks = named(&watched, "LookAtAlarms").expect("AppConfig looks at alarms");
    assert_eq!((&looks["Action"], &looks["Resource"]), (&serde_json::json!(["cloudwatch:DescribeAlarms"]), &serde_json::json!(["*"])));
    let nobody = format!("{HEAD}feature_flags: {{ dark: {{ enabled: true }} }}\n");
    let loaded = infra::spec::load(&[("infra.yaml".into(), nobody)], &|_| None).unwrap();
    let stack = infra::spec::lower::lower(&loaded.spec, &|_| None).unwrap();
    let all = of(&stack);
    assert_eq!((named(&all, "ReadFlags"), named(&all, "LookAtAlarms")), (None, None));
}
