//! Which availability zones there are.
use std::collections::BTreeSet;

use crate::wire::{Clients, CloudError, Service};

/// Regions whose zones aren't a, b and c for an account of today; the sandbox is such an account. `us-west-1` shows two of its zones.
const LETTERS: &[(&str, &str)] = &[
    ("ap-northeast-1", "acd"),
    ("ap-northeast-2", "abcd"),
    ("ca-central-1", "abd"),
    ("cn-north-1", "abd"),
    ("us-east-1", "abcdef"),
    ("us-west-1", "ac"),
    ("us-west-2", "abcd"),
];

/// The zones of a region as the sandbox has them.
pub(crate) fn of_sandbox(region: &str) -> BTreeSet<String> {
    let letters = LETTERS.iter().find(|(name, _)| *name == region).map_or("abc", |(_, letters)| letters);
    letters.chars().map(|letter| format!("{region}{letter}")).collect()
}

/// The zones of the clients' region that this account may use now. Local Zones and Wavelength Zones are none: most services don't stand there.
pub(super) async fn of_region(cx: &Clients) -> Result<BTreeSet<String>, CloudError> {
    let send = async || cx.ec2().describe_availability_zones().send().await;
    let found = cx.safe(Service::Ec2, "DescribeAvailabilityZones", send).await?.availability_zones.unwrap_or_default();
    let whole = |z: &aws_sdk_ec2::types::AvailabilityZone| {
        let zone = z.zone_type.as_deref().is_none_or(|t| t == "availability-zone");
        let open = z.opt_in_status.as_ref().is_none_or(|s| s.as_str() != "not-opted-in");
        zone && open && z.state.as_ref().is_none_or(|s| s.as_str() == "available")
    };
    Ok(found.into_iter().filter(whole).filter_map(|z| z.zone_name).collect())
}
