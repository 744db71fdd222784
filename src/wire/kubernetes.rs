//! The API of a Kubernetes cluster.
pub mod token;
