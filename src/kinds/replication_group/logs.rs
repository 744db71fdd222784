//! Log delivery: which of a group's logs are written to which log group.
use aws_sdk_elasticache::operation::modify_replication_group::builders::ModifyReplicationGroupFluentBuilder;
use aws_sdk_elasticache::types::{
    CloudWatchLogsDestinationDetails, DestinationDetails, DestinationType, LogDeliveryConfigurationRequest, LogDeliveryConfigurationStatus,
    ReplicationGroup as Seen,
};

use super::super::elasticache::major;
use super::*;
use crate::diag::Code;

/// `LogType`: commands that took long.
pub const SLOW_LOG: &str = "slow-log";
/// `LogType`: what the engine itself tells.
pub const ENGINE_LOG: &str = "engine-log";

/// Where one type of log goes: each node writes a stream of its own there, `elasticache/ENGINE/NODE/0001/TYPE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogDelivery {
    /// `CloudWatchLogsDetails.LogGroup`; the name of a stream of Data Firehose where somebody has written one.
    pub log_group: Ref<LogGroup>,
    /// `LogFormat`: `json` or `text`.
    pub format: String,
}

/// The types of log that a version writes: Redis the slow log from 6.0 on and the engine log from 6.2 on, Valkey both always ("Log delivery" in the user guide).
pub fn writes(engine: &str, version: &str) -> Vec<&'static str> {
    match major(version) {
        _ if engine == "valkey" => vec![ENGINE_LOG, SLOW_LOG],
        ..6 => vec![],
        6 if version.starts_with("6.0") => vec![SLOW_LOG],
        _ => vec![ENGINE_LOG, SLOW_LOG],
    }
}

/// What the version doesn't write, and what there is no word for (`LogType`, `LogFormat`).
pub(super) fn breaches(g: &ReplicationGroup) -> Vec<Breach> {
    let known = writes(&g.engine, &g.engine_version);
    let unwritten = g.log_delivery.keys().filter(|log| !known.contains(&log.as_str())).map(|log| {
        let message = format!("{} {} doesn't deliver a log `{log}`", g.engine, g.engine_version);
        let help = "take it out, or write a newer version: Redis has the slow log from 6.0 on, and the engine log from 6.2 on";
        Breach::new(Code::Refused, format!("log_delivery.{log}"), message, help).with("engine_version")
    });
    let formats = g.log_delivery.iter().filter(|(_, to)| !["json", "text"].contains(&to.format.as_str())).map(|(log, to)| {
        let message = format!("`{}` is no format of logs", to.format);
        Breach::new(Code::Refused, format!("log_delivery.{log}.format"), message, "write `json` or `text`")
    });
    unwritten.chain(formats).collect()
}

/// The same with the names of log groups.
pub(super) fn physical(all: &Open<LogDelivery>, links: &Links) -> Result<Open<LogDelivery>, CloudError> {
    let one = |(log, to): (&String, &LogDelivery)| {
        let log_group = Ref::to(links.to(&to.log_group)?);
        Ok((log.clone(), LogDelivery { log_group, ..to.clone() }))
    };
    all.iter().map(one).collect()
}

/// What is delivered. What is on its way out isn't, nor what has failed, so that it is asked for again.
pub(super) fn read(group: &Seen) -> Open<LogDelivery> {
    use LogDeliveryConfigurationStatus::{Disabling, Error};
    let stands = group.log_delivery_configurations().iter().filter(|one| !matches!(one.status, Some(Disabling | Error)));
    let one = |one: &aws_sdk_elasticache::types::LogDeliveryConfiguration| {
        let to = one.destination_details.as_ref()?;
        let group = to.cloud_watch_logs_details().and_then(|to| to.log_group());
        let name = group.or(to.kinesis_firehose_details().and_then(|to| to.delivery_stream())).unwrap_or_default();
        let format = one.log_format.as_ref().map_or("", |format| format.as_str());
        Some((one.log_type.as_ref()?.as_str().to_owned(), LogDelivery { log_group: Ref::to(name), format: format.into() }))
    };
    stands.filter_map(one).collect()
}

/// Whether something of it is under way.
pub(super) fn turning(group: &Seen) -> bool {
    use LogDeliveryConfigurationStatus::{Disabling, Enabling, Modifying};
    group.log_delivery_configurations().iter().any(|one| matches!(one.status, Some(Disabling | Enabling | Modifying)))
}

/// Why something of it came to nothing, in ElastiCache's words (`Status` is `error`, with a `Message`).
pub(super) fn failed(group: &Seen) -> Option<String> {
    let failed = |status: &LogDeliveryConfigurationStatus| *status == LogDeliveryConfigurationStatus::Error;
    let one = group.log_delivery_configurations().iter().find(|one| one.status.as_ref().is_some_and(failed))?;
    let log = one.log_type.as_ref().map_or("a log", |log| log.as_str());
    Some(format!("the {log} is not delivered: {}", one.message().unwrap_or("AWS says no reason")))
}

/// What leads from one to the other: each type that is new or different, and each that is delivered no more (`Enabled` is false).
pub(super) fn changes(now: &Open<LogDelivery>, want: &Open<LogDelivery>) -> Vec<LogDeliveryConfigurationRequest> {
    let request = |log: &String| LogDeliveryConfigurationRequest::builder().log_type(log.as_str().into());
    let to = |(log, to): (&String, &LogDelivery)| {
        let group = CloudWatchLogsDestinationDetails::builder().log_group(&to.log_group.0).build();
        let details = DestinationDetails::builder().cloud_watch_logs_details(group).build();
        let destination = request(log).destination_type(DestinationType::CloudWatchLogs).destination_details(details);
        destination.log_format(to.format.as_str().into()).enabled(true).build()
    };
    let set = want.iter().filter(|(log, to)| now.get(*log) != Some(to)).map(to);
    let unset = now.keys().filter(|log| !want.contains_key(*log)).map(|log| request(log).enabled(false).build());
    set.chain(unset).collect()
}

/// "You must set the `apply-immediately` parameter for all log delivery modifications."
pub(super) fn modify(cx: &Clients, id: &str, now: &Open<LogDelivery>, want: &Open<LogDelivery>) -> ModifyReplicationGroupFluentBuilder {
    let request = cx.elasticache().modify_replication_group().replication_group_id(id).apply_immediately(true);
    request.set_log_delivery_configurations(Some(changes(now, want)))
}
