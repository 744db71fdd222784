//! Every written form of a stamp goes round.
use super::*;

/// What others tag stays theirs: it is neither read as the user's nor among what may be removed.
#[test]
fn tags_of_others_are_not_ours() {
    let address = Address::new(Kind::Vpc, "main");
    let stamp = Stamp {
        stack: "s".into(),
        address,
        run: "0123456789ab".into(),
        step: 7,
        identity: "abc123".into(),
        digest: "0123456789abcdef01".into(),
    };
    let user: Tags = (0..46).map(|i| (format!("key {i}"), "x".to_owned())).collect();
    let mut all = stamp.tags(&user);
    assert!(all[TAG_DIGEST].len() <= 256);
    all.extend([("billing:owner".to_owned(), "them".to_owned()), ("aws:cloudformation:stack-name".to_owned(), "x".to_owned())]);
    let (read, tags) = Stamp::read("s", all.clone()).expect("its own form");
    assert_eq!((read.digest.as_str(), read.identity.as_str(), &tags), ("0123456789abcdef", "abc123", &user));
    let old = Stamp { identity: String::new(), ..stamp.clone() };
    assert_eq!(Stamp::read("s", old.tags(&user)).map(|(s, _)| s.identity), Some(String::new()), "a stamp of an earlier version");
    assert_eq!((old.renewed(&stamp), stamp.renewed(&old)), (stamp.clone(), stamp.clone()));
    assert_eq!(Stamp::own(all), stamp.tags(&user));
    let (_, none) = Stamp::read("s", stamp.tags(&Tags::new()).into_iter().chain([("theirs".into(), "x".into())])).expect("its own form");
    assert!(none.is_empty(), "{none:?}");
    assert_eq!(Stamp::from_line("s", &stamp.line()).map(|s| s.step), Some(7));
}

#[test]
fn comments_go_round() {
    let stamp = Stamp {
        stack: "s".into(),
        address: Address::new(Kind::DnsRecord, "certificate.www.example.com"),
        run: "0123456789ab".into(),
        step: 7,
        identity: "abc123".into(),
        digest: "0123456789".into(),
    };
    let read = Stamp::from_comment(&stamp.comment("s-abc"), "s", "s-abc").expect("its own form");
    assert_eq!(read, Stamp { digest: "01234567".into(), ..stamp.clone() });
    assert!(Stamp::from_comment(&stamp.comment("s-abc"), "other", "other-abc").is_none(), "another stack's is nobody's here");
    assert!(Stamp::from_comment(&stamp.comment("s-abc"), "s", "s-def").is_none(), "nor is an equally named one's of another place");
    assert_eq!(Stamp::from_comment(&stamp.comment("s"), "s", "s-abc").map(|s| s.digest), Some(String::new()), "an old mark is renewed");
}
