//! The lease and what a stranger needs, as parameters of the real API's shape.
use infra::wire::Notes;

use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Reaction};

#[tokio::test]
async fn notes_are_new_once_and_read_in_pages() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    assert!(cloud.notes("shop").await.unwrap().is_empty());
    assert!(cloud.note_new("shop/lease/1", "one").await.unwrap());
    assert!(!cloud.note_new("shop/lease/1", "two").await.unwrap(), "it is there already");
    cloud.note("shop/lease/1", "three").await.unwrap();
    for n in 0..25 {
        cloud.note(&format!("shop/plan/{n}"), &"x".repeat(4096)).await.unwrap();
    }
    cloud.note("shopping/lease/1", "another stack's").await.unwrap();
    proxy.reset();
    let all = cloud.notes("shop").await.unwrap();
    assert_eq!((all.len(), all["shop/lease/1"].as_str()), (26, "three"));
    assert_eq!(proxy.counts()["GetParametersByPath"], 3, "ten a page");
    assert_eq!(cloud.notes("shop/lease").await.unwrap().len(), 1);
    cloud.forget(&all.into_keys().collect::<Vec<_>>()).await.unwrap();
    cloud.forget(&["shop/lease/1".to_owned()]).await.unwrap();
    assert!(cloud.notes("shop").await.unwrap().is_empty());
    assert_eq!(cloud.notes("shopping").await.unwrap().len(), 1);
}

/// The answer to the decisive request is lost: whoever wrote the note is told so, and nobody else.
#[tokio::test]
async fn a_lost_answer_does_not_hide_who_won() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    proxy.rule(|call, n| if call.operation == "PutParameter" && n == 0 { Reaction::CutAfter } else { Reaction::Pass });
    assert!(cloud.note_new("shop/lease/1", "mine").await.unwrap(), "it was written, and it is ours");
    proxy.reset();
    proxy.rule(|call, n| if call.operation == "PutParameter" && n == 0 { Reaction::CutAfter } else { Reaction::Pass });
    assert!(!cloud.note_new("shop/lease/1", "theirs").await.unwrap(), "it was not");
    proxy.reset();
    proxy.rule(|call, n| if call.operation == "PutParameter" && n == 0 { Reaction::Cut } else { Reaction::Pass });
    let unknown = cloud.note_new("shop/lease/2", "mine").await;
    assert!(unknown.is_err(), "nothing was written: {unknown:?}");
}
