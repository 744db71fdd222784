use std::collections::{BTreeMap, BTreeSet};

use infra::kinds::Kind;
use infra::kinds::calls::{GENERAL, On};
use infra::render::iam;
use serde_json::Value;

use super::{Infra, Said};

/// Both policies of both examples: their text, their shape, their size.
#[test]
fn the_policies_of_the_examples() {
    let infra = Infra::new("iam-policy");
    for example in ["minimal", "production"] {
        for flag in ["--apply", "--read-only"] {
            let said = infra.run(&["iam-policy", "-f", &Infra::example(example), flag]);
            assert_eq!(said.code, 0, "{}", said.err);
            let document: Value = serde_json::from_str(&said.out).unwrap();
            well_formed(&document);
            let size = serde_json::to_string(&document).unwrap().len();
            println!("{size:6} characters: {example} {flag}");
            assert_eq!(said.err.contains("characters"), size > iam::MANAGED, "{size}: {}", said.err);
            said.snapshot(&format!("iam_policy_{example}{}", flag.replace('-', "_").replace("__", "_")));
        }
        let plain = infra.run(&["iam-policy", "-f", &Infra::example(example)]);
        let apply = infra.run(&["iam-policy", "-f", &Infra::example(example), "--apply"]);
        assert_eq!(plain.out, apply.out, "--apply is what is meant when nothing is said");
    }
    let production = Infra::example("production");
    let part = |n: &str| infra.run(&["iam-policy", "-f", &production, "--part", n]);
    let read = |said: Said| serde_json::from_str::<Value>(&said.out).unwrap()["Statement"].as_array().unwrap().clone();
    let whole = read(infra.run(&["iam-policy", "-f", &production]));
    assert_eq!(["1", "2", "3", "4", "5"].map(|n| read(part(n))).concat(), whole, "the parts say what the whole says");
    for n in ["1", "2", "3", "4", "5"] {
        let said = part(n);
        assert!(
            said.err.contains("\nCLOUDFLARE_API_TOKEN needs, for the zone example.com: Zone Read, ") && said.err.lines().count() == 3,
            "{}",
            said.err
        );
        let document: Value = serde_json::from_str(&said.out).unwrap();
        well_formed(&document);
        assert!(serde_json::to_string(&document).unwrap().len() <= iam::MANAGED, "part {n}");
    }
    let beyond = part("6");
    assert_eq!((beyond.code, beyond.out.as_str()), (1, ""));
    assert!(beyond.err.contains("1 to 5"), "{}", beyond.err);
    let both = infra.run(&["iam-policy", "-f", &Infra::example("minimal"), "--apply", "--read-only"]);
    assert_ne!(both.code, 0);
}

/// The boundary of the example's roles; what it doesn't know, and which account is meant, is said.
#[test]
fn a_boundary_is_printed() {
    let infra = Infra::new("iam-policy-boundary");
    let shop = "stack: shop\nregion: eu-central-1\nvpc: {}\ncompute: { app: { image: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1, port: 80, \
                policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'], env: { KEY: { from_secrets_manager: shop/key }, \
                LOGIN: '${database.main.secret_arn}' } } }\nstorage: { uploads: { allow_from: [app], encryption: \
                'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d' }, reports: { allow_from: [{ name: app, access: read }] } }\nfeature_flags: { dark: { enabled: true, allow_from: [app] } }\ndatabase: { main: { engine: postgres, version: '16', allow_from: [app] } }\n";
    let spec = infra.file("shop.yaml", shop);
    let said = infra.run(&["iam-policy", "-f", &spec, "--boundary"]);
    well_formed(&serde_json::from_str(&said.out).unwrap());
    said.snapshot("iam_policy_boundary");
    let told = infra.run(&["iam-policy", "-f", &spec, "--boundary", "--account", "123456789012"]);
    assert!(!told.err.contains("--account") && told.out.contains(":123456789012:secret:rds!"), "{}{}", told.err, told.out);
    let bounded = infra.file("bounded.yaml", &format!("permissions_boundary: arn:aws:iam::123456789012:policy/shop\n{shop}"));
    let and = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let [open, closed] = [&spec, &bounded].map(|spec| infra.run(&["iam-policy", "-f", spec, "--and", and]));
    assert!(open.err.contains("is an administrator") && !closed.err.contains("administrator"), "{}{}", open.err, closed.err);
    assert!(open.out.contains(and) && closed.out.contains(and) && !closed.out.contains("AdministratorAccess"));
    assert_eq!([&open, &closed].map(|said| said.out.contains("\"Deny\"")), [false, true]);
}

