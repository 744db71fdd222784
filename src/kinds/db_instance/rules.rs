//! What RDS refuses of an instance.
use super::*;
use crate::diag::Code;

/// Storage that grows by itself has a tenth of room at least ("Managing capacity automatically with Amazon RDS storage autoscaling" in the user guide).
pub(super) fn storage(d: &DbInstance) -> Vec<Breach> {
    let least = d.allocated_storage + (d.allocated_storage + 9) / 10;
    let low = d.max_allocated_storage.filter(|max| *max < least);
    let breach = |max| {
        let message =
            format!("storage of {} GiB can't grow up to {max} GiB by itself: RDS asks for a tenth of room at least", d.allocated_storage);
        let help = format!("write a maximum of {least}GiB or more, or leave it out");
        Breach::new(Code::Storage, "max_allocated_storage", message, help).with("allocated_storage")
    };
    low.map(breach).into_iter().collect()
}
