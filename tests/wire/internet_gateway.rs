use infra::kinds::{InternetGateway, Ref};

use super::Case;
use super::vpc::vpc;

pub fn internet_gateway() -> InternetGateway {
    InternetGateway { vpc: Ref::to("main"), tags: [("Name".into(), "door".into())].into() }
}

pub fn case() -> Case {
    let base = internet_gateway();
    let world = vec![
        ("vpc.main", vpc().into()),
        ("vpc.other", infra::kinds::Vpc { cidr: "10.9.0.0/16".parse().unwrap(), ..vpc() }.into()),
        ("internet_gateway.main", base.clone().into()),
    ];
    let variants = vec![
        ("vpc", InternetGateway { vpc: Ref::to("other"), ..base.clone() }.into()),
        ("tags", InternetGateway { tags: [("team".into(), "a b".into())].into(), ..base }.into()),
    ];
    Case { address: "internet_gateway.main", world, variants }
}
