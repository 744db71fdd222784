use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LayerVersionContentInput;
use infra::files::package::survey;
use infra::kinds::function::{Url, UrlCors, Variable, zipped};
use infra::kinds::{Function, Kind, Object, Ref, Text};
use infra::model::{Ranked, Secret};

use infra::cloud::Observe;
use infra::files::package::pack;
use infra::run::Outcome;

use super::iam_role::role;
use super::load_balancer::network;
use super::log_group::log_group;
use super::{Case, Sends, Why};
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Reaction};
use crate::support::{address, apply, plan_for, settled, stack};

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
        provisioned_concurrency: None,
        url: None,
        routing: None,
        tags: [("Name".into(), "wire".into())].into(),
        version: Default::default(),
        arn: Default::default(),
        address: Default::default(),
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

fn cors() -> UrlCors {
    UrlCors {
        origins: ["https://www.example.com".into(), "http://localhost:8080".into()].into(),
        methods: ["GET".into(), "POST".into()].into(),
        headers: ["content-type".into()].into(),
        expose: ["etag".into()].into(),
        credentials: true,
        max_age: 3600,
    }
}

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
        ("provisioned_concurrency", with(|f| f.provisioned_concurrency = Some(2))),
        (
            "provisioned_concurrency: all that is reserved",
            with(|f| (f.reserved_concurrency, f.provisioned_concurrency) = (Some(1), Some(1))),
        ),
        ("reserved_concurrency", with(|f| f.reserved_concurrency = Some(3))),
        ("role", with(|f| f.role = Ref::to("other"))),
        ("runtime", with(|f| f.runtime = Some("python3.14".into()))),
        ("security_groups", with(|f| f.security_groups = [Ref::to("office")].into())),
        ("subnets", with(|f| f.subnets = [Ref::to("b"), Ref::to("c")].into())),
        ("tags", with(|f| f.tags = [("team".into(), "a b".into())].into())),
        ("url: for all, and for pages of others", with(|f| f.url = Some(Url { public: true, cors: Some(cors()) }))),
        ("url", with(|f| f.url = Some(Url { public: false, cors: None }))),
        ("url: for pages of others", with(|f| f.url = Some(Url { public: false, cors: Some(cors()) }))),
        ("timeout", with(|f| f.timeout = 900)),
    ];
    let mut world = ground();
    world.push(("function.app", base.clone().into()));
    Case { address: "function.app", world, variants }
}

/// Code that lies in S3 is taken from there, in the version that the spec names. An archive that isn't the one whose digest the spec has is refused before
/// anything calls it, and what was called before still is.
#[tokio::test]
async fn code_in_s3_is_the_one_that_the_spec_names() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    cloud.s3().create_bucket().bucket("builds").send().await.unwrap();
    for name in ["hello", "other"] {
        let (archive, _) = pack(Path::new(&code(name))).unwrap();
        cloud.s3().put_object().bucket("builds").key(format!("{name}.zip")).body(archive.into()).send().await.unwrap();
    }
    let want = |source: &str, digest: &str| {
        let mut world = ground();
        let outside = Function { subnets: [].into(), security_groups: [].into(), ..function(digest) };
        world.push(("function.app", Function { source: source.into(), ..outside }.into()));
        stack("wire-s3", world)
    };
    let go = async |want: &infra::stack::Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        (outcome, format!("{events:#?}"))
    };
    let served = async || {
        let live = Observe::list(&cloud, Kind::Function, "wire-s3").await.unwrap().remove(0);
        live.of::<Function>().unwrap().code
    };
    let (first, second) = (want("s3://builds/hello.zip", "hello"), want("s3://builds/other.zip?versionId=aB.c_1", "other"));
    let (outcome, events) = go(&first, "r1").await;
    assert_eq!((outcome, served().await), (Outcome::Applied, function("hello").code), "{events}");
    settled(&cloud, &first, "first").await;

    let (outcome, events) = go(&want("s3://builds/hello.zip", "other"), "r2").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events}");
    assert!(events.contains("is different from current CodeSHA256") && events.contains("the one at s3://builds/hello.zip"), "{events}");
    settled(&cloud, &first, "after a refusal").await;

    let (outcome, events) = go(&second, "r3").await;
    assert_eq!((outcome, served().await), (Outcome::Applied, function("other").code), "{events}");
    let sent = proxy.log().into_iter().rfind(|call| call.operation.ends_with("/code")).unwrap().body;
    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!((&sent["S3Key"], &sent["S3ObjectVersion"], sent.get("ZipFile")), (&"other.zip".into(), &"aB.c_1".into(), None));
    assert_eq!(go(&stack("wire-s3", []), "r4").await.0, Outcome::Applied);
}

/// Instances that can't be made are told with Lambda's reason, and are asked for no more.
#[tokio::test]
async fn instances_that_cannot_be_made_are_given_up() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let want = |provisioned_concurrency| {
        let mut world = ground();
        world.push(("function.app", Function { provisioned_concurrency, ..function("hello") }.into()));
        stack("wire-instances", world)
    };
    let go = async |want, run| apply(&cloud, &plan_for(&cloud, &want).await.unwrap(), run).await;
    assert_eq!(go(want(None), "r1").await.0, Outcome::Applied);
    let asked = AtomicBool::new(false);
    proxy.rule(move |call, _| {
        let about = call.operation.ends_with("/provisioned-concurrency");
        if about && call.mutating {
            asked.store(call.operation.starts_with("PUT"), SeqCst);
        }
        match about && !call.mutating && asked.load(SeqCst) {
            true => Reaction::After {
                status: 200,
                body: r#"{"RequestedProvisionedConcurrentExecutions":2,"Status":"FAILED","StatusReason":"FUNCTION_ERROR_INIT_FAILURE"}"#
                    .into(),
            },
            false => Reaction::Pass,
        }
    });
    let (outcome, events) = go(want(Some(2)), "r2").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events:#?}");
    assert!(format!("{events:?}").contains("FUNCTION_ERROR_INIT_FAILURE"), "{events:#?}");
    proxy.reset();
    settled(&cloud, &want(None), "given up").await;
    let name = Observe::list(&cloud, Kind::Function, "wire-instances").await.unwrap().remove(0).id;
    let left = cloud.lambda().get_provisioned_concurrency_config().function_name(name).qualifier("live").send().await;
    assert!(left.unwrap_err().into_service_error().is_provisioned_concurrency_config_not_found_exception());
}

