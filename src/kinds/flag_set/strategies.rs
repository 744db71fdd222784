//! How versions of flags come to those who ask: the strategies of an application, by names that say whose they are. Strategies are the account's.
use aws_sdk_appconfig::types::{DeploymentStrategy as Seen, GrowthType, ReplicateTo};

use super::*;
use crate::kinds::identity::TAG_STACK;

/// How a version comes to those who ask, where that isn't at once ("Working with deployment strategies").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Strategy {
    /// `DeploymentDurationInMinutes`: until all are told; 0 to 1,440.
    pub minutes: i32,
    /// `FinalBakeTimeInMinutes`: for how long AppConfig still looks at alarms then; 0 to 1,440.
    pub bake: i32,
    /// `GrowthFactor`: the first step, in hundredths of a percent; 100 to 10,000.
    pub step: i32,
    /// `GrowthType`: whether each step is twice the one before (`EXPONENTIAL`), or as large as the first (`LINEAR`).
    pub doubles: bool,
}

/// The most minutes of a deployment, and of the time afterwards (`MinutesBetween0And24Hours`).
pub const LONGEST: i32 = 24 * 60;

/// All at once, and no time afterwards in which AppConfig looks at alarms. Those that AWS has made wait at least ten minutes ("Working with deployment
/// strategies"), in which nothing else is deployed.
pub(super) const AT_ONCE: Strategy = Strategy { minutes: 0, bake: 0, step: 10_000, doubles: false };

impl Strategy {
    /// How long a deployment takes by it.
    pub(super) fn lasts(&self) -> Duration {
        Duration::from_secs(60 * u64::try_from(self.minutes + self.bake).unwrap_or_default())
    }

    fn growth(&self) -> (f32, GrowthType) {
        (self.step as f32 / 100.0, if self.doubles { GrowthType::Exponential } else { GrowthType::Linear })
    }

    fn of(seen: &Seen) -> Self {
        Strategy {
            minutes: seen.deployment_duration_in_minutes,
            bake: seen.final_bake_time_in_minutes,
            step: seen.growth_factor.map_or(0, |factor| (factor * 100.0).round() as i32),
            doubles: seen.growth_type == Some(GrowthType::Exponential),
        }
    }
}

/// The names of an application's strategies: the one by which all is told at once, and the one that the spec says.
fn names(application: &str) -> (String, String) {
    (format!("infra-{application}"), format!("infra-{application}-steps"))
}

/// All strategies of the account, AWS's own among them.
pub(super) async fn all(cx: &Clients) -> Result<Vec<Seen>, CloudError> {
    let request = cx.appconfig().list_deployment_strategies().max_results(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    cx.pages(Service::AppConfig, "ListDeploymentStrategies", send, |page| (page.items, page.next_token)).await
}

fn named(all: &[Seen], name: &str) -> Option<(String, Strategy)> {
    let seen = all.iter().find(|seen| seen.name() == Some(name))?;
    Some((seen.id.clone()?, Strategy::of(seen)))
}

/// The strategy of an application that a spec has said: its id, and what it says.
pub(super) fn of(all: &[Seen], application: &str) -> Option<(String, Strategy)> {
    named(all, &names(application).1)
}

/// Makes the application's own strategy what is wanted, or takes it away. Its id, where there is one. Nothing is under way that goes by it.
pub(super) async fn set(cx: &Clients, application: &str, want: Option<&Strategy>, stamp: &Stamp) -> Result<Option<String>, CloudError> {
    match (of(&all(cx).await?, application), want) {
        (None, None) => Ok(None),
        (Some((id, _)), None) => delete(cx, &id).await.map(|()| None),
        (Some((id, now)), Some(want)) if now == *want => Ok(Some(id)),
        (Some((id, _)), Some(want)) => {
            let (factor, growth) = want.growth();
            let request = cx.appconfig().update_deployment_strategy().deployment_strategy_id(&id).growth_factor(factor).growth_type(growth);
            let request = request.deployment_duration_in_minutes(want.minutes).final_bake_time_in_minutes(want.bake);
            cx.safe(Service::AppConfig, "UpdateDeploymentStrategy", async || request.clone().send().await).await?;
            Ok(Some(id))
        }
        (None, Some(want)) => make(cx, &names(application).1, want, stamp).await.map(Some),
    }
}

/// The id of the strategy by which all is told at once.
pub(super) async fn at_once(cx: &Clients, application: &str, stamp: &Stamp) -> Result<String, CloudError> {
    make(cx, &names(application).0, &AT_ONCE, stamp).await
}

/// The id of the strategy of a name, which is made where there is none.
async fn make(cx: &Clients, name: &str, want: &Strategy, stamp: &Stamp) -> Result<String, CloudError> {
    let (factor, growth) = want.growth();
    let request = cx.appconfig().create_deployment_strategy().name(name).tags(TAG_STACK, &stamp.stack);
    let request = request.deployment_duration_in_minutes(want.minutes).final_bake_time_in_minutes(want.bake).growth_factor(factor);
    let request = request.growth_type(growth).replicate_to(ReplicateTo::None);
    let make = async || {
        let made = cx.write(Service::AppConfig, "CreateDeploymentStrategy", async || request.clone().send().await).await?;
        made.id.ok_or_else(|| CloudError::incomplete("CreateDeploymentStrategy", "Id"))
    };
    parts::ensure(async || Ok(named(&all(cx).await?, name).map(|(id, _)| id)), make).await
}

async fn delete(cx: &Clients, id: &str) -> Result<(), CloudError> {
    let request = cx.appconfig().delete_deployment_strategy().deployment_strategy_id(id);
    gone(cx.safe(Service::AppConfig, "DeleteDeploymentStrategy", async || request.clone().send().await).await)
}

/// Takes the application's strategies away.
pub(super) async fn clear(cx: &Clients, application: &str) -> Result<(), CloudError> {
    let (all, (one, other)) = (all(cx).await?, names(application));
    for (id, _) in [one, other].iter().filter_map(|name| named(&all, name)) {
        delete(cx, &id).await?;
    }
    Ok(())
}

impl FlagSet {
    /// How long a change from `before` takes beside what is usual: as long as its strategy says, where flags change.
    pub(in crate::kinds) fn spreads(&self, before: &Self) -> Duration {
        self.strategy.as_ref().filter(|_| self.flags != before.flags).map_or(Duration::ZERO, Strategy::lasts)
    }
}
