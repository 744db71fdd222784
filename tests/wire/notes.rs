//! The lease and what a stranger needs, as parameters of the real API's shape.
use std::time::{Duration, SystemTime};

use infra::cloud::lease::{Asks, AtGate, Headway, Holder, Standing, Terms, Wish, ask, standing, take};
use infra::wire::Notes;
use tokio::sync::SetOnce;

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

/// What somebody else asks of a run reaches it over the wire with the read of its own lease, and the lease tells at which gates it stands.
#[tokio::test]
async fn a_wish_comes_with_the_lease() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let (cloud, other) = (Moto::clients(&proxy.endpoint), Moto::clients(&moto.endpoint));
    let terms = Terms { beat: Duration::from_millis(300), clock: SystemTime::now, ..Terms::CLOUD };
    let asks = Asks { stack: "shop", command: "apply", holder: Holder::me(), terms, timeout: Duration::ZERO, tell: &|_, _| {} };
    let mut keeper = take(&cloud, &cloud.policy, asks).await.unwrap().unwrap();
    let gate = AtGate { step: 4, entry: "compute.app".into(), share: 10, next: Some(50), told: "x".repeat(9000), asks: true };
    let headway = || Headway { done: 1, of: 9, gates: vec![gate.clone(); 9] };
    let (ended, wishes) = (SetOnce::new(), keeper.wishes.clone());
    let asked = async {
        ask(&other, "shop", 1, &Wish::Approve(4, "ana@laptop".into())).await.unwrap();
        ask(&other, "shop", 1, &Wish::Abort("ben@phone".into())).await.unwrap();
        let heard = [wishes.next().await, wishes.next().await];
        assert!(heard.contains(&Wish::Approve(4, "ana@laptop".into())) && heard.contains(&Wish::Abort("ben@phone".into())), "{heard:?}");
        // The sign of life that heard of it tells how far the run has come.
        let gates = loop {
            let notes = other.notes("shop").await.unwrap();
            let Standing::Alive(lease) = standing("shop", &notes, &terms) else { panic!("{notes:?}") };
            if !lease.gates.is_empty() {
                break lease.gates;
            }
        };
        assert_eq!((gates.len(), gates[0].told.len()), (5, 200), "the note stays a note");
        ended.set(()).unwrap();
    };
    proxy.reset();
    tokio::join!(keeper.keep(&ended, headway), asked);
    let counts = proxy.counts();
    assert_eq!(counts["GetParametersByPath"], counts["PutParameter"], "a read and a write a sign of life: {counts:?}");
}
