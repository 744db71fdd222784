//! Prometheus's own API, as a workspace of Managed Prometheus answers it ("Prometheus-compatible APIs"): plain requests, signed as AWS's own are.
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{Clients, Service};
use crate::model::partition;
use crate::wire::aws::{APP, ATTEMPT};
use crate::wire::policy::Repeat;
use crate::wire::{Class, CloudError, unsent};

/// One request: the permission that it needs, which is its name, and what it asks whom.
struct Ask<'a> {
    service: Service,
    operation: &'a str,
    workspace: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl Clients {
    /// What a workspace answers, the `data` of it. `path`: what stands below `/api/v1/`; `query`: the expression that is asked for.
    pub async fn prometheus(
        &self,
        service: Service,
        operation: &str,
        workspace: &str,
        path: &str,
        query: Option<&str>,
    ) -> Result<Value, CloudError> {
        let ask = Ask { service, operation, workspace, path, query };
        self.policy.request(service, Repeat::Read, async || self.asked(&ask).await).await
    }

    async fn asked(&self, ask: &Ask<'_>) -> Result<Value, CloudError> {
        let url = self.url(ask)?;
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(ATTEMPT).user_agent(format!("app/{APP}"));
        let http = http.redirect(reqwest::redirect::Policy::none()).build().map_err(|e| CloudError::bug(e.to_string()))?;
        let lost = |e: reqwest::Error| unsent(ask.service, ask.operation, &e);
        let request = self.signed(ask, &url).await?.into_iter().fold(http.get(url), |request, (name, value)| request.header(name, value));
        let answer = request.send().await.map_err(lost)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(lost)?;
        ask.read(status, &headers, &body)
    }

    fn url(&self, ask: &Ask<'_>) -> Result<Url, CloudError> {
        let own = || format!("https://aps-workspaces.{}.{}", self.region(), partition(self.region()).dns_suffix);
        let base = self.config.endpoint_url().map_or_else(own, |given| given.trim_end_matches('/').to_owned());
        let query = ask.query.map_or_else(String::new, |text| format!("?query={}", utf8_percent_encode(text, NON_ALPHANUMERIC)));
        let url = format!("{base}/workspaces/{}/api/v1/{}{query}", ask.workspace, ask.path);
        Url::parse(&url).map_err(|e| ask.failed(Class::Invalid, "BadEndpoint", &format!("{url}: {e}")))
    }

    /// The headers by which AWS knows who asks.
    async fn signed(&self, ask: &Ask<'_>, url: &Url) -> Result<Vec<(String, String)>, CloudError> {
        let denied = |why: String| ask.failed(Class::Denied, "NoCredentials", &why);
        let provider = self.config.credentials_provider().ok_or_else(|| denied("no credentials are known".into()))?;
        let identity = provider.provide_credentials().await.map_err(|e| denied(e.to_string()))?.into();
        let broken = |e: String| CloudError::bug(format!("a request can't be signed: {e}"));
        let params = v4::SigningParams::builder().identity(&identity).region(self.region()).name(ask.service.prefix());
        let params = params.time(SystemTime::now()).settings(SigningSettings::default()).build().map_err(|e| broken(e.to_string()))?;
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = format!("{}{port}", url.host_str().unwrap_or_default());
        let headers = [("host", host.as_str())];
        let request = SignableRequest::new("GET", url.as_str(), headers.into_iter(), SignableBody::empty());
        let (signed, _) =
            sign(request.map_err(|e| broken(e.to_string()))?, &params.into()).map_err(|e| broken(e.to_string()))?.into_parts();
        Ok(signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl Ask<'_> {
    fn failed(&self, class: Class, code: &str, message: &str) -> CloudError {
        CloudError { service: Some(self.service), operation: self.operation.into(), ..CloudError::new(class, code, message) }
    }

    /// What an answer holds, or why it holds nothing: AWS's refusals say `message`, Prometheus's `error`.
    fn read(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Value, CloudError> {
        let said: Value = serde_json::from_slice(body).unwrap_or_default();
        if status < 300 && said["status"] == "success" {
            return Ok(said["data"].clone());
        }
        let class = match status {
            401 | 403 => Class::Denied,
            404 => Class::NotFound,
            429 => Class::Throttled,
            500.. => Class::Transient,
            _ => Class::Invalid,
        };
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let code = header("x-amzn-errortype").and_then(|code| code.split(':').next()).or(said["errorType"].as_str());
        let code = code.unwrap_or(if class == Class::Denied { "AccessDeniedException" } else { "BadAnswer" });
        let message = ["message", "Message", "error"].into_iter().find_map(|field| said[field].as_str());
        let failed = self.failed(class, code, message.unwrap_or(&format!("HTTP {status}")));
        Err(CloudError { request_id: header("x-amzn-requestid").map(String::from), ..failed })
    }
}
