//! `functions.X.url`: a function's own address.
use std::collections::BTreeSet;

use super::Function;
use crate::diag::{Code, Finding, Risk};
use crate::kinds::function::{Url, UrlCors};
use crate::spec::check::Check;
use crate::spec::lower::int;
use crate::spec::references;
use crate::spec::substitute::within;
use crate::spec::units::{Duration, HeaderName, Name, Origin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A function's own address at AWS, over HTTPS (AWS: a function URL of its alias). It stays as long as this stands here: taken away and written again,
/// it is another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionUrl {
    /// Who may call it.
    #[serde(default)]
    pub auth: UrlAuth,
    /// What pages of other origins may do; nothing when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<FunctionCors>,
}

/// Who may call a function by its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UrlAuth {
    /// Who signs requests as a user or a role of AWS that may (`lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`).
    #[default]
    AwsIam,
    /// Anybody.
    None,
}

/// What pages of other origins may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionCors {
    /// Where the pages come from: scheme and host; `*` alone is anywhere.
    #[schemars(length(min = 1))]
    pub origins: BTreeSet<Origin>,
    /// How they may ask.
    #[schemars(length(min = 1))]
    pub methods: BTreeSet<UrlMethod>,
    /// Which headers they may send.
    #[serde(default)]
    pub headers: BTreeSet<HeaderName>,
    /// Which headers of an answer they may read.
    #[serde(default)]
    pub expose: BTreeSet<HeaderName>,
    /// Whether browsers send cookies along.
    #[serde(default)]
    pub credentials: bool,
    /// How long a browser may keep the answer, up to 1d; not at all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UrlMethod {
    Delete,
    Get,
    Head,
    Patch,
    Post,
    Put,
}

pub(super) fn lower(url: &FunctionUrl) -> Url {
    let headers = |all: &BTreeSet<HeaderName>| all.iter().map(ToString::to_string).collect();
    let method = |method: &UrlMethod| format!("{method:?}").to_ascii_uppercase();
    let cors = url.cors.as_ref().map(|cors| UrlCors {
        origins: cors.origins.iter().map(ToString::to_string).collect(),
        methods: cors.methods.iter().map(method).collect(),
        headers: headers(&cors.headers),
        expose: headers(&cors.expose),
        credentials: cors.credentials,
        max_age: cors.max_age.map_or(0, |kept| int(kept.as_seconds())),
    });
    Url { public: url.auth == UrlAuth::None, cors }
}

pub(super) fn check(name: &str, entry: &Function, cx: &mut Check<'_>) {
    if entry.url.as_ref().is_some_and(|url| url.auth == UrlAuth::None) {
        let message = format!("anybody may call `functions.{name}` by its address, and each call is paid for");
        let help = "write `auth: aws_iam`, lead there from a load balancer's route, or bound it by `reserved_concurrency`";
        cx.risk(Risk::PublicFunction, &["functions", name, "url", "auth"], message, help);
    }
}

/// Who asks for a function's address asks for one that there is.
pub(super) fn named(cx: &mut Check<'_>) {
    let asks = references::all(cx.fields).filter(|(_, r)| r.target.section == "functions" && r.attribute == "url");
    let lacks = |name: &Name| cx.spec.functions.get(name).is_some_and(|entry| entry.url.is_none());
    let lost: Vec<_> = asks.filter(|(_, r)| r.target.name.as_ref().is_some_and(lacks)).collect();
    for (path, reference) in lost {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let Some(name) = &reference.target.name else { continue };
        if cx.knows(&["functions", name.as_str(), "url"]) {
            let at = within(cx.sources, cx.sources.value(&path), &reference.to_string());
            let message = format!("`functions.{name}` has no address of its own");
            let place = cx.sources.place(at, "this reference");
            cx.say(&[&path], Finding::error(Code::Missing, message, format!("add `url: {{}}` to `functions.{name}`")).at(place));
        }
    }
}
