//! DNS records.
pub(super) mod check;
pub(super) mod lower;

use crate::kinds::dns_record::canonical::canonical;
use crate::spec::units::{Name, RecordName, Template, Ttl};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A DNS record: `content`, or `to` for one that leads to the load balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The record's type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "cname with `to`; otherwise it is required"))]
    pub kind: Option<RecordType>,
    /// Its name within the zone; `@` is the zone itself. Changing it is a replacement.
    #[schemars(extend("x-default" = "the entry's name"))]
    pub name: RecordName,
    /// What it says: an address, a host, or text, as its type asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Template>,
    /// Where it leads, in place of `content`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Destination>,
    /// Whether clients are led to Cloudflare, which asks what the record says; only a, aaaa and cname can be.
    #[schemars(extend("x-default" = "true with `to`, else false"))]
    pub proxied: bool,
    /// How long an answer may be kept, 60s to 1d; a proxied record has `auto`.
    #[serde(default = "ttl")]
    pub ttl: Ttl,
    /// Which one is taken first, the lowest; of mx and srv.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65535))]
    pub priority: Option<u16>,
    /// The share among those of one priority; of srv.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65535))]
    pub weight: Option<u16>,
    /// The service's port; of srv.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65535))]
    pub port: Option<u16>,
    /// 128 when an authority that does not know the tag may not issue, else 0; of caa, 0 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 255))]
    pub flags: Option<u8>,
    /// What is said about certificates; of caa.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<CaaTag>,
    /// The entry's key before it was renamed; it is re-stamped, not replaced, as long as its `name` stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
}

impl Record {
    /// Whether clients come to the load balancer by it.
    pub fn leads(&self) -> bool {
        let balancer = |text: &Template| text.references().any(|r| r.target.section == "load_balancer" && r.attribute == "dns_name");
        self.to.is_some() || self.content.as_ref().is_some_and(balancer)
    }
}

/// A record's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Who may issue certificates.
    Caa,
    /// Another host.
    Cname,
    /// A mail server.
    Mx,
    /// A name server of a zone below this one.
    Ns,
    /// A service's host and port.
    Srv,
    /// Text.
    Txt,
}

impl RecordType {
    /// As it is written in a spec.
    pub fn word(self) -> &'static str {
        match self {
            RecordType::A => "a",
            RecordType::Aaaa => "aaaa",
            RecordType::Caa => "caa",
            RecordType::Cname => "cname",
            RecordType::Mx => "mx",
            RecordType::Ns => "ns",
            RecordType::Srv => "srv",
            RecordType::Txt => "txt",
        }
    }

    /// What its content is, in words, and one of them.
    pub fn takes(self) -> (&'static str, &'static str) {
        match self {
            RecordType::A => ("an IPv4 address", "192.0.2.1"),
            RecordType::Aaaa => ("an IPv6 address", "2001:db8::1"),
            RecordType::Caa => ("the domain of an authority, or a URL for `tag: iodef`", "amazon.com"),
            RecordType::Cname => ("a host", "www.example.net"),
            RecordType::Mx => ("a mail server's host", "mx.example.net"),
            RecordType::Ns => ("a name server's host", "ns1.example.net"),
            RecordType::Srv => ("a host", "sip.example.net"),
            RecordType::Txt => ("text", "v=spf1 -all"),
        }
    }

    /// Whether Cloudflare can stand before what it says.
    pub fn proxies(self) -> bool {
        matches!(self, RecordType::A | RecordType::Aaaa | RecordType::Cname)
    }

    /// A content in the type's one form; nothing when it is none of the type.
    pub fn canonical(self, content: &str) -> Option<String> {
        canonical(&self.word().to_ascii_uppercase(), content)
    }
}

/// Where a record can lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// The stack's load balancer.
    LoadBalancer,
}

/// What a caa record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaaTag {
    /// Where reports of refused requests go.
    Iodef,
    /// Who may issue certificates.
    Issue,
    /// Who may issue certificates for `*`.
    Issuewild,
}

impl CaaTag {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            CaaTag::Iodef => "iodef",
            CaaTag::Issue => "issue",
            CaaTag::Issuewild => "issuewild",
        }
    }
}

fn ttl() -> Ttl {
    Ttl::Auto
}
