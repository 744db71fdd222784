//! The real AWS: clients, stamps as tags, errors as classes.
mod errors;
mod explain;
mod quotas;
mod tags;
mod trail;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
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
use futures_util::FutureExt;

use super::policy::{Policy, Repeat};
use super::{Call, Cloud, CloudError, Cloudflare, Identity, Observe, Told, Zone};
use crate::kinds::{self, Kind, Links, Live, Object};
use crate::model::{Service, Stamp};

pub use errors::{class, classify, refused};
pub use tags::{TAG_STACK, ec2_stack_filter, ec2_tags, from_ec2_tags, from_iam_tags, iam_tags, retag};

macro_rules! clients { ($($name:ident: $sdk:ident),+ $(,)?) => {
    /// The SDK's clients, each built when first used, all sharing one connection pool and one policy.
    pub struct Clients {
        pub policy: Policy,
        /// The other cloud of a stack.
        pub cloudflare: Cloudflare,
        config: SdkConfig,
        s3: OnceCell<aws_sdk_s3::Client>,
        $($name: OnceCell<$sdk::Client>),+
    }

    impl Clients {
        fn from_config(config: SdkConfig, cloudflare: Cloudflare, policy: Policy) -> Self {
            Clients { policy, cloudflare, config, s3: OnceCell::new(), $($name: OnceCell::new()),+ }
        }
        $(pub fn $name(&self) -> &$sdk::Client { self.$name.get_or_init(|| $sdk::Client::new(&self.config)) })+
    }
} }

clients! {
    acm: aws_sdk_acm,
    autoscaling: aws_sdk_autoscaling,
    cloudtrail: aws_sdk_cloudtrail,
    ec2: aws_sdk_ec2,
    elasticache: aws_sdk_elasticache,
    elb: aws_sdk_elasticloadbalancingv2,
    iam: aws_sdk_iam,
    logs: aws_sdk_cloudwatchlogs,
    quotas: aws_sdk_servicequotas,
    rds: aws_sdk_rds,
    ssm: aws_sdk_ssm,
    sts: aws_sdk_sts,
    tagging: aws_sdk_resourcegroupstagging,
}

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
        let config = match AppName::new(trail::APP) {
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
    pub fn with_cloudflare(self, cloudflare: Cloudflare) -> Self {
        Clients { cloudflare, ..self }
    }

    /// The region that requests go to.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |r| r.as_ref())
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
        self.send(service, operation, Repeat::Safe, send)
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
        self.pages_as(service, operation, Repeat::Safe, send, split)
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
        loop {
            self.send(service, operation, repeat, &page).await?;
            if token.borrow().is_none() {
                return Ok(all.take());
            }
        }
    }
}

impl Observe for Clients {
    async fn identity(&self) -> Result<Identity, CloudError> {
        let who = self.safe(Service::Sts, "GetCallerIdentity", async || self.sts().get_caller_identity().send().await).await?;
        let account = who.account.ok_or_else(|| CloudError::incomplete("GetCallerIdentity", "Account"))?;
        Ok(Identity { account, region: self.region().into() })
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.cloudflare_ranges().await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.zone(zone).await
    }
    async fn who(&self, objects: &[&Live]) -> Told {
        let (theirs, ours): (Vec<&Live>, Vec<&Live>) = objects.iter().partition(|l| l.object.kind().service() == Service::Cloudflare);
        let (mut told, more) = futures_util::join!(self.trail(&ours), self.audit(&theirs));
        told.deeds.extend(more.deeds);
        told.unread.extend(more.unread);
        told
    }
    /// A stamp that names another kind was copied from elsewhere, and makes nothing ours.
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        let found = match kind.list(self, stack).await {
            Err(e) => return Err(explain::explain(self, e, "").await),
            found => found?,
        };
        Ok(found.into_iter().filter(|l| l.stamp.address.kind == kind).collect())
    }
}

/// A verb that fails for good says more than the service did.
impl Cloud for Clients {
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match want.create(self, links, stamp).await {
            Err(e) => Err(explain::explain(self, e, &stamp.address.to_string()).await),
            made => made,
        }
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match want.update(self, links, live, stamp).await {
            Err(e) => Err(explain::explain(self, e, &live.id).await),
            made => made,
        }
    }
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        Box::pin(kinds::dns_record::batch(self, calls)).await
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        match Object::delete(self, live).await {
            Err(e) => {
                let e = kinds::holders::named(self, live, e).await;
                Err(explain::explain(self, e, &live.id).await)
            }
            gone => gone,
        }
    }
}
