use infra::kinds::{Certificate, Kind};
use infra::model::Computed;

use super::{Case, Sends};

pub fn certificate() -> Certificate {
    Certificate {
        domain: "example.com".into(),
        names: ["example.com", "*.example.com"].map(String::from).into(),
        validation: Computed::default(),
        tags: [("Name".into(), "www".into())].into(),
    }
}

/// The emulator issues a certificate when it is looked at, without any record.
pub fn case() -> Case {
    let base = certificate();
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    let variants = vec![
        ("domain", Certificate { domain: "*.example.com".into(), ..base.clone() }.into()),
        ("one name more", Certificate { names: names(&["example.com", "*.example.com", "example.org"]), ..base.clone() }.into()),
        ("one name", Certificate { names: names(&["example.com"]), ..base.clone() }.into()),
        ("tags", Certificate { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    Case { address: "certificate.www", world: vec![("certificate.www", base.into())], variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Certificate, lists: &["GetResources"], creates: &[], unseen: &[] };
