//! What a review did with the printed policies, asked of IAM's own rules: none of it may pass.
use std::collections::BTreeSet;

use infra::kinds::calls::{GENERAL, deed};
use infra::kinds::{IamRole, Kind, Member, Object, Part, Text};
use infra::render::iam::{self, boundary::boundary};
use infra::stack::Stack;
use serde_json::{Value, json};

use crate::support::iam::{REFERENCE, Request, allowed, keys};

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/infra-production";
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The production example, and more of it.
fn production(layer: &str) -> Stack {
    let example = include_str!("../../examples/production.yaml");
    crate::support::reference::lower(&[("production.yaml", example), ("layer.yaml", layer)])
}

fn roles(stack: &Stack) -> Vec<&IamRole> {
    stack.nodes.values().filter_map(IamRole::of).collect()
}

/// What is printed for a stack: to apply it, to read it, and its boundary.
fn printed(stack: &Stack, under: Option<&str>, account: Option<&str>) -> [Value; 3] {
    let policies = roles(stack).iter().flat_map(|role| role.managed_policies.clone()).collect();
    let place = iam::Place {
        stack: &stack.name,
        region: "us-east-1",
        account,
        boundary: under,
        policies: &policies,
        archives: &["builds/app.zip".to_owned()].into(),
    };
    let kinds: BTreeSet<Kind> = stack.nodes.keys().map(|a| a.kind).collect();
    let all = [iam::apply(place, &kinds), iam::read_only(place), boundary(place, roles(stack))];
    all.map(|policy| serde_json::from_str(&policy.text()).unwrap())
}

/// Whether a request passes, and what is asked, for messages.
fn refused(policies: &[&Value], asked: Request) {
    assert!(!allowed(policies, None, &asked), "{asked:#?} passes");
}

fn passes(policies: &[&Value], asked: Request) {
    assert!(allowed(policies, None, &asked), "{asked:#?} is refused");
}

fn place(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:us-east-1:123456789012:{rest}")
}

/// Objects that only begin as the stack's do: another's, or nobody's.
#[test]
fn a_name_is_no_border() {
    for account in [Some("123456789012"), None] {
        let [apply, read, _] = printed(&production(""), None, account);
        let objects = [
            ("rds:DeleteDBInstance", "db", place("rds", "db:production-legacy")),
            ("rds:ModifyDBInstance", "db", place("rds", "db:production-legacy")),
            ("rds:ModifyDBParameterGroup", "pg", place("rds", "pg:production-legacy")),
            ("elasticache:DeleteReplicationGroup", "replicationgroup", place("elasticache", "replicationgroup:production-x")),
            (
                "autoscaling:DeleteAutoScalingGroup",
                "autoScalingGroup",
                place("autoscaling", "autoScalingGroup:1:autoScalingGroupName/production-x"),
            ),
            ("secretsmanager:DeleteSecret", "Secret", place("secretsmanager", "secret:production-api-AbCdEf")),
            ("ec2:DeleteVpc", "vpc", place("ec2", "vpc/vpc-1")),
            (
                "elasticloadbalancing:DeleteLoadBalancer",
                "loadbalancer/app/",
                place("elasticloadbalancing", "loadbalancer/app/production-x/1"),
            ),
        ];
        for (action, kind, arn) in objects {
            let asked = || Request::new(action, kind, &arn);
            refused(&[&apply, &read], asked());
            refused(&[&apply, &read], asked().of("production-eu"));
            if apply.to_string().contains(action) {
                passes(&[&apply], asked().of("production"));
            }
        }
        let paths = [
            ("logs:DeleteLogGroup", "log-group", place("logs", "log-group:/infra/production-eu/a/r-1")),
            ("ssm:PutParameter", "parameter", place("ssm", "parameter/infra/production-eu/run")),
            ("ssm:GetParameter", "parameter", place("ssm", "parameter/app/key")),
            ("iam:DeleteRole", "role", "arn:aws:iam::123456789012:role/infra/production-eu/us-east-1/x".into()),
        ];
        paths.into_iter().for_each(|(action, kind, arn)| refused(&[&apply, &read], Request::new(action, kind, arn)));
        for action in ["s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:DeleteBucket", "s3:GetBucketPolicy"] {
            let asked = |owner| Request::new(action, "bucket", "arn:aws:s3:::production-exports").with("s3:ResourceAccount", owner);
            refused(&[&apply, &read], asked("666666666666"));
            passes(&[&apply], asked("123456789012"));
        }
    }
}

