//! What EC2's kinds share: the stack's filter, tags that follow the wanted ones, and which zones have an instance type.
use aws_sdk_ec2::types::{Filter, LocationType};

use super::facts::Fact;
use super::identity::TAG_STACK;
use super::{NameRule, Stamp, present};
use crate::model::Tags;
use crate::wire::tags::{retag, to_tags};
use crate::wire::{Clients, CloudError, Service};

/// A client token: at most 64 ASCII characters (`ClientToken`).
pub const TOKEN: NameRule = NameRule::most(64);

/// The filter by which every EC2 list asks for the stack's own objects.
pub fn ec2_stack_filter(stack: &str) -> Filter {
    Filter::builder().name(format!("tag:{TAG_STACK}")).values(stack).build()
}

/// The zones that have an instance type (`DescribeInstanceTypeOfferings`); none where the region doesn't have it.
pub(super) async fn zones_of(cx: &Clients, name: &str) -> Result<Fact, CloudError> {
    let filter = Filter::builder().name("instance-type").values(name).build();
    let request = cx.ec2().describe_instance_type_offerings().location_type(LocationType::AvailabilityZone).filters(filter);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found =
        cx.pages(Service::Ec2, "DescribeInstanceTypeOfferings", send, |page| (page.instance_type_offerings, page.next_token)).await?;
    Ok(Fact::names(found.into_iter().filter_map(|o| o.location)))
}

/// The vCPUs of an instance type (`DescribeInstanceTypes`); `None` where the region doesn't have it.
pub(super) async fn vcpus_of(cx: &Clients, name: &str) -> Result<Option<i64>, CloudError> {
    let filter = Filter::builder().name("instance-type").values(name).build();
    let request = cx.ec2().describe_instance_types().filters(filter);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::Ec2, "DescribeInstanceTypes", send, |page| (page.instance_types, page.next_token)).await?;
    Ok(found.into_iter().find_map(|seen| seen.v_cpu_info?.default_v_cpus).map(i64::from))
}

/// The quota "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", in vCPUs.
pub const STANDARD: &str = "L-1216C47A";

/// That quota as it applies to this account in this region (`GetServiceQuota`).
pub(super) async fn vcpu_quota(cx: &Clients) -> Result<Option<i64>, CloudError> {
    let request = cx.quotas().get_service_quota().service_code("ec2").quota_code(STANDARD);
    let seen = present(cx.safe(Service::ServiceQuotas, "GetServiceQuota", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| seen.quota).and_then(|quota| quota.value).map(|value| value as i64))
}

impl Clients {
    /// Brings the tags of an EC2 object from what they are to what they should be, stamp included.
    pub async fn retag_ec2(&self, id: &str, live: (&Stamp, &Tags), want: (&Stamp, &Tags)) -> Result<(), CloudError> {
        let stamp = live.0.renewed(want.0);
        let (set, unset) = retag(&live.0.tags(live.1), &stamp.tags(want.1));
        if !set.is_empty() {
            let tags = to_tags(&set);
            self.safe(Service::Ec2, "CreateTags", async || {
                self.ec2().create_tags().resources(id).set_tags(Some(tags.clone())).send().await
            })
            .await?;
        }
        if !unset.is_empty() {
            let tags: Vec<_> = unset.iter().map(|k| aws_sdk_ec2::types::Tag::builder().key(k).build()).collect();
            self.safe(Service::Ec2, "DeleteTags", async || {
                self.ec2().delete_tags().resources(id).set_tags(Some(tags.clone())).send().await
            })
            .await?;
        }
        Ok(())
    }
}
