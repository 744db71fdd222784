//! How clients are made, and how each kind of request is sent.
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::FutureExt;

use super::classify::classify;
use super::policy::{Policy, Repeat};
use super::{Class, Clients, CloudError, Cloudflare, Identity, Service};

/// The name that our own requests bear in their user agent: `app/infra`.
pub const APP: &str = "infra";

/// How long one attempt of a request may take, of AWS's and of Cloudflare's.
pub const ATTEMPT: Duration = Duration::from_secs(60);

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
        let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_attempt_timeout(ATTEMPT).build();
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

    /// When the credentials in use end, where nothing renews them: those of the environment and of a credential process. An instance's, a
    /// container's, a role's and those of a login are fetched anew by the SDK. `None` when they don't end, or nothing says when.
    pub async fn credentials_end(&self) -> Option<SystemTime> {
        use AwsCredentialFeature::*;
        let found = self.config.credentials_provider()?.provide_credentials().await.ok()?;
        let renewed = [
            CredentialsHttp,
            CredentialsImds,
            CredentialsProfileSso,
            CredentialsSso,
            CredentialsStsAssumeRole,
            CredentialsStsAssumeRoleWebId,
        ];
        let sources = found.get_property::<Vec<AwsCredentialFeature>>();
        if sources.into_iter().flatten().any(|source| renewed.contains(source)) {
            return None;
        }
        let env = |name: &str| std::env::var(name).ok();
        let own = env("AWS_ACCESS_KEY_ID").as_deref() == Some(found.access_key_id());
        let said = || env("AWS_CREDENTIAL_EXPIRATION").and_then(|text| DateTime::from_str(&text, Format::DateTimeWithOffset).ok());
        found.expiry().or_else(|| said().filter(|_| own)?.try_into().ok())
    }

    /// A request that changes nothing, carries a client token or says the same twice.
    pub fn safe<T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> impl Future<Output = Result<T, CloudError>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.send(service, operation, if reads(operation) { Repeat::Read } else { Repeat::Safe }, send)
    }

    /// A look that only adds to what is known: one request, never repeated.
    pub fn once<T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> impl Future<Output = Result<T, CloudError>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.send(service, operation, Repeat::Never, send)
    }

    /// A look that only explains something: what it would have said is left out when it fails.
    pub fn hint<T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> impl Future<Output = Option<T>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.send(service, operation, Repeat::Never, send).map(Result::ok)
    }

    /// A plain write: repeated only when it surely wasn't looked at.
    pub fn write<T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> impl Future<Output = Result<T, CloudError>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.send(service, operation, Repeat::Unsafe, send)
    }

    /// One request through the policy. It is compiled for each kind of request, so it does no more than the types demand.
    pub(super) fn send<T, E>(
        &self,
        service: Service,
        operation: &str,
        repeat: Repeat,
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> impl Future<Output = Result<T, CloudError>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.policy.request(service, repeat, async move || send().await.map_err(|e| classify(service, operation, e)))
    }

    /// Every page of a list. `send` takes the token of the page; `split` gives its items and the next token.
    pub fn pages<O, T, E>(
        &self,
        service: Service,
        operation: &str,
        send: impl AsyncFn(Option<String>) -> Result<O, SdkError<E, HttpResponse>>,
        split: impl Fn(O) -> (Option<Vec<T>>, Option<String>),
    ) -> impl Future<Output = Result<Vec<T>, CloudError>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.pages_as(service, operation, Repeat::Read, send, split)
    }

    /// As [`Clients::pages`], with a say in how each page is asked for.
    pub(super) async fn pages_as<O, T, E>(
        &self,
        service: Service,
        operation: &str,
        repeat: Repeat,
        send: impl AsyncFn(Option<String>) -> Result<O, SdkError<E, HttpResponse>>,
        split: impl Fn(O) -> (Option<Vec<T>>, Option<String>),
    ) -> Result<Vec<T>, CloudError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (all, token) = (RefCell::new(vec![]), RefCell::new(None));
        let page = async || {
            let here = token.borrow().clone();
            let (items, next) = split(send(here).await?);
            all.borrow_mut().extend(items.into_iter().flatten());
            token.replace(next.filter(|t| !t.is_empty()));
            Ok(())
        };
        let mut seen = BTreeSet::new();
        for _ in 0..PAGES {
            self.send(service, operation, repeat, &page).await?;
            let Some(next) = token.borrow().clone() else { return Ok(all.take()) };
            if !seen.insert(next) {
                return Err(endless(service, operation, "a page leads back to an earlier one"));
            }
        }
        Err(endless(service, operation, "there are more than 10,000 pages"))
    }
}

/// How many pages of a list are followed: far more than an account's quotas leave room for.
const PAGES: usize = 10_000;

/// A list that has no end, whatever the service thinks.
fn endless(service: Service, operation: &str, why: &str) -> CloudError {
    let mut e = CloudError::new(Class::Invalid, "EndlessList", format!("the list doesn't end: {why}"));
    (e.service, e.operation) = (Some(service), operation.into());
    e
}

/// Whether a request changes nothing, by how AWS names those.
fn reads(operation: &str) -> bool {
    ["Decode", "Describe", "Filter", "Get", "Head", "List", "Lookup"].iter().any(|verb| operation.starts_with(verb))
}
