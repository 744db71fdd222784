use infra::kinds::ElasticIp;
use infra::model::Computed;

use super::Case;

pub fn elastic_ip() -> ElasticIp {
    ElasticIp { public_ip: Computed::default(), tags: [("Name".into(), "nat".into())].into() }
}

pub fn case() -> Case {
    let variants = vec![("tags", ElasticIp { tags: [("team".into(), "a b".into())].into(), ..elastic_ip() }.into())];
    Case { address: "elastic_ip.a", world: vec![("elastic_ip.a", elastic_ip().into())], variants }
}
