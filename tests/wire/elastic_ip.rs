use infra::kinds::{ElasticIp, Kind};
use infra::model::Computed;

use super::{Case, Sends};

pub fn elastic_ip() -> ElasticIp {
    ElasticIp { public_ip: Computed::default(), tags: [("Name".into(), "nat".into())].into() }
}

pub fn case() -> Case {
    let variants = vec![("tags", ElasticIp { tags: [("team".into(), "a b".into())].into(), ..elastic_ip() }.into())];
    Case { address: "elastic_ip.a", world: vec![("elastic_ip.a", elastic_ip().into())], variants }
}

pub const SENDS: Sends = Sends { kind: Kind::ElasticIp, lists: &["DescribeAddresses"], creates: &[("AllocateAddress", 3)], unseen: &[] };
