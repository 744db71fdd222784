//! The instance types that EC2 has, and their architectures.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A family and its sizes a line, as `InstanceType` of EC2's service model has them (botocore 1.44.8).
const TYPES: &str = include_str!("types.txt");

static FAMILIES: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let words = TYPES.lines().map(|line| line.split(' '));
    words.filter_map(|mut words| Some((words.next()?, words.collect()))).collect()
});

/// What is known of an instance type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    Yes,
    /// It isn't among those known here, but its generation is younger than all of them.
    Perhaps,
    /// It isn't there; the nearest that is.
    No(Option<&'static str>),
}

/// Whether a type is one of EC2's.
pub fn known(name: &str) -> Known {
    let (family, size) = name.split_once('.').unwrap_or((name, ""));
    match FAMILIES.get(family) {
        Some(sizes) if sizes.contains(&size) => Known::Yes,
        None if younger(family) => Known::Perhaps,
        _ => Known::No(nearest(name)),
    }
}

/// The letters and the generation that a family's name begins with: `m7` of `m7gd`.
fn generation(family: &str) -> (&str, u32) {
    let letters = family.find(|c: char| c.is_ascii_digit()).unwrap_or(family.len());
    let rest = &family[letters..];
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (&family[..letters], rest[..digits].parse().unwrap_or(0))
}

fn younger(family: &str) -> bool {
    let (letters, number) = generation(family);
    let of = FAMILIES.keys().map(|known| generation(known)).filter(|(known, _)| *known == letters);
    of.map(|(_, number)| number).max().is_some_and(|newest| number == newest + 1)
}

fn nearest(name: &str) -> Option<&'static str> {
    static ALL: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| FAMILIES.iter().flat_map(|(family, sizes)| sizes.iter().map(move |size| format!("{family}.{size}"))).collect());
    let close = ALL.iter().map(|known| (strsim::damerau_levenshtein(name, known), known.as_str()));
    close.min().filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

/// `arm64` for the families with Graviton processors, else `x86_64`: after its generation, their name has a `g` (`t4g`, `m7gd`, `c7gn`), and the first
/// one was `a1` ("Instance type naming conventions" in the EC2 user guide). The families for computing on Macs are of both.
pub fn architecture(name: &str) -> &'static str {
    let family = name.split('.').next().unwrap_or_default();
    let letters = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let options = letters.trim_start_matches(|c: char| c.is_ascii_digit());
    let options = options.split('-').next().unwrap_or_default();
    if family == "a1" || options.contains('g') { "arm64" } else { "x86_64" }
}

/// How many vCPUs an instance has by its size: 4 for `xlarge`, N times as many for `Nxlarge`, half of it for `large`; less tells nothing.
pub fn vcpus(name: &str) -> Option<i32> {
    let (_, size) = name.split_once('.')?;
    match size.strip_suffix("xlarge")? {
        "" => Some(4),
        times => times.parse::<i32>().ok().map(|n| 4 * n),
    }
}
