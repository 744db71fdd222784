//! Texts of a form that one field each needs.
use super::{Malformed, Unit};
use crate::diag::Code;
use crate::kinds::auto_scaling_group::{Moments, zone};
use crate::kinds::{flag_set, security_group, tagging, target_group};
use std::fmt;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident $pattern:literal $what:literal $example:literal $good:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// As written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Unit for $name {
            const PATTERN: &'static str = $pattern;
            const DOC: &'static str = concat!("It is ", $what, ".");
            const EXAMPLES: &'static [&'static str] = &[$example];

            fn read(text: &str) -> Result<Self, Malformed> {
                let good: fn(&str) -> bool = $good;
                if good(text) {
                    return Ok($name(text.into()));
                }
                Err(Malformed::new(
                    Code::BadText,
                    format!("`{text}` is not {}", $what),
                    concat!("write one such as `", $example, "`"),
                ))
            }
        }
    };
}

pub(super) use word;

word! {
    /// An alarm.
    Alarm "^[!-~]([ !-~]{0,253}[!-~])?$"
    "an alarm's name of 1 to 255 characters" "orders-failing"
    |text| visible(&text.replace(' ', "_"), 255) && !text.starts_with(' ') && !text.ends_with(' ')
}
word! {
    /// The first user of a database.
    AdminUser "^[a-zA-Z][a-zA-Z0-9_]{0,15}$"
    "a user's name of letters, digits and `_`, first a letter, at most 16 characters" "dbadmin"
    |text| identifier(text, 16)
}
word! {
    /// A machine image.
    Ami "^(ami-[0-9a-f]{8,17}|resolve:ssm:[!-~]{1,1000})$"
    "a machine image's id or a public parameter of one" "ami-0123456789abcdef0"
    |text| {
        let id = text.strip_prefix("ami-");
        let hex = |id: &str| id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        id.is_some_and(|id| (8..=17).contains(&id.len()) && hex(id))
            || text.strip_prefix("resolve:ssm:").is_some_and(|name| visible(name, 1000))
    }
}
word! {
    /// How what is in a bucket is encrypted.
    BucketEncryption "^(aes256|arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64})$"
    "`aes256` or the ARN of a key of KMS (of the key, not of an alias)" "aes256"
    |text| text == "aes256" || kms_key(text)
}
word! {
    /// The name of a database inside a server.
    DatabaseName "^[a-zA-Z][a-zA-Z0-9_]{0,62}$"
    "a database's name of letters, digits and `_`, first a letter, at most 63 characters" "shop"
    |text| identifier(text, 63)
}
word! {
    /// The key of a feature flag.
    FlagKey "^[a-z][a-zA-Z0-9_-]{0,63}$"
    "a flag's key of letters, digits, `_` and `-`, first a small letter, at most 64 characters" "new_checkout"
    flag_set::is_key
}
word! {
    /// What a security group is for.
    GroupDescription "^[a-zA-Z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]{1,255}$"
    "a security group's description: 1 to 255 letters, digits, spaces and `._-:/()#,@[]+=&;{}!$*`" "who may reach the shop"
    |text| !text.is_empty() && security_group::text(text)
}
word! {
    /// When something comes again and again.
    Cron "^[0-9A-Za-z*,/-]{1,100}( [0-9A-Za-z*,/-]{1,100}){4}$"
    "five fields as in a crontab: minute, hour, day of the month, month, day of the week" "0 8 * * MON-FRI"
    |text| Moments::read(text).is_some()
}
word! {
    /// The name of an HTTP header, or several by a `*`.
    HeaderName "^[A-Za-z0-9*_-]{1,128}$"
    "a header's name of letters, digits, `-` and `_`, or `*`" "Content-Type"
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"*_-".contains(&b))
}
word! {
    /// The method of a request.
    HttpMethod "^(GET|HEAD|POST)$"
    "GET, HEAD or POST" "GET"
    |text| matches!(text, "GET" | "HEAD" | "POST")
}
word! {
    /// A path of an HTTP request.
    HttpPath "^/[!-~]{0,1023}$"
    "a path that starts with `/`" "/healthz"
    |text| text.starts_with('/') && visible(text, 1024)
}
word! {
    /// A file in a container. No part of its path has two points in a row, so that nothing leads elsewhere.
    FilePath "^(/\\.?[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*){1,16}$"
    "an absolute path of letters, digits, `-`, `_` and single `.`" "/etc/shop/app.toml"
    file_path
}
word! {
    /// A container image.
    Image "^[!-~]{1,1024}$"
    "a container image" "ghcr.io/example/shop:1.4.2"
    |text| visible(text, 1024)
}
word! {
    /// Where a page comes from.
    Origin "^(\\*|https?://[A-Za-z0-9.*-]{1,253}(:[0-9]{1,5})?)$"
    "an origin: a scheme and a host without a path, perhaps a port, or `*`" "https://www.example.com"
    |text| text == "*" || origin(text)
}
word! {
    /// What a rule of a security group is for.
    RuleDescription "^[a-zA-Z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]{0,255}$"
    "a rule's description: at most 255 letters, digits, spaces and `._-:/()#,@[]+=&;{}!$*`" "the office"
    security_group::text
}
word! {
    /// The name or ARN of a secret of AWS Secrets Manager.
    SecretId "^[A-Za-z0-9/_+=.@:!-]{1,512}$"
    "a secret's name or ARN" "shop/api-key"
    |text| visible(text, 512) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+=.@:!-".contains(&b))
}
word! {
    /// A security policy of a listener.
    SslPolicy "^ELBSecurityPolicy-[A-Za-z0-9-]{1,100}$"
    "a security policy of Elastic Load Balancing" "ELBSecurityPolicy-TLS13-1-2-2021-06"
    |text| {
        let name = text.strip_prefix("ELBSecurityPolicy-");
        name.is_some_and(|n| visible(n, 100) && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    }
}
word! {
    /// HTTP status codes and ranges of them.
    StatusCodes "^[2-4][0-9]{2}(-[2-4][0-9]{2})?(,[2-4][0-9]{2}(-[2-4][0-9]{2})?)*$"
    "a list of status codes or a range of them, from 200 to 499" "200-299"
    target_group::codes
}

word! {
    /// A time zone.
    TimeZone "^[A-Z][A-Za-z]{1,20}(/[A-Za-z0-9_+-]{1,30}){1,2}$"
    "the name of a time zone in the time zone database" "Europe/Berlin"
    zone
}

word! {
    /// The key of a tag.
    TagKey "^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$"
    "a tag's key: 1 to 128 letters, digits, spaces and `_.:/=+-@`" "cost-center"
    tagging::key
}
word! {
    /// The value of a tag.
    TagValue "^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$"
    "a tag's value: at most 256 letters, digits, spaces and `_.:/=+-@`" "shop"
    tagging::value
}

impl RuleDescription {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn file_path(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let part = |part: &str| part.strip_prefix('.').unwrap_or(part).split('.').all(word);
    text.strip_prefix('/').is_some_and(|rest| rest.split('/').count() <= 16 && rest.split('/').all(part))
}

fn kms_key(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let ["arn", partition, "kms", region, account, key] = parts[..] else { return false };
    let id = key.strip_prefix("key/").unwrap_or_default();
    partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && !partition.is_empty()
        && word(region)
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or(text.strip_prefix("http://")).unwrap_or_default();
    let (host, port) = rest.split_once(':').unwrap_or((rest, "0"));
    (1..=253).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".*-".contains(&b))
        && (1..=5).contains(&port.len())
        && port.bytes().all(|b| b.is_ascii_digit())
}

fn visible(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn identifier(text: &str, most: usize) -> bool {
    text.len() <= most
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
