//! What Cloudflare keeps, and for how long.
use super::phase::{Action, Written, number, phase};
use super::*;
use serde_json::json;

phase! {
    /// Cache rules.
    CacheRules of Caching in "http_request_cache_settings" by "Cache Settings" with room for [10, 25, 50, 300]
}

/// `set_cache_settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Caching {
    /// Whether the cache is passed by (`cache` is false).
    pub bypass: bool,
    /// `edge_ttl` in seconds, whatever the origin says; `None` leaves it to the origin.
    pub edge_ttl: Option<i64>,
    /// `browser_ttl` in seconds; `None` leaves it to the origin.
    pub browser_ttl: Option<i64>,
    /// What of the query string makes another object (`cache_key.custom_key.query_string`).
    pub query: Query,
}

/// Parts of a query string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// All of it, as Cloudflare does by itself.
    All,
    None,
    Include(BTreeSet<String>),
    Exclude(BTreeSet<String>),
}

impl Action for Caching {
    fn write(&self) -> Written {
        let mut parameters = json!({ "cache": !self.bypass });
        let ttl = |seconds: i64| json!({ "mode": "override_origin", "default": seconds });
        if let Some(seconds) = self.edge_ttl {
            parameters["edge_ttl"] = ttl(seconds);
        }
        if let Some(seconds) = self.browser_ttl {
            parameters["browser_ttl"] = ttl(seconds);
        }
        let query = match &self.query {
            Query::All => None,
            Query::None => Some(json!({ "exclude": { "all": true } })),
            Query::Include(names) => Some(json!({ "include": { "list": names } })),
            Query::Exclude(names) => Some(json!({ "exclude": { "list": names } })),
        };
        if let Some(query) = query {
            parameters["cache_key"] = json!({ "custom_key": { "query_string": query } });
        }
        Written { action: "set_cache_settings".into(), parameters: Some(parameters), ratelimit: None }
    }

    fn read(_: &str, parameters: &Value, _: &Value) -> Self {
        let ttl = |key: &str| {
            let overrides = parameters.pointer(&format!("/{key}/mode")).and_then(Value::as_str) == Some("override_origin");
            number(parameters, &format!("/{key}/default")).filter(|_| overrides)
        };
        let query = parameters.pointer("/cache_key/custom_key/query_string");
        let list = |pointer: &str| {
            let names = query?.pointer(pointer)?.as_array()?;
            Some(names.iter().filter_map(Value::as_str).map(String::from).collect())
        };
        let none = query.and_then(|q| q.pointer("/exclude/all")).and_then(Value::as_bool) == Some(true);
        let query = match (list("/include/list"), list("/exclude/list")) {
            _ if none => Query::None,
            (Some(names), _) => Query::Include(names),
            (None, Some(names)) => Query::Exclude(names),
            (None, None) => Query::All,
        };
        let bypass = parameters.get("cache").and_then(Value::as_bool) == Some(false);
        Caching { bypass, edge_ttl: ttl("edge_ttl"), browser_ttl: ttl("browser_ttl"), query }
    }

    fn limit(&self, name: &str, plan: ZonePlan) -> Option<Limit> {
        let least = [7200, 3600, 1, 1][plan as usize];
        let ttl = self.edge_ttl.filter(|ttl| *ttl < least)?;
        Some(Limit {
            message: format!("the cache rule `{name}` has an edge_ttl of {ttl}s, but the zone's plan ({plan}) has {least}s at least"),
            help: "keep it longer, or leave it to the origin".into(),
        })
    }

    fn example() -> Self {
        Caching { bypass: false, edge_ttl: Some(86400), browser_ttl: Some(3600), query: Query::Exclude(["utm_source".into()].into()) }
    }
}
