use infra::cloud::Observe;
use infra::kinds::listener::{Action, Redirect};
use infra::kinds::{Certificate, Kind, Listener, Object, Ref, foreign};
use infra::run::Outcome;

use super::certificate::certificate;
use super::load_balancer::{load_balancer, network};
use super::target_group::target_group;
use super::{Case, Sends, check};
use crate::support::moto::Moto;
use crate::support::{address, apply, plan_for, stack};

pub fn listener() -> Listener {
    Listener {
        waits_for: [].into(),
        load_balancer: Ref::to("main"),
        port: 80,
        protocol: "HTTP".into(),
        certificate: None,
        certificates: [].into(),
        ssl_policy: None,
        action: Action::Forward(Ref::to("app")),
        tags: [("Name".into(), "wire".into())].into(),
    }
}

fn around(base: Listener, variants: Vec<(&'static str, Listener)>) -> Case {
    let mut world = network();
    world.extend([
        ("load_balancer.main", load_balancer().into()),
        ("load_balancer.other", load_balancer().into()),
        ("target_group.app", target_group().into()),
        ("target_group.next", target_group().into()),
        ("listener.http", base.into()),
    ]);
    Case { address: "listener.http", world, variants: variants.into_iter().map(|(what, l)| (what, l.into())).collect() }
}

pub fn case() -> Case {
    let base = listener();
    let redirect = Action::Redirect(Redirect::to(443, "HTTPS"));
    let variants = vec![
        ("action, another group", Listener { action: Action::Forward(Ref::to("next")), ..base.clone() }),
        ("action, a redirect", Listener { action: redirect, ..base.clone() }),
        ("load_balancer", Listener { load_balancer: Ref::to("other"), ..base.clone() }),
        ("port", Listener { port: 8080, ..base.clone() }),
        ("tags", Listener { tags: [("team".into(), "a b".into())].into(), ..base.clone() }),
    ];
    around(base, variants)
}

/// What has to do with certificates; apart, because these must be there first.
#[tokio::test]
async fn a_listener_speaks_tls() {
    let moto = Moto::start().await;
    let iam = aws_sdk_iam::Client::new(&Moto::config(&moto.endpoint));
    let mut arns = vec![];
    for name in ["one", "two"] {
        let request = iam.upload_server_certificate().server_certificate_name(name).certificate_body("body").private_key("key");
        let made = request.send().await.unwrap().server_certificate_metadata.unwrap();
        arns.push(made.arn().to_owned());
    }
    let policy = |s: &str| Some(s.to_owned());
    let base = Listener {
        port: 443,
        protocol: "HTTPS".into(),
        certificate: Some(Ref::to(foreign(&arns[0]))),
        ssl_policy: policy("ELBSecurityPolicy-TLS13-1-2-2021-06"),
        ..listener()
    };
    let variants = vec![
        ("certificate", Listener { certificate: Some(Ref::to(foreign(&arns[1]))), ..base.clone() }),
        ("protocol, and with it certificate and policy", Listener { port: 443, ..listener() }),
        ("ssl_policy", Listener { ssl_policy: policy("ELBSecurityPolicy-FS-1-2-Res-2020-10"), ..base.clone() }),
    ];
    check(&Moto::clients(&moto.endpoint), around(base, variants)).await;
}

/// A listener with a certificate of the stack, and another that it may have instead.
pub fn certified() -> Case {
    let base = Listener {
        port: 443,
        protocol: "HTTPS".into(),
        certificate: Some(Ref::to("www")),
        ssl_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into()),
        ..listener()
    };
    let next = Listener { certificate: Some(Ref::to("next")), ..base.clone() };
    let more = |names: &[&str]| Listener { certificates: names.iter().map(|n| Ref::to(*n)).collect(), ..base.clone() };
    let more = [("certificates, one", more(&["next"])), ("certificates, two", more(&["next", "last"]))];
    let others = vec![("certificate", next), ("no certificate", Listener { port: 443, ..listener() })];
    let mut case = around(base.clone(), others.into_iter().chain(more).collect());
    let all = ["certificate.www", "certificate.next", "certificate.last"];
    case.world.extend(all.map(|name| (name, certificate().into())));
    case
}

#[tokio::test]
async fn a_listener_follows_its_certificate() {
    let moto = Moto::start().await;
    check(&Moto::clients(&moto.endpoint), certified()).await;
    let cloud = Moto::clients(&moto.endpoint);
    let base = stack("wire-follows", certified().world);
    let mut wider = base.clone();
    let names = ["example.com", "*.example.com", "example.org"].map(String::from).into();
    wider.nodes.insert(address("certificate.www"), Certificate { names, ..certificate() }.into());
    let Object::Listener(speaks) = base.nodes[&address("listener.http")].clone() else { panic!("no listener") };
    let more = Listener { certificates: [Ref::to("next")].into(), ..speaks.into_inner() };
    wider.nodes.insert(address("listener.http"), more.into());
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&Moto::config(&moto.endpoint));
    let mut theirs = None;
    for (run, want) in [("r1", &base), ("r2", &wider), ("r3", &base)] {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        // What others have added stays.
        let listener = Observe::list(&cloud, Kind::Listener, "wire-follows").await.unwrap().remove(0).id;
        if theirs.is_none() {
            let iam = aws_sdk_iam::Client::new(&Moto::config(&moto.endpoint));
            let request = iam.upload_server_certificate().server_certificate_name("theirs").certificate_body("body").private_key("key");
            let arn = request.send().await.unwrap().server_certificate_metadata.unwrap().arn;
            let one = aws_sdk_elasticloadbalancingv2::types::Certificate::builder().certificate_arn(&arn).build();
            elb.add_listener_certificates().listener_arn(&listener).certificates(one).send().await.unwrap();
            theirs = Some(arn);
        }
        let seen = elb.describe_listener_certificates().listener_arn(&listener).send().await.unwrap();
        let seen: Vec<_> =
            seen.certificates().iter().filter(|c| c.is_default() != Some(true)).map(|c| c.certificate_arn().unwrap()).collect();
        assert!(seen.contains(&theirs.as_deref().unwrap()) && seen.len() == if run == "r2" { 2 } else { 1 }, "{run}: {seen:?}");
    }
    let list = async |kind| Observe::list(&cloud, kind, "wire-follows").await.unwrap();
    let (listeners, certificates) = (list(Kind::Listener).await, list(Kind::Certificate).await);
    let www = certificates.iter().find(|c| c.stamp.address == address("certificate.www")).unwrap();
    assert_eq!((www.stamp.run.as_str(), certificates.len()), ("r3", 3));
    assert!(listeners[0].points.contains(&www.id), "{listeners:#?}");
}

pub const SENDS: Sends = Sends { kind: Kind::Listener, lists: &["DescribeLoadBalancers"], creates: &[("CreateListener", 2)], unseen: &[] };