/// Layers are taken in their order, changed in place, and mended where somebody changes them.
#[tokio::test]
async fn layers_come_in_their_order() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let (archive, _) = pack(Path::new(&code("hello"))).unwrap();
    let content = LayerVersionContentInput::builder().zip_file(Blob::new(archive)).build();
    let mut layers = vec![];
    for name in ["below", "above", "above"] {
        let made = cloud.lambda().publish_layer_version().layer_name(name).content(content.clone()).send().await.unwrap();
        layers.push(made.layer_version_arn.unwrap());
    }
    let want = |layers: &[&String]| {
        let layers = Ranked(
            layers.iter().map(|arn| arn.rsplit_once(':').map(|(layer, version)| (layer.to_owned(), version.to_owned())).unwrap()).collect(),
        );
        let mut world = ground();
        world.push(("function.app", Function { layers, ..function("hello") }.into()));
        stack("wire-layers", world)
    };
    let read = async || {
        let name = Observe::list(&cloud, Kind::Function, "wire-layers").await.unwrap().remove(0).id;
        let seen = cloud.lambda().get_function_configuration().function_name(&name).qualifier("live").send().await.unwrap();
        (name, seen.layers.unwrap_or_default().into_iter().filter_map(|layer| layer.arn).collect::<Vec<_>>())
    };
    let ways: [&[&String]; 4] = [&[&layers[0], &layers[1]], &[&layers[1], &layers[0]], &[&layers[2]], &[]];
    for (n, way) in ways.iter().enumerate() {
        let (want, run) = (want(way), format!("r{n}"));
        let (outcome, events) = apply(&cloud, &plan_for(&cloud, &want).await.unwrap(), &run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        settled(&cloud, &want, &run).await;
        let (name, seen) = read().await;
        assert_eq!(&seen.iter().collect::<Vec<_>>(), way, "{run}");
        // Nobody calls what somebody changes by hand until it is published and the alias moved.
        cloud.lambda().update_function_configuration().function_name(&name).layers(&layers[0]).send().await.unwrap();
        let version = loop {
            // Until it has been changed nothing else can be done with it.
            match cloud.lambda().publish_version().function_name(&name).send().await {
                Ok(made) => break made.version.unwrap(),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        cloud.lambda().update_alias().function_name(&name).name("live").function_version(version).send().await.unwrap();
        let plan = plan_for(&cloud, &want).await.unwrap();
        let paths: Vec<&str> = plan.changes.iter().flat_map(|c| &c.attrs).map(|a| a.path.as_str()).collect();
        assert!(!paths.is_empty() && paths.iter().all(|path| path.starts_with("layers")), "{run} {paths:?}");
        assert_eq!(apply(&cloud, &plan, &format!("{run}m")).await.0, Outcome::Applied);
        assert_eq!(&read().await.1.iter().collect::<Vec<_>>(), way, "{run}: mended");
    }
}

pub const SENDS: Sends = Sends {
    kind: Kind::Function,
    lists: &["GetResources"],
    creates: &[
        ("POST /2015-03-31/functions", 1),
        ("POST /2015-03-31/functions/NAME/versions", 1),
        ("POST /2015-03-31/functions/NAME/aliases", 1),
    ],
    unseen: &[("DescribeAlarms", Why::Replay("gate")), ("GetMetricData", Why::Replay("gate"))],
};

/// A function that leaves its subnets and its group is what it was until nothing can fail any more; then the version that stood there goes, and with it the
/// network interfaces that hold what it has left.
#[tokio::test]
async fn what_a_function_has_left_can_be_deleted() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let base = stack("wire-left", ground());
    let mut inside = base.clone();
    let office = base.nodes[&address("security_group.office")].clone();
    inside.nodes.insert(address("security_group.own"), office);
    let own = Function { security_groups: [Ref::to("own")].into(), subnets: [Ref::to("b"), Ref::to("c")].into(), ..function("hello") };
    inside.nodes.insert(address("function.app"), own.into());
    let mut outside = base.clone();
    outside.nodes.remove(&address("subnet.c"));
    outside.nodes.insert(address("function.app"), Function { security_groups: [].into(), subnets: [].into(), ..function("other") }.into());
    for (want, run) in [(&inside, "r1"), (&outside, "r2")] {
        let plan = plan_for(&cloud, want).await.unwrap();
        let long = plan.steps.iter().filter(|s| s.typical.as_secs() >= 1200).map(|s| s.address.to_string()).collect::<Vec<_>>();
        assert_eq!(long, if run == "r2" { vec!["security_group.own", "subnet.c"] } else { vec![] }, "what it leaves is held for a while");
        assert_eq!(plan.expected.as_secs() >= 1200, run == "r2");
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        settled(&cloud, want, run).await;
    }
    let (outcome, events) = apply(&cloud, &plan_for(&cloud, &stack("wire-left", [])).await.unwrap(), "r3").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
}
