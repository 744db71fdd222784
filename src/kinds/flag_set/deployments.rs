//! Which version of the flags applications are told of, and how another comes in its place.
use std::time::SystemTime;

use aws_sdk_appconfig::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_appconfig::types::{DeploymentEventType, DeploymentState, DeploymentSummary};

use super::super::managed::broken;
use super::parts::Guarded;
use super::*;

/// A deployment can be taken back for 72 hours ("Reverting a configuration"); an hour of that is left for clocks that differ.
const REVERTIBLE: Duration = Duration::from_secs(71 * 3600);

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

    pub(super) fn under_way(&self) -> Option<&DeploymentSummary> {
        self.0.iter().find(|seen| under_way(seen.state()))
    }

    fn newest(&self) -> Option<i32> {
        self.0.first().map(|seen| seen.deployment_number)
    }

    /// The deployment that AppConfig takes back so that the wanted flags are told again: the newest of all, when it hasn't been complete for too long, and what
    /// it replaced is just that.
    async fn reverts(&self, cx: &Clients, place: &Place, wanted: &str) -> Result<Option<i32>, CloudError> {
        let own = |seen: &&DeploymentSummary| seen.configuration_name() == Some(parts::PROFILE) && !back(seen.state());
        let mut own = self.0.iter().filter(own);
        let (Some(now), Some(earlier)) = (own.next(), own.next()) else { return Ok(None) };
        let complete = now.completed_at().filter(|_| now.state() == Some(&DeploymentState::Complete));
        let young = complete.and_then(|at| SystemTime::try_from(*at).ok()).is_some_and(|at| {
            let passed = SystemTime::now().duration_since(at).unwrap_or_default();
            passed < REVERTIBLE
        });
        let version = earlier.configuration_version().and_then(|version| version.parse().ok());
        let (Some(version), true) = (version, young && Some(now.deployment_number) == self.newest()) else { return Ok(None) };
        let held = versions::text(cx, place, version).await?;
        Ok(held.is_some_and(|held| content::same(&held, wanted)).then_some(now.deployment_number))
    }
}

/// Where a change leads: onward it comes as the spec says, back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Onward,
    Back,
}

/// How long a deployment takes, as it says itself.
fn lasts(minutes: i32, bake: i32) -> Duration {
    Strategy { minutes, bake, ..strategies::AT_ONCE }.lasts()
}

/// Lets applications be told of the wanted flags, and of nothing else, in the wanted way. `before`: the set as it was. Of flags that people turn, and have
/// turned before, what stands now counts. A deployment of others, or one that a killed run has left, is waited for where it brings just that, and stopped otherwise.
pub(super) async fn serve(
    cx: &Clients,
    place: &Place,
    (want, links): (&FlagSet, &Links),
    before: &FlagSet,
    way: Way,
    stamp: &Stamp,
) -> Result<(), CloudError> {
    let mut served = Served::read(cx, place).await?;
    let mut now = served.text(cx, place).await?;
    let turned = want.standing(&before.flags, now.as_deref());
    let wanted = content::render(&want.flags, &turned);
    let is = |now: &Option<String>| now.as_ref().is_some_and(|now| content::same(now, &wanted));
    if let Some(other) = served.under_way() {
        let number = other.deployment_number;
        if is(&now) && served.current().is_some_and(|current| current.deployment_number == number) {
            done(cx, place, number, lasts(other.deployment_duration_in_minutes, other.final_bake_time_in_minutes)).await?;
        } else {
            still(cx, &place.application, &place.environment).await?;
            served = Served::read(cx, place).await?;
            now = served.text(cx, place).await?;
        }
    }
    // Where nothing is told yet there is nothing to turn from, and alarms that were made a moment ago know nothing.
    let first = now.is_none();
    if first {
        deploy(cx, place, &served, &wanted, None, stamp).await?;
    }
    let steps = [&want.strategy, &before.strategy].into_iter().any(Option::is_some);
    let own = if steps { strategies::set(cx, &place.application, want.strategy.as_ref(), stamp).await? } else { None };
    monitors::set(cx, place, (want, links)).await?;
    if first || is(&now) {
        return Ok(());
    }
    if way == Way::Onward {
        return deploy(cx, place, &served, &wanted, own.zip(want.strategy.as_ref()), stamp).await;
    }
    // "Reverting also ignores alarm monitors": one that fires is perhaps why it goes back.
    match served.reverts(cx, place, &wanted).await?.filter(|_| steps) {
        Some(number) => stop(cx, (&place.application, &place.environment), number).await,
        None => deploy(cx, place, &served, &wanted, None, stamp).await,
    }
}

