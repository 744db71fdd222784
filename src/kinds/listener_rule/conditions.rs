//! When a rule's action is taken: all of its conditions hold, each by one of its values.
use super::*;
use crate::canon::Open;
use crate::diag::Code;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, HostHeaderConditionConfig, HttpHeaderConditionConfig, HttpRequestMethodConditionConfig, PathPatternConditionConfig,
    QueryStringConditionConfig, QueryStringKeyValuePair, SourceIpConditionConfig,
};
use ipnet::IpNet;

/// `Conditions`. `*` stands for any characters, and `?` for one, in hosts, paths and the values of headers and of the query.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Conditions {
    /// `http-header`, by the header's name.
    pub header: Open<BTreeSet<String>>,
    /// `host-header`, in lower case.
    pub host: BTreeSet<String>,
    /// `http-request-method`.
    pub method: BTreeSet<String>,
    /// `path-pattern`.
    pub path: BTreeSet<String>,
    /// `query-string`, by key; an empty key stands for a value under any.
    pub query: Open<BTreeSet<String>>,
    /// `source-ip`: blocks of the address that connects.
    pub source: BTreeSet<String>,
}

/// The most characters of a value; of a method and of a header's name; the most values, and wildcards, of a rule.
const VALUE: usize = 128;
const WORD: usize = 40;
pub const VALUES: usize = 5;

/// What an alphabet has beside letters and digits.
const HOST: &str = "-.*?";
const PATH: &str = "_-.$/~\"'@:+&*?";
/// `token` of RFC 7230.
const TOKEN: &str = "!#$%&'*+-.^_`|~";

fn set(values: Option<Vec<String>>) -> BTreeSet<String> {
    values.into_iter().flatten().collect()
}

impl Conditions {
    /// What stands for conditions that this type can't say: it differs from all that are wanted.
    pub(super) fn unknown() -> Self {
        Conditions { path: ["unknown".to_owned()].into(), ..Conditions::default() }
    }

    /// The conditions as the service takes them.
    pub(super) fn resolve(&self) -> Vec<sdk::RuleCondition> {
        let list = |values: &BTreeSet<String>| Some(values.iter().cloned().collect::<Vec<_>>());
        let of = |field: &str| sdk::RuleCondition::builder().field(field);
        let mut out = vec![];
        if !self.host.is_empty() {
            out.push(of("host-header").host_header_config(HostHeaderConditionConfig::builder().set_values(list(&self.host)).build()));
        }
        if !self.path.is_empty() {
            out.push(of("path-pattern").path_pattern_config(PathPatternConditionConfig::builder().set_values(list(&self.path)).build()));
        }
        if !self.method.is_empty() {
            let config = HttpRequestMethodConditionConfig::builder().set_values(list(&self.method)).build();
            out.push(of("http-request-method").http_request_method_config(config));
        }
        if !self.source.is_empty() {
            out.push(of("source-ip").source_ip_config(SourceIpConditionConfig::builder().set_values(list(&self.source)).build()));
        }
        for (name, values) in &self.header {
            let config = HttpHeaderConditionConfig::builder().http_header_name(name).set_values(list(values)).build();
            out.push(of("http-header").http_header_config(config));
        }
        for (key, values) in &self.query {
            let pair = |value: &String| {
                QueryStringKeyValuePair::builder().set_key(Some(key.clone()).filter(|k| !k.is_empty())).value(value).build()
            };
            let config = QueryStringConditionConfig::builder().set_values(Some(values.iter().map(pair).collect())).build();
            out.push(of("query-string").query_string_config(config));
        }
        out.into_iter().map(|c| c.build()).collect()
    }

