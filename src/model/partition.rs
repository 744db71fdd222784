//! The parts of AWS that have accounts and names of their own, and how services are called in each. No other file spells these names.

/// A part of AWS with accounts and names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The first word of its ARNs.
    pub name: &'static str,
    /// What the hosts of its services end with.
    pub dns_suffix: &'static str,
    /// What the names of its regions begin with; empty for all others.
    regions: &'static str,
}

/// All partitions; from the SDKs' own `partitions.json`.
pub const PARTITIONS: &[Partition] = &[
    Partition { name: "aws-cn", dns_suffix: "amazonaws.com.cn", regions: "cn-" },
    Partition { name: "aws-eusc", dns_suffix: "amazonaws.eu", regions: "eusc-" },
    Partition { name: "aws-iso", dns_suffix: "c2s.ic.gov", regions: "us-iso-" },
    Partition { name: "aws-iso-b", dns_suffix: "sc2s.sgov.gov", regions: "us-isob-" },
    Partition { name: "aws-iso-e", dns_suffix: "cloud.adc-e.uk", regions: "eu-isoe-" },
    Partition { name: "aws-iso-f", dns_suffix: "csp.hci.ic.gov", regions: "us-isof-" },
    Partition { name: "aws-us-gov", dns_suffix: "amazonaws.com", regions: "us-gov-" },
    COMMERCIAL,
];

const COMMERCIAL: Partition = Partition { name: "aws", dns_suffix: "amazonaws.com", regions: "" };

/// The partition of a region.
pub fn partition(region: &str) -> &'static Partition {
    PARTITIONS.iter().find(|p| region.starts_with(p.regions)).unwrap_or(&COMMERCIAL)
}

/// A service as policies name it in every partition alike: `events.amazonaws.com`, in China, too ("AWS service principals" in the IAM user guide;
/// `region-info` of AWS's CDK). EC2 alone is another in each: [`ec2`].
macro_rules! principal {
    ($service:literal) => {
        concat!($service, ".amazonaws.com")
    };
}
pub(crate) use principal;

/// EC2 as policies name it in a region's partition: `ec2.amazonaws.com.cn`.
pub fn ec2(region: &str) -> String {
    format!("ec2.{}", partition(region).dns_suffix)
}

/// A service by its short name, as policies name it in a region's partition.
pub fn principal_in(service: &str, region: &str) -> String {
    if service == "ec2" { ec2(region) } else { format!("{service}.{}", COMMERCIAL.dns_suffix) }
}

/// A gateway endpoint's service: `com.amazonaws.us-east-1.s3`, with that beginning in China, too (`DescribeVpcEndpointServices`).
pub fn gateway(service: &str, region: &str) -> String {
    format!("com.amazonaws.{region}.{service}")
}

/// The account and the region of a registry of Amazon ECR: `123456789012.dkr.ecr.us-east-1.amazonaws.com`.
pub fn registry(host: &str) -> Option<(&str, &str)> {
    let (account, rest) = host.split_once(".dkr.ecr.")?;
    let (region, suffix) = rest.split_once('.')?;
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    (digits && suffix == partition(region).dns_suffix).then_some((account, region))
}
