//! What a service may do on our behalf.
mod following;
mod policies;
mod terraform;

use super::calls::{NEW_ROLES, ROLES, call, reads};
use super::example::tags;
use super::quotas::quota;
use super::*;
use crate::diag::Code;
use crate::model::Tags;
use crate::wire::tags::{from_tags, retag, to_tags};
use aws_sdk_iam::types::{EntityType, PolicyDetail, Role, RoleDetail};
pub use following::{FLAGS, KEYS, READS, WRITES, reading};
use policies::{document, trust, trust_of};
use serde_json::json;

object! {
    /// `AWS::IAM::Role`. Its name (`RoleName`) is generated, its path is `/infra/STACK/REGION/`.
    pub struct IamRole {
        /// The service that may assume the role: `ec2.amazonaws.com`. A trust policy (`AssumeRolePolicyDocument`) that says
        /// anything else is shown as its JSON.
        replace service: String,
        /// The ARN of the policy beyond which no other policy gives the role anything (`PermissionsBoundary`); `None`: there is none.
        update permissions_boundary: Option<String>,
        /// The ARNs of the attached policies (`ManagedPolicyArns`); 10 by default, 25 at most.
        update managed_policies: BTreeSet<String>,
        /// Policies of the role's own, by `PolicyName`; compared by meaning, not by their text. 10,240 characters at most in all.
        update inline_policies: Open<Document>,
        /// The ARNs of the secrets whose values it may read, `??????` in place of what Secrets Manager appends to a name: one more policy of the role's own,
        /// `read-secrets`.
        update readable: BTreeSet<Text>,
        /// The ARNs of the buckets that it may list, and whose objects it may read with their older versions: one more policy, `read-buckets`.
        update readable_buckets: BTreeSet<Text>,
        /// The ARNs of the buckets that it may put objects into and delete them from, but no older version: one more policy, `write-buckets`.
        update writable_buckets: BTreeSet<Text>,
        /// The ARNs of the keys that these buckets encrypt with, which it may use through S3 alone: one more policy, `use-bucket-keys`.
        update bucket_keys: BTreeSet<Text>,
        /// The ARNs of the flags that it may be told of (`appconfig:GetLatestConfiguration`): one more policy, `read-flags`.
        update readable_flags: BTreeSet<Text>,
        update tags: Tags,
    }
}

/// `RoleName` of `CreateRole`.
pub const NAMES: NameRule = NameRule::most(64);