/// No object of the stack's becomes another's, none loses its stamp, and no foreign one becomes the stack's while it has a stamp.
#[test]
fn nothing_is_stamped_anew() {
    let stack = production("");
    let all: BTreeSet<Kind> = Kind::ALL.iter().copied().collect();
    let none = BTreeSet::new();
    let place = iam::Place { stack: &stack.name, region: "us-east-1", account: None, boundary: None, policies: &none, archives: &none };
    let policy: Value = serde_json::from_str(&iam::apply(place, &all).text()).unwrap();
    let mut tried = 0;
    for (statement, action) in statements(&policy).flat_map(|s| texts(&s["Action"]).into_iter().map(move |a| (s, a))) {
        if REFERENCE[&action]["level"] != "Tagging" {
            continue;
        }
        // Tags of a bucket are replaced as a whole, of which S3 tells IAM nothing.
        if action == "s3:PutBucketTagging" {
            continue;
        }
        tried += 1;
        assert!(deed(&action).is_some(), "{action} gives tags or takes them away");
        // One kind of its resources; AWS supplies the same for all.
        let service = format!(":{}:", action.split(':').next().unwrap());
        if let Some(kind) = REFERENCE[&action]["on"].as_object().unwrap().keys().map(String::as_str).find(|kind| *kind != "-") {
            let own = texts(&statement["Resource"]).into_iter().filter(|r| r == "*" || r.contains(&service));
            for resource in own.map(|r| r.replace('*', "production-x")) {
                let asked = || Request { kind, ..Request::new(&action, "-", &resource) };
                let takes = action.contains("ntag") || action.contains("Remove") || action.contains("Delete");
                let creating = ["", "CreateVpc"].map(|by| {
                    let asked = asked().tagging(&[("infra:stack", "victim")]);
                    if by.is_empty() { asked } else { asked.with(&format!("{}:CreateAction", action.split(':').next().unwrap()), by) }
                });
                creating.into_iter().for_each(|asked| refused(&[&policy], asked));
                refused(&[&policy], asked().of("production").tagging(&[("infra:stack", "victim"), ("team", "x")]));
                refused(&[&policy], asked().of("victim").tagging(&[("infra:stack", "production")]));
                if takes {
                    refused(&[&policy], asked().of("production").with("aws:TagKeys", "infra:stack").with("aws:TagKeys", "team"));
                }
            }
        }
    }
    assert!(tried > 20, "{tried}");
    let bare = Request::new("ec2:DeleteTags", "vpc", "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1").of("production");
    refused(&[&policy], bare.clone());
    passes(&[&policy], bare.with("aws:TagKeys", "team"));
}

/// With a boundary, who applies can't become an administrator, not even with other policies beside this one.
#[test]
fn roles_stay_under_their_boundary() {
    let layer = format!("permissions_boundary: {BOUNDARY}\ncompute: {{ app: {{ policies: ['arn:aws:iam::123456789012:policy/shop'] }} }}");
    let stack = production(&layer);
    assert!(roles(&stack).iter().all(|role| role.permissions_boundary.as_deref() == Some(BOUNDARY)));
    let [apply, ..] = printed(&stack, Some(BOUNDARY), None);
    let admin = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let role = |action: &str| Request::new(action, "role", "arn:aws:iam::123456789012:role/infra/production/us-east-1/x").of("production");
    let stamped = |action: &str| role(action).tagging(&[("infra:stack", "production")]);
    passes(&[&apply], stamped("iam:CreateRole").with("iam:PermissionsBoundary", BOUNDARY));
    refused(&[&apply], stamped("iam:CreateRole"));
    refused(&[&apply], stamped("iam:CreateRole").with("iam:PermissionsBoundary", ADMIN));
    let under = |action: &str| role(action).with("iam:PermissionsBoundary", BOUNDARY);
    passes(&[&apply], under("iam:PutRolePolicy"));
    refused(&[&apply], role("iam:PutRolePolicy"));
    passes(&[&apply], under("iam:AttachRolePolicy").with("iam:PolicyARN", "arn:aws:iam::123456789012:policy/shop"));
    refused(&[&apply], under("iam:AttachRolePolicy").with("iam:PolicyARN", ADMIN));
    refused(&[&apply], role("iam:AttachRolePolicy").with("iam:PolicyARN", "arn:aws:iam::123456789012:policy/shop"));
    passes(&[&apply], under("iam:PutRolePermissionsBoundary"));
    for anyway in [&[&apply][..], &[&apply, &admin]] {
        refused(anyway, role("iam:PutRolePermissionsBoundary").with("iam:PermissionsBoundary", ADMIN));
        refused(anyway, under("iam:DeleteRolePermissionsBoundary"));
        for edit in ["CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"] {
            refused(anyway, Request::new(format!("iam:{edit}"), "policy", BOUNDARY));
        }
    }
    refused(&[&apply], under("iam:UpdateAssumeRolePolicy"));
    // Instances are launched from the stack's own templates, into its own subnets and groups.
    for (kind, path) in
        [("launch-template", "launch-template/lt-1"), ("subnet", "subnet/subnet-1"), ("security-group", "security-group/sg-1")]
    {
        let asked =
            || Request::new("ec2:RunInstances", kind, place("ec2", path)).with("ec2:LaunchTemplate", &place("ec2", "launch-template/lt-1"));
        refused(&[&apply], asked());
        passes(&[&apply], asked().of("production"));
    }
}

