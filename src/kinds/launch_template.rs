//! What a scaling group's instances are made from; immutable, so a change is a successor to which the group rolls over.
mod agent;
mod boot;
mod breaches;
mod data;
mod script;
mod terraform;
mod types;

use super::calls::{EC2_TAG, EC2_UNTAG, IMAGE_NAMES, NEW, OWN, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{ResourceType, ResponseLaunchTemplateData};

pub use agent::{Agent, IMAGE, INSTANCE, LISTENS, Target, WORKSPACE};
pub use boot::{Boot, Container, EnvValue};
pub use types::{Known, architecture, known, vcpus};

/// The version that instances are launched from. A template of ours never gets a second one.
pub const VERSION: &str = "1";

/// The version that a list of all templates can read. It is the one that is launched, as long as there is no other.
const DEFAULT: &str = "$Default";

object! {
    /// `AWS::EC2::LaunchTemplate`.
    pub struct LaunchTemplate {
        /// `ImageId`: `ami-…`, or `resolve:ssm:/…`, which AWS looks up at every launch.
        replace image: String,
        /// `InstanceType`: `t3.medium`.
        replace instance_type: String,
        /// `IamInstanceProfile`: the role that the instances act in.
        replace instance_profile: Ref<InstanceProfile>,
        /// `Groups` of the first network interface.
        replace security_groups: BTreeSet<Ref<SecurityGroup>>,
        /// `AssociatePublicIpAddress` of the first network interface; decides over the subnet's own setting.
        replace public_ip: bool,
        /// The root volume.
        replace disk: Disk,
        /// `MetadataOptions`.
        replace metadata: Metadata,
        /// `UserData`: what an instance does when it first starts.
        replace boot: Boot,
        /// Tags of the template itself; an instance has those of its scaling group.
        update tags: Tags,
    }
}

/// One entry of `BlockDeviceMappings`. The volume goes with its instance (`DeleteOnTermination`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Disk {
    /// `DeviceName`, which must be the image's root device: `/dev/xvda`.
    pub device: String,
    /// `VolumeSize` in GiB, at least the image's own size.
    pub size_gib: i32,
    /// `VolumeType`: `gp3`.
    pub volume_type: String,
    /// `Encrypted`, with the account's default key.
    pub encrypted: bool,
}

/// How an instance reaches its metadata service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// `HttpTokens`: `required` allows version 2 of the service only.
    pub http_tokens: String,
    /// `HttpPutResponseHopLimit`, from 1 to 64; a container on a bridge network needs 2 to reach the service.
    pub hop_limit: i32,
}

/// The user data of a boot that has no pointers left in it; nothing for none.
pub(super) fn user_data(boot: &Value) -> Value {
    boot::encoded(boot)
}

/// `LaunchTemplateName` of `CreateLaunchTemplate` takes 128 characters; 64 tell enough.
pub const NAMES: NameRule = NameRule::most(64);

