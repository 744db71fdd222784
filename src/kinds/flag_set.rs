//! Flags that applications read while they run (AWS AppConfig): an application with one environment, one profile of flags, and a strategy of its own by which
//! their versions are deployed.
//!
//! Of these only applications are read in one list, so that all else is an attribute of its application. A change is a new version of the flags, which is
//! deployed; the one before stays for the way back, and goes with the next change. AppConfig takes a deployment back by itself when one of the alarms fires that it looks
//! at ("Monitoring deployments for automatic rollback"): then the change has failed.
mod content;
mod deployments;
mod monitors;
mod parts;
mod rules;
mod strategies;
mod terraform;
mod versions;

use futures_util::future::try_join_all;

use super::calls::{ALL, NEW, OWN, On, ROLES, TAGGED, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::model::{Computed, Tags, partition};
use crate::wire::tags::retag;
use deployments::{Served, Way};
use parts::Place;

pub use rules::is_key;
pub use strategies::{LONGEST, Strategy};

object! {
    /// `AWS::AppConfig::Application` with its environment and its profile. Its id is its `ApplicationId`.
    #[derive(Default)]
    pub struct FlagSet {
        /// The flags that applications are told of, by key: of the version that is deployed, or on its way to be.
        update flags: Open<Flag>,
        /// How those stand that people turn, by key.
        initial turned: Open<bool>,
        /// Whether all are told of them: no deployment is under way.
        update complete: bool,
        /// How a change of them comes; `None`: to all who ask at once, and AppConfig looks at no alarm afterwards.
        update strategy: Option<Strategy>,
        /// `Monitors` of the environment: the alarms that take a deployment back, 5 at most with the composites.
        update alarms: BTreeSet<Ref<MetricAlarm>>,
        /// Those of `Monitors` that are over other alarms.
        update composites: BTreeSet<Ref<CompositeAlarm>>,
        /// `AlarmRoleArn`: the role by which AppConfig looks at them.
        update role: Option<Ref<IamRole>>,
        update tags: Tags,
        /// `Name`.
        computed name: Computed<String>,
        /// `EnvironmentId`.
        computed environment: Computed<String>,
        /// `ConfigurationProfileId`.
        computed profile: Computed<String>,
        /// The ARN by which a role may read the flags.
        computed configuration: Computed<String>,
    }
}

/// A flag. One that says anything which `infra` doesn't write says nothing here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flag {
    /// Whether it is on; nothing of one that people turn.
    pub enabled: Option<bool>,
    /// Whether one that people turn is on at first.
    pub initial: Option<bool>,
}

/// `Name` of `CreateApplication`.
pub const NAMES: NameRule = NameRule::most(64);

/// Versions and deployments bear no tags of ours. Who may change one must be allowed to change its application, too, and its profile or its environment, all
/// of which bear the stack's ("Actions, resources, and condition keys for AWS AppConfig": several resources of one request are each asked for).
const VERSIONS: &[On] =
    &[On::Own(ALL), On::Also("appconfig:{region}:{account}:application/*/configurationprofile/*/hostedconfigurationversion/*")];
const DEPLOYMENTS: &[On] = &[On::Own(ALL), On::Also("appconfig:{region}:{account}:application/*/environment/*/deployment/*")];