/// What IAM takes: `Version`, `Statement`, names that are unique letters and digits, actions that are `service:Name`.
fn well_formed(document: &Value) {
    assert_eq!(document["Version"], "2012-10-17");
    let mut sids = BTreeSet::new();
    for statement in document["Statement"].as_array().unwrap() {
        let keys: BTreeSet<&str> = statement.as_object().unwrap().keys().map(String::as_str).collect();
        let known = BTreeSet::from(["Action", "Condition", "Effect", "Resource", "Sid"]);
        assert!(keys.is_subset(&known) && keys.len() >= 4, "{keys:?}");
        let sid = statement["Sid"].as_str().unwrap();
        assert!(!sid.is_empty() && sid.chars().all(|c| c.is_ascii_alphanumeric()), "{sid}");
        assert!(sids.insert(sid), "{sid} twice");
        assert!(["Allow", "Deny"].contains(&statement["Effect"].as_str().unwrap()));
        let texts = |key: &str| -> Vec<&str> { statement[key].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect() };
        let (actions, resources) = (texts("Action"), texts("Resource"));
        assert!(!actions.is_empty() && !resources.is_empty(), "{sid}");
        for action in actions {
            let (service, name) = action.split_once(':').unwrap();
            assert!(service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{action}");
            assert!(name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric()), "{action}");
        }
        for resource in resources {
            let parts = resource.splitn(6, ':').count();
            assert!(resource == "*" || resource.starts_with("arn:aws:") && parts == 6, "{resource}");
            assert!(!resource.contains(['{', '}']), "{resource}");
        }
    }
}

/// What is allowed everywhere and on no condition can only look.
#[test]
fn nothing_that_changes_is_allowed_on_everything() {
    let looks = ["Decode", "Describe", "Get", "List", "Lookup"];
    let kinds = Kind::ALL.iter().map(|kind| kind.calls()).chain([GENERAL]);
    for call in kinds.flat_map(|calls| calls.read.iter().chain(calls.write)) {
        let action = call.action();
        let name = action.split_once(':').unwrap().1;
        let looking = looks.iter().any(|verb| name.starts_with(verb));
        assert!(looking || !call.on.contains(&On::Any), "{action}");
        assert!(!call.on.is_empty(), "{action}");
    }
    for call in Kind::ALL.iter().flat_map(|kind| kind.calls().read).chain(GENERAL.read) {
        let action = call.action();
        assert!(looks.iter().any(|verb| action.split_once(':').unwrap().1.starts_with(verb)), "a plan would need {action}");
    }
}

fn actions(policy: &iam::Policy) -> BTreeSet<&str> {
    policy.statement.iter().flat_map(|s| &s.action).map(String::as_str).collect()
}

