//! The token by which a cluster of EKS knows who asks: a presigned request to STS for the caller's own identity, which the cluster sends ("A deep dive into
//! simplified Amazon EKS access management controls"; the form is that of aws-iam-authenticator and of `aws eks get-token`).
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Url;

use crate::model::{Moment, Secret, partition};
use crate::wire::{Class, Clients, CloudError};

/// How every token begins.
const BEGINNING: &str = "k8s-aws-v1.";

/// The header that says for which cluster it is; it is signed, and sent by the cluster.
const CLUSTER: &str = "x-k8s-aws-id";

/// How long STS takes the request (`X-Amz-Expires`). The cluster takes the token for 15 minutes, whatever this says.
const EXPIRES: Duration = Duration::from_secs(60);

/// How long a token is good, with a minute to spare for clocks that differ.
const GOOD: Duration = Duration::from_secs(14 * 60);

/// A token, and until when it is good.
pub struct Token {
    pub secret: Secret,
    pub until: Moment,
}

impl Clients {
    /// A new token for a cluster, by its name, with the credentials in use. No request is sent.
    pub async fn cluster_token(&self, cluster: &str) -> Result<Token, CloudError> {
        let denied = |why: String| CloudError::new(Class::Denied, "NoCredentials", why);
        let provider = self.config.credentials_provider().ok_or_else(|| denied("no credentials are known".into()))?;
        let credentials = provider.provide_credentials().await.map_err(|e| denied(e.to_string()))?;
        let now = SystemTime::now();
        let secret = Secret::new(token(credentials, self.region(), cluster, now)?);
        Ok(Token { secret, until: Moment(now + GOOD) })
    }
}

/// The token's text.
fn token(credentials: Credentials, region: &str, cluster: &str, now: SystemTime) -> Result<String, CloudError> {
    let broken = |e: String| CloudError::bug(format!("a token can't be signed: {e}"));
    let mut settings = SigningSettings::default();
    (settings.expires_in, settings.signature_location) = (Some(EXPIRES), SignatureLocation::QueryParams);
    let identity = credentials.into();
    let params = v4::SigningParams::builder().identity(&identity).region(region).name("sts").time(now).settings(settings);
    let params = params.build().map_err(|e| broken(e.to_string()))?;
    let host = format!("sts.{region}.{}", partition(region).dns_suffix);
    let mut url = Url::parse(&format!("https://{host}/?Action=GetCallerIdentity&Version=2011-06-15")).map_err(|e| broken(e.to_string()))?;
    let headers = [("host", host.as_str()), (CLUSTER, cluster)];
    let request =
        SignableRequest::new("GET", url.to_string(), headers.into_iter(), SignableBody::empty()).map_err(|e| broken(e.to_string()))?;
    let (signed, _) = sign(request, &params.into()).map_err(|e| broken(e.to_string()))?.into_parts();
    for (name, value) in signed.params() {
        url.query_pairs_mut().append_pair(name, value);
    }
    Ok(format!("{BEGINNING}{}", BASE64_URL_SAFE_NO_PAD.encode(url.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What botocore's `SigV4QueryAuth` makes of the same at the same second, with a session token.
    #[test]
    fn the_signature_is_that_of_awss_own_signer() {
        let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Some("a+b/c==".into()), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_040_000);
        let made = token(credentials, "eu-central-1", "shop-main-0a1b2c3d", now).expect("a signature");
        let url = BASE64_URL_SAFE_NO_PAD.decode(made.strip_prefix(BEGINNING).expect("its beginning")).expect("Base64");
        let url = Url::parse(std::str::from_utf8(&url).expect("text")).expect("a URL");
        let said = |name: &str| url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned()).unwrap_or_default();
        assert_eq!(url.host_str(), Some("sts.eu-central-1.amazonaws.com"));
        assert_eq!((said("Action").as_str(), said("X-Amz-Expires").as_str()), ("GetCallerIdentity", "60"));
        assert_eq!((said("X-Amz-SignedHeaders").as_str(), said("X-Amz-Security-Token").as_str()), ("host;x-k8s-aws-id", "a+b/c=="));
        assert_eq!(
            (said("X-Amz-Date").as_str(), said("X-Amz-Signature").as_str()),
            ("20261130T120000Z", "9121b474ccdcc280475027fb9a180cd113b6897c1a0f6c0aee845b3329826bad")
        );
        assert!(!made.contains('='));
    }
}
