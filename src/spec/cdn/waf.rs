//! What is turned away: by managed rulesets, by rules of the stack, by rate, and as an attack.
use crate::spec::units::{Duration, Name};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The web application firewall.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Waf {
    /// The ruleset that Cloudflare keeps against known attacks: true from the Pro plan on, `free` for a small one that every plan has.
    pub managed: Managed,
    /// The OWASP core ruleset, from the Pro plan on: true, or how strict it is.
    pub owasp: Owasp,
    /// The stack's own rules, in the order in which they are tried.
    pub custom: Vec<CustomRule>,
}

/// Which of Cloudflare's rulesets is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Managed {
    /// None by the stack.
    #[default]
    Off,
    /// The Cloudflare Managed ruleset.
    Cloudflare,
    /// The Cloudflare Free Managed ruleset.
    Free,
}

impl Serialize for Managed {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Managed::Off => false.serialize(s),
            Managed::Cloudflare => true.serialize(s),
            Managed::Free => "free".serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Managed {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Managed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or `free`")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<Managed, E> {
                Ok(if on { Managed::Cloudflare } else { Managed::Off })
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Managed, E> {
                if word == "free" { Ok(Managed::Free) } else { Err(E::custom("expected true, false or `free`")) }
            }
        }
        d.deserialize_any(Either)
    }
}

impl JsonSchema for Managed {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Managed".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "boolean" }, { "type": "string", "const": "free" }] })
    }
}

/// Whether the OWASP core ruleset is on, and how strict it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Owasp {
    /// Not by the stack.
    #[default]
    Off,
    /// On.
    On(OwaspRuleset),
}

/// How strict the OWASP core ruleset is: each of its rules scores a request, and the sum decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OwaspRuleset {
    /// From which score on a request is acted upon.
    pub sensitivity: Sensitivity,
    /// What is done with it.
    pub action: Reaction,
}

impl Default for OwaspRuleset {
    fn default() -> Self {
        OwaspRuleset { sensitivity: Sensitivity::Medium, action: Reaction::ManagedChallenge }
    }
}

impl Serialize for Owasp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Owasp::Off => false.serialize(s),
            Owasp::On(ruleset) => ruleset.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Owasp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Owasp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a map")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<Owasp, E> {
                Ok(if on { Owasp::On(OwaspRuleset::default()) } else { Owasp::Off })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Owasp, A::Error> {
                OwaspRuleset::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Owasp::On)
            }
        }
        d.deserialize_any(Either)
    }
}

impl JsonSchema for Owasp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Owasp".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let ruleset = generator.subschema_for::<OwaspRuleset>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, ruleset] })
    }
}

/// How easily a request is acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// From a score of 60 on.
    Low,
    /// From a score of 40 on.
    Medium,
    /// From a score of 25 on.
    High,
}

impl Sensitivity {
    /// The score from which a request is acted upon (Cloudflare: `score_threshold`).
    pub fn score(self) -> i64 {
        match self {
            Sensitivity::Low => 60,
            Sensitivity::Medium => 40,
            Sensitivity::High => 25,
        }
    }
}

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// It is refused.
    Block,
    /// A person must solve a puzzle.
    Challenge,
    /// The browser must solve a puzzle.
    JsChallenge,
    /// It is written down; an Enterprise plan's.
    Log,
    /// Cloudflare decides whether and how the client is tested.
    ManagedChallenge,
}

impl Reaction {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Reaction::Block => "block",
            Reaction::Challenge => "challenge",
            Reaction::JsChallenge => "js_challenge",
            Reaction::Log => "log",
            Reaction::ManagedChallenge => "managed_challenge",
        }
    }

    /// Whether the client may prove itself.
    pub fn tests(self) -> bool {
        !matches!(self, Reaction::Block | Reaction::Log)
    }
}

/// A rule of the stack's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomRule {
    /// The rule's name: its identity, wherever it stands in the list.
    pub name: Name,
    /// For which requests of the zone, as an expression of Cloudflare's Rules language.
    pub when: String,
    /// What is done with them.
    pub action: Action,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// What a rule of the stack's own does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is refused.
    Block,
    /// A person must solve a puzzle.
    Challenge,
    /// The browser must solve a puzzle.
    JsChallenge,
    /// It is written down; an Enterprise plan's.
    Log,
    /// Cloudflare decides whether and how the client is tested.
    ManagedChallenge,
    /// The custom rules after this one are passed over.
    Skip,
}

impl Action {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Action::Block => "block",
            Action::Challenge => "challenge",
            Action::JsChallenge => "js_challenge",
            Action::Log => "log",
            Action::ManagedChallenge => "managed_challenge",
            Action::Skip => "skip",
        }
    }
}

/// How often one client, told by its address, may ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// The rule's name: its identity, wherever it stands in the list.
    pub name: Name,
    /// For which requests of the zone, as an expression of Cloudflare's Rules language.
    pub when: String,
    /// So many requests are let through in each period.
    #[schemars(range(min = 1, max = 1000000))]
    pub requests: u32,
    /// The period: 10s to 1d, one of those that Cloudflare has; 10s on the Free plan.
    pub per: Duration,
    /// What is done with those above.
    #[serde(default = "block")]
    pub action: Reaction,
    /// How long it is done, once the limit is passed; only for block and log.
    #[schemars(extend("x-default" = "as `per`; 0s for challenges"))]
    pub timeout: Duration,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// The protection from attacks on the HTTP layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ddos {
    /// How readily traffic is taken for an attack.
    pub sensitivity: DdosSensitivity,
    /// What is done with it; when left out, as Cloudflare decides for each attack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<DdosAction>,
}

/// How readily traffic is taken for an attack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DdosSensitivity {
    /// As Cloudflare does by itself; the highest.
    #[default]
    Default,
    /// Less.
    Medium,
    /// Still less.
    Low,
    /// Only the largest attacks.
    EssentiallyOff,
}

impl DdosSensitivity {
    /// In the API's own words.
    pub fn level(self) -> &'static str {
        match self {
            DdosSensitivity::Default => "default",
            DdosSensitivity::Medium => "medium",
            DdosSensitivity::Low => "low",
            DdosSensitivity::EssentiallyOff => "eoff",
        }
    }
}

/// What is done with an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DdosAction {
    /// It is refused.
    Block,
    /// It is written down; an Enterprise plan's.
    Log,
    /// Cloudflare decides whether and how the client is tested.
    ManagedChallenge,
}

impl DdosAction {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            DdosAction::Block => "block",
            DdosAction::Log => "log",
            DdosAction::ManagedChallenge => "managed_challenge",
        }
    }
}

fn yes() -> bool {
    true
}

fn block() -> Reaction {
    Reaction::Block
}
