//! The SDK's errors in our words.
use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::wire::{Class, CloudError, Service};

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
    let (sent, meta) = match &error {
        SdkError::ConstructionFailure(_) => (Sent::Never, None),
        SdkError::TimeoutError(_) => (Sent::TimedOut, None),
        SdkError::DispatchFailure(d) if d.is_user() => (Sent::Never, None),
        SdkError::DispatchFailure(_) => (Sent::Lost, None),
        SdkError::ServiceError(e) => (Sent::Refused, Some(e.err().meta())),
        _ => (Sent::Garbled, None),
    };
    worded(service, operation, sent, meta, error.raw_response(), &error)
}

/// How far a request came that has failed.
enum Sent {
    /// It could not be built.
    Never,
    /// No answer came in time.
    TimedOut,
    /// It did not get through, as far as is known.
    Lost,
    /// The service has answered with an error.
    Refused,
    /// The answer can't be read.
    Garbled,
}

/// What [`classify`] decides, once for all types of errors.
fn worded(
    service: Service,
    operation: &str,
    sent: Sent,
    meta: Option<&ErrorMetadata>,
    response: Option<&HttpResponse>,
    error: &(dyn Error + 'static),
) -> CloudError {
    let status = response.map_or(0, |r| r.status().as_u16());
    let request_id = response.and_then(|r| {
        let id = r.headers().get("x-amzn-requestid").or_else(|| r.headers().get("x-amz-request-id"));
        id.map(String::from)
    });
    // EC2 and others of its age name it in the body.
    let request_id = request_id.or_else(|| meta.and_then(|m| m.extra("aws_request_id")).map(String::from));
    let told = meta.and_then(ErrorMetadata::code).unwrap_or("Unknown");
    let (class, code) = match sent {
        Sent::Never => (Class::Invalid, "InvalidRequest"),
        Sent::TimedOut => (Class::Transient, "Timeout"),
        Sent::Lost if unsigned(error) => (Class::Denied, "NoCredentials"),
        // Whatever else went wrong, the request may have been on its way: "denied" would say that nothing happened.
        Sent::Lost => (Class::Transient, "Unreachable"),
        Sent::Refused => (class(told, status), told),
        Sent::Garbled => (Class::Transient, "BadAnswer"),
    };
    let message = match meta.and_then(ErrorMetadata::message) {
        Some(message) => message.into(),
        None if code == "Unreachable" => root(error),
        None => chain(error),
    };
    let retry_after = response.and_then(retry_after);
    CloudError {
        class,
        service: Some(service),
        operation: operation.into(),
        code: code.into(),
        message,
        request_id,
        retry_after,
        tainted: false,
    }
}

/// How long an answer asks to be left alone: `x-amz-retry-after` in milliseconds, or `Retry-After` in seconds or as a date, which is
/// read by the service's own clock if it shows one.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let headers = response.headers();
    let date = |text: &str| DateTime::from_str(text, Format::HttpDate).ok().map(|d| d.secs());
    if let Some(millis) = headers.get("x-amz-retry-after").and_then(|said| said.trim().parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let said = headers.get("retry-after")?.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = headers.get("date").and_then(date).unwrap_or_else(|| DateTime::from(SystemTime::now()).secs());
    u64::try_from(date(said)? - now).ok().map(Duration::from_secs)
}

/// What services say of credentials that are none, are wrong, have ended, or sign by a clock that is wrong. Each protocol has its own words
/// ("Common errors" of the API references; EC2's and S3's lists of error codes).
pub const UNAUTHENTICATED: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NoCredentials",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// The class of an API's error code.
pub fn class(code: &str, status: u16) -> Class {
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
    const DENIED: &[&str] = &["AccessDenied", "AccessDeniedException", "AuthorizationError", "OptInRequired", "UnauthorizedOperation"];
    const CONFLICT: &[&str] = &[
        "CacheSubnetGroupInUse",
        "ConcurrentAccess",
        "ConcurrentModification",
        "ConcurrentModificationException",
        "ConflictException",
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
        "RequestInProgressException",
        "ResourceContention",
        "ResourceInUse",
        "ScalingActivityInProgress",
    ];
    const NOT_FOUND: &[&str] = &["Gateway.NotAttached"];
    const QUOTA: &[&str] = &[
        "AddressLimitExceeded",
        "ClusterQuotaForCustomerExceeded",
        "CodeStorageExceededException",
        "ENILimitReachedException",
        "InstanceQuotaExceeded",
        "InsufficientCacheClusterCapacity",
        "InsufficientDBInstanceCapacity",
        "LimitExceeded",
        "LimitExceededException",
        "NodeQuotaForClusterExceeded",
        "NodeQuotaForCustomerExceeded",
        "StorageQuotaExceeded",
        "SubnetIPAddressLimitReachedException",
        "TargetGroupAssociationLimit",
        "TooManyActions",
        "TooManyBuckets",
        "TooManyCertificates",
        "TooManyListeners",
        "TooManyLoadBalancers",
        "TooManyTags",
        "TooManyTargetGroups",
        "TooManyTargets",
        "TooManyUniqueTargetGroupsPerLoadBalancer",
    ];
    match code {
        c if THROTTLED.contains(&c) || status == 429 => Class::Throttled,
        c if DENIED.contains(&c) || UNAUTHENTICATED.contains(&c) => Class::Denied,
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

/// The innermost cause of an error: `Connection refused (os error 111)`.
fn root(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
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
