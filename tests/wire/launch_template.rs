use infra::kinds::launch_template::{Boot, Container, Disk, EnvValue, Metadata};
use infra::kinds::{Address, Kind, LaunchTemplate, Object, Part, Ref, Text};

use super::boot_script;
use super::iam_role::role;
use super::instance_profile::profile;
use super::secret::secret;
use super::security_group::security_group;
use super::vpc::vpc;
use super::{Case, Sends};

pub fn container() -> Container {
    let env = [
        ("GREETING", EnvValue::Plain(Text::literal("it's \"fine\" $HOME `id` \\ #"))),
        ("NETWORK", EnvValue::Plain(Text(vec![Part::Output { r#ref: Address::new(Kind::Vpc, "main"), attr: "cidr".into() }]))),
        ("PASSWORD", EnvValue::FromSecretsManager(Text::literal("shop/password"))),
        ("TOKEN", EnvValue::FromSecretsManager(Text(vec![Part::Output { r#ref: Address::new(Kind::Secret, "main"), attr: "arn".into() }]))),
    ];
    boot_script::container(env)
}

/// What a template points at, within `vpc.main`.
pub fn surroundings() -> Vec<(&'static str, Object)> {
    vec![
        ("iam_role.app", role("ec2.amazonaws.com").into()),
        ("instance_profile.app", profile("app").into()),
        ("secret.main", secret().into()),
        ("security_group.app", security_group().into()),
    ]
}

/// A template in the world of [`surroundings`].
pub fn launch_template() -> LaunchTemplate {
    LaunchTemplate {
        image: "ami-12c6146b".into(),
        instance_type: "t3.medium".into(),
        instance_profile: Ref::to("app"),
        security_groups: [Ref::to("app")].into(),
        public_ip: false,
        disk: Disk { device: "/dev/xvda".into(), size_gib: 20, volume_type: "gp3".into(), encrypted: true },
        metadata: Metadata { http_tokens: "required".into(), hop_limit: 2 },
        boot: Boot::Container(container()),
        tags: [("Name".into(), "shop".into())].into(),
    }
}

/// Tags don't change here: the emulator shows a template's tags as they were at its creation. The requests are in `replay_launch_template`.
pub fn case() -> Case {
    let base = launch_template();
    let mut world = surroundings();
    world.extend([
        ("vpc.main", vpc().into()),
        ("instance_profile.other", profile("app").into()),
        ("security_group.more", security_group().into()),
        ("launch_template.shop", base.clone().into()),
    ]);
    let with = |change: &dyn Fn(&mut LaunchTemplate)| {
        let mut other = base.clone();
        change(&mut other);
        other.into()
    };
    let env = |name: &str, value: EnvValue| {
        let mut other = container();
        other.env.insert(name.into(), value);
        Boot::Container(other)
    };
    let variants = vec![
        ("image", with(&|t| t.image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64".into())),
        ("instance_type", with(&|t| t.instance_type = "m7g.large".into())),
        ("instance_profile", with(&|t| t.instance_profile = Ref::to("other"))),
        ("security_groups", with(&|t| assert!(t.security_groups.insert(Ref::to("more"))))),
        ("public_ip", with(&|t| t.public_ip = true)),
        ("disk.size_gib", with(&|t| t.disk.size_gib = 50)),
        ("disk", with(&|t| t.disk = Disk { device: "/dev/sda1".into(), volume_type: "gp2".into(), encrypted: false, ..base.disk.clone() })),
        ("metadata", with(&|t| t.metadata = Metadata { http_tokens: "optional".into(), hop_limit: 1 })),
        (
            "the container's image",
            with(&|t| {
                t.boot = Boot::Container(Container { image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:2".into(), ..container() })
            }),
        ),
        ("the port of its health check", with(&|t| t.boot = Boot::Container(Container { health_port: Some(9001), ..container() }))),
        ("what it measures", with(&|t| t.boot = Boot::Container(Container { metrics: Some(boot_script::agent()), ..container() }))),
        (
            "its logs",
            with(&|t| t.boot = Boot::Container(Container { logs: Some(Text::literal("/infra/a/compute.app/r-1")), ..container() })),
        ),
        ("the container's port", with(&|t| t.boot = Boot::Container(Container { port: Some(9000), ..container() }))),
        (
            "the container's command",
            with(&|t| t.boot = Boot::Container(Container { command: vec!["serve".into(), "a b".into()], ..container() })),
        ),
        ("a variable", with(&|t| t.boot = env("GREETING", EnvValue::Plain(Text::literal("hello"))))),
        ("a secret to fetch", with(&|t| t.boot = env("PASSWORD", EnvValue::FromSecretsManager(Text::literal("shop/other"))))),
        ("user data", with(&|t| t.boot = Boot::UserData(Text::literal("#!/bin/bash\necho \"grüß dich\"\n")))),
        ("no user data", with(&|t| t.boot = Boot::UserData(Text::literal("")))),
    ];
    Case { address: "launch_template.shop", world, variants }
}

pub const SENDS: Sends =
    Sends { kind: Kind::LaunchTemplate, lists: &["DescribeLaunchTemplates"], creates: &[("CreateLaunchTemplate", 1)], unseen: &[] };