/// Within its boundary a role does what the spec gives it, and nothing else, whatever policies it has.
#[test]
fn a_boundary_is_what_roles_need() {
    let stack = production(&format!("{SECRETS}\npermissions_boundary: {BOUNDARY}"));
    let [_, _, bounds] = printed(&stack, Some(BOUNDARY), Some("123456789012"));
    let admin = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let may = |asked: Request| allowed(&[&admin], Some(&bounds), &asked);
    let secret =
        |name: &str| Request::new("secretsmanager:GetSecretValue", "Secret", place("secretsmanager", &format!("secret:{name}-AbCdEf")));
    let kept_for = |name: &str| {
        secret("rds!db-1").with("secretsmanager:ResourceTag/aws:rds:primaryDBInstanceArn", &place("rds", &format!("db:{name}")))
    };
    assert!(may(secret("prod/db")) && may(kept_for("production-main-12345678")) && may(secret("production-x").of("production")));
    assert!(
        !may(secret("prod/db-admin")) && !may(kept_for("shop-main-12345678")) && !may(secret("rds!db-1")) && !may(secret("production-x"))
    );
    let role = Request::new("iam:CreateRole", "role", "arn:aws:iam::123456789012:role/x");
    let parameter = Request::new("ssm:GetParameters", "parameter", place("ssm", "parameter/app/key"));
    assert!(!may(role) && !may(parameter));
    for role in roles(&stack) {
        let written = role.inline_policies.values().flat_map(|d| texts(&d["Statement"][0]["Action"]));
        let known = bounds.to_string();
        written.for_each(|action| assert!(known.contains(&action), "{action}"));
    }
}

