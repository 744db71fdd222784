//! Whose run it is that something is asked of.
use super::failure::Failure;
use crate::cloud::Backend;
use crate::cloud::lease::{Holder, Lease, Standing, Terms, newest, standing};
use crate::visible::visible;

/// The lease of the run that goes on, with its number; `None` when nobody holds one. Refused where nobody would hear, and where it is another run than the one
/// that was named.
pub async fn holder(world: &Backend, stack: &str, terms: &Terms, run: Option<&str>) -> Result<Option<(u64, Lease)>, Failure> {
    let notes = world.read_only().notes(stack).await?;
    let lease = match standing(stack, &notes, terms) {
        Standing::Free => return Ok(None),
        Standing::Alive(lease) | Standing::Silent(lease) => lease,
        Standing::Dead(lease) => {
            let message = format!("{} died, so there is nobody to hear it", lease.holder);
            return Err(Failure::wish(message, "`infra recover` takes its run back; `infra recover --forward` goes on with it"));
        }
        Standing::Unreadable => {
            let message = format!("the lease of {stack} can't be read by this version of infra");
            return Err(Failure::wish(message, "use the version that its holder uses"));
        }
    };
    let now = lease.run.as_deref().unwrap_or("none yet");
    if let Some(named) = run.filter(|named| *named != now) {
        let message = format!("the run that goes on is {}, not {}", visible(now), visible(named));
        return Err(Failure::wish(message, "look again with `infra status`"));
    }
    Ok(newest(stack, &notes).map(|(number, _)| (number, lease)))
}

/// Who asks, as the run will name them: with the CI job, where there is one.
pub fn asker() -> String {
    let me = Holder::me();
    me.job.as_ref().map_or_else(|| me.to_string(), |job| format!("{me}, {job}"))
}

/// Refuses what is asked of nobody.
pub fn nobody(stack: &str) -> Failure {
    Failure::wish(format!("nothing runs on {stack}"), "look with `infra status`: the run may be over, or of another stack or region")
}
