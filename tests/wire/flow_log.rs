use infra::kinds::{FlowLog, Kind, LogGroup, Ref};

use super::iam_role::role;
use super::log_group::log_group;
use super::vpc::vpc;
use super::{Case, Sends};

pub fn flow_log() -> FlowLog {
    FlowLog {
        vpc: Ref::to("main"),
        log_group: Ref::to("a"),
        role: Ref::to("flow"),
        traffic_type: "ALL".into(),
        max_aggregation_interval: 600,
        tags: [("Name".into(), "traffic".into())].into(),
    }
}

pub fn case() -> Case {
    let base = flow_log();
    let flow = || role("vpc-flow-logs.amazonaws.com");
    let world = vec![
        ("vpc.main", vpc().into()),
        ("vpc.other", infra::kinds::Vpc { cidr: "10.9.0.0/16".parse().unwrap(), ..vpc() }.into()),
        ("log_group.a", log_group().into()),
        ("log_group.b", LogGroup { retention_days: Some(7), ..log_group() }.into()),
        ("iam_role.flow", flow().into()),
        ("iam_role.other", flow().into()),
        ("flow_log.main", base.clone().into()),
    ];
    let variants = vec![
        ("vpc", FlowLog { vpc: Ref::to("other"), ..base.clone() }.into()),
        ("log_group", FlowLog { log_group: Ref::to("b"), ..base.clone() }.into()),
        ("role", FlowLog { role: Ref::to("other"), ..base.clone() }.into()),
        ("traffic_type", FlowLog { traffic_type: "REJECT".into(), ..base.clone() }.into()),
        ("max_aggregation_interval", FlowLog { max_aggregation_interval: 60, ..base.clone() }.into()),
        ("tags", FlowLog { tags: [("team".into(), "a b".into())].into(), ..base }.into()),
    ];
    Case { address: "flow_log.main", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::FlowLog, lists: &["DescribeFlowLogs"], creates: &[("CreateFlowLogs", 1)], unseen: &[] };
