//! How objects fare: well, but where somebody wants to see it otherwise.
use super::{Sandbox, broken};
use crate::kinds::{Address, Bent, Live, Near, Sign};
use crate::wire::CloudError;

impl Sandbox {
    /// Lets an object fare as somebody wants to see it: `targets` of a target group to `1`. It holds for this process.
    pub fn bend(&self, address: Address, word: &str, value: &str) {
        self.state.borrow_mut().bent.entry(address).or_default().insert(word.into(), value.into());
    }

    pub(super) fn fares(&self, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let (mut state, nothing) = (self.state.borrow_mut(), Bent::new());
        state.admitted()?;
        state.catch_up().map_err(broken)?;
        let me = Address::new(live.object.kind(), &live.id);
        let Some(now) = state.objects.get(&(me.kind, me.name.clone())) else { return Ok(vec![]) };
        Ok(now.object.fares(&me, Near(&*state), state.bent.get(&live.stamp.address).unwrap_or(&nothing)))
    }
}