impl Resource for FlagSet {
    const KIND: Kind = Kind::FlagSet;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::AppConfig;
    const TYPICAL: Typical = Typical::secs(20, 15, 5);
    const CALLS: Calls = Calls {
        read: &[
            call(Service::AppConfig, "GetHostedConfigurationVersion", VERSIONS),
            reads(Service::AppConfig, "ListApplications"),
            call(Service::AppConfig, "ListConfigurationProfiles", OWN),
            reads(Service::AppConfig, "ListDeploymentStrategies"),
            call(Service::AppConfig, "ListDeployments", OWN),
            call(Service::AppConfig, "ListEnvironments", OWN),
            reads(Service::AppConfig, "ListTagsForResource"),
        ],
        write: &[
            call(Service::AppConfig, "CreateApplication", NEW),
            needs(Service::AppConfig, "CreateApplication", "appconfig:TagResource", TAGGED),
            call(Service::AppConfig, "CreateConfigurationProfile", OWN),
            needs(Service::AppConfig, "CreateConfigurationProfile", "appconfig:TagResource", TAGGED),
            call(Service::AppConfig, "CreateDeploymentStrategy", NEW),
            needs(Service::AppConfig, "CreateDeploymentStrategy", "appconfig:TagResource", TAGGED),
            call(Service::AppConfig, "CreateEnvironment", OWN),
            needs(Service::AppConfig, "CreateEnvironment", "appconfig:TagResource", TAGGED),
            call(Service::AppConfig, "CreateHostedConfigurationVersion", OWN),
            call(Service::AppConfig, "DeleteApplication", OWN),
            call(Service::AppConfig, "DeleteConfigurationProfile", OWN),
            call(Service::AppConfig, "DeleteDeploymentStrategy", OWN),
            call(Service::AppConfig, "DeleteEnvironment", OWN),
            call(Service::AppConfig, "DeleteHostedConfigurationVersion", VERSIONS),
            call(Service::AppConfig, "GetDeployment", DEPLOYMENTS),
            call(Service::AppConfig, "ListHostedConfigurationVersions", OWN),
            call(Service::AppConfig, "StartDeployment", OWN),
            call(Service::AppConfig, "StopDeployment", DEPLOYMENTS),
            call(Service::AppConfig, "TagResource", TAGGED),
            call(Service::AppConfig, "UntagResource", OWN),
            call(Service::AppConfig, "UpdateDeploymentStrategy", OWN),
            call(Service::AppConfig, "UpdateEnvironment", OWN),
            needs(Service::AppConfig, "UpdateEnvironment", "iam:PassRole", &[On::Passed("appconfig")]),
            call(Service::Iam, "GetRole", ROLES),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[
        quota(Service::AppConfig, "ServiceQuotaExceededException", ("appconfig", ""), "Maximum number of applications")
            .of("CreateApplication"),
        quota(Service::AppConfig, "ServiceQuotaExceededException", ("appconfig", ""), "Maximum number of deployment strategies")
            .of("CreateDeploymentStrategy"),
    ];

    fn example() -> Self {
        let (checkout, banner) = (Flag { enabled: Some(false), ..Flag::default() }, Flag { initial: Some(true), ..Flag::default() });
        FlagSet {
            flags: [("new_checkout".to_owned(), checkout), ("sale_banner".to_owned(), banner)].into(),
            turned: [("sale_banner".to_owned(), true)].into(),
            complete: true,
            strategy: Some(Strategy { minutes: 25, bake: 15, step: 1_000, doubles: true }),
            alarms: [Ref::to(EXAMPLE)].into(),
            composites: [Ref::to(EXAMPLE)].into(),
            role: Some(Ref::to(EXAMPLE)),
            tags: tags(),
            ..FlagSet::default()
        }
    }

    fn outputs(&self) -> Outputs {
        let all = [("configuration", &self.configuration), ("environment", &self.environment), ("profile", &self.profile)];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.0.clone()?))).collect()
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self)
    }

    fn simulate(&mut self, id: &str) {
        let place = Place { application: id.to_owned(), environment: "0a1b2c3".into(), profile: "4d5e6f7".into(), ..Place::default() };
        self.name = Computed::from(id.to_owned());
        self.stands_at(&place, "us-east-1", "123456789012");
    }

    /// Names begin with the stack's; tags tell whose an application is, and what is in one is asked for of the stack's own alone.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let start = NAMES.start(stack);
        let own: Vec<_> = parts::applications(cx).await?.into_iter().filter(|(_, name)| name.starts_with(&start)).collect();
        if own.is_empty() {
            return Ok(vec![]);
        }
        let strategies = strategies::all(cx).await?;
        let strategies = &strategies;
        let read = own.into_iter().map(async |(id, name)| {
            let account = cx.identity().await?.account;
            let arn = arn(cx.region(), &account, &id);
            let request = cx.appconfig().list_tags_for_resource().resource_arn(arn);
            let seen = present(cx.safe(Service::AppConfig, "ListTagsForResource", async || request.clone().send().await).await)?;
            let all: Tags = seen.and_then(|seen| seen.tags).into_iter().flatten().collect();
            let Some((stamp, tags)) = Stamp::read(stack, all) else { return Ok(None) };
            let mut set = FlagSet { tags, name: Computed::from(name), complete: true, ..FlagSet::default() };
            set.strategy = strategies::of(strategies, &id).map(|(_, strategy)| strategy);
            if let Some(place) = parts::find(cx, &id).await? {
                let served = Served::read(cx, &place).await?;
                if let Some(text) = served.text(cx, &place).await? {
                    (set.flags, set.turned) = (content::read(&text), content::by_hand(&text));
                }
                set.complete = served.under_way().is_none();
                (set.alarms, set.composites, set.role) = place.monitors.refs(stack);
                set.stands_at(&place, cx.region(), &account);
            }
            Ok::<_, CloudError>(Some(Live::found(id, set, stamp)))
        });
        Ok(try_join_all(read).await?.into_iter().flatten().collect())
    }

    /// The name follows from the stamp, by which an earlier try of the same step is found. Returns when the flags are deployed.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let find = async || Ok(parts::applications(cx).await?.into_iter().find(|(_, other)| *other == name).map(|(id, _)| id));
        let tags = stamp.tags(&self.tags).into_iter().collect();
        let request = cx.appconfig().create_application().name(&name).set_tags(Some(tags));
        let make = async || {
            let made = cx.write(Service::AppConfig, "CreateApplication", async || request.clone().send().await).await?;
            made.id.ok_or_else(|| CloudError::incomplete("CreateApplication", "Id"))
        };
        let id = parts::ensure(find, make).await?;
        let place = half(parts::furnish(cx, &id, stamp).await)?;
        half(deployments::serve(cx, &place, (self, links), &FlagSet::default(), Way::Onward, stamp).await)?;
        self.made(cx, &place, Computed::from(name), stamp, links).await
    }

    /// What is missing of it is made again.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Self = live.of()?;
        let place = half(parts::furnish(cx, &live.id, stamp).await)?;
        // Who takes a change back gives it the stamp of who made it.
        let way = if live.stamp.same_step(stamp) { Way::Back } else { Way::Onward };
        half(deployments::serve(cx, &place, (self, links), &old, way, stamp).await)?;
        half(self.retag(cx, &live.id, (&live.stamp, &old.tags), stamp).await)?;
        self.made(cx, &place, old.name, stamp, links).await
    }

    /// What is the stack's goes first: AppConfig deletes no application that holds anything, and no profile that has versions.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        parts::clear(cx, &live.id).await?;
        let request = cx.appconfig().delete_application().application_id(&live.id);
        half(gone(cx.safe(Service::AppConfig, "DeleteApplication", async || request.clone().send().await).await))
    }
}

