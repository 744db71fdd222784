//! What an application holds that is the stack's: its environment and its profile, by their names; and the strategy that bears its id.
use aws_sdk_appconfig::types::{DeletionProtectionCheck, GrowthType, ReplicateTo};

use super::*;
use crate::kinds::identity::TAG_STACK;

const ENVIRONMENT: &str = "live";
pub(super) const PROFILE: &str = "flags";

/// Flags, in AppConfig's own store ("Creating a feature flag configuration profile").
const TYPE: &str = "AWS.AppConfig.FeatureFlags";
const LOCATION: &str = "hosted";

/// Where flags are, by the ids of all that leads there.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub application: String,
    pub environment: String,
    pub profile: String,
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
    let place = |(environment, profile)| Place { application: application.to_owned(), environment, profile };
    Ok(environment.zip(profile).map(place))
}

async fn environment(cx: &Clients, application: &str) -> Result<Option<String>, CloudError> {
    let request = cx.appconfig().list_environments().application_id(application).max_results(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::AppConfig, "ListEnvironments", send, |page| (page.items, page.next_token)).await;
    let own = present(found)?.into_iter().flatten().find(|seen| seen.name() == Some(ENVIRONMENT));
    Ok(own.and_then(|seen| seen.id))
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
        made.id.ok_or_else(|| CloudError::incomplete("CreateEnvironment", "Id"))
    };
    let environment = ensure(async || environment(cx, application).await, make).await?;
    let request = cx.appconfig().create_configuration_profile().application_id(application).name(PROFILE).tags(TAG_STACK, &stamp.stack);
    let request = request.r#type(TYPE).location_uri(LOCATION);
    let make = async || {
        let made = cx.write(Service::AppConfig, "CreateConfigurationProfile", async || request.clone().send().await).await?;
        made.id.ok_or_else(|| CloudError::incomplete("CreateConfigurationProfile", "Id"))
    };
    let profile = ensure(async || profile(cx, application).await, make).await?;
    Ok(Place { application: application.to_owned(), environment, profile })
}

/// The name of an application's strategy: strategies are the account's.
fn strategy_name(application: &str) -> String {
    format!("infra-{application}")
}

async fn find_strategy(cx: &Clients, application: &str) -> Result<Option<String>, CloudError> {
    let name = strategy_name(application);
    let request = cx.appconfig().list_deployment_strategies().max_results(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::AppConfig, "ListDeploymentStrategies", send, |page| (page.items, page.next_token)).await?;
    Ok(found.into_iter().find(|seen| seen.name() == Some(name.as_str())).and_then(|seen| seen.id))
}

/// The id of the application's strategy: all at once, and no time afterwards in which AppConfig looks at alarms. Those that AWS has made wait at least ten
/// minutes ("Working with deployment strategies"), in which nothing else is deployed.
pub(super) async fn strategy(cx: &Clients, application: &str, stamp: &Stamp) -> Result<String, CloudError> {
    let request = cx.appconfig().create_deployment_strategy().name(strategy_name(application)).tags(TAG_STACK, &stamp.stack);
    let request = request.deployment_duration_in_minutes(0).final_bake_time_in_minutes(0).growth_factor(100.0);
    let request = request.growth_type(GrowthType::Linear).replicate_to(ReplicateTo::None);
    let make = async || {
        let made = cx.write(Service::AppConfig, "CreateDeploymentStrategy", async || request.clone().send().await).await?;
        made.id.ok_or_else(|| CloudError::incomplete("CreateDeploymentStrategy", "Id"))
    };
    ensure(async || find_strategy(cx, application).await, make).await
}

/// Takes away what an application holds that is the stack's. Somebody may have asked for the flags a moment ago: AppConfig's own protection against that is
/// what a plan has asked for already.
pub(super) async fn clear(cx: &Clients, application: &str) -> Result<(), CloudError> {
    let bypass = DeletionProtectionCheck::Bypass;
    if let Some(environment) = environment(cx, application).await? {
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
    if let Some(id) = half(find_strategy(cx, application).await)? {
        let request = cx.appconfig().delete_deployment_strategy().deployment_strategy_id(id);
        half(gone(cx.safe(Service::AppConfig, "DeleteDeploymentStrategy", async || request.clone().send().await).await))?;
    }
    Ok(())
}
