//! Which fields of `cdn` decide about which attributes. A rule stands under its name.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Other, Same, Seconds};

pub const FIELDS: Fields = &[
    (
        Kind::CacheRules,
        &[
            ("rules.*", "cdn.static_assets.*", Other),
            ("rules.*.action.browser_ttl", "cdn.static_assets.*.browser_ttl", Seconds),
            ("rules.*.action.bypass", "cdn.static_assets.*.bypass", Same),
            ("rules.*.action.edge_ttl", "cdn.static_assets.*.edge_ttl", Seconds),
            ("rules.*.action.query", "cdn.static_assets.*.query", Other),
            ("rules.*.expression", "cdn.static_assets.*.match", Other),
            ("rules.*.expression", "cdn.static_assets.*.when", Other),
            ("rules.*.expression", "cdn.zone", Other),
            ("rules.*.expression", "cdn.records", Other),
            ("rules.*.enabled", "cdn.static_assets.*.enabled", Same),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::CustomRules,
        &[
            ("rules.*", "cdn.waf.custom.*", Other),
            ("rules.*.action", "cdn.waf.custom.*.action", Same),
            ("rules.*.expression", "cdn.waf.custom.*.when", Same),
            ("rules.*.enabled", "cdn.waf.custom.*.enabled", Same),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::DdosRules,
        &[
            ("rules", "cdn.ddos", Other),
            ("rules.*.action.action", "cdn.ddos.action", Same),
            ("rules.*.action.sensitivity", "cdn.ddos.sensitivity", Other),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::DnsRecord,
        &[
            ("content", "cdn.records.{}.content", Other),
            ("content", "cdn.records.{}.to", Other),
            ("content", "cdn.records.{}.type", Other),
            ("content", "cdn.records.{}.flags", Other),
            ("content", "cdn.records.{}.tag", Other),
            ("content", "cdn.records.{}.weight", Other),
            ("content", "cdn.records.{}.port", Other),
            ("name", "cdn.records.{}.name", Other),
            ("name", "cdn.zone", Other),
            ("priority", "cdn.records.{}.priority", Same),
            ("proxied", "cdn.records.{}.proxied", Same),
            ("ttl", "cdn.records.{}.ttl", Other),
            ("type", "cdn.records.{}.type", Other),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::HeaderRules,
        &[
            ("rules.*", "cdn.headers.*", Other),
            ("rules.*.action", "cdn.headers.*.set", Other),
            ("rules.*.action", "cdn.headers.*.add", Other),
            ("rules.*.action", "cdn.headers.*.remove", Other),
            ("rules.*.action.*.add", "cdn.headers.*.add.*", Same),
            ("rules.*.action.*.set", "cdn.headers.*.set.*", Same),
            ("rules.*.expression", "cdn.headers.*.when", Same),
            ("rules.*.enabled", "cdn.headers.*.enabled", Same),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::ManagedRules,
        &[
            ("rules", "cdn.waf.managed", Other),
            ("rules.cloudflare", "cdn.waf.managed", Other),
            ("rules.free", "cdn.waf.managed", Other),
            ("rules.owasp", "cdn.waf.owasp", Other),
            ("rules.owasp.action.action", "cdn.waf.owasp.action", Same),
            ("rules.owasp.action.score_threshold", "cdn.waf.owasp.sensitivity", Other),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::RateLimitRules,
        &[
            ("rules.*", "cdn.rate_limits.*", Other),
            ("rules.*.action.action", "cdn.rate_limits.*.action", Same),
            ("rules.*.action.period", "cdn.rate_limits.*.per", Seconds),
            ("rules.*.action.requests", "cdn.rate_limits.*.requests", Same),
            ("rules.*.action.timeout", "cdn.rate_limits.*.timeout", Seconds),
            ("rules.*.action.timeout", "cdn.rate_limits.*.per", Other),
            ("rules.*.action.timeout", "cdn.rate_limits.*.action", Other),
            ("rules.*.expression", "cdn.rate_limits.*.when", Same),
            ("rules.*.enabled", "cdn.rate_limits.*.enabled", Same),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::RedirectRules,
        &[
            ("rules.*", "cdn.redirects.*", Other),
            ("rules.*.action.preserve_query", "cdn.redirects.*.preserve_query", Same),
            ("rules.*.action.status", "cdn.redirects.*.status", Same),
            ("rules.*.action.to", "cdn.redirects.*.to", Other),
            ("rules.*.action.to", "cdn.redirects.*.to_expression", Other),
            ("rules.*.expression", "cdn.redirects.*.from", Other),
            ("rules.*.expression", "cdn.redirects.*.when", Other),
            ("rules.*.expression", "cdn.zone", Other),
            ("rules.*.expression", "cdn.records", Other),
            ("rules.*.enabled", "cdn.redirects.*.enabled", Same),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (Kind::ZoneSetting, &[("value", "cdn.tls.{}", Other), ("zone", "cdn.zone", Same)]),
];
