//! Texts of functions: where code lies, what runs it, and what it may do.
use super::words::word;
use super::{Malformed, Unit, digits};
use crate::diag::Code;
use crate::kinds::function::{Stored, stored};
use crate::kinds::quantity::canonical;
use crate::model::partition::registry;
use std::fmt;

word! {
    /// A request to AWS, as policies name it.
    IamAction "^([a-z0-9-]{1,64}:[A-Za-z*?]{1,128})$"
    "an action of IAM, `SERVICE:REQUEST`" "s3:GetObject"
    |text| {
        let letters = |request: &str| request.bytes().all(|b| b.is_ascii_alphabetic() || b"*?".contains(&b));
        let service = |service: &str| service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        text.split_once(':').is_some_and(|(s, r)| (1..=64).contains(&s.len()) && (1..=128).contains(&r.len()) && service(s) && letters(r))
    }
}
word! {
    /// Where code lies.
    CodePath "^[^\\u0000-\\u001f\\u007f]{1,2000}$"
    "the path of a folder or of a zip archive, or `s3://BUCKET/KEY` of an archive, maybe with `?versionId=VERSION`" "./thumbnails"
    code
}
word! {
    /// A share of a processor.
    Cpu "^([1-9][0-9]{0,5}m|[0-9]{1,3}(\\.[0-9]{1,3})?)$"
    "a number of processors or of thousandths of one" "250m"
    |text| canonical(text).is_some_and(|kept| kept != "0") && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'm')
}
word! {
    /// A digest of a file, as `sha256sum` prints it.
    Sha256 "^[0-9a-f]{64}$"
    "a SHA-256 digest in hex: 64 digits and small letters up to f" "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    |text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
word! {
    /// A container image of Amazon ECR.
    FunctionImage "^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]{1,32}\\.(amazonaws\\.(com(\\.cn)?|eu)|c2s\\.ic\\.gov|sc2s\\.sgov\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov)/[a-z0-9._/-]{2,256}@sha256:[0-9a-f]{64}$"
    "an image of Amazon ECR with its digest" "123456789012.dkr.ecr.us-east-1.amazonaws.com/thumbnails@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    image
}
word! {
    /// What of the code is called.
    Handler "^[!-~]{1,128}$"
    "a handler: at most 128 characters without spaces" "app.handler"
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
word! {
    /// A version of a layer.
    LayerArn "^arn:aws[a-z-]{0,10}:lambda:[a-z0-9-]{1,32}:[0-9]{12}:layer:[A-Za-z0-9_-]{1,140}:[0-9]{1,10}$"
    "the ARN of a layer with its version" "arn:aws:lambda:us-east-1:123456789012:layer:fonts:3"
    layer
}
word! {
    /// What an action is allowed on.
    IamResource "^(\\*|arn:[!-~]{1,2000})$"
    "an ARN, in which `*` stands for anything, or `*` alone" "arn:aws:s3:::shop-uploads/*"
    |text| text == "*" || text.strip_prefix("arn:").is_some_and(|rest| (1..=2000).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_graphic()))
}
word! {
    /// What runs the code.
    Runtime "^[a-z]{2,20}[0-9.a-z]{0,20}$"
    "a runtime of AWS Lambda" "python3.13"
    |text| {
        let letters = text.bytes().take_while(u8::is_ascii_lowercase).count();
        letters >= 2 && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.')
    }
}

word! {
    /// When something is called again and again. What stands within, the kind's rules look at.
    ScheduleExpression "^(rate|cron)\\([ -'*-~]{1,249}\\)$"
    "`rate(NUMBER UNIT)`, or `cron(…)` with minutes, hours, day of the month, month, day of the week and year" "cron(0 3 * * ? *)"
    |text| {
        let within = text.strip_prefix("rate(").or_else(|| text.strip_prefix("cron(")).and_then(|rest| rest.strip_suffix(')'));
        within.is_some_and(|w| (1..=249).contains(&w.len()) && w.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"()".contains(&b)))
    }
}

impl Cpu {
    /// As Kubernetes writes it: `500m` for `0.5`.
    pub fn canonical(&self) -> String {
        canonical(self.as_str()).unwrap_or_default()
    }
}

fn code(text: &str) -> bool {
    let plain = (1..=2000).contains(&text.chars().count()) && !text.contains(|c: char| c.is_ascii_control());
    let object = |at: Stored<'_>| {
        let of = |b: u8, more: &[u8]| b.is_ascii_lowercase() || b.is_ascii_digit() || more.contains(&b);
        let named = (3..=63).contains(&at.bucket.len()) && at.bucket.bytes().all(|b| of(b, b".-"));
        let ends = |c: Option<u8>| c.is_some_and(|b| of(b, b""));
        named && ends(at.bucket.bytes().next()) && ends(at.bucket.bytes().last()) && !at.key.is_empty() && at.version != Some("")
    };
    plain && if text.starts_with("s3:") { stored(text).is_some_and(object) } else { true }
}

fn image(text: &str) -> bool {
    let parts = || {
        let (host, rest) = text.split_once('/')?;
        let (name, digest) = rest.split_once("@sha256:")?;
        let (_, region) = registry(host)?;
        Some((region, name, digest))
    };
    let Some((region, name, digest)) = parts() else { return false };
    let of = |text: &str, more: &[u8]| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || more.contains(&b));
    (1..=32).contains(&region.len())
        && of(region, b"-")
        && (2..=256).contains(&name.len())
        && of(name, b"._/-")
        && digest.len() == 64
        && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn layer(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "lambda", region, account, "layer", name, version] = parts[..] else { return false };
    let of = |text: &str, most: usize, more: &[u8]| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || more.contains(&b))
    };
    let rest = partition.strip_prefix("aws");
    rest.is_some_and(|rest| rest.len() <= 10 && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        && of(region, 32, b"-")
        && account.len() == 12
        && digits(account).is_some()
        && (1..=140).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        && version.len() <= 10
        && digits(version).is_some()
}

/// Memory in whole MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory(u32);

impl Memory {
    /// So many MiB.
    pub const fn mib(mib: u32) -> Self {
        Memory(mib)
    }

    /// In MiB.
    pub const fn as_mib(self) -> u32 {
        self.0
    }

    /// As Kubernetes writes it: `256Mi`.
    pub fn quantity(self) -> String {
        canonical(&format!("{}Mi", self.0)).unwrap_or_default()
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.0 % 1024) {
            (1.., 0) => write!(f, "{}GiB", self.0 / 1024),
            _ => write!(f, "{}MiB", self.0),
        }
    }
}

impl Unit for Memory {
    const PATTERN: &'static str = "^[0-9]{1,6}(GiB|MiB)$";
    const DOC: &'static str = "Memory: a whole number and MiB (2^20 bytes) or GiB (2^30 bytes).";
    const EXAMPLES: &'static [&'static str] = &["256MiB", "1GiB"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let read = [("MiB", 1u32), ("GiB", 1024)].iter().find_map(|(unit, size)| {
            let number = text.strip_suffix(unit).filter(|n| n.len() <= 6)?;
            u32::try_from(digits(number)?).ok().map(|n| Memory(n * size))
        });
        read.ok_or_else(|| {
            let number: String = text.chars().take_while(char::is_ascii_digit).collect();
            let number = if number.is_empty() { "256" } else { &number };
            let help = format!("memory is binary, as AWS counts it: write `{number}MiB`");
            Malformed::new(Code::BadSize, format!("`{text}` is no size of memory"), help)
        })
    }
}
