//! The real AWS: clients, stamps as tags, errors as [`Class`]es.
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::policy::{Policy, Repeat};
use super::{Class, Cloud, CloudError, Identity, Observe};
use crate::kinds::{Kind, Links, Live, Object};
use crate::model::{Service, Stamp, Tags};

macro_rules! clients { ($($name:ident: $sdk:ident),+ $(,)?) => {
    /// The SDK's clients, each built when first used, all sharing one connection pool and one policy.
    pub struct Clients {
        pub policy: Policy,
        config: SdkConfig,
        s3: OnceCell<aws_sdk_s3::Client>,
        $($name: OnceCell<$sdk::Client>),+
    }

    impl Clients {
        fn from_config(config: SdkConfig, policy: Policy) -> Self {
            Clients { policy, config, s3: OnceCell::new(), $($name: OnceCell::new()),+ }
        }
        $(pub fn $name(&self) -> &$sdk::Client { self.$name.get_or_init(|| $sdk::Client::new(&self.config)) })+
    }
} }

clients! {
    autoscaling: aws_sdk_autoscaling,
    ec2: aws_sdk_ec2,
    elasticache: aws_sdk_elasticache,
    elb: aws_sdk_elasticloadbalancingv2,
    iam: aws_sdk_iam,
    logs: aws_sdk_cloudwatchlogs,
    rds: aws_sdk_rds,
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
    pub async fn connect(region: &str, policy: Policy) -> Self {
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
        Clients::from_config(config, policy)
    }

    /// Clients over a given SDK configuration (a replayed connection, in tests).
    pub fn with_config(config: SdkConfig, policy: Policy) -> Self {
        Clients::from_config(config, policy)
    }

    /// The region that requests go to.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |r| r.as_ref())
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
        self.policy.request(service, Repeat::Safe, async || send().await.map_err(|e| classify(service, operation, e))).await
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
        self.policy.request(service, Repeat::Unsafe, async || send().await.map_err(|e| classify(service, operation, e))).await
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

impl Observe for Clients {
    async fn identity(&self) -> Result<Identity, CloudError> {
        let who = self.safe(Service::Sts, "GetCallerIdentity", async || self.sts().get_caller_identity().send().await).await?;
        let account = who.account.ok_or_else(|| CloudError::incomplete("GetCallerIdentity", "Account"))?;
        Ok(Identity { account, region: self.region().into() })
    }
    /// A stamp that names another kind was copied from elsewhere, and makes nothing ours.
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        let found = kind.list(self, stack).await?;
        Ok(found.into_iter().filter(|l| l.stamp.address.kind == kind).collect())
    }
}

impl Cloud for Clients {
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        want.create(self, links, stamp).await
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        want.update(self, links, live, stamp).await
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        Object::delete(self, live).await
    }
}

/// The tag that names the stack.
pub const TAG_STACK: &str = "infra:stack";
const TAG_ADDRESS: &str = "infra:address";
const TAG_RUN: &str = "infra:run";
const TAG_DIGEST: &str = "infra:digest";

impl Stamp {
    /// All tags of an object: the stamp's and the user's.
    pub fn tags(&self, user: &Tags) -> Tags {
        let mut all = user.clone();
        all.insert(TAG_STACK.into(), self.stack.clone());
        all.insert(TAG_ADDRESS.into(), self.address.to_string());
        all.insert(TAG_RUN.into(), format!("{}/{}", self.run, self.step));
        all.insert(TAG_DIGEST.into(), self.digest[..16.min(self.digest.len())].into());
        all
    }

    /// The stamp among an object's tags, and the user's tags; `None` when the object isn't of this stack, or its stamp is damaged.
    pub fn read(stack: &str, tags: impl IntoIterator<Item = (String, String)>) -> Option<(Stamp, Tags)> {
        let all: Tags = tags.into_iter().collect();
        let (run, step) = all.get(TAG_RUN)?.rsplit_once('/')?;
        let stamp = Stamp {
            stack: all.get(TAG_STACK).filter(|s| *s == stack)?.clone(),
            address: all.get(TAG_ADDRESS)?.parse().ok()?,
            run: run.into(),
            step: step.parse().ok()?,
            digest: all.get(TAG_DIGEST)?.clone(),
        };
        let user = all.into_iter().filter(|(k, _)| !k.starts_with("infra:") && !k.starts_with("aws:")).collect();
        Some((stamp, user))
    }

