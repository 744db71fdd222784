//! Scalars with a form: each has one reader, one pattern for the schema, and says what to write instead.
mod class;
mod contact;
mod functions;
mod hosts;
mod metrics;
mod names;
mod network;
mod percent;
mod text;
mod time;
mod words;

pub use crate::kinds::dns_record::canonical::{host, host_pattern};
pub use class::{InstanceClass, InstanceType, NodeType, Size, Version};
pub use contact::Contact;
pub use functions::{CodePath, Cpu, FunctionImage, Handler, IamAction, IamResource, LayerArn, Memory, Runtime, ScheduleExpression, Sha256};
pub use hosts::{Domain, RecordName, Ttl};
pub use metrics::{AlarmName, MetricName, MetricNamespace, MetricStatistic, Minute, Silenced, Watched};
pub use names::{Account, Arn, EnvName, GroupName, Name, OutputName};
pub use network::{AvailabilityZone, Cidr, Peer, Ports, Region};
pub use percent::Percent;
pub use text::{Reference, Target, Template, TemplatePart};
pub use time::{DailyWindow, Duration, Kept, WeeklyWindow};
pub use words::{
    AdminUser, Alarm, Ami, BucketEncryption, Cron, DatabaseName, FilePath, FlagKey, GroupDescription, HeaderName, HttpMethod, HttpPath,
    Image, Origin, RuleDescription, SecretId, SslPolicy, StatusCodes, TagKey, TagValue, TimeZone,
};

use crate::diag::Code;
use std::fmt;

/// A scalar that is written as a string of a fixed form.
pub trait Unit: Sized + fmt::Debug + fmt::Display {
    /// What the schema can see of the form (a regular expression, anchored).
    const PATTERN: &'static str;
    /// The form in words, with its unit.
    const DOC: &'static str;
    /// Examples that are read without error; the first one is proposed in help.
    const EXAMPLES: &'static [&'static str];

    /// Reads the written form.
    fn read(text: &str) -> Result<Self, Malformed>;
}

/// Why a scalar can't be read, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The rule that was broken.
    pub code: Code,
    /// One sentence.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl Malformed {
    pub(super) fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Malformed { code, message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

/// Gives units their serde and schema forms, and lists them for the reader of the schema.
macro_rules! units {
    ($($unit:ident)+) => {
        $(
            impl serde::Serialize for $unit {
                fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                    s.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $unit {
                fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                    let text = <String as serde::Deserialize>::deserialize(d)?;
                    <$unit as Unit>::read(&text).map_err(serde::de::Error::custom)
                }
            }

            impl schemars::JsonSchema for $unit {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($unit).into()
                }

                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    schemars::json_schema!({
                        "type": "string",
                        "pattern": <$unit as Unit>::PATTERN,
                        "description": <$unit as Unit>::DOC,
                        "examples": <$unit as Unit>::EXAMPLES,
                    })
                }
            }
        )+

        /// A unit as the reader of the schema knows it.
        pub(super) struct Form {
            /// Its definition in the schema.
            pub(super) name: &'static str,
            /// Its pattern in the schema, unique to the unit.
            pub(super) pattern: &'static str,
            /// Whether a text is of this form.
            pub(super) check: fn(&str) -> Result<(), Malformed>,
        }

        /// All units, in alphabetical order.
        pub(super) const FORMS: &[Form] = &[$(
            Form {
                name: stringify!($unit),
                pattern: <$unit as Unit>::PATTERN,
                check: |text| <$unit as Unit>::read(text).map(drop),
            },
        )+];
    };
}

units! {
    Account
    AdminUser
    Alarm
    AlarmName
    Ami
    Arn
    AvailabilityZone
    BucketEncryption
    Cidr
    CodePath
    Contact
    Cpu
    Cron
    DailyWindow
    DatabaseName
    Domain
    Duration
    EnvName
    FlagKey
    FunctionImage
    GroupDescription
    GroupName
    Handler
    HeaderName
    HttpMethod
    FilePath
    HttpPath
    IamAction
    IamResource
    Image
    InstanceClass
    InstanceType
    Kept
    LayerArn
    Memory
    MetricName
    MetricNamespace
    MetricStatistic
    Minute
    Name
    NodeType
    Origin
    OutputName
    Peer
    Percent
    Ports
    RecordName
    Region
    RuleDescription
    Runtime
    ScheduleExpression
    SecretId
    Sha256
    Silenced
    Size
    SslPolicy
    StatusCodes
    TagKey
    TagValue
    TimeZone
    Ttl
    Version
    Watched
    WeeklyWindow
}

/// A default of a field.
pub(super) fn fixed<U: Unit>(text: &str) -> U {
    U::read(text).expect("every default has its unit's form; the examples' test reads all of them")
}

/// Digits only, so that `+5` and `5.0` are not numbers here.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
