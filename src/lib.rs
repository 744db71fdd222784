//! # infra
//!
//! > **spec is the language, kinds are the instruction set, plan is the program, run is the machine,
//! > cloud is the only door, render is the only voice.**
//!
//! ```text
//!  YAML ──spec──▶ Stack ─────┐
//!                            ├─plan (diff inside)─▶ Plan ──run──▶ Event* ──▶ Outcome
//!  cloud ──observe──▶ Snapshot ┘                     │             │            │
//!                                                    └──────────── render ──────┘
//! ```
//!
//! Every arrow is a pure function except two: `observe` reads the world, `run::drive` changes it. Nothing flows left.
//! There is no state file: the truth is the live cloud, and ownership is written on the objects themselves.
//!
//! | room | one sentence |
//! |---|---|
//! | [`cli`] | One file per command, each a few lines that wire the flow together. |
//! | [`spec`] | What a user writes: one typed struct per section; layers, places, findings; `spec::lower` makes a `Stack`. |
//! | [`model`] | Words that every layer shares: `Mode Attribute AttrChange Secret Computed Ranked Order Loss`. |
//! | [`redact`] | What no output may show: by type, by name, by randomness, and because it is known to be a secret. |
//! | [`kinds`] | One file per kind of cloud object: its struct with a mode for each attribute, its verbs, and all that is said of it. |
//! | [`graph`] | Edges from references, a stable topological order, a cycle reported as a path. |
//! | [`observe`] | One batched list per kind, all at once, into a `Snapshot`; physical ids become addresses. |
//! | [`diff`] | Two objects to a list of `AttrChange`, path by path. |
//! | [`plan`] | Stack x Snapshot to `Plan` or `PlanError`: order, replacement, undo, commit point. |
//! | [`run`] | The run as a pure state machine; `run::drive`, the only caller of a mutating verb; `run::journal`, `run::intent` and `run::recover`, by which another process goes on. |
//! | [`cloud`] | The door: `trait Observe`, `trait Cloud`, `trait Notes`; AWS, Cloudflare, the sandbox, the one retry policy, and the lease. |
//! | [`render`] | Pure functions from plans, events and outcomes to text. |
//! | [`forge`] | The code host: GitHub or GitLab, and the one comment of a stack there. |
//! | [`diag`] | Diagnostic codes, findings, exit codes. |
//!
//! **Where does code live?** Does a user write it: `spec`. Does an SDK name appear: `kinds` or `cloud`. Does it compare: `diff`.
//! Does it decide: `plan`. Does it wait, retry or sleep: `wire::policy` (for a code host: `forge::transport`). Does it change the world: `run::drive`.
//! Does a person read it: `render`. Is it a word two layers share: `model`.
//!
//! **To add a kind**: one file in `kinds/`, its `mod` line and one line in `kinds!` (a phase of Cloudflare's rules is one `phase!`), one case in `tests/wire/` with its line
//! (where its service is a new one: a line in `services!`); the laws of `tests/laws/` then hold for it or fail.
//! **A section**: one file in `spec/`, one line in `spec::sections`, one function in `spec::lower`.
//! **A command**: one file in `cli/`, one line in `cli::Command`. **An output format**: one file in `render/`.
// Futures of requests within policies within verbs within runs are types nested deeper than the compiler's usual 128.
#![recursion_limit = "256"]

pub mod cli;
pub mod spec;
pub mod stack;

pub mod model;
pub mod redact;

pub mod kinds;

pub mod graph;
pub mod observe;

pub mod diff;
pub mod plan;

pub mod run;

pub mod cloud;
pub mod wire;

pub mod render;

pub mod forge;

pub mod diag;
