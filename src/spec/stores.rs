//! What caches and databases share: where they stand, when they are looked after, and what their tiers were called.
use super::check::Check;
use super::lower::Lower;
use super::units::{DailyWindow, Name, WeeklyWindow};
use super::vpc::TierKind;
use crate::diag::{Code, Risk};

/// A store stands where the internet has no route to, and in several zones where it needs them.
pub fn place(cx: &mut Check<'_>, section: &str, name: &str, tier: &Name, zones: bool) {
    let path = [section, name, "subnets"];
    if cx.tier(&path, tier) == Some(TierKind::Public) {
        let message = format!("`{section}.{name}` stands in a tier that the internet has a route to");
        cx.risk(Risk::PublicStore, &path, message, "name a tier with `tier: isolated`");
    }
    if zones && cx.spec.vpc.availability_zones.len() < 2 {
        let places = [(&["vpc", "availability_zones"][..], "one zone"), (&[section, name][..], "needs two")];
        let message = format!("`{section}.{name}` needs at least two zones");
        cx.both(Code::OneZone, places, message, "add a second zone of the region");
    }
}

/// AWS refuses backups during maintenance.
pub fn windows(cx: &mut Check<'_>, weekly_path: &[&str], weekly: WeeklyWindow, daily_path: &[&str], daily: DailyWindow) {
    if weekly.meets(daily) {
        let places = [(weekly_path, "this window"), (daily_path, "meets this one")];
        let message = format!("the windows `{weekly}` and `{daily}` overlap");
        cx.both(Code::BadWindow, places, message, "AWS refuses that; move one of them");
    }
}

/// What a tier was called before it was renamed.
pub fn tier_before(l: &Lower<'_>, tier: &Name) -> Option<String> {
    l.spec.vpc.subnets.get(tier.as_str()).and_then(|t| t.renamed_from.as_ref()).map(Name::to_string)
}
