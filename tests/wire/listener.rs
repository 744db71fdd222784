use infra::kinds::listener::Action;
use infra::kinds::{Listener, Ref, foreign};

use super::load_balancer::{load_balancer, network};
use super::target_group::target_group;
use super::{Case, check};
use crate::support::moto::Moto;

pub fn listener() -> Listener {
    Listener {
        waits_for: [].into(),
        load_balancer: Ref::to("main"),
        port: 80,
        protocol: "HTTP".into(),
        certificate: None,
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
    let redirect = Action::Redirect { port: 443, protocol: "HTTPS".into() };
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
