//! All tests in one binary, since each would link the SDKs again.
#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod laws;
mod spec;
mod support;
mod wire;
