//! The stack's own rules in the phases of the zone.
use std::collections::BTreeMap;

use crate::kinds::cache_rules::{Caching, Query};
use crate::kinds::custom_rules::Filter;
use crate::kinds::ddos_rules::Override;
use crate::kinds::header_rules::{Header, Headers};
use crate::kinds::managed_rules::Managed;
use crate::kinds::rate_limit_rules::RateLimit;
use crate::kinds::redirect_rules::{Redirect, Target};
use crate::kinds::{CacheRules, CustomRules, DdosRules, HeaderRules, ManagedRules, Object, RateLimitRules, RedirectRules, Rule};
use crate::model::Ranked;
use crate::spec::cdn::waf::{self, DdosSensitivity, Owasp};
use crate::spec::cdn::{Cdn, rules};
use crate::spec::expression::string;
use crate::spec::lower::{Lower, int};
use crate::spec::units::{Duration, Name};

type Rules<A> = Ranked<Rule<A>>;

pub fn lower(cdn: &Cdn, l: &mut Lower<'_>) {
    let zone = || cdn.zone.to_string();
    let others = Default::default;
    add(l, "cdn.static_assets", caching(cdn), |rules| CacheRules { zone: zone(), rules, others: others() });
    add(l, "cdn.waf.custom", filters(cdn), |rules| CustomRules { zone: zone(), rules, others: others() });
    add(l, "cdn.ddos", ddos(cdn), |rules| DdosRules { zone: zone(), rules, others: others() });
    add(l, "cdn.headers", headers(cdn), |rules| HeaderRules { zone: zone(), rules, others: others() });
    add(l, "cdn.waf", managed(cdn), |rules| ManagedRules { zone: zone(), rules, others: others() });
    add(l, "cdn.rate_limits", limits(cdn), |rules| RateLimitRules { zone: zone(), rules, others: others() });
    add(l, "cdn.redirects", redirects(cdn), |rules| RedirectRules { zone: zone(), rules, others: others() });
}

/// A phase in which the stack has no rule is none of its objects.
fn add<A, O: Into<Object>>(l: &mut Lower<'_>, origin: &str, rules: Rules<A>, made: impl Fn(Rules<A>) -> O) {
    if !rules.0.is_empty() {
        l.add("main", origin, made(rules));
    }
}

fn rule<A>(expression: &str, action: A, enabled: bool) -> Rule<A> {
    Rule { expression: expression.into(), action, enabled }
}

/// A loaded spec has a name for each rule.
fn named(name: Option<&Name>) -> String {
    name.map_or_else(String::new, Name::to_string)
}

/// The expression for a path of the stack's own proxied records, so that other names of the zone are left alone; or the one that was written.
fn scope(cdn: &Cdn, path: Option<&str>, when: Option<&str>) -> String {
    match (path, when) {
        (Some(path), _) => [Some(hosts(cdn)), matches(path)].into_iter().flatten().collect::<Vec<_>>().join(" and "),
        (None, when) => when.unwrap_or("true").into(),
    }
}

fn hosts(cdn: &Cdn) -> String {
    let proxied = cdn.records.values().filter(|record| record.proxied).map(|record| record.name.within(&cdn.zone));
    let mut names: Vec<String> = proxied.collect();
    names.sort();
    names.dedup();
    let (wild, exact): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| name.starts_with('*'));
    let exact: Vec<String> = exact.iter().map(|name| string(name)).collect();
    let exact = (!exact.is_empty()).then(|| format!("http.host in {{{}}}", exact.join(" ")));
    let wild = wild.iter().map(|name| format!("http.host wildcard {}", string(name)));
    let all: Vec<String> = exact.into_iter().chain(wild).collect();
    if all.len() > 1 { format!("({})", all.join(" or ")) } else { all.concat() }
}

/// Paths are compared letter by letter; nothing for a path that stands for all.
fn matches(path: &str) -> Option<String> {
    let prefix = path.strip_suffix('*').filter(|prefix| !prefix.contains('*'));
    match prefix {
        Some("/") => None,
        Some(prefix) => Some(format!("starts_with(http.request.uri.path, {})", string(prefix))),
        None if path.contains('*') => Some(format!("http.request.uri.path strict wildcard {}", string(path))),
        None => Some(format!("http.request.uri.path eq {}", string(path))),
    }
}

