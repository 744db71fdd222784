//! A role as instances wear it.
use super::calls::{On, TO_INSTANCES, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::iam_role::{existing, path};
use super::quotas::quota;
use super::terraform::{ID, NAME, TAGS, TAGS_ALL, known, link, made, one};
use super::*;
use crate::model::Tags;
use crate::wire::tags::{from_tags, retag, to_tags};
use aws_sdk_iam::types::InstanceProfile as Found;
use futures_util::future::try_join_all;

object! {
    /// `AWS::IAM::InstanceProfile`. Its name (`InstanceProfileName`) is generated, its path is `/infra/STACK/REGION/`.
    pub struct InstanceProfile {
        /// The one role in it (`Roles`).
        update role: Ref<IamRole>,
        update tags: Tags,
    }
}

/// What stands for the role of a profile that holds none: its creation stopped half way, or someone took the role out.
const NO_ROLE: &str = "none";

/// `InstanceProfileName` of `CreateInstanceProfile`.
pub const NAMES: NameRule = NameRule::most(128);

impl Resource for InstanceProfile {
    const KIND: Kind = Kind::InstanceProfile;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Iam;
    const TYPICAL: Typical = Typical::secs(5, 5, 3);
    const HINT: &'static [&'static str] = &["{role}"];
    const CALLS: Calls = Calls {
        read: &[call(Service::Iam, "GetInstanceProfile", PROFILES), reads(Service::Iam, "ListInstanceProfiles")],
        write: &[
            call(Service::Iam, "AddRoleToInstanceProfile", PROFILES),
            needs(Service::Iam, "AddRoleToInstanceProfile", "iam:PassRole", TO_INSTANCES),
            call(Service::Iam, "CreateInstanceProfile", &[On::New(PROFILE)]),
            call(Service::Iam, "DeleteInstanceProfile", PROFILES),
            call(Service::Iam, "RemoveRoleFromInstanceProfile", PROFILES),
            call(Service::Iam, "TagInstanceProfile", PROFILES),
            call(Service::Iam, "UntagInstanceProfile", PROFILES),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_iam_instance_profile",
        &[
            known("arn", "arn:${partition}:iam::${account}:instance-profile/infra/${stack}/${region}/${id}"),
            ID,
            NAME,
            known("path", "/infra/${stack}/${region}/"),
            link("role", "role", "name"),
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Iam, "LimitExceeded", ("iam", "L-6E65F664"), "Instance profiles per account").of("CreateInstanceProfile")];

    fn example() -> Self {
        InstanceProfile { role: Ref::to(EXAMPLE), tags: tags() }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        tagging::alike(&self.tags)
    }

    /// `ListInstanceProfiles` shows no tags and IAM has no batched read of them: one `GetInstanceProfile` for each on the stack's path.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let prefix = path(cx, stack);
        let request = cx.iam().list_instance_profiles().path_prefix(&prefix).max_items(1000);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let split = |page: aws_sdk_iam::operation::list_instance_profiles::ListInstanceProfilesOutput| {
            (Some(page.instance_profiles), page.marker.filter(|_| page.is_truncated))
        };
        let found = cx.pages(Service::Iam, "ListInstanceProfiles", send, split).await?;
        let own = found.into_iter().filter(|p| p.path == prefix);
        let live = try_join_all(own.map(async |listed| {
            let profile = match get(cx, &listed.instance_profile_name).await {
                Err(e) if e.class == Class::NotFound => return Ok(None),
                seen => seen?,
            };
            let Some((stamp, tags)) = Stamp::read(stack, from_tags(profile.tags)) else { return Ok(None) };
            let role = profile.roles.first().map_or(NO_ROLE, |r| &r.role_name);
            Ok::<_, CloudError>(Some(Live::found(profile.instance_profile_name, InstanceProfile { role: Ref::to(role), tags }, stamp)))
        }))
        .await?;
        Ok(live.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let role = links.to(&self.role)?;
        let request = cx.iam().create_instance_profile().instance_profile_name(&name).path(path(cx, &stamp.stack));
        let request = request.set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        existing(cx.safe(Service::Iam, "CreateInstanceProfile", async || request.clone().send().await).await)?;
        half(fill(cx, &name, &role, Some(stamp)).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: InstanceProfile = live.of()?;
        let role = links.to(&self.role)?;
        if !live.points.contains(&role) {
            half(fill(cx, &live.id, &role, None).await)?;
        }
        half(set_tags(cx, &live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        match get(cx, &live.id).await {
            Err(e) if e.class == Class::NotFound => return Ok(()),
            found => {
                for role in found?.roles {
                    take_out(cx, &live.id, &role.role_name).await?;
                }
            }
        }
        let request = cx.iam().delete_instance_profile().instance_profile_name(&live.id);
        gone(cx.safe(Service::Iam, "DeleteInstanceProfile", async || request.clone().send().await).await)
    }
}

const PROFILE: &str = "iam::{account}:instance-profile/infra/{stack}/{region}/*";
const PROFILES: &[On] = &[On::Named(PROFILE)];

/// Puts one role into a profile and every other out of it: there is room for one only. Waits until the profile can be read,
/// since IAM's reads lag behind its writes. For a new one, makes sure that it is this step's.
async fn fill(cx: &Clients, name: &str, role: &str, new: Option<&Stamp>) -> Result<(), CloudError> {
    let look = async || match get(cx, name).await {
        Err(e) if e.class == Class::NotFound && new.is_some() => Ok(None),
        profile => profile.map(Some),
    };
    let profile =
        cx.policy.wait(&format!("instance profile {name} to be readable"), deadline(InstanceProfile::TYPICAL.create), look).await?;
    if let Some(stamp) = new {
        ours(name, Stamp::read(&stamp.stack, from_tags(profile.tags)), stamp)?;
    }
    if profile.roles.iter().any(|r| r.role_name == role) {
        return Ok(());
    }
    for other in profile.roles {
        take_out(cx, name, &other.role_name).await?;
    }
    let request = cx.iam().add_role_to_instance_profile().instance_profile_name(name).role_name(role);
    cx.write(Service::Iam, "AddRoleToInstanceProfile", async || request.clone().send().await).await.map(drop)
}

async fn take_out(cx: &Clients, name: &str, role: &str) -> Result<(), CloudError> {
    let request = cx.iam().remove_role_from_instance_profile().instance_profile_name(name).role_name(role);
    gone(cx.safe(Service::Iam, "RemoveRoleFromInstanceProfile", async || request.clone().send().await).await)
}

async fn get(cx: &Clients, name: &str) -> Result<Found, CloudError> {
    let request = cx.iam().get_instance_profile().instance_profile_name(name);
    let seen = cx.safe(Service::Iam, "GetInstanceProfile", async || request.clone().send().await).await?;
    seen.instance_profile.ok_or_else(|| CloudError::incomplete("GetInstanceProfile", "InstanceProfile"))
}

async fn set_tags(cx: &Clients, name: &str, live: (&Stamp, &Tags), want: (&Stamp, &Tags)) -> Result<(), CloudError> {
    let stamp = live.0.renewed(want.0);
    let (set, unset) = retag(&live.0.tags(live.1), &stamp.tags(want.1));
    if !set.is_empty() {
        let request = cx.iam().tag_instance_profile().instance_profile_name(name).set_tags(Some(to_tags(&set)));
        cx.safe(Service::Iam, "TagInstanceProfile", async || request.clone().send().await).await?;
    }
    if !unset.is_empty() {
        let request = cx.iam().untag_instance_profile().instance_profile_name(name).set_tag_keys(Some(unset));
        cx.safe(Service::Iam, "UntagInstanceProfile", async || request.clone().send().await).await?;
    }
    Ok(())
}
