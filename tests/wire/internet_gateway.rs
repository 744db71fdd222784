use infra::kinds::{InternetGateway, Kind, Ref};

use super::vpc::vpc;
use super::{Case, Sends};

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

pub const SENDS: Sends = Sends {
    kind: Kind::InternetGateway,
    lists: &["DescribeInternetGateways"],
    creates: &[("CreateInternetGateway", 1), ("AttachInternetGateway", 1)],
    unseen: &[],
};
