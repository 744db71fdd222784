//! The two files of a workspace, which are made, changed and taken away alike: rules, and ways to those who are told.
use aws_sdk_amp::primitives::Blob;

use super::states::{in_force, in_turn, token};
use super::*;
use crate::kinds::identity::TAG_STACK;

/// The name of the rule groups namespace that is ours.
pub(super) const NAMESPACE: &str = "infra";

/// One of the files.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    Rules,
    Routes,
}

pub(super) const RULES: Part = Part::Rules;
pub(super) const ROUTES: Part = Part::Routes;

/// A file as it stands.
pub(super) struct Seen {
    pub data: String,
    status: String,
    reason: Option<String>,
}

impl Part {
    /// How messages say it.
    fn name(self) -> &'static str {
        if self == Part::Rules { "the rules" } else { "the alert manager" }
    }

    fn describe(self) -> &'static str {
        if self == Part::Rules { "DescribeRuleGroupsNamespace" } else { "DescribeAlertManagerDefinition" }
    }

    /// What stands; `None` without any.
    pub(super) async fn find(self, cx: &Clients, id: &str) -> Result<Option<Seen>, CloudError> {
        let text = |data: Blob| String::from_utf8_lossy(data.as_ref()).into_owned();
        if self == Part::Rules {
            let request = cx.amp().describe_rule_groups_namespace().workspace_id(id).name(NAMESPACE);
            let seen = present(cx.safe(Service::Amp, "DescribeRuleGroupsNamespace", async || request.clone().send().await).await)?;
            let read = |seen: aws_sdk_amp::types::RuleGroupsNamespaceDescription| {
                let status = seen.status?;
                Some(Seen { data: text(seen.data), status: status.status_code.as_str().to_owned(), reason: status.status_reason })
            };
            return Ok(seen.and_then(|seen| read(seen.rule_groups_namespace?)));
        }
        let request = cx.amp().describe_alert_manager_definition().workspace_id(id);
        let seen = present(cx.safe(Service::Amp, "DescribeAlertManagerDefinition", async || request.clone().send().await).await)?;
        let read = |seen: aws_sdk_amp::types::AlertManagerDefinitionDescription| {
            let status = seen.status?;
            Some(Seen { data: text(seen.data), status: status.status_code.as_str().to_owned(), reason: status.status_reason })
        };
        Ok(seen.and_then(|seen| read(seen.alert_manager_definition?)))
    }

    /// Makes it say this, or takes it away. What was never made can't be changed either: it goes first.
    pub(super) async fn set(self, cx: &Clients, id: &str, wanted: Option<String>, stamp: &Stamp) -> Result<(), CloudError> {
        let mut standing = self.find(cx, id).await?;
        if standing.as_ref().is_some_and(|seen| wanted.is_none() || seen.status == "CREATION_FAILED") {
            self.delete(cx, id).await?;
            standing = None;
        }
        let Some(wanted) = wanted else { return Ok(()) };
        match standing {
            Some(seen) if seen.data == wanted && seen.status == "ACTIVE" => return Ok(()),
            Some(_) => self.put(cx, id, &wanted, &token(stamp, &wanted)).await?,
            None => self.create(cx, id, &wanted, &token(stamp, &wanted), stamp).await?,
        }
        let look = async || {
            let Some(seen) = self.find(cx, id).await? else { return Ok(None) };
            let done = in_force(self.describe(), &seen.status, seen.reason.as_deref())?;
            Ok((done && seen.data == wanted).then_some(()))
        };
        cx.policy.wait(&format!("{} of {id} to be in force", self.name()), deadline(MetricsWorkspace::TYPICAL.update), look).await
    }

    async fn create(self, cx: &Clients, id: &str, data: &str, token: &str, stamp: &Stamp) -> Result<(), CloudError> {
        let data = Blob::new(data);
        if self == Part::Rules {
            let request = cx.amp().create_rule_groups_namespace().workspace_id(id).name(NAMESPACE).data(data).client_token(token);
            // So that policies know it for the stack's.
            let request = request.tags(TAG_STACK, &stamp.stack);
            let send = async || cx.safe(Service::Amp, "CreateRuleGroupsNamespace", async || request.clone().send().await).await;
            return in_turn(cx, id, send).await.map(drop);
        }
        let request = cx.amp().create_alert_manager_definition().workspace_id(id).data(data).client_token(token);
        let send = async || cx.safe(Service::Amp, "CreateAlertManagerDefinition", async || request.clone().send().await).await;
        in_turn(cx, id, send).await.map(drop)
    }

    async fn put(self, cx: &Clients, id: &str, data: &str, token: &str) -> Result<(), CloudError> {
        let data = Blob::new(data);
        if self == Part::Rules {
            let request = cx.amp().put_rule_groups_namespace().workspace_id(id).name(NAMESPACE).data(data).client_token(token);
            let send = async || cx.safe(Service::Amp, "PutRuleGroupsNamespace", async || request.clone().send().await).await;
            return in_turn(cx, id, send).await.map(drop);
        }
        let request = cx.amp().put_alert_manager_definition().workspace_id(id).data(data).client_token(token);
        let send = async || cx.safe(Service::Amp, "PutAlertManagerDefinition", async || request.clone().send().await).await;
        in_turn(cx, id, send).await.map(drop)
    }

    async fn delete(self, cx: &Clients, id: &str) -> Result<(), CloudError> {
        if self == Part::Rules {
            let request = cx.amp().delete_rule_groups_namespace().workspace_id(id).name(NAMESPACE);
            let send = async || gone(cx.safe(Service::Amp, "DeleteRuleGroupsNamespace", async || request.clone().send().await).await);
            in_turn(cx, id, send).await?;
        } else {
            let request = cx.amp().delete_alert_manager_definition().workspace_id(id);
            let send = async || gone(cx.safe(Service::Amp, "DeleteAlertManagerDefinition", async || request.clone().send().await).await);
            in_turn(cx, id, send).await?;
        }
        let look = async || Ok(self.find(cx, id).await?.is_none().then_some(()));
        cx.policy.wait(&format!("{} of {id} to be gone", self.name()), deadline(MetricsWorkspace::TYPICAL.update), look).await
    }
}
