//! What to do about a refusal of a cluster's own API.
use crate::wire::CloudError;

/// Which right is missing stands in the server's own words; what gives it is an access policy of EKS, and a field of the spec.
pub fn denied(e: &CloudError) -> &'static str {
    let (verb, what) = e.operation.split_once(' ').unwrap_or_default();
    match (verb, what) {
        _ if e.code == "Unauthorized" => {
            "the cluster lets in who made it and whom `kubernetes.cluster` names in `admins`, `planners` or `viewers`"
        }
        ("get" | "list", "pods" | "pods/log") => {
            "the access policy `AmazonEKSViewPolicy` gives this right, logs of pods (`pods/log`) too: name the identity in `kubernetes.cluster.viewers`"
        }
        ("get" | "list", _) => {
            "a plan reads all that the stack may have in the cluster, of Secrets the metadata; `viewers` (`AmazonEKSViewPolicy`) may not: the access policy `AmazonEKSAdminViewPolicy` gives this right, to whom `kubernetes.cluster.planners` names"
        }
        _ => "the access policy `AmazonEKSClusterAdminPolicy` gives this right: name the identity in `kubernetes.cluster.admins`",
    }
}
