//! How clients are made, and how each kind of request is sent.
use std::error::Error;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::classify::classify;
use super::policy::{Policy, Repeat};
use super::{Clients, CloudError, Cloudflare, Identity, Service};

/// The name that our own requests bear in their user agent: `app/infra`.
pub const APP: &str = "infra";

impl Clients {
    /// S3's client. At an endpoint of one's own a bucket's name stands in the path, since no host name answers for it.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(self.config.endpoint_url().is_some());
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// Clients for a region, with credentials, profile and endpoints from the SDK's usual places (`AWS_PROFILE`, `AWS_ENDPOINT_URL`, …).
    pub async fn connect(region: &str, cloudflare: Cloudflare, policy: Policy) -> Self {
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts =
            TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_attempt_timeout(Duration::from_secs(60)).build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(timeouts)
            .load()
            .await;
        // By this name the records of what was done tell our own doings from others'.
        let config = match AppName::new(APP) {
            Ok(name) => config.into_builder().app_name(name).build(),
            Err(_) => config,
        };
        Clients::from_config(config, cloudflare, policy)
    }

    /// Clients over a given SDK configuration (a replayed connection, in tests).
    pub fn with_config(config: SdkConfig, policy: Policy) -> Self {
        Clients::from_config(config, Cloudflare::new(None, None, None), policy)
    }

    /// The same, with another Cloudflare.
    pub fn with_cloudflare(mut self, cloudflare: Cloudflare) -> Self {
        self.cloudflare = cloudflare;
        self
    }

    /// The region that requests go to.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |r| r.as_ref())
    }

    /// Who asks, by the credentials in use (`GetCallerIdentity`).
    pub async fn identity(&self) -> Result<Identity, CloudError> {
        let who = self.safe(Service::Sts, "GetCallerIdentity", async || self.sts().get_caller_identity().send().await).await?;
        let account = who.account.ok_or_else(|| CloudError::incomplete("GetCallerIdentity", "Account"))?;
        Ok(Identity { account, region: self.region().into() })
    }

    /// A request that changes nothing, carries a client token or says the same twice.
    pub async fn safe<T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let once = async || send().await.map_err(|e| classify(service, operation, e));
        self.policy.request(service, Repeat::Safe, once).await
    }

    /// A look that only explains something: what it would have said is left out when it fails.
    pub async fn hint<T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Option<T>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let once = async || send().await.map_err(|e| classify(service, operation, e));
        self.policy.request(service, Repeat::Never, once).await.ok()
    }

    /// A plain write: repeated only when it surely wasn't looked at.
    pub async fn write<T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let once = async || send().await.map_err(|e| classify(service, operation, e));
        self.policy.request(service, Repeat::Unsafe, once).await
    }

    /// Every page of a list. `send` takes the token of the page; `split` gives its items and the next token.
    pub async fn pages<O, T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn(Option<String>) -> Result<O, SdkError<E, HttpResponse>>,
        split: impl Fn(O) -> (Option<Vec<T>>, Option<String>),
    ) -> Result<Vec<T>, CloudError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (mut all, mut token) = (vec![], None);
        loop {
            let page = self.safe(service, operation, async || send(token.clone()).await).await?;
            let (items, next) = split(page);
            all.extend(items.into_iter().flatten());
            match next.filter(|t| !t.is_empty()) {
                Some(t) => token = Some(t),
                None => return Ok(all),
            }
        }
    }
}
