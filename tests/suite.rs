//! All tests, in one binary.
mod spec;
