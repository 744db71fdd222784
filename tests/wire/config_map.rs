use infra::kinds::{ConfigMap, Kind, Ref};
use infra::model::Computed;

use super::namespace::around;
use super::{Case, Sends};

pub fn map() -> ConfigMap {
    ConfigMap {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "shop-1".into(),
        data: [("app.toml".into(), "greeting = \"good $(day)\"\n".into())].into(),
        uid: Computed::default(),
    }
}

pub fn case() -> Case {
    let other = |key: &str, content: &str| ConfigMap { name: "shop-2".into(), data: [(key.into(), content.into())].into(), ..map() };
    let variants = vec![
        ("data and name", other("app.toml", "greeting = 'good night'").into()),
        ("data: another file, and name", other("other.toml", "").into()),
        ("name", ConfigMap { name: "shop-2".into(), ..map() }.into()),
    ];
    let world = around().into_iter().chain([("config_map.shop", map().into())]).collect();
    Case { address: "config_map.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::ConfigMap, lists: &[], creates: &[], unseen: &[] };
