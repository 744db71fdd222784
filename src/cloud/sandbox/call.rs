//! A call: what it is about, and how long it takes.
use std::time::Duration;

use crate::kinds::{Call, Kind, Typical};

/// What a call is about, where it is there already.
pub(super) fn key(call: &Call<'_>) -> Option<(Kind, String)> {
    match call {
        Call::Create { .. } => None,
        Call::Update { live, .. } | Call::Delete { live } => Some((live.object.kind(), live.id.clone())),
    }
}

/// How long the call usually takes.
pub(super) fn typical(call: &Call<'_>) -> Duration {
    let Typical { create, delete, .. } = call.kind().typical();
    match call {
        Call::Create { .. } => create,
        Call::Update { live, want, .. } => Typical::updating(&live.object, want),
        Call::Delete { .. } => delete,
    }
}
