//! The versions of flags. Each of the stack's says in its description what it holds, as a fingerprint: so it is found again, and told from those of others.
use aws_sdk_appconfig::primitives::Blob;
use aws_sdk_appconfig::types::HostedConfigurationVersionSummary as Version;

use super::parts::Guarded;
use super::*;
use crate::model::digest;

const OURS: &str = "infra ";

fn note(text: &str) -> String {
    format!("{OURS}{}", &digest(&text)[..16])
}

/// All versions, the newest first.
async fn all(cx: &Clients, application: &str, profile: &str) -> Result<Vec<Version>, CloudError> {
    let request = cx.appconfig().list_hosted_configuration_versions().application_id(application);
    let request = request.configuration_profile_id(profile).max_results(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::AppConfig, "ListHostedConfigurationVersions", send, |page| (page.items, page.next_token)).await;
    let mut found = present(found)?.unwrap_or_default();
    found.sort_by_key(|version| std::cmp::Reverse(version.version_number));
    Ok(found)
}

/// What a version holds; `None` where it is gone.
pub(super) async fn text(cx: &Clients, place: &Place, number: i32) -> Result<Option<String>, CloudError> {
    let request = cx.appconfig().get_hosted_configuration_version().application_id(&place.application);
    let request = request.configuration_profile_id(&place.profile).version_number(number);
    let seen = present(cx.safe(Service::AppConfig, "GetHostedConfigurationVersion", async || request.clone().send().await).await)?;
    Ok(seen.map(|seen| seen.content.map(|text| String::from_utf8_lossy(text.as_ref()).into_owned()).unwrap_or_default()))
}

/// The version that holds this: the way back finds the one before. A new one comes after the newest that stands (`LatestVersionNumber`), or not at all. Then
/// the stack's other ones go, but for the one that is `served`: no way leads back to them any more.
pub(super) async fn holding(cx: &Clients, place: &Place, wanted: &str, served: Option<i32>) -> Result<i32, CloudError> {
    let note = note(wanted);
    let standing = async || all(cx, &place.application, &place.profile).await;
    let find = async || {
        for version in standing().await? {
            let number = version.version_number;
            if version.description() == Some(note.as_str())
                && text(cx, place, number).await?.is_some_and(|held| content::same(&held, wanted))
            {
                return Ok(Some(number));
            }
        }
        Ok(None)
    };
    let newest = async || Ok::<_, CloudError>(standing().await?.first().map(|newest| newest.version_number));
    let make = async || {
        let latest = newest().await?;
        let request = cx.appconfig().create_hosted_configuration_version().application_id(&place.application);
        let request = request.configuration_profile_id(&place.profile).content_type("application/json").description(&note);
        let request = request.set_latest_version_number(latest).content(Blob::new(wanted));
        let send = async || request.clone().send().await;
        let made = Guarded(cx).write(Service::AppConfig, "CreateHostedConfigurationVersion", (latest, &newest), send).await?;
        Ok(made.version_number)
    };
    let number = parts::ensure(find, make).await?;
    let kept = [Some(number), served];
    let ours = |version: &Version| version.description().is_some_and(|said| said.starts_with(OURS));
    for version in standing().await?.iter().filter(|version| ours(version) && !kept.contains(&Some(version.version_number))) {
        half(delete(cx, &place.application, &place.profile, version.version_number).await)?;
    }
    Ok(number)
}

async fn delete(cx: &Clients, application: &str, profile: &str, number: i32) -> Result<(), CloudError> {
    let request = cx.appconfig().delete_hosted_configuration_version().application_id(application);
    let request = request.configuration_profile_id(profile).version_number(number);
    gone(cx.safe(Service::AppConfig, "DeleteHostedConfigurationVersion", async || request.clone().send().await).await)
}

/// Deletes all versions, whoever made them: they are of the stack's profile.
pub(super) async fn clear(cx: &Clients, application: &str, profile: &str) -> Result<(), CloudError> {
    for version in all(cx, application, profile).await? {
        delete(cx, application, profile, version.version_number).await?;
    }
    Ok(())
}