impl Resource for IamRole {
    const KIND: Kind = Kind::IamRole;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Iam;
    const TYPICAL: Typical = Typical::secs(5, 3, 5);
    const HINT: &'static [&'static str] = &["for {service}"];
    /// A role for another service is another role, so that nobody needs the right to say who may be it.
    const CALLS: Calls = Calls {
        read: &[reads(Service::Iam, "GetAccountAuthorizationDetails")],
        write: &[
            call(Service::Iam, "AttachRolePolicy", ROLES),
            call(Service::Iam, "CreateRole", NEW_ROLES),
            call(Service::Iam, "DeleteRole", ROLES),
            call(Service::Iam, "DeleteRolePermissionsBoundary", ROLES),
            call(Service::Iam, "DeleteRolePolicy", ROLES),
            call(Service::Iam, "DetachRolePolicy", ROLES),
            call(Service::Iam, "GetRole", ROLES),
            call(Service::Iam, "ListAttachedRolePolicies", ROLES),
            call(Service::Iam, "ListRolePolicies", ROLES),
            call(Service::Iam, "PutRolePermissionsBoundary", ROLES),
            call(Service::Iam, "PutRolePolicy", ROLES),
            call(Service::Iam, "TagRole", ROLES),
            call(Service::Iam, "UntagRole", ROLES),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[
        quota(Service::Iam, "LimitExceeded", ("iam", "L-0DA4ABF3"), "Managed policies per role").of("AttachRolePolicy"),
        quota(Service::Iam, "LimitExceeded", ("iam", "L-FE177D64"), "Roles per account").of("CreateRole"),
    ];

    fn example() -> Self {
        IamRole {
            service: pod_identity_association::PODS.into(),
            permissions_boundary: Some("arn:aws:iam::123456789012:policy/infra-shop".into()),
            managed_policies: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore".into()].into(),
            inline_policies: [("logs".into(), json!({ "Version": "2012-10-17", "Statement": [] }).into())].into(),
            readable: [Text::literal("arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/key-??????")].into(),
            readable_buckets: [Text::literal("arn:aws:s3:::shop-uploads")].into(),
            writable_buckets: [Text::literal("arn:aws:s3:::shop-uploads")].into(),
            bucket_keys: [Text::literal("arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4444-8888-0123456789ab")].into(),
            readable_flags: [Text::literal(
                "arn:aws:appconfig:us-east-1:123456789012:application/a1b2/environment/c3d4/configuration/e5f6",
            )]
            .into(),
            tags: tags(),
        }
    }

    /// A managed policy has the ARN of one, at least 20 characters long (`PolicyArn` of `AttachRolePolicy`); 25 is the most that the quota can be raised
    /// to (from the user guide, "IAM and AWS STS quotas").
    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let all = self.managed_policies.iter().map(|arn| ("managed_policies", arn));
        let all = all.chain(self.permissions_boundary.iter().map(|arn| ("permissions_boundary", arn)));
        let no = all.filter(|(_, arn)| !policies::is_policy(arn)).map(|(attribute, arn)| {
            let message = format!("`{arn}` is not the ARN of a policy");
            let help = "write one such as `arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore`";
            Breach::new(Code::BadArn, attribute, message, help)
        });
        let many = (self.managed_policies.len() > 25).then(|| {
            let message = format!("a role can't have {} managed policies", self.managed_policies.len());
            Breach::new(Code::Count, "managed_policies", message, "IAM allows 25 at most, infra's own among them; put several into one")
        });
        no.chain(many).chain(policies::too_long(&self.inline_policies)).chain(tagging::alike(&self.tags)).collect()
    }

    /// 10 managed policies by default (`L-0DA4ABF3`).
    fn doubts(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let many = self.managed_policies.len();
        let breach = || {
            let message = format!("a role with {many} managed policies, infra's own among them; an account has 10 by default");
            Breach::new(Code::Quota, "managed_policies", message, "put several into one, or have the quota L-0DA4ABF3 raised first")
        };
        (many > 10).then(breach).into_iter().collect()
    }

    /// IAM has no filter by tag or path here: one call a page of all roles, which carries policies and tags. Roles of an equally named stack in
    /// another region are nobody's here, and named after that region.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.iam().get_account_authorization_details().filter(EntityType::Role).max_items(1000);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let split = |page: aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput| {
            (page.role_detail_list, page.marker.filter(|_| page.is_truncated))
        };
        let found = cx.pages(Service::Iam, "GetAccountAuthorizationDetails", send, split).await?;
        let prefix = format!("/infra/{stack}/");
        let region = |role: &RoleDetail| Some(role.path.as_ref()?.strip_prefix(&prefix)?.strip_suffix('/')?.to_owned());
        let named = found.into_iter().filter_map(|role| Some((region(&role)?, role)));
        Ok(named.filter_map(|(region, role)| Some(read(stack, role)?.abroad(&region, cx.region()))).collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let role = self.resolved(links)?;
        let name = stamp.physical_name(&NAMES);
        let request =
            cx.iam().create_role().role_name(&name).path(path(cx, &stamp.stack)).assume_role_policy_document(trust(&self.service));
        let request = request.set_permissions_boundary(self.permissions_boundary.clone());
        let request = request.set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        let answer = cx.safe(Service::Iam, "CreateRole", async || request.clone().send().await).await;
        existing(answer)?;
        half(ready(cx, &name, stamp).await)?;
        half(role.grant(cx, &name, &BTreeSet::new(), &Open::new()).await)?;
        Live::made(name, role, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (old, role): (IamRole, _) = (live.of()?, self.resolved(links)?);
        if self.permissions_boundary != old.permissions_boundary {
            bound(cx, &live.id, self.permissions_boundary.as_deref()).await?;
        }
        half(role.grant(cx, &live.id, &old.managed_policies, &old.inline()).await)?;
        half(role.revoke(cx, &live.id, &old).await)?;
        half(set_tags(cx, &live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, role, stamp, links)
    }

    /// IAM deletes only a role that holds nothing; what it holds is asked for, since it may have got more since it was listed.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let attached = cx.iam().list_attached_role_policies().role_name(&live.id).max_items(1000);
        let send = async |marker| attached.clone().set_marker(marker).send().await;
        let split = |page: aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput| {
            (page.attached_policies, page.marker.filter(|_| page.is_truncated))
        };
        match cx.pages(Service::Iam, "ListAttachedRolePolicies", send, split).await {
            Err(e) if e.class == Class::NotFound => return Ok(()),
            found => {
                for arn in found?.into_iter().filter_map(|p| p.policy_arn) {
                    detach(cx, &live.id, &arn).await?;
                }
            }
        }
        let inline = cx.iam().list_role_policies().role_name(&live.id).max_items(1000);
        let send = async |marker| inline.clone().set_marker(marker).send().await;
        let split = |page: aws_sdk_iam::operation::list_role_policies::ListRolePoliciesOutput| {
            (Some(page.policy_names), page.marker.filter(|_| page.is_truncated))
        };
        match cx.pages(Service::Iam, "ListRolePolicies", send, split).await {
            Err(e) if e.class == Class::NotFound => return Ok(()),
            found => {
                for policy in found? {
                    remove(cx, &live.id, &policy).await?;
                }
            }
        }
        let request = cx.iam().delete_role().role_name(&live.id);
        gone(cx.safe(Service::Iam, "DeleteRole", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("instance profiles", profiles(cx, &live.id).await))
    }
}

impl IamRole {
    /// A role for a service, which may do nothing yet.
    pub fn plain(service: impl Into<String>) -> Self {
        IamRole {
            service: service.into(),
            permissions_boundary: None,
            managed_policies: BTreeSet::new(),
            inline_policies: Open::new(),
            readable: BTreeSet::new(),
            readable_buckets: BTreeSet::new(),
            writable_buckets: BTreeSet::new(),
            bucket_keys: BTreeSet::new(),
            readable_flags: BTreeSet::new(),
            tags: Tags::new(),
        }
    }

    /// Attaches and writes what the role doesn't have yet.
    async fn grant(&self, cx: &Clients, name: &str, managed: &BTreeSet<String>, inline: &Open<Document>) -> Result<(), CloudError> {
        for arn in self.managed_policies.difference(managed) {
            let request = cx.iam().attach_role_policy().role_name(name).policy_arn(arn);
            cx.safe(Service::Iam, "AttachRolePolicy", async || request.clone().send().await).await?;
        }
        for (policy, document) in self.inline().iter().filter(|(k, v)| inline.get(*k) != Some(v)) {
            let request = cx.iam().put_role_policy().role_name(name).policy_name(policy).policy_document(document.to_string());
            cx.safe(Service::Iam, "PutRolePolicy", async || request.clone().send().await).await?;
        }
        Ok(())
    }

    /// Takes away what the role should no longer have.
    async fn revoke(&self, cx: &Clients, name: &str, old: &IamRole) -> Result<(), CloudError> {
        for arn in old.managed_policies.difference(&self.managed_policies) {
            detach(cx, name, arn).await?;
        }
        let now = self.inline();
        for policy in old.inline().keys().filter(|name| !now.contains_key(*name)) {
            remove(cx, name, policy).await?;
        }
        Ok(())
    }
}

/// Sets the boundary of a role, or takes it away.
async fn bound(cx: &Clients, name: &str, boundary: Option<&str>) -> Result<(), CloudError> {
    match boundary {
        Some(arn) => {
            let request = cx.iam().put_role_permissions_boundary().role_name(name).permissions_boundary(arn);
            cx.safe(Service::Iam, "PutRolePermissionsBoundary", async || request.clone().send().await).await.map(drop)
        }
        None => {
            let request = cx.iam().delete_role_permissions_boundary().role_name(name);
            gone(cx.safe(Service::Iam, "DeleteRolePermissionsBoundary", async || request.clone().send().await).await)
        }
    }
}

/// The ARN of a role, by which other services take it (`GetRole`); its last segment is the name.
pub async fn arn(cx: &Clients, name: &str) -> Result<String, CloudError> {
    get(cx, name).await.map(|role| role.arn)
}

/// Where the stack's identities live. IAM is the same in every region, a stack lives in one.
pub(super) fn path(cx: &Clients, stack: &str) -> String {
    format!("/infra/{stack}/{}/", cx.region())
}

/// A creation under a generated name that finds the name taken: an earlier try of the same step whose answer was lost.
/// Whether it really was is told by the stamp, which the caller reads next.
pub(super) fn existing<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    match answer {
        Err(e) if e.code == "EntityAlreadyExists" => Ok(()),
        other => other.map(drop),
    }
}

