//! Infrastructure as code without a state file.

pub mod diag;
pub mod spec;
