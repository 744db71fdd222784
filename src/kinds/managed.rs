//! What the kinds of databases and caches share, whatever their service: names, repeated creations, changed values.
use super::*;

/// A name as RDS and ElastiCache keep it: small letters, the first is one, no two hyphens in a row and none at the end (`DBInstanceIdentifier` of
/// `CreateDBInstance`, `ReplicationGroupId` of `CreateReplicationGroup`, and so on).
pub(super) const fn names(most: usize) -> NameRule {
    NameRule { small: true, single: true, ..NameRule::most(most) }
}

/// A creation under a generated name that finds the name taken was done by an earlier request of the same step.
pub(super) fn already<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    match answer {
        Err(e) if e.code.contains("AlreadyExists") => Ok(()),
        other => other.map(drop),
    }
}

/// The wanted value, when it is not there yet.
pub(super) fn changed<T: Clone + PartialEq>(now: &T, want: &T) -> Option<T> {
    (now != want).then(|| want.clone())
}

/// An object that reached a state from which it won't come back by itself.
pub(super) fn broken(service: Service, operation: &str, status: &str, reason: &str) -> CloudError {
    let mut e = CloudError::new(Class::Invalid, status, reason);
    (e.service, e.operation) = (Some(service), operation.into());
    e
}

/// The stamp that an object keeps when it is changed.
pub(super) fn moved(live: &Live, stamp: &Stamp) -> Stamp {
    live.stamp.renewed(stamp)
}
