//! A probe of a deployment: a request to the environment itself.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deployment::Preview;
use crate::diag::Code;
use crate::kinds::gate;
use crate::kinds::{Part, Text};
use crate::spec::check::Check;
use crate::spec::deployment::MINUTE;
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
    /// So many requests in all, instead of one: what is new can bear. They go to names of the environment alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100_000))]
    pub requests: Option<u32>,
    /// As many requests as are answered in this time, instead of one: 1s to 10m.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// How many of them at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200), extend("x-default" = "10 with `requests` or `for`"))]
    pub concurrency: Option<u32>,
    /// The largest share of them that may fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "1% with `requests` or `for`"))]
    pub max_errors: Option<Percent>,
    /// The time in which 99 of 100 of them must be answered, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 60_000))]
    pub max_p99_ms: Option<u32>,
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

/// Says what is wrong with a probe of an entry: `at` is the field that it stands in, and which of them it is.
pub fn probed(cx: &mut Check<'_>, (section, name): (&str, &str), at: (&str, &str), probe: &Probe) {
    let path = |field| [section, name, "deployment", at.0, at.1, field];
    cx.within(&path("within"), probe.within, Duration::seconds(1), MINUTE);
    let whole = [section, name, "deployment", at.0, at.1];
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
    let many = probe.requests.is_some() || probe.time.is_some();
    let of_many = [
        ("concurrency", probe.concurrency.is_some()),
        ("max_errors", probe.max_errors.is_some()),
        ("max_p99_ms", probe.max_p99_ms.is_some()),
    ];
    for (field, _) in of_many.into_iter().filter(|(_, written)| *written && !many) {
        let message = format!("`{field}` is of many requests, and this probe is one");
        cx.error(Code::Deployment, &path(field), "this field", message, "add `requests:` or `for:`, or leave it out");
    }
    if let Some(time) = probe.time {
        cx.within(&path("for"), time, Duration::seconds(1), Duration::seconds(600));
        if probe.requests.is_some() {
            let message = "a probe sends so many `requests`, or as many as it can `for` a time".into();
            cx.error(Code::Deployment, &path("for"), "this time", message, "leave one of them out");
        }
    }
    // Nobody is to be flooded by mistake, and nobody else's at all.
    if many && probe.url.as_ref().is_some_and(|url| !url.to_string().starts_with("${")) {
        let message = "many requests go to names of the environment alone".into();
        let help = "write a `path`, or begin the URL with a reference: `${load_balancer.url}/search`";
        cx.error(Code::Deployment, &path("url"), "this URL", message, help);
    }
}

/// The probe as a gate asks it; through a preview with its header.
pub fn asked(l: &Lower<'_>, name: &Name, probe: &Probe, preview: Option<&Preview>) -> gate::Probe {
    let (url, any_name, place) = match (&probe.url, &probe.path) {
        (Some(url), _) => (l.text(url), false, url.to_string()),
        (None, path) => {
            let path = path.as_ref().map_or("/", |path| path.as_str());
            let mut parts = url_of(l.spec, name);
            parts.push(Part::Literal(path.into()));
            (Text(parts), true, path.to_owned())
        }
    };
    let through = preview.map(|preview| format!(" with {}: {}", preview.header, preview.value)).unwrap_or_default();
    let many = probe.requests.is_some() || probe.time.is_some();
    gate::Probe {
        name: format!("{} {place}{through}", probe.method),
        headers: preview.iter().map(|preview| (preview.header.to_string(), preview.value.clone())).collect(),
        url,
        method: probe.method.to_string(),
        status: probe.status,
        contains: probe.contains.clone(),
        within: u32::try_from(probe.within.as_seconds() * 1000).unwrap_or(u32::MAX),
        any_name,
        load: many.then(|| gate::Load {
            requests: probe.requests,
            seconds: probe.time.map(|time| u32::try_from(time.as_seconds()).unwrap_or(u32::MAX)),
            concurrency: probe.concurrency.unwrap_or(10),
            errors: probe.max_errors.as_ref().map_or(100, Percent::hundredths),
            latency: probe.max_p99_ms,
        }),
    }
}
