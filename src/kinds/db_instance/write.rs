//! How an instance is changed, and whether it has arrived.
use aws_sdk_rds::types::CloudwatchLogsExportConfiguration;

use super::super::managed::changed;
use super::*;
use crate::model;

impl DbInstance {
    /// One `ModifyDBInstance` with what differs.
    pub(super) async fn modify(
        &self,
        cx: &Clients,
        id: &str,
        now: &Self,
        want: &Self,
        seen: &Seen,
        password: Option<&model::Secret>,
    ) -> Result<(), CloudError> {
        let mut request = cx
            .rds()
            .modify_db_instance()
            .db_instance_identifier(id)
            .apply_immediately(self.apply_immediately)
            .set_db_instance_class(changed(&now.instance_class, &want.instance_class))
            .set_multi_az(changed(&now.multi_az, &want.multi_az))
            .set_db_port_number(changed(&now.port, &want.port))
            .set_backup_retention_period(changed(&now.backup_retention, &want.backup_retention))
            .set_preferred_backup_window(changed(&now.backup_window, &want.backup_window))
            .set_preferred_maintenance_window(changed(&now.maintenance_window, &want.maintenance_window))
            .set_deletion_protection(changed(&now.deletion_protection, &want.deletion_protection))
            .set_enable_performance_insights(changed(&now.performance_insights, &want.performance_insights))
            .set_auto_minor_version_upgrade(changed(&now.auto_minor_version_upgrade, &want.auto_minor_version_upgrade))
            .set_publicly_accessible(changed(&now.publicly_accessible, &want.publicly_accessible))
            .set_db_parameter_group_name(changed(&now.parameter_group, &want.parameter_group).map(|g| g.0))
            .set_vpc_security_group_ids(
                changed(&now.security_groups, &want.security_groups).map(|groups| groups.into_iter().map(|g| g.0).collect()),
            );
        if now.engine_version != want.engine_version {
            request = request.engine_version(&want.engine_version).allow_major_version_upgrade(true);
        }
        // It never shrinks; a limit at the allocated size is no growth.
        let allocated = seen.allocated_storage.unwrap_or_default().max(want.allocated_storage);
        let storage = |d: &Self| (d.allocated_storage, d.storage_type.clone(), d.iops, d.throughput);
        if storage(now) != storage(want) {
            let (iops, throughput) = want.storage(allocated).speed();
            let said = iops.is_some() || Some(allocated) != seen.allocated_storage;
            request = request
                .set_allocated_storage(said.then_some(allocated))
                .set_storage_type(changed(&now.storage_type, &want.storage_type))
                .set_iops(iops)
                .set_storage_throughput(throughput);
        }
        if now.password != want.password {
            // RDS deletes the secret that it kept itself when it is told not to keep it any more.
            let ends = now.password.is_none().then_some(false);
            request = request
                .set_manage_master_user_password(if want.password.is_none() { Some(true) } else { ends })
                .set_master_user_password(password.and_then(|p| p.expose()).map(String::from));
        }
        if now.max_allocated_storage != want.max_allocated_storage {
            request = request.max_allocated_storage(want.max_allocated_storage.unwrap_or(allocated));
        }
        if now.log_exports != want.log_exports {
            let exports = CloudwatchLogsExportConfiguration::builder()
                .set_enable_log_types(Some(want.log_exports.difference(&now.log_exports).cloned().collect()))
                .set_disable_log_types(Some(now.log_exports.difference(&want.log_exports).cloned().collect()))
                .build();
            request = request.cloudwatch_logs_export_configuration(exports);
        }
        cx.safe(Service::Rds, "ModifyDBInstance", async || request.clone().send().await).await.map(drop)
    }

    /// Whether the instance is what is wanted (its references being physical ids): by now, or once what is pending is carried out.
    pub(super) fn arrived(&self, seen: &Seen, now: bool, secret: Option<&str>) -> bool {
        let turning = seen.pending_modified_values.as_ref().is_some_and(|p| p.master_user_password.is_some());
        self.same(&read(&rds::planned(seen.clone()), &self.asked(), secret)) && !turning && (!now || rds::still(seen))
    }
}

/// The password that the stack's secret keeps, for the one request that sets it.
pub(super) async fn password(cx: &Clients, secret: Option<&str>) -> Result<Option<model::Secret>, CloudError> {
    let Some(id) = secret else { return Ok(None) };
    let request = cx.secrets().get_secret_value().secret_id(id);
    let seen = cx.safe(Service::SecretsManager, "GetSecretValue", async || request.clone().send().await).await?;
    let value: Option<Value> = seen.secret_string.and_then(|s| serde_json::from_str(&s).ok());
    let password = value.as_ref().and_then(|v| v["password"].as_str()).map(model::Secret::new);
    password
        .map(Some)
        .ok_or_else(|| CloudError::new(Class::Invalid, "NoPassword", format!("{id} holds no `password`: somebody has changed its value")))
}
