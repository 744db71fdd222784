//! One call of a mutating verb, of any kind or of one.
use super::*;

/// One mutating verb and what it is about.
pub enum Call<'a, K = Object> {
    Create { want: &'a K, links: &'a Links, stamp: Stamp },
    Update { live: &'a Live, want: &'a K, links: &'a Links, stamp: Stamp },
    Delete { live: &'a Live },
}

impl<'a> Call<'a> {
    /// The call as one of its own kind, if it is of that kind.
    pub(super) fn narrow<K: Member>(&self) -> Option<Call<'a, K>> {
        Some(match self {
            Call::Create { want, links, stamp } => Call::Create { want: K::of(want)?, links, stamp: stamp.clone() },
            Call::Update { live, want, links, stamp } => Call::Update { live, want: K::of(want)?, links, stamp: stamp.clone() },
            Call::Delete { live } => K::of(&live.object).map(|_| Call::Delete { live })?,
        })
    }

    pub fn kind(&self) -> Kind {
        match self {
            Call::Create { want, .. } | Call::Update { want, .. } => want.kind(),
            Call::Delete { live } => live.object.kind(),
        }
    }
}

/// Deletes an object. If others hold it, the error names them.
pub(super) async fn delete<K: Resource>(cx: &Clients, live: &Live) -> Result<(), CloudError> {
    match K::delete(cx, live).await {
        Err(e) => Err(holders::named::<K>(cx, live, e).await),
        gone => gone,
    }
}

/// Calls `make` in a stack frame of its own. The caller matches over all kinds and each arm puts a future on the heap; were this inlined,
/// the caller's frame would hold room for the futures of all arms at once, at every level of polling.
#[inline(never)]
pub(super) fn apart<T>(make: impl FnOnce() -> T) -> T {
    make()
}
