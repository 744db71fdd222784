use std::path::Path;

use infra::files::package::survey;
use infra::kinds::function::{Variable, zipped};
use infra::kinds::{Function, Kind, Object, Ref, Text};
use infra::model::{Ranked, Secret};

use super::iam_role::role;
use super::load_balancer::network;
use super::log_group::log_group;
use super::{Case, Sends};

/// Where the code of tests lies.
pub fn code(name: &str) -> String {
    format!("{}/tests/support/code/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A function in two subnets, with the code of a folder.
pub fn function(folder: &str) -> Function {
    let source = code(folder);
    Function {
        package: "Zip".into(),
        code: zipped(&survey(Path::new(&source)).unwrap().sha256),
        source,
        runtime: Some("python3.13".into()),
        handler: Some("app.handler".into()),
        architecture: "arm64".into(),
        memory_mib: 256,
        timeout: 10,
        role: Ref::to("function"),
        log_group: Ref::to("a"),
        subnets: [Ref::to("a"), Ref::to("b")].into(),
        security_groups: [Ref::to("balancer")].into(),
        layers: Ranked(vec![]),
        env: [
            ("GREETING".into(), Variable::Plain(Text::literal("hello"))),
            ("TOKEN".into(), Variable::Secret(Secret::new("a secret of the wire"))),
        ]
        .into(),
        reserved_concurrency: None,
        tags: [("Name".into(), "wire".into())].into(),
        version: Default::default(),
        arn: Default::default(),
    }
}

/// What a function stands on.
pub fn ground() -> Vec<(&'static str, Object)> {
    let mut world = network();
    world.extend([
        ("iam_role.function", role("lambda.amazonaws.com").into()),
        ("iam_role.other", role("lambda.amazonaws.com").into()),
        ("log_group.a", log_group().into()),
        ("log_group.b", log_group().into()),
    ]);
    world
}

/// Layers are in a replay: the emulator takes only those that were made there.
pub fn case() -> Case {
    let base = function("hello");
    let with = |change: fn(&mut Function)| {
        let mut other = base.clone();
        change(&mut other);
        Object::from(other)
    };
    let variants = vec![
        ("architecture", with(|f| f.architecture = "x86_64".into())),
        ("code", Function { env: base.env.clone(), ..function("other") }.into()),
        ("env: another value", with(|f| drop(f.env.insert("GREETING".into(), Variable::Plain(Text::literal("good day")))))),
        ("env: another secret", with(|f| drop(f.env.insert("TOKEN".into(), Variable::Secret(Secret::new("another one of the wire")))))),
        ("env: a secret is none any more", with(|f| drop(f.env.insert("TOKEN".into(), Variable::Plain(Text::literal("in the clear")))))),
        ("env: none", with(|f| f.env = Default::default())),
        ("handler", with(|f| f.handler = Some("app.other".into()))),
        ("log_group", with(|f| f.log_group = Ref::to("b"))),
        ("memory_mib", with(|f| f.memory_mib = 512)),
        ("out of the VPC", with(|f| (f.subnets, f.security_groups) = Default::default())),
        ("package", {
            let image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/thumbnails@sha256:";
            let code = format!("{image}9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
            let base = base.clone();
            Function { package: "Image".into(), code, source: String::new(), runtime: None, handler: None, ..base }.into()
        }),
        ("reserved_concurrency", with(|f| f.reserved_concurrency = Some(3))),
        ("role", with(|f| f.role = Ref::to("other"))),
        ("runtime", with(|f| f.runtime = Some("python3.14".into()))),
        ("security_groups", with(|f| f.security_groups = [Ref::to("office")].into())),
        ("subnets", with(|f| f.subnets = [Ref::to("b"), Ref::to("c")].into())),
        ("tags", with(|f| f.tags = [("team".into(), "a b".into())].into())),
        ("timeout", with(|f| f.timeout = 900)),
    ];
    let mut world = ground();
    world.push(("function.app", base.clone().into()));
    Case { address: "function.app", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Function, lists: &["GetResources"], creates: &[], unseen: &[] };
