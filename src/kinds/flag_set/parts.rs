//! What an application holds that is the stack's: its environment and its profile, by their names.
use std::cell::RefCell;

use aws_sdk_appconfig::types::DeletionProtectionCheck;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::monitors::Monitors;
use super::*;
use crate::kinds::identity::TAG_STACK;
use crate::wire::classify::classify;
use crate::wire::policy::Repeat;

const ENVIRONMENT: &str = "live";
pub(super) const PROFILE: &str = "flags";

/// Flags, in AppConfig's own store ("Creating a feature flag configuration profile").
const TYPE: &str = "AWS.AppConfig.FeatureFlags";
const LOCATION: &str = "hosted";

/// Where flags are, by the ids of all that leads there.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub application: String,
    pub environment: String,
    pub profile: String,
    /// What the environment looks at.
    pub monitors: Monitors,
}

/// Something by its name: what is there, or else what is made. AppConfig knows no client tokens: where an answer was lost, it is looked for again.
pub(super) async fn ensure<T>(
    find: impl AsyncFn() -> Result<Option<T>, CloudError>,
    make: impl AsyncFn() -> Result<T, CloudError>,
) -> Result<T, CloudError> {
    if let Some(found) = find().await? {
        return Ok(found);
    }
    match make().await {
        Err(e) if e.class == Class::Ambiguous => find().await?.ok_or(e),
        made => made,
    }
}

/// A write that names the newest it has seen (`LatestVersionNumber`, `LatestDeploymentNumber`). Once there is a newer one it is refused for good, however often it
/// is sent; what else stands in its way goes by.
pub(super) struct Guarded<'a>(pub &'a Clients);

impl Guarded<'_> {
    pub(super) async fn write<T, E>(
        &self,
        service: Service,
        operation: &str,
        (latest, newest): (Option<i32>, impl AsyncFn() -> Result<Option<i32>, CloudError>),
        send: impl AsyncFn() -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let policy = &self.0.policy;
        // By itself a conflict would be sent again as it is.
        let once = async || {
            let refused = |e: CloudError| if e.class == Class::Conflict { CloudError { class: Class::Invalid, ..e } } else { e };
            send().await.map_err(|e| refused(classify(service, operation, e)))
        };
        let refusal = RefCell::new(None);
        let look = async || match policy.request(service, Repeat::Unsafe, &once).await {
            Err(e) if e.code == "ConflictException" => {
                if newest().await? != latest {
                    return Err(CloudError { class: Class::Conflict, ..e });
                }
                refusal.replace(Some(CloudError { class: Class::Conflict, ..e }));
                Ok(None)
            }
            other => other.map(Some),
        };
        // For as long as any conflict is repeated.
        let deadline = policy.conflicts;
        let done = policy.wait("another change of the flags to be over", deadline, look).await;
        done.map_err(|e| if e.code == "WaitTimeout" { refusal.take().unwrap_or(e) } else { e })
    }
}

/// All applications of the account, by id and name.
pub(super) async fn applications(cx: &Clients) -> Result<Vec<(String, String)>, CloudError> {
    let request = cx.appconfig().list_applications().max_results(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::AppConfig, "ListApplications", send, |page| (page.items, page.next_token)).await?;
    Ok(found.into_iter().filter_map(|seen| Some((seen.id?, seen.name?))).collect())
}

/// Where an application's flags are; `None` as long as something is missing.
pub(super) async fn find(cx: &Clients, application: &str) -> Result<Option<Place>, CloudError> {
    let (environment, profile) = tokio::try_join!(environment(cx, application), profile(cx, application))?;
    let place = |((environment, monitors), profile)| Place { application: application.to_owned(), environment, profile, monitors };
    Ok(environment.zip(profile).map(place))
}

async fn environment(cx: &Clients, application: &str) -> Result<Option<(String, Monitors)>, CloudError> {
    let request = cx.appconfig().list_environments().application_id(application).max_results(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::AppConfig, "ListEnvironments", send, |page| (page.items, page.next_token)).await;
    let own = present(found)?.into_iter().flatten().find(|seen| seen.name() == Some(ENVIRONMENT));
    Ok(own.and_then(|seen| Some((seen.id?, Monitors::read(seen.monitors.unwrap_or_default())))))
}

async fn profile(cx: &Clients, application: &str) -> Result<Option<String>, CloudError> {
    let request = cx.appconfig().list_configuration_profiles().application_id(application).max_results(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::AppConfig, "ListConfigurationProfiles", send, |page| (page.items, page.next_token)).await;
    let own = present(found)?.into_iter().flatten().find(|seen| seen.name() == Some(PROFILE));
    Ok(own.and_then(|seen| seen.id))
}

/// Makes what an application lacks. All bears the stack's tag, so that policies know it for the stack's.
pub(super) async fn furnish(cx: &Clients, application: &str, stamp: &Stamp) -> Result<Place, CloudError> {
    let request = cx.appconfig().create_environment().application_id(application).name(ENVIRONMENT).tags(TAG_STACK, &stamp.stack);
    let make = async || {
        let made = cx.write(Service::AppConfig, "CreateEnvironment", async || request.clone().send().await).await?;
        Ok((made.id.ok_or_else(|| CloudError::incomplete("CreateEnvironment", "Id"))?, Monitors::default()))
    };
    let (environment, monitors) = ensure(async || environment(cx, application).await, make).await?;
    let request = cx.appconfig().create_configuration_profile().application_id(application).name(PROFILE).tags(TAG_STACK, &stamp.stack);
    let request = request.r#type(TYPE).location_uri(LOCATION);
    let make = async || {
        let made = cx.write(Service::AppConfig, "CreateConfigurationProfile", async || request.clone().send().await).await?;
        made.id.ok_or_else(|| CloudError::incomplete("CreateConfigurationProfile", "Id"))
    };
    let profile = ensure(async || profile(cx, application).await, make).await?;
    Ok(Place { application: application.to_owned(), environment, profile, monitors })
}

/// Takes away what an application holds that is the stack's. Somebody may have asked for the flags a moment ago: AppConfig's own protection against that is
/// what a plan has asked for already.
pub(super) async fn clear(cx: &Clients, application: &str) -> Result<(), CloudError> {
    let bypass = DeletionProtectionCheck::Bypass;
    if let Some((environment, _)) = environment(cx, application).await? {
        deployments::still(cx, application, &environment).await?;
        let request = cx.appconfig().delete_environment().application_id(application).environment_id(environment);
        let request = request.deletion_protection_check(bypass.clone());
        gone(cx.safe(Service::AppConfig, "DeleteEnvironment", async || request.clone().send().await).await)?;
    }
    if let Some(profile) = half(profile(cx, application).await)? {
        half(versions::clear(cx, application, &profile).await)?;
        let request = cx.appconfig().delete_configuration_profile().application_id(application).configuration_profile_id(profile);
        let request = request.deletion_protection_check(bypass);
        half(gone(cx.safe(Service::AppConfig, "DeleteConfigurationProfile", async || request.clone().send().await).await))?;
    }
    half(strategies::clear(cx, application).await)
}
