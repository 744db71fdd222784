use infra::kinds::{Kind, LogGroup};

use super::{Case, Sends};

pub fn log_group() -> LogGroup {
    LogGroup { retention_days: Some(30), tags: [("Name".into(), "logs".into())].into() }
}

pub fn case() -> Case {
    let variants = vec![
        ("retention_days", LogGroup { retention_days: Some(7), ..log_group() }.into()),
        ("for ever", LogGroup { retention_days: None, ..log_group() }.into()),
    ];
    Case { address: "log_group.a", world: vec![("log_group.a", log_group().into())], variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::LogGroup,
    lists: &["DescribeLogGroups"],
    creates: &[("CreateLogGroup", 1), ("PutRetentionPolicy", 1)],
    unseen: &[],
};
