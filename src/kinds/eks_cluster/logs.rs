//! The log group that EKS writes to.
use super::*;

/// Its name, by the cluster's ("Send control plane logs to CloudWatch Logs" in the EKS user guide).
pub(super) fn group(cluster: &str) -> String {
    format!("/aws/eks/{cluster}/cluster")
}

/// How the names of the groups of a stack's clusters begin.
pub(super) fn prefix(stack: &str) -> String {
    format!("/aws/eks/{}", NAMES.start(stack))
}
