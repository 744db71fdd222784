//! What the kinds' examples share. Every example has one name, so that each can refer to the others.
use ipnet::Ipv4Net;

use crate::model::Tags;

/// The name of every kind's example: `vpc.main` is `Vpc::example()`.
pub const EXAMPLE: &str = "main";

pub(super) fn block(address: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(address.into(), prefix)
}

pub(super) fn tags() -> Tags {
    [("Name".into(), "example".into())].into()
}
