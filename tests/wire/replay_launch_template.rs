//! Launch templates where the emulator is wrong (it shows the tags of the creation for ever, and knows no client tokens): answers after the
//! API reference.
use infra::cloud::{Cloud, Observe};
use infra::kinds::{Address, Kind, LaunchTemplate, Links, Live, Ref, Stamp};

use super::launch_template::launch_template;
use super::replay_world::{has, stamp};
use crate::support::replay::Replay;

const AT: &str = "launch_template.shop";
const TAKEN: &str = "<Response><Errors><Error><Code>InvalidLaunchTemplateName.AlreadyExistsException</Code><Message>in use</Message></Error></Errors></Response>";

fn wanted() -> LaunchTemplate {
    let boot = infra::kinds::launch_template::Boot::UserData(infra::kinds::Text::literal(""));
    LaunchTemplate { instance_profile: Ref::to("=shop"), security_groups: [Ref::to("=sg-1")].into(), boot, ..launch_template() }
}

fn shown() -> String {
    let tags = [("infra:stack", "s"), ("infra:address", AT), ("infra:run", "r/7"), ("infra:digest", "0123456789abcdef")];
    let tags: String = tags.map(|(k, v)| format!("<item><key>{k}</key><value>{v}</value></item>")).concat();
    let item = format!("<item><launchTemplateId>lt-1</launchTemplateId><tagSet>{tags}</tagSet></item>");
    format!("<DescribeLaunchTemplatesResponse><launchTemplates>{item}</launchTemplates></DescribeLaunchTemplatesResponse>")
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_came_before_is_found_by_its_name() {
    let (cloud, replay) = Replay::clients([(400, TAKEN), (200, &shown())]);
    let made = cloud.create(&wanted().into(), &Links::default(), &stamp(AT)).await.unwrap();
    assert_eq!(made.id, "lt-1");
    let name = stamp(AT).physical_name(&infra::kinds::launch_template::NAMES);
    let asked = replay.asked();
    has(&asked[0], &[&format!("ClientToken={name}&"), &format!("LaunchTemplateName={name}&"), "IamInstanceProfile.Name=shop"]);
    has(&asked[0], &["MetadataOptions.HttpTokens=required", "MetadataOptions.HttpPutResponseHopLimit=2", "Ebs.Encrypted=true"]);
    has(&asked[0], &["NetworkInterface.1.AssociatePublicIpAddress=false", "NetworkInterface.1.SecurityGroupId.1=sg-1"]);
    has(&asked[1], &[&format!("LaunchTemplateName.1={name}")]);
    let (cloud, _) = Replay::clients([(400, TAKEN), (200, &shown())]);
    let other = Stamp { run: "q".into(), ..stamp(AT) };
    assert_eq!(cloud.create(&wanted().into(), &Links::default(), &other).await.unwrap_err().code, "NameTaken");
}

#[tokio::test(start_paused = true)]
async fn tags_and_address_change_in_place() {
    let done = |action: &str| (200, format!("<{action}Response><return>true</return></{action}Response>"));
    let (set, unset) = (done("CreateTags"), done("DeleteTags"));
    let (cloud, replay) = Replay::clients([(set.0, set.1.as_str()), (unset.0, unset.1.as_str())]);
    let live = Live::found("lt-1", wanted(), stamp(AT));
    let want = LaunchTemplate { tags: [("team".into(), "a".into())].into(), ..wanted() };
    let renamed = Stamp { address: Address::new(Kind::LaunchTemplate, "store"), ..stamp(AT) };
    cloud.update(&live, &want.into(), &Links::default(), &renamed).await.unwrap();
    let asked = replay.asked();
    has(&asked[0], &["Action=CreateTags&", "ResourceId.1=lt-1", "Value=launch_template.store", "Key=team"]);
    has(&asked[1], &["Action=DeleteTags&", "ResourceId.1=lt-1", "Key=Name"]);
}

/// Somebody gave the template a second version that is the default and says what is wanted: what counts is the first one, which instances are launched
/// from. Where that is gone, nothing of what is wanted is read.
#[tokio::test(start_paused = true)]
async fn what_is_launched_is_read() {
    let altered = shown().replace(
        "<launchTemplateId>",
        "<defaultVersionNumber>2</defaultVersionNumber><latestVersionNumber>2</latestVersionNumber><launchTemplateId>",
    );
    let version = |number: u32, image: &str| {
        let data = format!("<launchTemplateData><imageId>{image}</imageId><instanceType>t3.medium</instanceType></launchTemplateData>");
        let item = format!("<item><launchTemplateId>lt-1</launchTemplateId><versionNumber>{number}</versionNumber>{data}</item>");
        format!(
            "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>{item}</launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>"
        )
    };
    let (default, first) = (version(2, "ami-wanted"), version(1, "ami-evil"));
    let (cloud, replay) = Replay::clients([(200, altered.as_str()), (200, &default), (200, &first)]);
    let found = cloud.list(Kind::LaunchTemplate, "s").await.unwrap();
    let read: LaunchTemplate = found[0].object.clone().try_into().unwrap();
    assert_eq!((found.len(), read.image.as_str()), (1, "ami-evil"));
    has(&replay.asked()[2], &["Action=DescribeLaunchTemplateVersions&", "LaunchTemplateId=lt-1", "LaunchTemplateVersion.1=1"]);
    let none = "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet/></DescribeLaunchTemplateVersionsResponse>";
    let (cloud, _) = Replay::clients([(200, altered.as_str()), (200, &default), (200, none)]);
    let found = cloud.list(Kind::LaunchTemplate, "s").await.unwrap();
    let read: LaunchTemplate = found[0].object.clone().try_into().unwrap();
    assert_eq!((found.len(), read.image.as_str()), (1, ""));
}