fn caching(cdn: &Cdn) -> Rules<Caching> {
    let seconds = |duration: Option<Duration>| duration.map(|d| i64::from(int(d.as_seconds())));
    let one = |r: &rules::CacheRule| {
        let query = match &r.query {
            rules::Query::All => Query::All,
            rules::Query::None => Query::None,
            rules::Query::Include(names) => Query::Include(names.clone()),
            rules::Query::Exclude(names) => Query::Exclude(names.clone()),
        };
        let caching = Caching { bypass: r.bypass, edge_ttl: seconds(r.edge_ttl), browser_ttl: seconds(r.browser_ttl), query };
        (named(r.name.as_ref()), rule(&scope(cdn, r.path.as_deref(), r.when.as_deref()), caching, r.enabled))
    };
    Ranked(cdn.static_assets.iter().map(one).collect())
}

fn filters(cdn: &Cdn) -> Rules<Filter> {
    let one = |r: &waf::CustomRule| (r.name.to_string(), rule(&r.when, Filter(r.action.word().into()), r.enabled));
    Ranked(cdn.waf.custom.iter().map(one).collect())
}

fn ddos(cdn: &Cdn) -> Rules<Override> {
    let ddos = &cdn.ddos;
    let own = ddos.sensitivity != DdosSensitivity::Default || ddos.action.is_some();
    let action = ddos.action.map(|action| action.word().into());
    let rule = own.then(|| ("main".into(), rule("true", Override { sensitivity: ddos.sensitivity.level().into(), action }, true)));
    Ranked(rule.into_iter().collect())
}

fn headers(cdn: &Cdn) -> Rules<Headers> {
    let one = |r: &rules::HeaderRule| {
        let add = r.add.iter().map(|(name, value)| (name.clone(), Header::Add(value.clone())));
        let remove = r.remove.iter().map(|name| (name.clone(), Header::Remove));
        let set = r.set.iter().map(|(name, value)| (name.clone(), Header::Set(value.clone())));
        let all: BTreeMap<String, Header> = add.chain(remove).chain(set).collect();
        (r.name.to_string(), rule(&r.when, Headers(all.into()), r.enabled))
    };
    Ranked(cdn.headers.iter().map(one).collect())
}

/// The managed rulesets that are on.
pub fn managed(cdn: &Cdn) -> Rules<Managed> {
    let plain = |name: &str| Managed { ruleset: name.into(), score_threshold: None, action: None };
    let first = match cdn.waf.managed {
        waf::Managed::Off => None,
        waf::Managed::Cloudflare => Some(plain("cloudflare")),
        waf::Managed::Free => Some(plain("free")),
    };
    let second = match &cdn.waf.owasp {
        Owasp::Off => None,
        Owasp::On(owasp) => {
            let action = Some(owasp.action.word().into());
            Some(Managed { score_threshold: Some(owasp.sensitivity.score()), action, ..plain("owasp") })
        }
    };
    Ranked(first.into_iter().chain(second).map(|managed| (managed.ruleset.clone(), rule("true", managed, true))).collect())
}

fn limits(cdn: &Cdn) -> Rules<RateLimit> {
    let one = |r: &waf::RateLimit| {
        let limit = RateLimit {
            action: r.action.word().into(),
            requests: i64::from(r.requests),
            period: i64::from(int(r.per.as_seconds())),
            timeout: i64::from(int(r.timeout.as_seconds())),
        };
        (r.name.to_string(), rule(&r.when, limit, r.enabled))
    };
    Ranked(cdn.rate_limits.iter().map(one).collect())
}

fn redirects(cdn: &Cdn) -> Rules<Redirect> {
    let one = |r: &rules::Redirect| {
        let to = match (&r.to_expression, &r.to) {
            (Some(expression), _) => Target::Expression(expression.clone()),
            (None, url) => Target::Value(url.clone().unwrap_or_default()),
        };
        let redirect = Redirect { to, status: i64::from(r.status), preserve_query: r.preserve_query };
        (named(r.name.as_ref()), rule(&scope(cdn, r.from.as_deref(), r.when.as_deref()), redirect, r.enabled))
    };
    Ranked(cdn.redirects.iter().map(one).collect())
}
