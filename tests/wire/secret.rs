use infra::kinds::{Kind, Secret};
use infra::model::Computed;

use super::{Case, Sends};

pub fn secret() -> Secret {
    Secret { username: "shop".into(), length: 64, arn: Computed(None), tags: [("Name".into(), "main".into())].into() }
}

pub fn case() -> Case {
    let variants = vec![
        ("username", Secret { username: "other".into(), ..secret() }.into()),
        ("tags", Secret { tags: [("team".into(), "a b".into())].into(), ..secret() }.into()),
    ];
    Case { address: "secret.main", world: vec![("secret.main", secret().into())], variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::Secret,
    lists: &["ListSecrets"],
    creates: &[("GetRandomPassword", 1), ("CreateSecret", 1), ("ListSecrets", 1)],
    unseen: &[],
};
