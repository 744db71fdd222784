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

/// The parameters are those of the engine's release line ("DB parameter groups in a Multi-AZ DB instance deployment" in the user guide: the family must
/// match the engine and its version).
pub(in crate::kinds) fn family(d: &DbInstance, group: Option<&DbParameterGroup>) -> Vec<Breach> {
    let Some(group) = group else { return vec![] };
    let mut numbers = d.engine_version.split('.');
    let major = numbers.next().unwrap_or_default();
    let line = match d.engine.as_str() {
        "postgres" => major.to_owned(),
        _ => format!("{major}.{}", numbers.next().unwrap_or_default()),
    };
    if group.family == format!("{}{line}", d.engine) {
        return vec![];
    }
    let message = format!("{} {} takes no parameters of the family {}", d.engine, d.engine_version, group.family);
    vec![Breach::new(Code::BadVersion, "engine_version", message, "write a version whose release line the parameters are of")]
}
