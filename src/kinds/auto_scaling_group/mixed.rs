//! Instances of several types, on demand and from spare capacity (Spot); and what Auto Scaling refuses of them.
use super::*;
use crate::diag::Code;
use crate::kinds::launch_template::{Known, architecture, known};
use aws_sdk_autoscaling::types::{
    InstancesDistribution, LaunchTemplate as TemplateAndOverrides, LaunchTemplateOverrides, LaunchTemplateSpecification,
    MixedInstancesPolicy,
};

/// `MixedInstancesPolicy`: the types that the group's one template is launched with, and how they are bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mixed {
    /// `Overrides`: the types in place of the template's own, the first choice first.
    pub types: Vec<String>,
    /// `OnDemandBaseCapacity`: so many instances are on demand.
    pub on_demand_base: i32,
    /// `OnDemandPercentageAboveBaseCapacity`: so many percent of the others, too.
    pub on_demand_percent: i32,
    /// `OnDemandAllocationStrategy`: `prioritized` or `lowest-price`.
    pub on_demand_strategy: String,
    /// `SpotAllocationStrategy`: `price-capacity-optimized`, `capacity-optimized`, `capacity-optimized-prioritized` or `lowest-price`.
    pub spot_strategy: String,
}

/// Types of a group (`LaunchTemplateOverrides.InstanceType`).
const TYPES: usize = 40;

const ON_DEMAND: &[&str] = &["lowest-price", "prioritized"];
const SPOT: &[&str] = &["capacity-optimized", "capacity-optimized-prioritized", "lowest-price", "price-capacity-optimized"];

impl Mixed {
    /// The policy around a template.
    pub(super) fn write(&self, template: LaunchTemplateSpecification) -> MixedInstancesPolicy {
        let distribution = InstancesDistribution::builder()
            .on_demand_base_capacity(self.on_demand_base)
            .on_demand_percentage_above_base_capacity(self.on_demand_percent)
            .on_demand_allocation_strategy(&self.on_demand_strategy)
            .spot_allocation_strategy(&self.spot_strategy)
            .build();
        let overrides = self.types.iter().map(|name| LaunchTemplateOverrides::builder().instance_type(name).build()).collect();
        let template = TemplateAndOverrides::builder().launch_template_specification(template).set_overrides(Some(overrides)).build();
        MixedInstancesPolicy::builder().instances_distribution(distribution).launch_template(template).build()
    }

    /// The policy as AWS shows it; what it leaves out has AWS's default. A type with more to it than its name is none of ours.
    pub(super) fn read(policy: &MixedInstancesPolicy) -> Self {
        let distribution = policy.instances_distribution.clone().unwrap_or_else(|| InstancesDistribution::builder().build());
        let name = |o: &LaunchTemplateOverrides| {
            let name = o.instance_type.clone().unwrap_or_default();
            let more = o.weighted_capacity.is_some() || o.launch_template_specification.is_some() || o.instance_requirements.is_some();
            if more { format!("{name} with more") } else { name }
        };
        Mixed {
            types: policy.launch_template.iter().flat_map(|t| t.overrides()).map(name).collect(),
            on_demand_base: distribution.on_demand_base_capacity.unwrap_or(0),
            on_demand_percent: distribution.on_demand_percentage_above_base_capacity.unwrap_or(100),
            on_demand_strategy: distribution.on_demand_allocation_strategy.unwrap_or_else(|| "prioritized".into()),
            spot_strategy: distribution.spot_allocation_strategy.unwrap_or_else(|| "lowest-price".into()),
        }
    }
}

pub(super) fn breaches(group: &AutoScalingGroup, near: Near<'_>) -> Vec<Breach> {
    let Some(mixed) = &group.mixed else { return vec![] };
    let mut found = vec![];
    let own = near.get(&group.launch_template).map(|template| architecture(&template.instance_type));
    for (index, name) in mixed.types.iter().enumerate() {
        let mut say = |code, message: String, help: String| found.push(Breach::new(code, "mixed.types", message, help).item(name));
        let runs = architecture(name);
        if let Known::No(near) = known(name) {
            let near = near
                .map_or_else(|| "write one of EC2's instance types, such as `t3.small`".into(), |near| format!("did you mean `{near}`?"));
            say(Code::BadClass, format!("EC2 has no instance type `{name}`"), near);
        } else if let Some(own) = own.filter(|own| *own != runs) {
            let message = format!("the group's image is for {own}, and `{name}` runs {runs}");
            say(Code::Refused, message, format!("write types of {own} alone"));
        }
        if mixed.types[..index].contains(name) {
            say(Code::Duplicate, format!("the instance type `{name}` stands twice"), "write each once".into());
        }
    }
    if mixed.types.len() > TYPES {
        let message = format!("a group has {TYPES} instance types at most, not {}", mixed.types.len());
        found.push(Breach::new(Code::Count, "mixed.types", message, "leave some of them out"));
    }
    if !(0..=100).contains(&mixed.on_demand_percent) || mixed.on_demand_base < 0 {
        let message = "a group's share on demand is from 0 to 100 percent, and no number of instances is below 0";
        found.push(
            Breach::new(Code::OutOfRange, "mixed.on_demand_percent", message, "write a share from 0 to 100").with("mixed.on_demand_base"),
        );
    }
    for (path, word, all) in
        [("mixed.on_demand_strategy", &mixed.on_demand_strategy, ON_DEMAND), ("mixed.spot_strategy", &mixed.spot_strategy, SPOT)]
    {
        if !all.contains(&word.as_str()) {
            found.push(Breach::new(
                Code::Refused,
                path,
                format!("Auto Scaling knows no strategy {word}"),
                format!("write one of {}", all.join(", ")),
            ));
        }
    }
    found
}

/// Spare capacity of a single type runs out sooner than that of several.
pub(super) fn doubts(group: &AutoScalingGroup) -> Option<Breach> {
    let mixed = group.mixed.as_ref().filter(|mixed| mixed.on_demand_percent < 100 && mixed.types.len() < 2)?;
    let message =
        format!("spare capacity is asked for of `{}` alone: when there is none, the group has fewer instances", mixed.types.join(", "));
    Some(Breach::new(Code::Risk, "mixed", message, "add `other_instance_types` of about the same size"))
}