/// Deploys flags by a strategy, or all at once, and waits until they are in force.
async fn deploy(
    cx: &Clients,
    place: &Place,
    served: &Served,
    wanted: &str,
    own: Option<(String, &Strategy)>,
    stamp: &Stamp,
) -> Result<(), CloudError> {
    let version = versions::holding(cx, place, wanted, served.version()).await?;
    let (strategy, lasts) = match own {
        Some((id, strategy)) => (id, strategy.lasts()),
        None => (strategies::at_once(cx, &place.application, stamp).await?, Duration::ZERO),
    };
    let latest = served.newest();
    let request = cx.appconfig().start_deployment().application_id(&place.application).environment_id(&place.environment);
    let request = request.configuration_profile_id(&place.profile).configuration_version(version.to_string());
    let request = request.deployment_strategy_id(strategy).set_latest_deployment_number(latest);
    let newest = async || Ok::<_, CloudError>(Served::read(cx, place).await?.newest());
    let begun = Guarded(cx).write(Service::AppConfig, "StartDeployment", (latest, newest), async || request.clone().send().await).await;
    let number = match begun {
        Ok(begun) => begun.deployment_number,
        // The answer is lost, and perhaps not the deployment.
        Err(e) if e.class == Class::Ambiguous => {
            let seen = Served::read(cx, place).await?;
            let own = seen.current().filter(|seen| Some(seen.deployment_number) > latest);
            own.filter(|_| seen.version() == Some(version)).map(|seen| seen.deployment_number).ok_or(e)?
        }
        Err(e) => return Err(e),
    };
    done(cx, place, number, lasts).await
}

async fn look(cx: &Clients, application: &str, environment: &str, number: i32) -> Result<GetDeploymentOutput, CloudError> {
    let request = cx.appconfig().get_deployment().application_id(application).environment_id(environment).deployment_number(number);
    cx.safe(Service::AppConfig, "GetDeployment", async || request.clone().send().await).await
}

/// What a deployment is at, for whoever watches.
fn stage(number: i32, seen: &GetDeploymentOutput) -> String {
    match (seen.state(), seen.percentage_complete()) {
        (Some(DeploymentState::Baking), _) => format!("deployment {number} of flags: all are told, AppConfig looks at its alarms"),
        (Some(DeploymentState::RollingBack), _) => format!("deployment {number} of flags: it is taken back"),
        (_, Some(percent)) => format!("deployment {number} of flags: {percent}% are told"),
        _ => format!("deployment {number} of flags to be complete"),
    }
}

/// Why a deployment was taken back, as its log says ("The most recent events are displayed first").
fn why(seen: &GetDeploymentOutput) -> String {
    let backwards = |kind: Option<&DeploymentEventType>| kind == Some(&DeploymentEventType::RollbackStarted);
    let began = seen.event_log().iter().find(|event| backwards(event.event_type()));
    let event = began.or(seen.event_log().first());
    event.and_then(|event| event.description()).unwrap_or("AWS says no reason").to_owned()
}

/// Waits until a deployment is in force, which takes as long as its strategy says. Errors: it was taken back, by an alarm or by somebody.
async fn done(cx: &Clients, place: &Place, number: i32, lasts: Duration) -> Result<(), CloudError> {
    let what = format!("deployment {number} of flags to be complete");
    let look = async || {
        let seen = look(cx, &place.application, &place.environment, number).await?;
        cx.policy.retell(&stage(number, &seen));
        match seen.state() {
            Some(DeploymentState::Complete) => Ok(Some(())),
            // Until it is over, nothing else can be deployed.
            Some(state) if back(Some(state)) && !under_way(Some(state)) => {
                Err(broken(Service::AppConfig, "StartDeployment", state.as_str(), &why(&seen)))
            }
            _ => Ok(None),
        }
    };
    cx.policy.wait(&what, lasts + deadline(FlagSet::TYPICAL.update), look).await
}

/// Stops what is under way in an environment, and waits until it is over. One that has come to its end meanwhile is taken back, too (`AllowRevert`).
pub(super) async fn still(cx: &Clients, application: &str, environment: &str) -> Result<(), CloudError> {
    let served = Served::of(cx, application, environment).await?;
    match served.under_way() {
        None => Ok(()),
        Some(other) if other.state() == Some(&DeploymentState::RollingBack) => {
            over(cx, (application, environment), other.deployment_number).await
        }
        Some(other) => stop(cx, (application, environment), other.deployment_number).await,
    }
}

/// Stops a deployment, or takes it back, and waits until that is done.
async fn stop(cx: &Clients, (application, environment): (&str, &str), number: i32) -> Result<(), CloudError> {
    let request = cx.appconfig().stop_deployment().application_id(application).environment_id(environment);
    let request = request.deployment_number(number).allow_revert(true);
    let stopped = cx.write(Service::AppConfig, "StopDeployment", async || request.clone().send().await).await;
    stopped.map(drop).or_else(|e| if e.class == Class::Ambiguous { Ok(()) } else { Err(e) })?;
    over(cx, (application, environment), number).await
}

/// Waits until a deployment is taken back.
async fn over(cx: &Clients, (application, environment): (&str, &str), number: i32) -> Result<(), CloudError> {
    let look = async || {
        let seen = look(cx, application, environment, number).await?;
        Ok((back(seen.state()) && !under_way(seen.state())).then_some(()))
    };
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
