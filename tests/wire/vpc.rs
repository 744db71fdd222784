use infra::kinds::{Kind, Vpc};

use super::{Case, Sends};

pub fn vpc() -> Vpc {
    Vpc { cidr: "10.0.0.0/16".parse().unwrap(), dns_hostnames: true, tags: [("Name".into(), "wire".into())].into() }
}

pub fn case() -> Case {
    let variants = vec![
        ("cidr", Vpc { cidr: "10.1.0.0/16".parse().unwrap(), ..vpc() }.into()),
        ("dns_hostnames", Vpc { dns_hostnames: false, ..vpc() }.into()),
        ("a tag changed", Vpc { tags: [("Name".into(), "other".into())].into(), ..vpc() }.into()),
        ("a tag removed", Vpc { tags: [].into(), ..vpc() }.into()),
    ];
    Case { address: "vpc.main", world: vec![("vpc.main", vpc().into())], variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::Vpc,
    // Attributes for each VPC that is ours: DescribeVpcs doesn't show them.
    lists: &["DescribeVpcAttribute", "DescribeVpcs"],
    creates: &[("CreateVpc", 1), ("ModifyVpcAttribute", 1)],
    unseen: &[],
};
