//! Which fields of `monitoring` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Other, Same};

pub const FIELDS: Fields = &[(Kind::Topic, &[("display_name", "stack", Other), ("subscribers", "monitoring.notify", Same)])];
