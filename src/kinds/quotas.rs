//! Quotas of an account, and the errors by which they are known.
use super::Service;

/// A quota, and the error that says it is reached.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub service: Service,
    /// The error's code.
    pub code: &'static str,
    /// Where one code stands for several quotas: the beginning of the operation.
    pub operation: &'static str,
    /// `ServiceCode` and `QuotaCode` of Service Quotas. Without a code the quota is known by its name alone.
    pub at: (&'static str, &'static str),
    /// `QuotaName`.
    pub name: &'static str,
}

impl Quota {
    /// The quota that the code means in answers to this operation.
    pub(super) const fn of(self, operation: &'static str) -> Quota {
        Quota { operation, ..self }
    }
}

pub(super) const fn quota(service: Service, code: &'static str, at: (&'static str, &'static str), name: &'static str) -> Quota {
    Quota { service, code, operation: "", at, name }
}
