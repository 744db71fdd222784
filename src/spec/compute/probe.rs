//! A probe of a deployment: a request to the environment itself.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deployment::MINUTE;
use crate::diag::Code;
use crate::kinds::gate;
use crate::kinds::{Part, Text};
use crate::spec::check::Check;
use crate::spec::load_balancer::url_of;
use crate::spec::lower::Lower;
use crate::spec::units::{Duration, HttpMethod, HttpPath, Name, Percent, Template, fixed};

/// A request to the environment itself, and what a right answer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// A path behind the load balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPath>,
    /// A whole URL in place of a path; it may refer to the environment: `${cdn.records.www.url}/version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Template>,
    /// The method of the request.
    #[serde(default = "get")]
    pub method: HttpMethod,
    /// The status of a right answer.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// What a right answer has in its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// How long an answer may take, up to 1m.
    #[serde(default = "second")]
    pub within: Duration,
    /// So many requests in all, instead of one: what the new instances can bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100_000))]
    pub requests: Option<u32>,
    /// How many of them at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200), extend("x-default" = "10 with `requests`"))]
    pub concurrency: Option<u32>,
    /// The largest share of them that may fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "1% with `requests`"))]
    pub max_errors: Option<Percent>,
}

fn get() -> HttpMethod {
    fixed("GET")
}

fn ok() -> u16 {
    200
}

fn second() -> Duration {
    Duration::seconds(1)
}

pub(super) fn probed(cx: &mut Check<'_>, name: &str, index: &str, probe: &Probe) {
    let path = |field| ["compute", name, "deployment", "validate", index, field];
    cx.within(&path("within"), probe.within, Duration::seconds(1), MINUTE);
    let whole = ["compute", name, "deployment", "validate", index];
    match (&probe.path, &probe.url) {
        (Some(_), Some(_)) => {
            let message = "a probe has a `path` or a `url`, not both".into();
            cx.error(Code::Deployment, &path("url"), "this URL", message, "leave one of them out");
        }
        (None, None) => {
            let message = "this probe says neither a `path` nor a `url`".into();
            cx.error(Code::Missing, &whole, "this probe", message, "write `path: /healthz`, or a whole `url`");
        }
        _ => {}
    }
    for (field, written) in [("concurrency", probe.concurrency.is_some()), ("max_errors", probe.max_errors.is_some())] {
        if written && probe.requests.is_none() {
            let message = format!("`{field}` is of many requests, and this probe is one");
            cx.error(Code::Deployment, &path(field), "this field", message, "add `requests:`, or leave it out");
        }
    }
}

pub(super) fn asked(l: &Lower<'_>, name: &Name, probe: &Probe) -> gate::Probe {
    let (url, any_name, place) = match (&probe.url, &probe.path) {
        (Some(url), _) => (l.text(url), false, url.to_string()),
        (None, path) => {
            let path = path.as_ref().map_or("/", |path| path.as_str());
            let mut parts = url_of(l.spec, name);
            parts.push(Part::Literal(path.into()));
            (Text(parts), true, path.to_owned())
        }
    };
    gate::Probe {
        name: format!("{} {place}", probe.method),
        url,
        method: probe.method.to_string(),
        status: probe.status,
        contains: probe.contains.clone(),
        within: u32::try_from(probe.within.as_seconds() * 1000).unwrap_or(u32::MAX),
        any_name,
        load: probe.requests.map(|requests| gate::Load {
            requests,
            concurrency: probe.concurrency.unwrap_or(10),
            errors: probe.max_errors.as_ref().map_or(100, Percent::hundredths),
        }),
    }
}