/// IAM's reads lag behind its writes: waits until the role can be read, and makes sure that it is this step's.
async fn ready(cx: &Clients, name: &str, stamp: &Stamp) -> Result<(), CloudError> {
    let look = async || match get(cx, name).await {
        Err(e) if e.class == Class::NotFound => Ok(None),
        role => role.map(Some),
    };
    let role = cx.policy.wait(&format!("role {name} to be readable"), deadline(IamRole::TYPICAL.create), look).await?;
    ours(name, Stamp::read(&stamp.stack, from_tags(role.tags)), stamp)
}

async fn get(cx: &Clients, name: &str) -> Result<Role, CloudError> {
    let request = cx.iam().get_role().role_name(name);
    let seen = cx.safe(Service::Iam, "GetRole", async || request.clone().send().await).await?;
    seen.role.ok_or_else(|| CloudError::incomplete("GetRole", "Role"))
}

async fn detach(cx: &Clients, name: &str, arn: &str) -> Result<(), CloudError> {
    let request = cx.iam().detach_role_policy().role_name(name).policy_arn(arn);
    gone(cx.safe(Service::Iam, "DetachRolePolicy", async || request.clone().send().await).await)
}

async fn remove(cx: &Clients, name: &str, policy: &str) -> Result<(), CloudError> {
    let request = cx.iam().delete_role_policy().role_name(name).policy_name(policy);
    gone(cx.safe(Service::Iam, "DeleteRolePolicy", async || request.clone().send().await).await)
}

