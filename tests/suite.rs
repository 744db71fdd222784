//! All tests in one binary, since each would link the SDKs again.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test may fail loudly, and tells how many cases ran")]
mod architecture;
mod cli;
mod fuzz;
mod laws;
mod manifests;
mod spec;
mod support;
mod terraform;
mod wire;
mod workflows;
