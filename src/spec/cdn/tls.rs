//! TLS between clients, Cloudflare and the stack: settings of the zone, of which only those that are written are governed.
use crate::spec::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// TLS between clients, Cloudflare and the stack. These are settings of the whole zone: only those that are written are changed, and a destroy gives
/// back what was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// How Cloudflare reaches the stack (Cloudflare: `ssl`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The lowest version that clients may speak (Cloudflare: `min_tls_version`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_version: Option<MinVersion>,
    /// Whether requests in the clear are sent on to https (Cloudflare: `always_use_https`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub always_use_https: Option<bool>,
    /// Whether clients may speak TLS 1.3 (Cloudflare: `tls_1_3`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_1_3: Option<bool>,
    /// Whether browsers are told to use https alone (Cloudflare: `security_header`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsts: Option<Hsts>,
}

/// How Cloudflare reaches the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// In the clear, and clients speak no https either.
    Off,
    /// In the clear.
    Flexible,
    /// Over TLS, with any certificate.
    Full,
    /// Over TLS, with a certificate that is valid for the name.
    Strict,
}

impl Mode {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Flexible => "flexible",
            Mode::Full => "full",
            Mode::Strict => "strict",
        }
    }
}

/// A version of TLS, in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MinVersion {
    /// TLS 1.0, long broken.
    #[serde(rename = "1.0")]
    V1_0,
    /// TLS 1.1, long broken.
    #[serde(rename = "1.1")]
    V1_1,
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V1_3,
}

impl MinVersion {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            MinVersion::V1_0 => "1.0",
            MinVersion::V1_1 => "1.1",
            MinVersion::V1_2 => "1.2",
            MinVersion::V1_3 => "1.3",
        }
    }
}

/// HTTP Strict Transport Security: a browser that was told so does not come back in the clear, and can't be told otherwise before its time is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hsts {
    /// How long a browser keeps to it, up to 730d; `0s` makes it forget.
    pub max_age: Duration,
    /// Whether it holds for all names below, too.
    pub include_subdomains: bool,
    /// Whether the zone may be put on the list that browsers are made with; needs `include_subdomains` and a `max_age` of 365d.
    pub preload: bool,
    /// Whether browsers are told not to guess types of content (`X-Content-Type-Options: nosniff`).
    pub nosniff: bool,
}

impl Default for Hsts {
    fn default() -> Self {
        Hsts { max_age: Duration::days(180), include_subdomains: false, preload: false, nosniff: true }
    }
}