async fn set_tags(cx: &Clients, name: &str, live: (&Stamp, &Tags), want: (&Stamp, &Tags)) -> Result<(), CloudError> {
    let stamp = live.0.renewed(want.0);
    let (set, unset) = retag(&live.0.tags(live.1), &stamp.tags(want.1));
    if !set.is_empty() {
        let request = cx.iam().tag_role().role_name(name).set_tags(Some(to_tags(&set)));
        cx.safe(Service::Iam, "TagRole", async || request.clone().send().await).await?;
    }
    if !unset.is_empty() {
        let request = cx.iam().untag_role().role_name(name).set_tag_keys(Some(unset));
        cx.safe(Service::Iam, "UntagRole", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// A role as listed, when it is the stack's.
fn read(stack: &str, role: RoleDetail) -> Option<Live> {
    let (stamp, tags) = Stamp::read(stack, from_tags(role.tags))?;
    let trusted = document(&role.assume_role_policy_document?);
    let service = trusted.pointer("/Statement/0/Principal/Service").and_then(Value::as_str).filter(|s| trust_of(s) == trusted);
    let own = role.role_policy_list.into_iter().flatten();
    let own = own.filter_map(|PolicyDetail { policy_name, policy_document, .. }| Some((policy_name?, document(&policy_document?))));
    let found = IamRole {
        permissions_boundary: role.permissions_boundary.and_then(|b| b.permissions_boundary_arn),
        managed_policies: role.attached_managed_policies.into_iter().flatten().filter_map(|p| p.policy_arn).collect(),
        inline_policies: own.map(|(name, policy)| (name, policy.into())).collect(),
        tags,
        ..IamRole::plain(service.map_or_else(|| trusted.to_string(), String::from))
    };
    let found = found.known();
    Some(Live::found(role.role_name?, found, stamp))
}

/// The instance profiles that a role is in.
async fn profiles(cx: &Clients, role: &str) -> Result<Vec<String>, CloudError> {
    let request = cx.iam().list_instance_profiles_for_role().role_name(role);
    let seen = cx.safe(Service::Iam, "ListInstanceProfilesForRole", async || request.clone().send().await).await?;
    Ok(seen.instance_profiles.into_iter().map(|p| p.instance_profile_name).collect())
}
