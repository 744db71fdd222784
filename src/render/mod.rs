//! Pure functions from plans, events and outcomes to text; siblings, never one parsing another.
pub mod binding;
pub mod drift;
pub mod health;
pub mod hint;
pub mod history;
pub mod iam;
pub mod json;
pub mod markdown;
pub mod progress;
pub mod report;
pub mod status;
pub mod stream;
pub mod style;
pub mod terraform;
pub mod text;
pub mod values;
pub mod words;
