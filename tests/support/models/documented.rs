//! What AWS says of a parameter in words alone: names that it doesn't take, alphabets of texts. The sentences stand in the models' documentation of
//! the parameter, or where a row says so.
use std::sync::LazyLock;

use regex::Regex;

/// Operations, a parameter without the positions of lists, and what its whole text is and isn't.
type Row = (&'static str, &'static str, &'static str, &'static str);

const TEXT: &str = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}";
const TEXT_OF_GROUPS: &str = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{0,255}";
const TAG: &str = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*";
const IDENTIFIER: &str = r"[A-Za-z](-?[A-Za-z0-9])*";
const RULES: &str = "AuthorizeSecurityGroup(In|E)gress|UpdateSecurityGroupRuleDescriptions(In|E)gress";
const NOTHING: &str = "";

const ROWS: &[Row] = &[
    // Elastic Load Balancing.
    ("CreateLoadBalancer", "Name", "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?", "internal-.*"),
    ("CreateTargetGroup", "Name", "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?", NOTHING),
    // EC2.
    ("CreateSecurityGroup", "GroupName", TEXT, "sg-.*"),
    ("CreateSecurityGroup", "Description", TEXT, "^$"),
    (RULES, "IpPermissions.IpRanges.Description", TEXT, NOTHING),
    (RULES, "IpPermissions.Ipv6Ranges.Description", TEXT, NOTHING),
    (RULES, "IpPermissions.UserIdGroupPairs.Description", TEXT_OF_GROUPS, NOTHING),
    (RULES, "IpPermissions.PrefixListIds.Description", TEXT_OF_GROUPS, NOTHING),
    ("CreateManagedPrefixList", "PrefixListName", ".{1,255}", r"com\.amazonaws.*"),
    // "Restrictions" of launch templates in the EC2 user guide.
    ("CreateLaunchTemplate", "LaunchTemplateName", r"[a-zA-Z0-9()./_-]{3,128}", NOTHING),
    // "General purpose bucket naming rules" of the S3 user guide.
    (
        "CreateBucket",
        "Bucket",
        "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        r"(xn--|sthree-|amzn-s3-demo-).*|.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)",
    ),
    // RDS and ElastiCache.
    ("CreateDBInstance(ReadReplica)?", "DBInstanceIdentifier", IDENTIFIER, ".{64,}"),
    ("CreateDBParameterGroup", "DBParameterGroupName", IDENTIFIER, ".{256,}"),
    ("CreateDBSubnetGroup", "DBSubnetGroupName", "[A-Za-z][A-Za-z0-9 ._-]{0,254}", "default"),
    ("CreateReplicationGroup", "ReplicationGroupId", IDENTIFIER, ".{41,}"),
    ("CreateCacheParameterGroup", "CacheParameterGroupName", IDENTIFIER, ".{256,}"),
    ("CreateCacheSubnetGroup", "CacheSubnetGroupName", IDENTIFIER, ".{256,}"),
    // "Tag naming limits and requirements" of the tagging user guide; `rds:` of RDS.
    (".*", "Tags.Key|Tags.Tag.Key|TagSpecifications.Tags.Key|CreateBucketConfiguration.Tags.Key", ".{1,128}", "aws:.*|rds:.*"),
    (
        "CreateRole|CreateDB.*|Create.*Group|AddTagsToResource|TagRole|CreateInstanceProfile|TagInstanceProfile",
        "Tags.(Key|Value)",
        TAG,
        NOTHING,
    ),
];

struct Rule {
    operations: Regex,
    parameter: Regex,
    is: Regex,
    never: Option<Regex>,
    says: &'static Row,
}

/// A path without the positions of lists and the keys of maps.
pub fn bare(path: &str) -> String {
    let mut within = false;
    let outside = |c: &char| {
        within = (within || *c == '[') && *c != ']';
        !within && *c != ']'
    };
    path.trim_start_matches('.').chars().filter(outside).collect()
}

/// What is said of a text that isn't as documented.
pub fn refusal(operation: &str, path: &str, text: &str) -> Option<String> {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| ROWS.iter().map(rule).collect());
    let bare = bare(path);
    let here = RULES.iter().filter(|rule| rule.operations.is_match(operation) && rule.parameter.is_match(&bare));
    let broken = |rule: &&Rule| !rule.is.is_match(text) || rule.never.as_ref().is_some_and(|never| never.is_match(text));
    here.filter(broken).map(|Rule { says: (_, _, is, never), .. }| format!("is documented to match {is}, and not `{never}`")).next()
}

/// What is said of tags whose keys differ in case alone, which IAM takes for one (`Duplicate tag keys found`, as others report).
pub fn twice(operation: &str, keys: &[&str]) -> Option<String> {
    let mut seen = std::collections::BTreeSet::new();
    let iam = ["CreateRole", "TagRole", "CreateInstanceProfile", "TagInstanceProfile"].contains(&operation);
    keys.iter().find(|key| !seen.insert(key.to_lowercase())).filter(|_| iam).map(|key| format!("has the key {key} twice"))
}

fn rule(row: &'static Row) -> Rule {
    let whole = |text: &str| Regex::new(&format!("^(?i:{text})$")).unwrap();
    let exact = |text: &str| Regex::new(&format!("^(?:{text})$")).unwrap();
    let (operations, parameter, is, never) = row;
    Rule {
        operations: exact(operations),
        parameter: exact(parameter),
        is: exact(is),
        never: (!never.is_empty()).then(|| whole(never)),
        says: row,
    }
}
