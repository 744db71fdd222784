//! Which version of the flags applications are told of, and how another comes in its place.
use aws_sdk_appconfig::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_appconfig::types::{DeploymentState, DeploymentSummary};

use super::super::managed::broken;
use super::*;

/// The deployments of an environment, the newest first.
pub(super) struct Served(Vec<DeploymentSummary>);

/// Whether it is not over: no other begins meanwhile (`ConflictException` of `StartDeployment`).
fn under_way(state: Option<&DeploymentState>) -> bool {
    let states = [DeploymentState::Baking, DeploymentState::Deploying, DeploymentState::RollingBack, DeploymentState::Validating];
    state.is_some_and(|state| states.contains(state))
}

/// Whether it was taken back, or is on the way: then those before it count.
fn back(state: Option<&DeploymentState>) -> bool {
    let states = [DeploymentState::Reverted, DeploymentState::RolledBack, DeploymentState::RollingBack];
    state.is_none_or(|state| states.contains(state))
}

impl Served {
    pub(super) async fn read(cx: &Clients, place: &Place) -> Result<Self, CloudError> {
        Self::of(cx, &place.application, &place.environment).await
    }

    async fn of(cx: &Clients, application: &str, environment: &str) -> Result<Self, CloudError> {
        let request = cx.appconfig().list_deployments().application_id(application).environment_id(environment).max_results(50);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::AppConfig, "ListDeployments", send, |page| (page.items, page.next_token)).await;
        let mut found = present(found)?.unwrap_or_default();
        found.sort_by_key(|seen| std::cmp::Reverse(seen.deployment_number));
        Ok(Served(found))
    }

    /// The deployment of flags that is in force, or on its way to be.
    fn current(&self) -> Option<&DeploymentSummary> {
        self.0.iter().find(|seen| seen.configuration_name() == Some(parts::PROFILE) && !back(seen.state()))
    }

    fn version(&self) -> Option<i32> {
        self.current()?.configuration_version()?.parse().ok()
    }

    /// The flags that applications are told of, or will be; `None` as long as there are none.
    pub(super) async fn text(&self, cx: &Clients, place: &Place) -> Result<Option<String>, CloudError> {
        match self.version() {
            Some(version) => versions::text(cx, place, version).await,
            None => Ok(None),
        }
    }

    fn under_way(&self) -> Option<&DeploymentSummary> {
        self.0.iter().find(|seen| under_way(seen.state()))
    }
}

/// Lets applications be told of the wanted flags, and of nothing else. `before`: the flags as they were. Of flags that people turn, and have turned before,
/// what stands now counts. A deployment of others, or one that a killed run has left, is waited for where it brings just that, and stopped otherwise.
pub(super) async fn serve(cx: &Clients, place: &Place, want: &FlagSet, before: &Open<Flag>, stamp: &Stamp) -> Result<(), CloudError> {
    let mut served = Served::read(cx, place).await?;
    let mut now = served.text(cx, place).await?;
    let turned = want.standing(before, now.as_deref());
    let wanted = content::render(&want.flags, &turned);
    let is = |now: &Option<String>| now.as_ref().is_some_and(|now| content::same(now, &wanted));
    if let Some(other) = served.under_way() {
        let number = other.deployment_number;
        if is(&now) && served.current().is_some_and(|current| current.deployment_number == number) {
            return done(cx, place, number).await;
        }
        still(cx, &place.application, &place.environment).await?;
        served = Served::read(cx, place).await?;
        now = served.text(cx, place).await?;
    }
    if is(&now) {
        return Ok(());
    }
    let version = versions::holding(cx, place, &wanted, served.version()).await?;
    let strategy = parts::strategy(cx, &place.application, stamp).await?;
    let latest = served.0.first().map(|seen| seen.deployment_number);
    let request = cx.appconfig().start_deployment().application_id(&place.application).environment_id(&place.environment);
    let request = request.configuration_profile_id(&place.profile).configuration_version(version.to_string());
    let request = request.deployment_strategy_id(strategy).set_latest_deployment_number(latest);
    let number = match cx.write(Service::AppConfig, "StartDeployment", async || request.clone().send().await).await {
        Ok(begun) => begun.deployment_number,
        // The answer is lost, and perhaps not the deployment.
        Err(e) if e.class == Class::Ambiguous => {
            let seen = Served::read(cx, place).await?;
            let own = seen.current().filter(|seen| Some(seen.deployment_number) > latest);
            own.filter(|_| seen.version() == Some(version)).map(|seen| seen.deployment_number).ok_or(e)?
        }
        Err(e) => return Err(e),
    };
    done(cx, place, number).await
}

async fn look(cx: &Clients, application: &str, environment: &str, number: i32) -> Result<GetDeploymentOutput, CloudError> {
    let request = cx.appconfig().get_deployment().application_id(application).environment_id(environment).deployment_number(number);
    cx.safe(Service::AppConfig, "GetDeployment", async || request.clone().send().await).await
}

/// Waits until a deployment is in force. Errors: it was taken back, by an alarm or by somebody.
async fn done(cx: &Clients, place: &Place, number: i32) -> Result<(), CloudError> {
    let what = format!("deployment {number} of flags to be complete");
    let look = async || {
        let seen = look(cx, &place.application, &place.environment, number).await?;
        let why = || seen.event_log().iter().find_map(|event| event.description()).unwrap_or("AWS says no reason").to_owned();
        match seen.state() {
            Some(DeploymentState::Complete) => Ok(Some(())),
            Some(state) if back(Some(state)) => Err(broken(Service::AppConfig, "StartDeployment", state.as_str(), &why())),
            _ => Ok(None),
        }
    };
    cx.policy.wait(&what, deadline(FlagSet::TYPICAL.update), look).await
}

/// Stops what is under way in an environment, and waits until it is over. One that has come to its end meanwhile is taken back, too (`AllowRevert`).
pub(super) async fn still(cx: &Clients, application: &str, environment: &str) -> Result<(), CloudError> {
    let served = Served::of(cx, application, environment).await?;
    let Some(other) = served.under_way() else { return Ok(()) };
    let number = other.deployment_number;
    if other.state() != Some(&DeploymentState::RollingBack) {
        let request = cx.appconfig().stop_deployment().application_id(application).environment_id(environment);
        let request = request.deployment_number(number).allow_revert(true);
        let stopped = cx.write(Service::AppConfig, "StopDeployment", async || request.clone().send().await).await;
        stopped.map(drop).or_else(|e| if e.class == Class::Ambiguous { Ok(()) } else { Err(e) })?;
    }
    let look = async || Ok((!under_way(look(cx, application, environment, number).await?.state())).then_some(()));
    half(cx.policy.wait(&format!("deployment {number} of flags to be stopped"), deadline(FlagSet::TYPICAL.update), look).await)
}

impl FlagSet {
    /// How flags are to stand that people turn: as they do, where people turned them before; else as is wanted.
    fn standing(&self, before: &Open<Flag>, now: Option<&str>) -> Open<bool> {
        let now = now.map(content::by_hand).unwrap_or_default();
        let stands = |key: &String| {
            let stays = before.get(key).is_some_and(|flag| flag.initial.is_some());
            now.get(key).filter(|_| stays).or(self.turned.get(key)).map(|on| (key.clone(), *on))
        };
        self.flags.keys().filter_map(stands).collect()
    }
}
