use infra::kinds::{InstanceProfile, Kind, Ref};

use super::iam_role::role;
use super::{Case, Sends};

pub fn profile(role: &str) -> InstanceProfile {
    InstanceProfile { role: Ref::to(role), tags: [("Name".into(), "wire".into())].into() }
}

pub fn case() -> Case {
    let base = profile("app");
    let world = vec![
        ("iam_role.app", role("ec2.amazonaws.com").into()),
        ("iam_role.other", role("ec2.amazonaws.com").into()),
        ("instance_profile.app", base.clone().into()),
    ];
    let variants = vec![
        ("role", profile("other").into()),
        ("tags", InstanceProfile { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
        ("role and tags", InstanceProfile { tags: [].into(), ..profile("other") }.into()),
    ];
    Case { address: "instance_profile.app", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::InstanceProfile,
    lists: &["ListInstanceProfiles"],
    creates: &[("CreateInstanceProfile", 1), ("AddRoleToInstanceProfile", 1)],
    unseen: &[],
};
