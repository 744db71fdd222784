//! Scalars: what is read comes back as written, and what is not says what to write.
use infra::spec::units::*;

fn round<U: Unit>() {
    for example in U::EXAMPLES {
        let read = U::read(example).unwrap_or_else(|error| panic!("{example}: {error}"));
        assert_eq!(&read.to_string(), example);
    }
}

#[test]
fn examples_come_back() {
    round::<Account>();
    round::<AdminUser>();
    round::<Ami>();
    round::<Arn>();
    round::<AvailabilityZone>();
    round::<Cidr>();
    round::<DailyWindow>();
    round::<DatabaseName>();
    round::<Domain>();
    round::<Duration>();
    round::<EnvName>();
    round::<GroupName>();
    round::<FilePath>();
    round::<HttpPath>();
    round::<Image>();
    round::<InstanceClass>();
    round::<InstanceType>();
    round::<Name>();
    round::<NodeType>();
    round::<OutputName>();
    round::<Peer>();
    round::<Ports>();
    round::<RecordName>();
    round::<Region>();
    round::<SecretId>();
    round::<Size>();
    round::<SslPolicy>();
    round::<StatusCodes>();
    round::<Ttl>();
    round::<Version>();
    round::<WeeklyWindow>();
}

fn help<U: Unit>(text: &str) -> String {
    match U::read(text) {
        Ok(read) => panic!("`{text}` was read as {read}"),
        Err(error) => error.help,
    }
}

#[test]
fn help_says_what_to_write() {
    for (help, proposal) in [
        (help::<Cidr>("10.0.0.5/24"), "`10.0.0.0/24`"),
        (help::<Cidr>("10.0.0.5"), "`10.0.0.5/32`"),
        (help::<Duration>("14 days"), "`14d`"),
        (help::<Duration>("2w"), "`14d`"),
        (help::<Duration>("90"), "`90s`"),
        (help::<Domain>("https://www.Example.com/x"), "`www.example.com`"),
        (help::<Domain>("shop"), "`shop.com`"),
        (help::<RecordName>("dev.*"), "first label"),
        (help::<Ttl>("300"), "`300s`"),
        (help::<Name>("Web_App"), "`web-app`"),
        (help::<Name>("größe"), "`groesse`"),
        (help::<Name>("Łódź-Café"), "`lodz-cafe`"),
        (help::<NodeType>("r7g.large"), "`cache.r7g.large`"),
        (help::<InstanceClass>("cache.r7g.large"), "`db.r7g.large`"),
        (help::<Region>("eu-west-1b"), "`eu-west-1`"),
        (help::<Size>("100GB"), "`100GiB`"),
        (help::<Size>("2 TB"), "`2TiB`"),
        (help::<Version>("v16.11"), "`\"16.11\"`"),
        (help::<AvailabilityZone>("eu-west-1"), "`eu-west-1a`"),
    ] {
        assert!(help.contains(proposal), "{help} does not propose {proposal}");
    }
}

#[test]
fn limits_hold() {
    for text in ["00:00-00:29", "24:00-25:00", "3:00-4:00", "03:00"] {
        assert!(DailyWindow::read(text).is_err(), "{text}");
    }
    assert_eq!(DailyWindow::read("23:30-00:30").map(DailyWindow::minutes).ok(), Some(60));
    for text in ["0-1", "1-65536", "9-8", "80"] {
        assert!(Ports::read(text).is_err(), "{text}");
    }
    for text in ["localhost", "10.0.0.1", "-a.example", "_x.example.com", "a..com", "*.example.com", ""] {
        assert!(Domain::read(text).is_err(), "{text}");
    }
    assert_eq!(Domain::read("München.DE.").map(|domain| domain.to_string()).ok().as_deref(), Some("xn--mnchen-3ya.de"));
    assert!(host(&"a".repeat(64)).is_none() && RecordName::read("@.dev").is_err());
    assert!(Name::read(&"a".repeat(32)).is_ok() && Name::read(&"a".repeat(33)).is_err());
}

#[test]
fn architectures_follow_from_types() {
    for (kind, architecture) in [
        ("a1.large", "arm64"),
        ("c7gn.large", "arm64"),
        ("g4dn.xlarge", "x86_64"),
        ("m7gd.large", "arm64"),
        ("t3.small", "x86_64"),
        ("t4g.small", "arm64"),
    ] {
        let kind = InstanceType::read(kind).expect(kind);
        assert_eq!(kind.architecture(), architecture, "{kind}");
    }
}