impl Resource for LaunchTemplate {
    const KIND: Kind = Kind::LaunchTemplate;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 2, 2);
    const HINT: &'static [&'static str] =
        &["{boot.container.image}", "port {boot.container.port}", "{boot.user_data?a script}", "{instance_type}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeLaunchTemplateVersions"), reads(Service::Ec2, "DescribeLaunchTemplates")],
        write: &[
            call(Service::Ec2, "CreateLaunchTemplate", NEW),
            needs(Service::Ec2, "CreateLaunchTemplate", "ssm:GetParameters", IMAGE_NAMES),
            EC2_TAG,
            call(Service::Ec2, "DeleteLaunchTemplate", OWN),
            EC2_UNTAG,
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;

    fn example() -> Self {
        let env = [
            ("GREETING".into(), EnvValue::Plain(Text::literal("hello"))),
            ("PASSWORD".into(), EnvValue::FromSecretsManager(Text::literal("shop/password"))),
        ];
        LaunchTemplate {
            image: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64".into(),
            instance_type: "t3.medium".into(),
            instance_profile: Ref::to(EXAMPLE),
            security_groups: [Ref::to(EXAMPLE)].into(),
            public_ip: false,
            disk: Disk { device: "/dev/xvda".into(), size_gib: 20, volume_type: "gp3".into(), encrypted: true },
            metadata: Metadata { http_tokens: "required".into(), hop_limit: 2 },
            boot: Boot::Container(Container {
                image: "example/shop:1".into(),
                port: Some(8080),
                health_port: Some(8081),
                command: vec!["serve".into()],
                logs: Some(Text::literal("/infra/shop/compute.app/0a1b2c3d4e5f-1")),
                metrics: Some(Agent {
                    workspace: Text::literal("ws-0a1b2c3d-0000-4444-8888-0123456789ab"),
                    region: "us-east-1".into(),
                    interval: 15,
                    targets: [("app".into(), Target { port: 8080, path: "/metrics".into() })].into(),
                }),
                env: env.into(),
            }),
            tags: tags(),
        }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        breaches::breaches(self)
    }

    fn doubts(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        breaches::doubts(self)
    }

    /// Contents can be asked for one template a call or for the whole account in pages; pages don't grow with the stack.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_launch_templates().filters(ec2_stack_filter(stack)).max_results(200);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeLaunchTemplates", send, |page| (page.launch_templates, page.next_token)).await?;
        let (mut ours, mut altered): (BTreeMap<String, (Stamp, Tags)>, Vec<String>) = Default::default();
        for t in found {
            let (Some(id), Some(stamped)) = (t.launch_template_id, Stamp::read(stack, from_tags(t.tags))) else { continue };
            if t.default_version_number.unwrap_or(1) != 1 || t.latest_version_number.unwrap_or(1) != 1 {
                altered.push(id.clone());
            }
            ours.insert(id, stamped);
        }
        if ours.is_empty() {
            return Ok(vec![]);
        }
        let request = cx.ec2().describe_launch_template_versions().versions(DEFAULT).max_results(200);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let split = |page: aws_sdk_ec2::operation::describe_launch_template_versions::DescribeLaunchTemplateVersionsOutput| {
            (page.launch_template_versions, page.next_token)
        };
        let mut versions = cx.pages(Service::Ec2, "DescribeLaunchTemplateVersions", send, split).await?;
        versions.retain(|v| !v.launch_template_id.as_ref().is_some_and(|id| altered.contains(id)));
        let mut all = vec![];
        for id in altered {
            let launched = launched(cx, &id).await?;
            match (launched, ours.remove(&id)) {
                (Some(data), Some((stamp, tags))) => all.push(Live::found(id, data::read(data, tags), stamp)),
                // Nothing can be launched from it any more: no image is what is wanted.
                (None, Some((stamp, tags))) => {
                    all.push(Live::found(id, data::read(ResponseLaunchTemplateData::builder().build(), tags), stamp))
                }
                (_, None) => {}
            }
        }
        all.extend(versions.into_iter().filter_map(|v| {
            let id = v.launch_template_id?;
            let (stamp, tags) = ours.remove(&id)?;
            Some(Live::found(id, data::read(v.launch_template_data?, tags), stamp))
        }));
        Ok(all)
    }

    /// Name and client token follow from the stamp, so a second creation finds the first.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let request = cx
            .ec2()
            .create_launch_template()
            .launch_template_name(&name)
            .client_token(&name)
            .launch_template_data(data::write(self, links)?)
            .tag_specifications(ec2_tags(ResourceType::LaunchTemplate, &stamp.tags(&self.tags)));
        let made = match cx.safe(Service::Ec2, "CreateLaunchTemplate", async || request.clone().send().await).await {
            Err(e) if e.code == "InvalidLaunchTemplateName.AlreadyExistsException" => Some(by_name(cx, &name, stamp).await?),
            answer => answer?.launch_template,
        };
        let id =
            made.and_then(|t| t.launch_template_id).ok_or_else(|| CloudError::incomplete("CreateLaunchTemplate", "LaunchTemplateId"))?;
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: LaunchTemplate = live.of()?;
        cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().delete_launch_template().launch_template_id(&live.id);
        gone(cx.safe(Service::Ec2, "DeleteLaunchTemplate", async || request.clone().send().await).await)
    }
}

/// What the version says that instances are launched from, of a template that somebody gave others; `None` when it is gone.
async fn launched(cx: &Clients, id: &str) -> Result<Option<ResponseLaunchTemplateData>, CloudError> {
    let request = cx.ec2().describe_launch_template_versions().launch_template_id(id).versions(VERSION);
    let found = present(cx.safe(Service::Ec2, "DescribeLaunchTemplateVersions", async || request.clone().send().await).await)?;
    Ok(found.and_then(|page| page.launch_template_versions?.pop()?.launch_template_data))
}

/// The template of a name, which must be this step's.
async fn by_name(cx: &Clients, name: &str, stamp: &Stamp) -> Result<aws_sdk_ec2::types::LaunchTemplate, CloudError> {
    let request = cx.ec2().describe_launch_templates().launch_template_names(name);
    let found = cx.safe(Service::Ec2, "DescribeLaunchTemplates", async || request.clone().send().await).await?;
    let template = found.launch_templates.into_iter().flatten().next();
    let template = template.ok_or_else(|| CloudError::incomplete("DescribeLaunchTemplates", name))?;
    ours(name, Stamp::read(&stamp.stack, from_tags(template.tags.clone())), stamp)?;
    Ok(template)
}
