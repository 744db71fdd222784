use infra::cloud::{Cloud, Observe};
use infra::kinds::{Kind, Links, Object, Secret};
use infra::model::{self, Computed};
use infra::wire::Class;

use super::replay_world::stamp;
use super::{Case, Sends};
use crate::support::reference::Reference;

pub fn secret() -> Secret {
    Secret { value: None, username: "shop".into(), length: 64, arn: Computed(None), tags: [("Name".into(), "main".into())].into() }
}

pub fn case() -> Case {
    let variants = vec![
        ("username", Secret { username: "other".into(), ..secret() }.into()),
        ("value", Secret { value: Some(model::Secret::new("hunter2")), username: String::new(), ..secret() }.into()),
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

/// A value that is given stands with the service alone: a list shows its fingerprint, and what was only kept can't be made again.
#[tokio::test]
async fn a_value_that_is_given_is_kept_by_the_service_alone() {
    let reference = Reference::start().await;
    let given = model::Secret::new("correct horse \"battery\" staple");
    let secret = Secret { value: Some(given.clone()), username: String::new(), ..secret() };
    let at = stamp("secret.app.API_TOKEN");
    let live = reference.cloud.create(&secret.clone().into(), &Links::default(), &at).await.unwrap();
    let client = aws_sdk_secretsmanager::Client::new(&reference.config);
    let stored = client.get_secret_value().secret_id(&live.id).send().await.unwrap();
    assert_eq!(stored.secret_string(), given.expose());
    // What another process can tell the value by, and nobody else.
    let tagged = client.describe_secret().secret_id(&live.id).send().await.unwrap();
    let kept = tagged.tags().iter().find(|tag| tag.key() == Some("infra:value")).and_then(|tag| tag.value());
    assert!(kept.is_some_and(|kept| kept.starts_with("argon2id.")), "{kept:?}");
    let seen = reference.cloud.list(Kind::Secret, "s").await.unwrap();
    let Object::Secret(found) = &seen[0].object else { panic!("{seen:?}") };
    assert!(found.value == Some(given.clone()) && found.value.as_ref().is_some_and(|v| v.expose().is_none()), "{found:?}");
    let sealed = Secret { value: Some(model::Secret::Sealed(given.fingerprint())), ..secret };
    let refused = reference.cloud.create(&sealed.into(), &Links::default(), &stamp("secret.other")).await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (Class::Invalid, "UnknownSecret"));
}
