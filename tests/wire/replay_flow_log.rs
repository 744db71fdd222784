//! A role that flow logs may not assume: answers after the API reference, since the emulator asks no role.
use std::time::Duration;

use infra::cloud::Cloud;
use infra::kinds::{FlowLog, Links, Ref};
use infra::wire::Class;

use super::flow_log::flow_log;
use super::replay_world::stamp;
use crate::support::replay::Replay;

const ROLE: &str = "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>flow</RoleName><RoleId>i</RoleId><Arn>arn:role</Arn>\
    <CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>";

#[tokio::test(start_paused = true)]
async fn a_role_that_is_never_assumable_is_told_in_the_service_s_words() {
    let refusal = "<CreateFlowLogsResponse><unsuccessful><item><error><code>InvalidParameter</code>\
        <message>Unable to assume given IAM role</message></error></item></unsuccessful></CreateFlowLogsResponse>";
    let (mut cloud, replay) = Replay::clients([(200, ROLE), (200, refusal), (200, refusal)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let want = FlowLog { vpc: Ref::to("=vpc-1"), log_group: Ref::to("=group"), role: Ref::to("=flow"), ..flow_log() };
    let e = cloud.create(&want.into(), &Links::default(), &stamp("flow_log.main")).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str(), e.message.as_str()), (Class::Invalid, "InvalidParameter", "Unable to assume given IAM role"));
    assert_eq!(replay.asked().len(), 3);
}