impl FlagSet {
    /// Notes where it stands.
    fn stands_at(&mut self, place: &Place, region: &str, account: &str) {
        let Place { application, environment, profile, .. } = place;
        let within = format!("environment/{environment}/configuration/{profile}");
        self.configuration = Computed::from(format!("{}/{within}", arn(region, account, application)));
        self.environment = Computed::from(environment.clone());
        self.profile = Computed::from(profile.clone());
    }

    async fn made(&self, cx: &Clients, place: &Place, name: Computed<String>, stamp: &Stamp, links: &Links) -> Result<Live, CloudError> {
        let mut made = FlagSet { name, ..self.clone() };
        made.stands_at(place, cx.region(), &half(cx.identity().await)?.account);
        Live::made(&place.application, made, stamp, links)
    }

    async fn retag(&self, cx: &Clients, id: &str, before: (&Stamp, &Tags), stamp: &Stamp) -> Result<(), CloudError> {
        let (set, unset) = retag(&before.0.tags(before.1), &before.0.renewed(stamp).tags(&self.tags));
        if set.is_empty() && unset.is_empty() {
            return Ok(());
        }
        let arn = arn(cx.region(), &cx.identity().await?.account, id);
        if !set.is_empty() {
            let request = cx.appconfig().tag_resource().resource_arn(&arn).set_tags(Some(set.into_iter().collect()));
            cx.safe(Service::AppConfig, "TagResource", async || request.clone().send().await).await?;
        }
        if unset.is_empty() {
            return Ok(());
        }
        let request = cx.appconfig().untag_resource().resource_arn(&arn).set_tag_keys(Some(unset));
        half(cx.safe(Service::AppConfig, "UntagResource", async || request.clone().send().await).await.map(drop))
    }
}

/// The ARN of an application.
fn arn(region: &str, account: &str, id: &str) -> String {
    format!("arn:{}:appconfig:{region}:{account}:application/{id}", partition(region).name)
}
