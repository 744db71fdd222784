//! The alarms that take a deployment back: `Monitors` of the environment, by their ARNs, and the role by which AppConfig looks at them.
use aws_sdk_appconfig::types::Monitor;

use super::*;
use crate::kinds::alarm_mute_rule::GROUP;
use crate::kinds::metric_alarm::marks;

/// What an environment looks at: the names of alarms, and of the roles by which it does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Monitors {
    alarms: BTreeSet<String>,
    roles: BTreeSet<String>,
}

/// The alarms of a set, those over others, and the role.
type Refs = (BTreeSet<Ref<MetricAlarm>>, BTreeSet<Ref<CompositeAlarm>>, Option<Ref<IamRole>>);

impl Monitors {
    pub(super) fn read(all: Vec<Monitor>) -> Self {
        // An alarm's name may have colons and slashes in it.
        let alarm = |arn: &str| arn.splitn(7, ':').nth(6).unwrap_or(arn).to_owned();
        let role = |one: &Monitor| one.alarm_role_arn().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        Monitors { roles: all.iter().map(role).collect(), alarms: all.iter().map(|one| alarm(one.alarm_arn())).collect() }
    }

    /// What a set wants to be looked at.
    fn wanted(set: &FlagSet, links: &Links) -> Result<Self, CloudError> {
        let alarms = links.all(&set.alarms)?.into_iter().chain(links.all(&set.composites)?).collect();
        Ok(Monitors { alarms, roles: links.all(&set.role)? })
    }

    /// As physical ids. Alarms of a stack tell by their names whether they are over others.
    pub(super) fn refs(&self, stack: &str) -> Refs {
        let composite = |name: &&String| name.strip_prefix(&marks::prefix(stack)).is_some_and(|rest| rest.starts_with(GROUP));
        let (composites, alarms): (Vec<&String>, Vec<&String>) = self.alarms.iter().partition(composite);
        let roles: Vec<&str> = self.roles.iter().map(String::as_str).collect();
        let role = (!roles.is_empty()).then(|| Ref::to(roles.join(" ")));
        (alarms.into_iter().map(Ref::to).collect(), composites.into_iter().map(Ref::to).collect(), role)
    }
}

/// Lets the environment look at the alarms that are wanted, and at no others.
pub(super) async fn set(cx: &Clients, place: &Place, (want, links): (&FlagSet, &Links)) -> Result<(), CloudError> {
    let wanted = Monitors::wanted(want, links)?;
    if wanted == place.monitors {
        return Ok(());
    }
    let role = match wanted.roles.first() {
        Some(role) => Some(iam_role::arn(cx, role).await?),
        None => None,
    };
    let (region, account) = (cx.region(), cx.identity().await?.account);
    let start = format!("arn:{}:cloudwatch:{region}:{account}:alarm:", partition(region).name);
    let monitor = |name: &String| Monitor::builder().alarm_arn(format!("{start}{name}")).set_alarm_role_arn(role.clone()).build();
    let all = wanted.alarms.iter().map(monitor).collect::<Result<Vec<_>, _>>().map_err(|e| CloudError::bug(e.to_string()))?;
    let request = cx.appconfig().update_environment().application_id(&place.application).environment_id(&place.environment);
    let request = request.set_monitors(Some(all));
    cx.safe(Service::AppConfig, "UpdateEnvironment", async || request.clone().send().await).await.map(drop)
}
