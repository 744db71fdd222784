//! A template as EC2 writes and reads it.
use super::*;
use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateHttpTokensState,
    LaunchTemplateIamInstanceProfileSpecificationRequest, LaunchTemplateInstanceMetadataEndpointState,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateInstanceNetworkInterfaceSpecificationRequest, RequestLaunchTemplateData,
    ResponseLaunchTemplateData, VolumeType,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What is asked for. Groups and the public address belong to a network interface, since only there both can be said.
pub(super) fn write(template: &LaunchTemplate, links: &Links) -> Result<RequestLaunchTemplateData, CloudError> {
    let profile = LaunchTemplateIamInstanceProfileSpecificationRequest::builder().name(links.to(&template.instance_profile)?).build();
    let interface = LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
        .device_index(0)
        .associate_public_ip_address(template.public_ip)
        .delete_on_termination(true)
        .set_groups(Some(links.all(&template.security_groups)?.into_iter().collect()))
        .build();
    let volume = LaunchTemplateEbsBlockDeviceRequest::builder()
        .volume_size(template.disk.size_gib)
        .volume_type(VolumeType::from(template.disk.volume_type.as_str()))
        .encrypted(template.disk.encrypted)
        .delete_on_termination(true)
        .build();
    let disk = LaunchTemplateBlockDeviceMappingRequest::builder().device_name(&template.disk.device).ebs(volume).build();
    let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_endpoint(LaunchTemplateInstanceMetadataEndpointState::Enabled)
        .http_tokens(LaunchTemplateHttpTokensState::from(template.metadata.http_tokens.as_str()))
        .http_put_response_hop_limit(template.metadata.hop_limit)
        .build();
    let script = template.boot.script(links)?;
    let data = RequestLaunchTemplateData::builder()
        .image_id(&template.image)
        .instance_type(InstanceType::from(template.instance_type.as_str()))
        .iam_instance_profile(profile)
        .network_interfaces(interface)
        .block_device_mappings(disk)
        .metadata_options(metadata)
        .set_user_data((!script.is_empty()).then(|| STANDARD.encode(script)));
    Ok(data.build())
}

/// What is there. What a template of ours always says, but this one doesn't, reads as empty and so as a difference.
pub(super) fn read(data: ResponseLaunchTemplateData, tags: Tags) -> LaunchTemplate {
    let interface = data.network_interfaces.unwrap_or_default().into_iter().next();
    let public_ip = interface.as_ref().and_then(|i| i.associate_public_ip_address).unwrap_or(false);
    let groups = interface.and_then(|i| i.groups).or(data.security_group_ids).unwrap_or_default();
    let disk = data.block_device_mappings.unwrap_or_default().into_iter().next();
    let device = disk.as_ref().and_then(|d| d.device_name.clone()).unwrap_or_default();
    let volume = disk.and_then(|d| d.ebs);
    let metadata = data.metadata_options;
    LaunchTemplate {
        image: data.image_id.unwrap_or_default(),
        instance_type: data.instance_type.map(|t| t.as_str().to_owned()).unwrap_or_default(),
        instance_profile: Ref::to(data.iam_instance_profile.and_then(profile_name).unwrap_or_default()),
        security_groups: groups.into_iter().map(Ref::to).collect(),
        public_ip,
        disk: Disk {
            device,
            size_gib: volume.as_ref().and_then(|v| v.volume_size).unwrap_or(0),
            volume_type: volume.as_ref().and_then(|v| v.volume_type.as_ref()).map(|t| t.as_str().to_owned()).unwrap_or_default(),
            encrypted: volume.as_ref().and_then(|v| v.encrypted).unwrap_or(false),
        },
        metadata: Metadata {
            http_tokens: metadata.as_ref().and_then(|m| m.http_tokens.as_ref()).map_or("optional", |t| t.as_str()).to_owned(),
            hop_limit: metadata.and_then(|m| m.http_put_response_hop_limit).unwrap_or(1),
        },
        boot: Boot::read(&decode(data.user_data)),
        tags,
    }
}

/// A profile is known by its name, which ends its ARN.
fn profile_name(profile: aws_sdk_ec2::types::LaunchTemplateIamInstanceProfileSpecification) -> Option<String> {
    profile.name.or_else(|| profile.arn?.rsplit('/').next().map(String::from))
}

fn decode(user_data: Option<String>) -> String {
    let bytes = user_data.and_then(|d| STANDARD.decode(d).ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
