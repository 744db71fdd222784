//! Cuts the blocks of subnets out of the VPC's block, so that they stay where they are.
use ipnet::Ipv4Net;
use std::collections::BTreeMap;

/// A tier that blocks are cut for.
#[derive(Clone, Debug)]
pub struct Cut<'a> {
    /// The tier's name.
    pub name: &'a str,
    /// Prefix length of each of its blocks.
    pub prefix: u8,
    /// Its blocks by hand, one per zone; none when they are to be cut.
    pub cidrs: Vec<Ipv4Net>,
}

/// The first tier that the VPC's block has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRoom {
    /// The tier's position.
    pub tier: usize,
    /// How many slots the largest free region for it has.
    pub slots: usize,
}

/// Blocks by tier and zone.
pub type Blocks<'a> = BTreeMap<(&'a str, usize), Ipv4Net>;

/// Cuts blocks, tier by tier in order.
///
/// Each tier takes an aligned region of slots, the first that is free, and its zones take the region's slots in
/// order. A region has 8 slots when these are at most an eighth of the VPC, else 4, and fewer only when there is no
/// such region free. The region never depends on the number of zones or on later tiers, so neither a zone nor a
/// tier that is added at the end moves a block. Blocks by hand are avoided by all regions.
///
/// # Errors
/// `NoRoom` when a tier has fewer slots than there are zones.
pub fn cut<'a>(vpc: Ipv4Net, zones: usize, tiers: &[Cut<'a>]) -> Result<Blocks<'a>, NoRoom> {
    cut_around(vpc, zones, tiers, &Blocks::new(), &[])
}

/// Cuts blocks where some stand already: those in `standing` stay, and the others avoid all of `live`, of which they are a part. A zone takes its own
/// slot of the region where that is free, or else the first that is.
///
/// # Errors
/// As [`cut`].
pub fn cut_around<'a>(
    vpc: Ipv4Net,
    zones: usize,
    tiers: &[Cut<'a>],
    standing: &Blocks<'a>,
    live: &[Ipv4Net],
) -> Result<Blocks<'a>, NoRoom> {
    let by_hand = tiers.iter().flat_map(|tier| tier.cidrs.clone());
    let mut taken: Vec<Ipv4Net> = by_hand.chain(live.iter().copied()).collect();
    let mut blocks = BTreeMap::new();
    for (index, tier) in tiers.iter().enumerate() {
        if !tier.cidrs.is_empty() {
            let by_hand = tier.cidrs.iter().take(zones).enumerate();
            blocks.extend(by_hand.map(|(zone, block)| ((tier.name, zone), *block)));
            continue;
        }
        let stands = |zone: usize| standing.get(&(tier.name, zone)).copied();
        let mut own: Vec<Ipv4Net> = (0..zones).filter_map(stands).collect();
        let others: Vec<Ipv4Net> = taken.iter().filter(|block| !own.contains(block)).copied().collect();
        let (slots, found) = match region(vpc, tier.prefix, &others) {
            Some((region, slots)) => {
                taken.push(region);
                (slots, region.subnets(tier.prefix).into_iter().flatten().collect())
            }
            None => (0, vec![]),
        };
        for zone in 0..zones {
            let free = |block: &&Ipv4Net| !own.iter().any(|other| overlap(other, block));
            let slot = || found.get(zone).filter(free).or_else(|| found.iter().find(free)).copied();
            let Some(block) = stands(zone).or_else(slot) else {
                return Err(NoRoom { tier: index, slots });
            };
            own.push(block);
            blocks.insert((tier.name, zone), block);
        }
    }
    Ok(blocks)
}

/// The first free region for blocks of this prefix, and how many slots it has.
fn region(vpc: Ipv4Net, prefix: u8, taken: &[Ipv4Net]) -> Option<(Ipv4Net, usize)> {
    let most = if prefix >= vpc.prefix_len() + 6 { 3 } else { 2 };
    (0..=most).rev().find_map(|bits| {
        let length = prefix.checked_sub(bits)?;
        let free = |candidate: &Ipv4Net| !taken.iter().any(|other| overlap(candidate, other));
        let found = vpc.subnets(length).ok()?.find(free)?;
        Some((found, 1 << bits))
    })
}

/// Whether two blocks share an address.
pub fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}