const SECRETS: &str = "
compute:
  app:
    env:
      A: { from_secrets_manager: prod/db }
      B: { from_secrets_manager: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf' }
      C: ${database.third.secret_arn}
      D: ${database.own.secret_arn}
database:
  own: { engine: postgres, version: '16.11', instance_class: db.t4g.medium, storage: { size: 20GiB }, subnets: data, manage_master_user_password: false, allow_from: [app] }
  third: { engine: postgres, version: '16.11', instance_class: db.t4g.medium, storage: { size: 20GiB }, subnets: data, allow_from: [app] }
";

/// An instance reads the secrets that it is given, and no others: neither those of other databases nor those whose names begin alike.
#[test]
fn a_role_reads_the_secrets_that_it_is_given() {
    let stack = production(SECRETS);
    let Object::IamRole(role) = &stack.nodes[&"iam_role.app".parse().unwrap()] else { panic!() };
    let output = |part: &Part| if let Part::Output { r#ref, attr } = part { Some(format!("{}.{attr}", r#ref)) } else { None };
    let named: BTreeSet<String> = role.readable.iter().filter_map(|t| t.0.iter().find_map(output)).collect();
    assert_eq!(named, ["db_instance.third.secret_arn", "secret.own.arn"].map(String::from).into());
    let plain: BTreeSet<String> = role.readable.iter().filter_map(Text::plain).collect();
    let document = infra::kinds::iam_role::reading(&json!(plain));
    let may = |name: &str| {
        allowed(
            &[&document],
            None,
            &Request::new("secretsmanager:GetSecretValue", "Secret", place("secretsmanager", &format!("secret:{name}"))),
        )
    };
    assert!(may("prod/db-AbCdEf") && may("other-AbCdEf"));
    assert!(!may("prod/db-admin-AbCdEf") && !may("prod/db-AbCdEfG") && !may("rds!db-0a1b-AbCdEf"));
}

/// The law of names: where a value can be read, no star stands in a secret's name, unless whose secret it is is a condition.
#[test]
fn no_star_stands_in_the_name_of_a_secret() {
    for layer in ["", SECRETS] {
        let stack = production(layer);
        for role in roles(&stack) {
            let own =
                role.readable.iter().flat_map(|t| t.0.clone()).filter_map(|p| if let Part::Literal(arn) = p { Some(arn) } else { None });
            own.for_each(|arn| assert!(!arn.contains('*'), "{arn}"));
            role.inline_policies.values().for_each(|d| assert!(!d.to_string().contains("secretsmanager"), "{d:?}"));
        }
        for policy in printed(&stack, Some(BOUNDARY), Some("123456789012")) {
            for statement in statements(&policy).filter(|s| texts(&s["Action"]).iter().any(|a| a == "secretsmanager:GetSecretValue")) {
                let named = texts(&statement["Resource"]).iter().all(|arn| !arn.contains('*'));
                assert!(named || statement["Condition"].to_string().contains("ResourceTag/"), "{statement:#}");
            }
        }
    }
}

/// Who plans reads no secret's value and no parameter but the stack's notes.
#[test]
fn who_plans_reads_no_secret() {
    let [_, read, _] = printed(&production(SECRETS), None, None);
    let secret =
        || Request::new("secretsmanager:GetSecretValue", "Secret", place("secretsmanager", "secret:production-x-AbCdEf")).of("production");
    refused(&[&read], secret());
    refused(
        &[&read],
        Request::new("kms:Decrypt", "key", place("kms", "key/1")).with("kms:ViaService", "secretsmanager.us-east-1.amazonaws.com"),
    );
    refused(&[&read], Request::new("ssm:GetParameters", "parameter", place("ssm", "parameter/infra/production/x")));
    refused(&[&read], Request::new("ssm:GetParameter", "parameter", place("ssm", "parameter/infra-keys/production")));
    refused(&[&read], Request::new("ssm:GetParametersByPath", "parameter", place("ssm", "parameter/infra-keys")));
    passes(&[&read], Request::new("ssm:GetParametersByPath", "parameter", place("ssm", "parameter/infra/production")));
    assert!(
        statements(&read)
            .flat_map(|s| texts(&s["Action"]))
            .all(|a| ["Read", "List"].contains(&REFERENCE[&a]["level"].as_str().unwrap()) || a == "sts:DecodeAuthorizationMessage")
    );
}

/// What belongs to no kind is allowed, too: notes, and the looks at what a refusal is about.
#[test]
fn what_belongs_to_no_kind_passes() {
    let [apply, read, _] = printed(&production(""), None, None);
    let asked = |action: String| {
        let (kind, resource) = match action.split(':').next().unwrap() {
            "iam" => ("role", "arn:aws:iam::123456789012:role/infra/production/us-east-1/x".into()),
            "logs" => ("log-group", place("logs", "log-group:/infra/production/compute.app/r1-1")),
            "ssm" => ("parameter", place("ssm", "parameter/infra/production/lease/1")),
            _ => ("-", "*".into()),
        };
        Request::new(action, kind, resource)
    };
    GENERAL.read.iter().for_each(|call| passes(&[&read], asked(call.action())));
    GENERAL.read.iter().chain(GENERAL.write).for_each(|call| passes(&[&apply], asked(call.action())));
}

/// Every action is one that AWS has, and every key of a condition one that AWS supplies for it: a statement that never applies would be of no use,
/// and a denial that never does a danger.
#[test]
fn conditions_are_of_keys_that_aws_supplies() {
    let all: BTreeSet<Kind> = Kind::ALL.iter().copied().collect();
    let policies = [ADMIN.to_owned()].into();
    let (mut conditions, mut global) = (0, BTreeSet::new());
    for boundary in [None, Some(BOUNDARY)] {
        let place = iam::Place {
            stack: "shop",
            region: "us-east-1",
            account: None,
            boundary,
            policies: &policies,
            archives: &["builds/app.zip".to_owned()].into(),
        };
        for policy in [iam::apply(place, &all), iam::read_only(place)] {
            for statement in policy.statement {
                for action in &statement.action {
                    let row = REFERENCE.get(action).unwrap_or_else(|| panic!("AWS has no {action}"));
                    let supplied: BTreeSet<String> = row["on"].as_object().unwrap().keys().flat_map(|kind| keys(action, kind)).collect();
                    for key in statement.condition.values().flat_map(|keys| keys.keys()) {
                        conditions += 1;
                        let plain = key.split('/').next().unwrap().to_owned();
                        if plain == "aws:RequestedRegion" {
                            global.insert(plain);
                        } else {
                            assert!(supplied.contains(&plain), "{}: AWS supplies no {key} for {action}", statement.sid);
                        }
                    }
                }
            }
        }
    }
    assert!(conditions > 300 && global.len() == 1, "{conditions} {global:?}");
    for action in GENERAL.read.iter().chain(GENERAL.write).map(|c| c.action()) {
        assert!(REFERENCE.contains_key(&action), "AWS has no {action}");
    }
}

fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    policy["Statement"].as_array().unwrap().iter()
}

fn texts(v: &Value) -> Vec<String> {
    v.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect()
}
