//! Versions of Kubernetes as EKS counts them: `1.34`.

/// What the sandbox's EKS takes by itself.
pub(super) const CHOSEN: &str = "1.34";

/// The minor version; `None` for what is no version.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.").filter(|minor| !minor.starts_with(['0', '+'])).and_then(|minor| minor.parse().ok())
}

/// Whether it is a version as `Version` takes it: without a patch.
pub fn is_version(text: &str) -> bool {
    minor(text).is_some()
}

/// The version after the one that runs, where the wanted one is later than that.
pub(super) fn jumped(running: &str, wanted: &str) -> Option<String> {
    let (from, to) = (minor(running)?, minor(wanted)?);
    (to > from + 1).then(|| format!("1.{}", from + 1))
}

/// Whether the wanted version is later than the one that runs.
pub(super) fn rises(running: &str, wanted: &str) -> bool {
    minor(running).zip(minor(wanted)).is_some_and(|(from, to)| to > from)
}

/// Whether the wanted version is earlier than the one before the one that runs.
pub(super) fn fell(running: &str, wanted: &str) -> bool {
    minor(running).zip(minor(wanted)).is_some_and(|(from, to)| to + 1 < from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_minor_at_a_time() {
        assert_eq!(jumped("1.33", "1.35").as_deref(), Some("1.34"));
        assert_eq!((jumped("1.33", "1.34"), jumped("1.9", "1.10"), jumped("1.34", "1.33")), (None, None, None));
        assert!(fell("1.34", "1.32") && !fell("1.34", "1.33") && !fell("1.33", "1.34"));
        assert!(is_version("1.34") && !["1", "1.", "1.34.1", "2.1", "1.034", "v1.34", ""].iter().any(|v| is_version(v)));
    }
}