/// A plan lists every kind; an apply writes those of the spec and no others.
#[test]
fn a_policy_is_for_exactly_these_kinds() {
    let policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()].into();
    let place = iam::Place {
        stack: "shop",
        region: "eu-central-1",
        account: None,
        boundary: None,
        policies: &policies,
        archives: &["builds/app.zip".to_owned()].into(),
    };
    let read = iam::read_only(place);
    let none = iam::apply(place, &[].into());
    let general: BTreeSet<String> = GENERAL.write.iter().map(|c| c.action()).collect();
    let more: BTreeSet<&str> = actions(&none).difference(&actions(&read)).copied().collect();
    assert_eq!(more, general.iter().map(String::as_str).collect());
    for kind in Kind::ALL.iter().filter(|k| k.permission().is_none()) {
        let writes: BTreeSet<String> = kind.calls().write.iter().map(|c| c.action()).collect();
        assert!(!kind.calls().read.is_empty() && !writes.is_empty(), "{}", kind.label());
        let one = iam::apply(place, &[*kind].into());
        let wanted: BTreeSet<&str> = actions(&none).into_iter().chain(writes.iter().map(String::as_str)).collect();
        assert_eq!(actions(&one), wanted, "{}", kind.label());
    }
}

/// The stack, its region and its account are in every condition and ARN.
#[test]
fn a_policy_reaches_no_further_than_its_stack() {
    let all: BTreeSet<Kind> = Kind::ALL.iter().copied().collect();
    let policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()].into();
    let account = Some("123456789012");
    let place = iam::Place {
        stack: "shop",
        region: "eu-central-1",
        account,
        boundary: None,
        policies: &policies,
        archives: &["builds/app.zip".to_owned()].into(),
    };
    let wide = ["Also", "AlsoTags", "Code", "Here", "Kept", "Launch", "LinkRole", "Read", "Use"];
    for statement in iam::apply(place, &all).statement {
        let named = |r: &String| {
            r.contains("shop") || [":og:default*", ":parametergroup:default.*", ":parameter/aws/*"].iter().any(|own| r.ends_with(own))
        };
        let tagged = statement.condition.get("StringEquals").is_some_and(|c| {
            let stack = |key: &str| c.get(key).is_some_and(|v| *v == BTreeSet::from(["shop".to_owned()]));
            let region = c.get("aws:RequestedRegion").is_some_and(|v| *v == BTreeSet::from(["eu-central-1".to_owned()]));
            region && (stack("aws:RequestTag/infra:stack") || stack("aws:ResourceTag/infra:stack"))
        });
        // What EKS makes bears the cluster's name.
        let cluster = statement.condition.get("StringLike").and_then(|c| c.get("aws:ResourceTag/aws:eks:cluster-name"));
        let tagged = tagged || cluster.is_some_and(|names| names.iter().all(|name| name.starts_with("shop-")));
        let narrow = tagged || statement.resource.iter().all(named) || wide.contains(&statement.sid.as_str());
        assert!(narrow, "{statement:#?}");
        assert!(
            statement.resource != BTreeSet::from(["*".to_owned()]) || statement.sid == "Read" || !statement.condition.is_empty(),
            "{statement:#?}"
        );
    }
    let of = |region| {
        let place = iam::Place { region, account: None, ..place };
        iam::apply(place, &all).statement.into_iter().map(|s| (s.sid, s.resource)).collect::<BTreeMap<_, _>>()
    };
    let roles = |partition: &str, region: &str| BTreeSet::from([format!("arn:{partition}:iam::*:role/infra/shop/{region}/*")]);
    assert_eq!(of("cn-north-1")["PassRole"], roles("aws-cn", "cn-north-1"));
    assert_eq!(of("us-gov-west-1")["PassRole"], roles("aws-us-gov", "us-gov-west-1"));
}

/// A policy can be asked for by someone who has none of the spec's secrets.
#[test]
fn no_secret_is_needed() {
    let infra = Infra::new("iam-policy-secret");
    let spec = infra.file(
        "secret.yaml",
        "stack: s\nregion: us-east-1\nvpc: {}\ncompute: { app: { image: nginx, port: 80, env: { KEY: { from_env: NOT_SET } } } }\n",
    );
    let said = infra.run(&["iam-policy", "-f", &spec]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(infra.run(&["validate", "-f", &spec]).code, 1, "the secret is looked for elsewhere");
}
