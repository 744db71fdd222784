//! What tests share that replay answers: a stamp, resolved references, a look at a request.
use infra::kinds::{Links, Live, Object, Stamp};

use crate::support::address;

/// Whether a request has all these parts.
pub fn has(request: &str, parts: &[&str]) {
    for part in parts {
        assert!(request.contains(part), "{part} in {request}");
    }
}

/// The stamp of a step of a run.
pub fn stamp(at: &str) -> Stamp {
    Stamp { stack: "s".into(), address: address(at), run: "r".into(), step: 7, identity: String::new(), digest: "0123456789abcdef".into() }
}

/// A world in which each object has `id-` and its own address as physical id.
pub fn links(world: impl IntoIterator<Item = (&'static str, Object)>) -> Links {
    Links(world.into_iter().map(|(at, object)| (address(at), Live::found(format!("id-{at}"), object, stamp(at)))).collect())
}
