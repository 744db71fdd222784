//! Lists show what was written a while later.
use std::time::Duration;

use tokio::time::Instant;

use super::state::State;
use super::{Sandbox, broken};
use crate::kinds::Live;
use crate::wire::CloudError;

impl Sandbox {
    /// Until when a list doesn't show the write that is just being made.
    pub(super) fn lag(&self, state: &mut State) -> Instant {
        let most = self.pace.lag.as_millis() as u64;
        let lag = if most == 0 { 0 } else { state.rng.u64(0..=most) };
        let lag = if state.late { 2 * most } else { lag };
        Instant::now() + Duration::from_millis(lag)
    }

    pub(super) fn write(&self, state: &mut State, live: Live) -> Result<(), CloudError> {
        let key = (live.object.kind(), live.id.clone());
        let (until, old) = (self.lag(state), state.objects.get(&key).cloned());
        state.stale.insert(key, (until, old));
        state.put(live).map_err(broken)
    }
}