    /// The conditions as the service shows them; `None` for such as this type can't say (expressions, keys mixed, a header twice).
    pub(super) fn read(shown: Vec<sdk::RuleCondition>) -> Option<Self> {
        let mut all = Conditions::default();
        for one in shown {
            let (field, plain) = (one.field?, set(one.values));
            let strange = |regex: &Option<Vec<String>>| regex.as_ref().is_some_and(|r| !r.is_empty());
            if strange(&one.regex_values) {
                return None;
            }
            let or_plain = |values: BTreeSet<String>| if values.is_empty() { plain.clone() } else { values };
            match field.as_str() {
                "host-header" => {
                    let config = one.host_header_config.filter(|c| !strange(&c.regex_values));
                    all.host = or_plain(set(config.and_then(|c| c.values)));
                }
                "path-pattern" => {
                    let config = one.path_pattern_config.filter(|c| !strange(&c.regex_values));
                    all.path = or_plain(set(config.and_then(|c| c.values)));
                }
                "http-request-method" => all.method = set(one.http_request_method_config?.values),
                "source-ip" => all.source = set(one.source_ip_config?.values),
                "http-header" => {
                    let config = one.http_header_config.filter(|c| !strange(&c.regex_values))?;
                    if all.header.insert(config.http_header_name?, set(config.values)).is_some() {
                        return None;
                    }
                }
                "query-string" => {
                    let pairs = one.query_string_config?.values.unwrap_or_default();
                    let keys: BTreeSet<String> = pairs.iter().map(|p| p.key.clone().unwrap_or_default()).collect();
                    let key = keys.iter().next().filter(|_| keys.len() == 1)?.clone();
                    if all.query.insert(key, pairs.into_iter().filter_map(|p| p.value).collect()).is_some() {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        Some(all)
    }

    /// Every value, with the attribute that it is a part of.
    fn values(&self) -> Vec<(String, &String)> {
        let plain = [("host", &self.host), ("method", &self.method), ("path", &self.path), ("source", &self.source)];
        let plain = plain.into_iter().flat_map(|(of, values)| values.iter().map(move |v| (format!("conditions.{of}"), v)));
        let named = [("header", &self.header), ("query", &self.query)].into_iter().flat_map(|(of, map)| {
            map.iter().flat_map(move |(key, values)| values.iter().map(move |v| (format!("conditions.{of}.{key}"), v)))
        });
        plain.chain(named).collect()
    }

    /// `RuleCondition` and the configurations of its fields; 5 values and 5 wildcards a rule (the quotas "Condition Values per Rule" and "Condition
    /// Wildcards per Rule", which can't be raised).
    pub(super) fn breaches(&self) -> Vec<Breach> {
        let mut found = vec![];
        let mut say = |attribute: &str, code: Code, message: String, help: &str, item: Option<&String>| {
            let breach = Breach::new(code, attribute, message, help);
            found.push(Breach { item: item.cloned(), ..breach });
        };
        let values = self.values();
        for (attribute, value) in &values {
            let of = attribute.split('.').nth(1).unwrap_or_default();
            let most = if of == "method" { WORD } else { VALUE };
            let long = value.chars().count();
            if long > most {
                say(
                    attribute,
                    Code::Rule,
                    format!("a value of a condition on the {of} has at most {most} characters, and this one {long}"),
                    "write a shorter one, perhaps with `*`",
                    Some(value),
                );
            } else if value.is_empty() {
                say(
                    attribute,
                    Code::Rule,
                    format!("a condition on the {of} has an empty value"),
                    "write a value, or leave the condition out",
                    Some(value),
                );
            } else if let Some((message, help)) = fault(of, value) {
                say(attribute, Code::Rule, message, help, Some(value));
            }
        }
        for name in self.header.keys() {
            let attribute = format!("conditions.header.{name}");
            let token = !name.is_empty() && name.len() <= WORD && name.chars().all(|c| c.is_ascii_alphanumeric() || TOKEN.contains(c));
            if name.eq_ignore_ascii_case("host") {
                say(&attribute, Code::Rule, "the header `Host` has a condition of its own".into(), "write it as `host`", None);
            } else if !token {
                let help = "write letters, digits and `-`, 40 at most; a name has no wildcards";
                say(&attribute, Code::Rule, format!("`{name}` is not the name of a header"), help, None);
            }
        }
        for key in self.query.keys().filter(|key| key.chars().count() > VALUE) {
            say(
                &format!("conditions.query.{key}"),
                Code::Rule,
                format!("a key of the query has at most {VALUE} characters"),
                "write a shorter one",
                None,
            );
        }
        if values.is_empty() {
            say(
                "conditions",
                Code::Rule,
                "a route without a condition would take every request".into(),
                "write `path`, `host`, `header`, `method`, `query` or `source`; what no route takes, the listener itself does",
                None,
            );
        }
        let wild = values.iter().filter(|(of, _)| !of.starts_with("conditions.method") && !of.starts_with("conditions.source"));
        let wild: usize = wild.map(|(_, value)| value.matches(['*', '?']).count()).sum();
        for (what, many) in [("values", values.len()), ("wildcards", wild)] {
            if many > VALUES {
                say(
                    "conditions",
                    Code::Count,
                    format!("the conditions of a route have {VALUES} {what} at most, and these {many}"),
                    "make two routes of it",
                    None,
                );
            }
        }
        found
    }
}

/// What is wrong with the characters of a value.
fn fault(of: &str, value: &str) -> Option<(String, &'static str)> {
    let has = |more: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let top = || value.rsplit_once('.').is_some_and(|(_, top)| !top.is_empty() && top.bytes().all(|b| b.is_ascii_alphabetic()));
    match of {
        "host" if !has(HOST) => {
            Some((format!("`{value}` is not a host to match"), "write letters, digits, `-` and `.`; `*` and `?` are wildcards"))
        }
        "host" if !top() => {
            Some((format!("`{value}` is not a host to match"), "write at least one `.`, and letters alone behind the last one"))
        }
        "path" if !has(PATH) => {
            Some((format!("`{value}` is not a path to match"), "write letters, digits and any of _-.$/~\"'@:+&; `*` and `?` are wildcards"))
        }
        "path" if !value.starts_with(['/', '*', '?']) => {
            Some((format!("`{value}` never matches: a path begins with `/`"), "write the whole path, such as `/thumbs/*`"))
        }
        "method" if !value.bytes().all(|b| b.is_ascii_uppercase() || b"-_".contains(&b)) => {
            Some((format!("`{value}` is not a method"), "write capital letters, `-` and `_`, such as `POST`; a method has no wildcards"))
        }
        "source" if value.parse::<IpNet>().is_err() => Some((format!("`{value}` is not a block"), "write one such as `203.0.113.0/24`")),
        "header" | "query" if value.chars().any(char::is_control) => {
            Some((format!("`{value}` has a control character"), "write what can be printed"))
        }
        _ => None,
    }
}