#[test]
fn texts_come_back() {
    for text in ["", "plain", "$$", "a ${cache.main.url} b", "${vpc.id}${load_balancer.dns_name}", "$${HOME}"] {
        let read = Template::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        assert_eq!(read.to_string(), text);
    }
    for text in ["${", "${cache}", "${cache.main}", "${cache.main.urls}", "${vpc.main.id}", "${storage.a.b}", "${cache.Main.url}"] {
        assert!(Template::parse(text).is_err(), "{text}");
    }
}

/// A region's partition decides every ARN, and the hosts of its services.
#[test]
fn every_partition_has_its_regions() {
    use infra::model::{PARTITIONS, partition};
    let regions = [
        ("ap-southeast-2", "aws", "amazonaws.com"),
        ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
        ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
        ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
        ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
    ];
    for (region, name, suffix) in regions {
        assert_eq!((partition(region).name, partition(region).dns_suffix), (name, suffix), "{region}");
        let text = format!("stack: shop\nregion: {region}\ncompute: {{ app: {{ env: {{ S: {{ from_secrets_manager: key }} }} }} }}\n");
        let loaded = infra::spec::load(&[("infra.yaml".into(), text)], &|_| None).unwrap_or_else(|found| panic!("{found}"));
        let stack = infra::spec::lower::lower(&loaded.spec, &|_| None).unwrap();
        let written = serde_json::to_string(&stack.nodes.values().collect::<Vec<_>>()).unwrap();
        let arns: Vec<&str> = written.match_indices("arn:").map(|(i, _)| written[i..].split(':').nth(1).unwrap()).collect();
        assert!(arns.len() >= 3 && arns.iter().all(|arn| *arn == name), "{region}: {arns:?}");
    }
    assert_eq!(regions.len(), PARTITIONS.len());
}

/// Every service is called as it is called in the region's partition: EC2 by the partition's own suffix, all others by the one that all partitions share.
#[test]
fn services_are_named_as_their_partition_names_them() {
    use infra::model::partition;
    for region in ["us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"] {
        let suffix = partition(region).dns_suffix;
        let text = format!(
            "stack: shop\nregion: {region}\naccount: '123456789012'\nvpc: {{ nat: single, gateway_endpoints: [s3] }}\n\
             load_balancer: {{ access_logs: true, listeners: {{ http: {{ port: 80, forward: app }} }} }}\n\
             compute: {{ app: {{ image: '123456789012.dkr.ecr.{region}.{suffix}/app:1', port: 80 }} }}\n\
             functions: {{ hello: {{ image: '123456789012.dkr.ecr.{region}.{suffix}/hello@sha256:{}', on: {{ schedule: {{ night: {{ expression: 'cron(0 3 * * ? *)' }} }} }} }} }}\n\
             kubernetes: {{ cluster: {{}} }}\nmonitoring: {{ notify: [ops@example.com] }}\n",
            "0".repeat(64)
        );
        let loaded = infra::spec::load(&[("infra.yaml".into(), text)], &|_| None).unwrap_or_else(|found| panic!("{found}"));
        let stack = infra::spec::lower::lower(&loaded.spec, &|_| None).unwrap();
        let written = serde_json::to_string(&stack.nodes.values().collect::<Vec<_>>()).unwrap();
        let mut services = std::collections::BTreeSet::new();
        for (at, _) in written.match_indices(".amazonaws") {
            let from = written[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c)).unwrap() + 1;
            let end = at + written[at..].find(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c)).unwrap();
            services.insert(&written[from..end]);
        }
        assert!(written.contains(&format!("ec2.{suffix}\"")), "{region}: {services:?}");
        let gateway = format!("com.amazonaws.{region}.s3");
        for service in &services {
            let image = service.ends_with(&format!(".dkr.ecr.{region}.{suffix}"));
            let others = !service.starts_with("ec2.") && service.ends_with(".amazonaws.com");
            assert!(image || others || **service == format!("ec2.{suffix}") || **service == gateway, "{region}: {service}");
        }
        assert!(services.contains(gateway.as_str()) && services.contains("eks.amazonaws.com"), "{region}: {services:?}");
        // Another partition's registry is none.
        let elsewhere = if region.starts_with("cn-") { "amazonaws.com" } else { "amazonaws.com.cn" };
        assert_eq!(infra::model::partition::registry(&format!("123456789012.dkr.ecr.{region}.{elsewhere}")), None);
    }
}
