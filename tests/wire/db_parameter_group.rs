use infra::kinds::{DbParameterGroup, Kind};

use super::{Case, Sends, Why};

pub fn db_parameter_group() -> DbParameterGroup {
    DbParameterGroup {
        family: "postgres16".into(),
        parameters: [("max_connections", "200"), ("log_min_duration_statement", "500")].map(|(k, v)| (k.into(), v.into())).into(),
        tags: [("Name".into(), "data".into())].into(),
    }
}

/// No variant that removes a parameter: the emulator has no ResetDBParameterGroup; see `replay_db_groups`.
pub fn case() -> Case {
    let mut base = db_parameter_group();
    base.parameters.insert("autovacuum".into(), "0".into());
    let (mut parameters, mut own) = (base.parameters.clone(), base.parameters.clone());
    parameters.insert("max_connections".into(), "300".into());
    own.insert("autovacuum".into(), "1".into());
    let variants = vec![
        ("a value that is the family's own", DbParameterGroup { parameters: own, ..base.clone() }.into()),
        ("family", DbParameterGroup { family: "postgres17".into(), ..base.clone() }.into()),
        ("parameters", DbParameterGroup { parameters, ..base.clone() }.into()),
        ("tags", DbParameterGroup { tags: [("Name".into(), "x".into()), ("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    Case { address: "db_parameter_group.main", world: vec![("db_parameter_group.main", base.into())], variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::DbParameterGroup,
    lists: &["DescribeDBParameterGroups"],
    creates: &[("CreateDBParameterGroup", 1), ("ModifyDBParameterGroup", 1)],
    unseen: &[("ResetDBParameterGroup", Why::Replay("replay_db_groups"))],
};
