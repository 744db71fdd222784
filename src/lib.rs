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
//! The rooms, by floor. A room uses those below it in this table, and no others (`tests/architecture.rs` holds the list).
//!
//! | room | one sentence |
//! |---|---|
//! | [`cli`] | One file per command, each a few lines that wire the flow together. |
//! | [`forge`] | The code host (forge): GitHub or GitLab, and the one comment of a stack there. |
//! | [`render`] | Pure functions from plans, events and outcomes to text; `render::words` names verbs, signs and outcomes. |
//! | [`run`] | The run as a pure state machine; `run::drive`, the only caller of a mutating verb; `run::journal`, `run::intent` and `run::recover`, by which another process goes on. |
//! | [`plan`] | Stack x Snapshot to `Plan` or `PlanError`: order, replacement, undo, commit point. |
//! | [`spec`] | What a user writes: a file or folder a section with its fields, derived defaults, checks and lowering to a `Stack`; layers, places, findings. |
//! | [`stack`] | What should exist: the objects of a spec, where each comes from, and which field decides about which attribute. |
//! | [`observe`] | One batched list per kind, all at once, into a `Snapshot`; physical ids become addresses. |
//! | [`diff`] | Two objects to a list of `AttrChange`, path by path. |
//! | [`graph`] | Edges from references, a stable topological order, a cycle reported as a path. |
//! | [`cloud`] | The door: `trait Observe`, `trait Cloud`; the real clouds, the sandbox, the lease, the audit log. |
//! | [`kinds`] | One file per kind of cloud object: its struct with a mode for each attribute, its verbs, and all that is said of it; `kinds::identity`, addresses and stamps. |
//! | [`wire`] | Below the kinds: clients, transports, errors to `Class`, the one retry policy, tags, notes. Knows no kind. |
//! | [`redact`] | What no output may show: by type, by name, by randomness, and because it is known to be a secret. |
//! | [`model`] | Words that every layer shares: `Mode Attribute AttrChange Secret Computed Ranked Order Loss`. |
//! | [`diag`] | Diagnostic codes, findings, exit codes. |
//! | [`files`] | Files as they are written: whole or not at all, no error without its path. |
//! | [`visible`] | What others wrote, where it is read: every character is seen, no line is a command. |
//! | [`canon`] | The canonical form of values in JSON, and the one way to read it. |
//!
//! **Where does code live?** Does a user write it: `spec`. Does an SDK name appear: `kinds` or `wire`. Does it compare: `diff`.
//! Does it decide: `plan`. Does it wait, retry or sleep: `wire::policy` (for a code host: `forge::transport`). Does it change the world: `run::drive`.
//! Does a person read it: `render`. Is it a word two layers share: `model`.
//!
//! **The reading path**, an evening long: `model.rs`, `canon.rs`, `kinds/mod.rs`, `kinds/resource.rs`, `kinds/identity.rs`, `kinds/links.rs`, `kinds/live.rs`,
//! `kinds/subnet.rs`, `wire/mod.rs`, `wire/policy.rs`, `wire/aws.rs`, `cloud/mod.rs`, `cloud/aws.rs`, `cloud/lease.rs`, `graph.rs`,
//! `diff.rs`, `observe.rs`, `stack/mod.rs`, `spec/mod.rs`, `spec/section.rs`, `spec/sections.rs`, `spec/cache/mod.rs`, `spec/cache/check.rs`,
//! `spec/cache/lower.rs`, `spec/lower.rs`, `plan/mod.rs`, `plan/decide.rs`, `plan/steps.rs`, `run/mod.rs`, `run/ready.rs`, `run/drive.rs`,
//! `run/look.rs`, `run/memory.rs`, `run/journal.rs`, `run/intent.rs`, `run/recover.rs`, `render/text.rs`, `cli/flow.rs`,
//! `cli/change.rs`, `cli/runner.rs`, `cli/apply.rs`.
//!
//! **To add a kind**: one file in `kinds/`, its `mod` line and one line in `kinds!` (a phase of Cloudflare's rules is one `phase!`), one case in `tests/wire/` with its line
//! (where its service is a new one: a line in `services!`); the laws of `tests/laws/` then hold for it or fail.
//! **A section**: one file or folder in `spec/`, its fields with their `impl Section`, and one entry of `sections!` in `spec::sections`.
//! **A command**: one file in `cli/`, one line in `cli::Command`. **An output format**: one file in `render/`.

pub mod cli;
pub mod spec;
pub mod stack;

pub mod canon;
pub mod files;
pub mod model;
pub mod redact;
pub mod visible;

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
