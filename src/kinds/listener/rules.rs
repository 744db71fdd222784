//! What Elastic Load Balancing refuses of a listener.
use super::*;
use crate::diag::Code;
use crate::kinds::facts::nearest;

/// The security policies that there are, without `ELBSecurityPolicy-` ("Security policies for your Application Load Balancer" in the user guide).
pub(super) const POLICIES: &[&str] = &[
    "2015-05",
    "2016-08",
    "FS-1-1-2019-08",
    "FS-1-2-2019-08",
    "FS-1-2-Res-2019-08",
    "FS-1-2-Res-2020-10",
    "FS-2018-06",
    "TLS-1-0-2015-04",
    "TLS-1-1-2017-01",
    "TLS-1-2-2017-01",
    "TLS-1-2-Ext-2018-06",
    "TLS13-1-0-2021-06",
    "TLS13-1-0-FIPS-2023-04",
    "TLS13-1-0-FIPS-PQ-2025-09",
    "TLS13-1-0-PQ-2025-09",
    "TLS13-1-1-2021-06",
    "TLS13-1-1-FIPS-2023-04",
    "TLS13-1-2-2021-06",
    "TLS13-1-2-Ext0-FIPS-2023-04",
    "TLS13-1-2-Ext0-FIPS-PQ-2025-09",
    "TLS13-1-2-Ext1-2021-06",
    "TLS13-1-2-Ext1-FIPS-2023-04",
    "TLS13-1-2-Ext1-FIPS-PQ-2025-09",
    "TLS13-1-2-Ext1-PQ-2025-09",
    "TLS13-1-2-Ext2-2021-06",
    "TLS13-1-2-Ext2-FIPS-2023-04",
    "TLS13-1-2-Ext2-FIPS-PQ-2025-09",
    "TLS13-1-2-Ext2-PQ-2025-09",
    "TLS13-1-2-FIPS-2023-04",
    "TLS13-1-2-FIPS-PQ-2025-09",
    "TLS13-1-2-PQ-2025-09",
    "TLS13-1-2-Res-2021-06",
    "TLS13-1-2-Res-FIPS-2023-04",
    "TLS13-1-2-Res-FIPS-PQ-2025-09",
    "TLS13-1-2-Res-PQ-2025-09",
    "TLS13-1-3-2021-06",
    "TLS13-1-3-FIPS-2023-04",
    "TLS13-1-3-FIPS-PQ-2025-09",
    "TLS13-1-3-PQ-2025-09",
];

/// The month of the youngest of them.
const YOUNGEST: &str = "2025-09";

pub(super) const BEGIN: &str = "ELBSecurityPolicy-";

/// Whether a policy that isn't known here may have come since.
fn younger(policy: &str) -> bool {
    let month = policy.len().checked_sub(YOUNGEST.len()).and_then(|at| policy.get(at..)).unwrap_or_default();
    let digits = month.char_indices().all(|(at, c)| if at == 4 { c == '-' } else { c.is_ascii_digit() });
    digits && month > YOUNGEST
}

fn unknown(listener: &Listener) -> Option<&str> {
    let name = listener.ssl_policy.as_deref()?;
    Some(name).filter(|name| !name.strip_prefix(BEGIN).is_some_and(|short| POLICIES.contains(&short)))
}

pub(super) fn breaches(listener: &Listener) -> Vec<Breach> {
    let mut found = listener.action.breaches(Some(&listener.protocol));
    // `SslPolicy`: SSLPolicyNotFound.
    if let Some(policy) = unknown(listener).filter(|policy| !younger(policy)) {
        let near = |short: &&&str| strsim::damerau_levenshtein(policy.trim_start_matches(BEGIN), short);
        let near = POLICIES.iter().min_by_key(near).copied().unwrap_or("TLS13-1-2-2021-06");
        found.push(Breach::new(
            Code::UnknownValue,
            "ssl_policy",
            format!("there is no security policy `{policy}`"),
            format!("did you mean `{BEGIN}{near}`?"),
        ));
    }
    // `Certificates`: CertificateNotFound. What a partial plan leaves as it stands may be named by an id that is no ARN.
    if let Some(arn) =
        listener.certificate.as_ref().and_then(|c| c.0.strip_prefix('=')).filter(|arn| arn.starts_with("arn:") && !certificate(arn))
    {
        let message = format!("`{arn}` is not the ARN of a certificate");
        let help = "write one of AWS Certificate Manager, such as `arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012`";
        found.push(Breach::new(Code::ListenerCertificate, "certificate", message, help));
    }
    found
}

/// Certificates beside the first that a load balancer has at most by default (`L-9365A611`, all listeners together).
const MORE: usize = 25;

/// Those of all listeners of the stack; the last listener says it.
pub(super) fn many(me: &Address, near: Near<'_>) -> Option<Breach> {
    let all = near.all::<Listener>();
    let count: usize = all.iter().map(|(_, l)| l.certificates.len()).sum();
    let last = all.iter().rfind(|(_, l)| !l.certificates.is_empty()).is_some_and(|(a, _)| a == me);
    let message =
        || format!("a load balancer with {count} certificates beside the first of each listener; an account has {MORE} by default");
    let help = "let one certificate cover many hosts by a name with `*`, or have the quota L-9365A611 raised first";
    (last && count > MORE).then(|| Breach::new(Code::Quota, "certificates", message(), help))
}

pub(super) fn doubts(listener: &Listener) -> Vec<Breach> {
    let breach = |policy: &str| {
        let message = format!("the security policy `{policy}` is younger than this version of infra");
        Breach::new(Code::Risk, "ssl_policy", message, "make sure that Elastic Load Balancing has it in the stack's region")
    };
    unknown(listener).filter(|policy| younger(policy)).map(breach).into_iter().collect()
}

/// A policy that came after this version of infra is one that the region has (`DescribeSSLPolicies`).
pub(super) fn unoffered(listener: &Listener, before: Option<&Listener>, facts: &Facts) -> Option<Breach> {
    let policy = unknown(listener).filter(|policy| before.is_none_or(|b| b.ssl_policy.as_deref() != Some(policy)))?;
    let there = facts.offers(Question::TlsPolicies).filter(|there| !there.contains_key(policy))?;
    let near = nearest(policy, there.keys()).map_or_else(|| "write one that it has".into(), |near| format!("did you mean `{near}`?"));
    Some(Breach::new(Code::Refused, "ssl_policy", format!("this region has no security policy `{policy}`"), near))
}

/// Whether it is `arn:…:acm:REGION:ACCOUNT:certificate/…` or `arn:…:iam::ACCOUNT:server-certificate/…`.
fn certificate(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, region, account, rest] = parts[..] else { return false };
    let account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let named = |before| rest.strip_prefix(before).is_some_and(|name: &str| !name.is_empty());
    account
        && match service {
            "acm" => !region.is_empty() && named("certificate/"),
            "iam" => region.is_empty() && named("server-certificate/"),
            _ => false,
        }
}