    /// The stamp as one line, for objects whose list shows a description but no tags.
    pub fn line(&self) -> String {
        let tags = self.tags(&Tags::new());
        [TAG_STACK, TAG_ADDRESS, TAG_RUN, TAG_DIGEST].map(|k| tags[k].as_str()).join(" ")
    }

    /// Reads [`Stamp::line`] back.
    pub fn from_line(stack: &str, line: &str) -> Option<Stamp> {
        let words: Vec<&str> = line.split(' ').collect();
        let [s, address, run, digest] = words[..] else { return None };
        let tags = [(TAG_STACK, s), (TAG_ADDRESS, address), (TAG_RUN, run), (TAG_DIGEST, digest)];
        Stamp::read(stack, tags.map(|(k, v)| (k.into(), v.into()))).map(|(stamp, _)| stamp)
    }
}

/// What must be written and what must be removed to turn one set of tags into another.
pub fn retag(before: &Tags, after: &Tags) -> (Tags, Vec<String>) {
    let set = after.iter().filter(|(k, v)| before.get(*k) != Some(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let unset = before.keys().filter(|k| !after.contains_key(*k)).cloned().collect();
    (set, unset)
}

/// EC2's shape of tags at creation.
pub fn ec2_tags(resource: aws_sdk_ec2::types::ResourceType, tags: &Tags) -> aws_sdk_ec2::types::TagSpecification {
    let tags = tags.iter().map(|(k, v)| aws_sdk_ec2::types::Tag::builder().key(k).value(v).build()).collect();
    aws_sdk_ec2::types::TagSpecification::builder().resource_type(resource).set_tags(Some(tags)).build()
}

/// EC2's tags as read.
pub fn from_ec2_tags(tags: Option<Vec<aws_sdk_ec2::types::Tag>>) -> BTreeMap<String, String> {
    tags.into_iter().flatten().filter_map(|t| Some((t.key?, t.value.unwrap_or_default()))).collect()
}

/// The filter by which every EC2 list asks for the stack's own objects.
pub fn ec2_stack_filter(stack: &str) -> aws_sdk_ec2::types::Filter {
    aws_sdk_ec2::types::Filter::builder().name(format!("tag:{TAG_STACK}")).values(stack).build()
}

/// IAM's shape of tags.
pub fn iam_tags(tags: &Tags) -> Vec<aws_sdk_iam::types::Tag> {
    let tag = |(k, v): (&String, &String)| aws_sdk_iam::types::Tag::builder().key(k).value(v).build().expect("key and value are given");
    tags.iter().map(tag).collect()
}

/// IAM's tags as read.
pub fn from_iam_tags(tags: Option<Vec<aws_sdk_iam::types::Tag>>) -> BTreeMap<String, String> {
    tags.into_iter().flatten().map(|t| (t.key, t.value)).collect()
}

impl Clients {
    /// Brings the tags of an EC2 object from what they are to what they should be, stamp included.
    pub async fn retag_ec2(&self, id: &str, live: (&Stamp, &Tags), want: (&Stamp, &Tags)) -> Result<(), CloudError> {
        let mut stamp = live.0.clone();
        stamp.address = want.0.address.clone();
        let (set, unset) = retag(&live.0.tags(live.1), &stamp.tags(want.1));
        if !set.is_empty() {
            let tags: Vec<_> = set.iter().map(|(k, v)| aws_sdk_ec2::types::Tag::builder().key(k).value(v).build()).collect();
            self.safe(Service::Ec2, "CreateTags", async || {
                self.ec2().create_tags().resources(id).set_tags(Some(tags.clone())).send().await
            })
            .await?;
        }
        if !unset.is_empty() {
            let tags: Vec<_> = unset.iter().map(|k| aws_sdk_ec2::types::Tag::builder().key(k).build()).collect();
            self.safe(Service::Ec2, "DeleteTags", async || {
                self.ec2().delete_tags().resources(id).set_tags(Some(tags.clone())).send().await
            })
            .await?;
        }
        Ok(())
    }
}

/// The first refusal in an answer that is a success as a whole (`Unsuccessful` of EC2's plural calls).
pub fn refused(operation: &str, items: Option<&[aws_sdk_ec2::types::UnsuccessfulItem]>) -> Result<(), CloudError> {
    let Some(error) = items.into_iter().flatten().find_map(|item| item.error()) else { return Ok(()) };
    let code = error.code().unwrap_or("Unknown");
    let mut refusal = CloudError::new(class(code, 0), code, error.message().unwrap_or_default());
    (refusal.service, refusal.operation) = (Some(Service::Ec2), operation.into());
    Err(refusal)
}

/// The SDK's error in our words. Decided by the error's kind, its code and the HTTP status, never by its message.
pub fn classify<E: ProvideErrorMetadata + Error + 'static>(
    service: Service,
    operation: &str,
    error: SdkError<E, HttpResponse>,
) -> CloudError {
    let status = error.raw_response().map(|r| r.status().as_u16()).unwrap_or(0);
    let request_id = error.raw_response().and_then(|r| {
        let id = r.headers().get("x-amzn-requestid").or_else(|| r.headers().get("x-amz-request-id"));
        id.map(String::from)
    });
    let (class, code, message) = match &error {
        SdkError::ConstructionFailure(_) => (Class::Invalid, "InvalidRequest".to_owned(), chain(&error)),
        SdkError::TimeoutError(_) => (Class::Transient, "Timeout".to_owned(), chain(&error)),
        SdkError::DispatchFailure(d) if d.is_user() => (Class::Invalid, "InvalidRequest".to_owned(), chain(&error)),
        SdkError::DispatchFailure(_) if unsigned(&error) => (Class::Denied, "NoCredentials".to_owned(), chain(&error)),
        // Whatever else went wrong, the request may have been on its way: "denied" would say that nothing happened.
        SdkError::DispatchFailure(_) => (Class::Transient, "Unreachable".to_owned(), chain(&error)),
        SdkError::ServiceError(e) => {
            let code = e.err().code().unwrap_or("Unknown").to_owned();
            (class(&code, status), code, e.err().message().map(String::from).unwrap_or_else(|| chain(&error)))
        }
        _ => (Class::Transient, "BadAnswer".to_owned(), chain(&error)),
    };
    CloudError { class, service: Some(service), operation: operation.into(), code, message, request_id }
}

/// The class of an API's error code.
fn class(code: &str, status: u16) -> Class {
    const THROTTLED: &[&str] = &[
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ];
    const DENIED: &[&str] = &[
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    ];
    const CONFLICT: &[&str] = &[
        "CacheSubnetGroupInUse",
        "ConcurrentModification",
        "ConcurrentModificationException",
        "DeleteConflict",
        "DependencyViolation",
        "IncorrectState",
        "InvalidCacheClusterState",
        "InvalidCacheParameterGroupState",
        "InvalidDBInstanceState",
        "InvalidDBParameterGroupState",
        "InvalidDBSubnetGroupStateFault",
        "InvalidReplicationGroupState",
        "OperationAborted",
        "OperationAbortedException",
        "OperationNotPermitted",
        "ResourceContention",
        "ResourceInUse",
        "ScalingActivityInProgress",
    ];
    const NOT_FOUND: &[&str] = &["Gateway.NotAttached"];
    const QUOTA: &[&str] = &[
        "AddressLimitExceeded",
        "ClusterQuotaForCustomerExceeded",
        "InstanceQuotaExceeded",
        "InsufficientCacheClusterCapacity",
        "InsufficientDBInstanceCapacity",
        "LimitExceeded",
        "LimitExceededException",
        "NodeQuotaForClusterExceeded",
        "NodeQuotaForCustomerExceeded",
        "StorageQuotaExceeded",
        "TargetGroupAssociationLimit",
        "TooManyActions",
        "TooManyBuckets",
        "TooManyCertificates",
        "TooManyListeners",
        "TooManyLoadBalancers",
        "TooManyTags",
        "TooManyTargetGroups",
        "TooManyUniqueTargetGroupsPerLoadBalancer",
    ];
    match code {
        c if THROTTLED.contains(&c) || status == 429 => Class::Throttled,
        c if DENIED.contains(&c) => Class::Denied,
        c if CONFLICT.contains(&c) || c.ends_with(".InUse") || c.ends_with("InUseException") => Class::Conflict,
        c if QUOTA.contains(&c) || c.ends_with("LimitExceeded") || c.ends_with("QuotaExceeded") || c.ends_with("QuotaExceededFault") => {
            Class::Quota
        }
        c if NOT_FOUND.contains(&c) || c.contains("NotFound") || c == "NoSuchEntity" || c == "NoSuchBucket" || c.starts_with("NoSuch") => {
            Class::NotFound
        }
        _ if status >= 500 => Class::Transient,
        _ => Class::Invalid,
    }
}

/// Whether a request was never sent, for want of credentials to sign it with.
fn unsigned(error: &(dyn Error + 'static)) -> bool {
    error.is::<CredentialsError>() || error.source().is_some_and(unsigned)
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
