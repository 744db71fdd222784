//! `feature_flags`: what applications switch on and off while they run.
mod check;
mod deployment;
mod enabled;
mod lower;
mod section;

use super::check::Check;
use super::lower::{Lower, output};
use super::section::{Attributes, Fields, Section};
use super::units::Name;
use crate::kinds::Kind;
use crate::stack::Spelling::{Other, Same};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use deployment::{FlagDeployment, FlagStrategy};
pub use enabled::Enabled;
pub use lower::{read_by, told};
pub use section::FeatureFlags;

/// A flag that applications ask for while they run, so that it is turned without a release (AWS: AppConfig). Flags of a stack stand in one configuration, and a
/// change of several is one change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// Whether it is on, for all who ask. `{ initial: false }` is a flag that people turn, in an incident for example: it begins so, and no run turns it
    /// afterwards.
    pub enabled: Enabled,
    /// Who asks for it, by the names of compute entries, functions and workloads. AppConfig hands out all flags of a stack together: the roles of those who are
    /// named here may ask for all of them.
    #[serde(default)]
    pub allow_from: Vec<Name>,
}

/// The one set of a stack.
const SET: &str = "main";

impl Section for FeatureFlags {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "feature_flags: { new_checkout: { enabled: false } }";
    const ATTRIBUTES: Attributes = &[
        ("application", |_, _| output(Kind::FlagSet, SET, "id")),
        ("environment", |_, _| output(Kind::FlagSet, SET, "environment")),
        ("path", |_, _| lower::path()),
        ("profile", |_, _| output(Kind::FlagSet, SET, "profile")),
    ];
    const FIELDS: Fields = &[
        (
            Kind::FlagSet,
            &[
                ("alarms", "feature_flags.deployment.alarms", Other),
                ("complete", "feature_flags", Other),
                ("composites", "feature_flags.deployment.alarms", Other),
                ("flags", "feature_flags", Other),
                ("flags.*", "feature_flags.*", Other),
                ("flags.*.enabled", "feature_flags.*.enabled", Same),
                ("flags.*.initial", "feature_flags.*.enabled", Other),
                ("role", "feature_flags.deployment.alarms", Other),
                ("strategy", "feature_flags.deployment", Other),
                ("strategy.bake", "feature_flags.deployment.bake", Other),
                ("strategy.doubles", "feature_flags.deployment.steps", Other),
                ("strategy.minutes", "feature_flags.deployment.interval", Other),
                ("strategy.minutes", "feature_flags.deployment.steps", Other),
                ("strategy.step", "feature_flags.deployment.steps", Other),
            ],
        ),
        (Kind::IamRole, &[("permissions_boundary", "permissions_boundary", Same)]),
    ];

    fn absent(&self) -> bool {
        *self == FeatureFlags::default()
    }

    fn check(&self, cx: &mut Check<'_>) {
        check::check(self, cx);
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
    }
}
