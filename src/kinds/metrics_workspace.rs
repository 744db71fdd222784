//! Where what applications measure is kept (Amazon Managed Service for Prometheus), the rules on it, and who is told.
//!
//! The rules are one rule groups namespace and the ways to topics the alert manager's definition. Neither can bear a stamp of its own that would be read in
//! one list, so both are attributes of their workspace. Everything is carried out after its request was taken, and may fail then with a reason.
mod definition;
mod parts;
pub mod promql;
mod rules;
pub mod rules_file;
mod states;
mod terraform;
mod told;

use futures_util::future::try_join_all;

use super::calls::{ALL, NEW, OWN, On, TAGGED, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::canon::Open;
use crate::model::{Computed, Tags};
use crate::wire::tags::retag;

pub use definition::{by_rule, render as definition};
pub use rules::KEPT;
pub use rules_file::AlertRule;
pub(crate) use told::standing;

object! {
    /// `AWS::APS::Workspace`. Its id is its `WorkspaceId`.
    pub struct MetricsWorkspace {
        /// `retentionPeriodInDays`, 1 to 1095.
        update(data) retention_days: i32,
        /// Alerting rules by name: the rule groups namespace `infra`. Namespaces of other names, which others have made, stay as they are.
        update rules: Open<AlertRule>,
        /// Which topic is told of the rules of a severity, or of one rule (`rule.NAME`): the alert manager's definition.
        update topics: Open<Ref<Topic>>,
        update tags: Tags,
        /// `arn`.
        computed arn: Computed<String>,
    }
}

/// `clientToken` of `CreateWorkspace`, which is the name, takes 64 characters; `alias` takes 100.
pub const NAMES: NameRule = NameRule::most(64);

impl Resource for MetricsWorkspace {
    const KIND: Kind = Kind::MetricsWorkspace;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Amp;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(60, 30, 30);
    const HINT: &'static [&'static str] = &["kept {retention_days} days", "rules {rules#}"];
    const CALLS: Calls = Calls {
        read: &[
            call(Service::Amp, "DescribeAlertManagerDefinition", OWN),
            call(Service::Amp, "DescribeRuleGroupsNamespace", OWN),
            call(Service::Amp, "DescribeWorkspaceConfiguration", OWN),
            reads(Service::Amp, "ListWorkspaces"),
        ],
        write: &[
            call(Service::Amp, "CreateAlertManagerDefinition", OWN),
            call(Service::Amp, "CreateRuleGroupsNamespace", NEW),
            needs(Service::Amp, "CreateRuleGroupsNamespace", "aps:TagResource", &[On::NewTags(ALL)]),
            call(Service::Amp, "CreateWorkspace", NEW),
            needs(Service::Amp, "CreateWorkspace", "aps:TagResource", TAGGED),
            call(Service::Amp, "DeleteAlertManagerDefinition", OWN),
            call(Service::Amp, "DeleteRuleGroupsNamespace", OWN),
            call(Service::Amp, "DeleteWorkspace", OWN),
            call(Service::Amp, "DescribeWorkspace", OWN),
            call(Service::Amp, "ListRules", OWN),
            call(Service::Amp, "PutAlertManagerDefinition", OWN),
            call(Service::Amp, "PutRuleGroupsNamespace", OWN),
            call(Service::Amp, "QueryMetrics", OWN),
            call(Service::Amp, "TagResource", TAGGED),
            call(Service::Amp, "UntagResource", OWN),
            call(Service::Amp, "UpdateWorkspaceConfiguration", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Amp, "ServiceQuotaExceededException", ("aps", ""), "Workspaces per region per account").of("CreateWorkspace")];

    fn example() -> Self {
        let slow = AlertRule {
            expr: "histogram_quantile(0.99, sum by (le) (rate(http_seconds_bucket[5m]))) > 0.5".into(),
            lasting: 300,
            severity: "critical".into(),
            means: "One request in a hundred takes more than half a second.".into(),
        };
        MetricsWorkspace {
            retention_days: 90,
            rules: [("slow".into(), slow)].into(),
            topics: [("critical".into(), Ref::to(EXAMPLE))].into(),
            tags: tags(),
            arn: Computed::default(),
        }
    }

    fn outputs(&self) -> Outputs {
        self.arn.0.iter().map(|arn| ("arn".to_owned(), arn.clone())).collect()
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self)
    }

    fn simulate(&mut self, id: &str) {
        self.arn = Computed::from(format!("arn:aws:aps:us-east-1:123456789012:workspace/{id}"));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        told::health(cx, live).await
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        told::fares(bent)
    }

    /// Aliases begin with the stack's name, tags stand in the list; the parts are asked for of the stack's own alone.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.amp().list_workspaces().alias(NAMES.start(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Amp, "ListWorkspaces", send, |page| (Some(page.workspaces), page.next_token)).await?;
        let own = found.into_iter().filter(states::stays).filter_map(|seen| {
            let all: Tags = seen.tags.unwrap_or_default().into_iter().collect();
            let (stamp, tags) = Stamp::read(stack, all)?;
            Some((seen.workspace_id, seen.arn, stamp, tags))
        });
        let read = own.map(async |(id, arn, stamp, tags)| {
            let (days, rules, routes) =
                tokio::try_join!(states::retention(cx, &id), parts::RULES.find(cx, &id), parts::ROUTES.find(cx, &id))?;
            let workspace = MetricsWorkspace {
                retention_days: days,
                rules: rules.map(|seen| rules_file::read(&seen.data)).unwrap_or_default(),
                topics: routes.map(|seen| definition::read(&seen.data)).unwrap_or_default(),
                tags,
                arn: Computed::from(arn),
            };
            Ok::<_, CloudError>(Live::found(id, workspace, stamp))
        });
        try_join_all(read).await
    }

    /// The client token follows from the stamp, so a second creation answers as the first. Returns when all of it is in force.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let tags = stamp.tags(&self.tags).into_iter().collect();
        let request = cx.amp().create_workspace().alias(&name).client_token(&name).set_tags(Some(tags));
        let made = cx.safe(Service::Amp, "CreateWorkspace", async || request.clone().send().await).await?;
        let id = made.workspace_id;
        half(states::made(cx, &id).await)?;
        half(states::retain(cx, &id, self.retention_days, stamp).await)?;
        half(parts::RULES.set(cx, &id, self.rules_text(), stamp).await)?;
        half(parts::ROUTES.set(cx, &id, self.routes_text(links)?, stamp).await)?;
        Live::made(id, MetricsWorkspace { arn: Computed::from(made.arn), ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Self = live.of()?;
        if self.retention_days != old.retention_days {
            half(states::retain(cx, &live.id, self.retention_days, stamp).await)?;
        }
        if self.rules != old.rules {
            half(parts::RULES.set(cx, &live.id, self.rules_text(), stamp).await)?;
        }
        // A topic that was replaced has another ARN under the same name.
        half(parts::ROUTES.set(cx, &live.id, self.routes_text(links)?, stamp).await)?;
        let arn = old.arn.0.clone().ok_or_else(|| CloudError::bug("a workspace that was read has an ARN"))?;
        half(self.retag(cx, &arn, (&live.stamp, &old.tags), stamp).await)?;
        Live::made(&live.id, MetricsWorkspace { arn: Computed::from(arn), ..self.clone() }, stamp, links)
    }

    /// Its rules and its definition go with it. Returns when it is gone.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        states::delete(cx, &live.id).await
    }
}

impl MetricsWorkspace {
    /// The rules file; `None` without rules.
    fn rules_text(&self) -> Option<String> {
        (!self.rules.is_empty()).then(|| rules_file::render(&self.rules))
    }

    /// The alert manager's definition; `None` where nobody is told.
    fn routes_text(&self, links: &Links) -> Result<Option<String>, CloudError> {
        let arns = self.topics.iter().map(|(name, topic)| Ok((name.clone(), links.to(topic)?)));
        let arns = arns.collect::<Result<BTreeMap<_, _>, CloudError>>()?;
        Ok((!arns.is_empty()).then(|| definition::render(&arns)))
    }

    async fn retag(&self, cx: &Clients, arn: &str, before: (&Stamp, &Tags), stamp: &Stamp) -> Result<(), CloudError> {
        let (set, unset) = retag(&before.0.tags(before.1), &before.0.renewed(stamp).tags(&self.tags));
        if !set.is_empty() {
            let request = cx.amp().tag_resource().resource_arn(arn).set_tags(Some(set.into_iter().collect()));
            cx.safe(Service::Amp, "TagResource", async || request.clone().send().await).await?;
        }
        if unset.is_empty() {
            return Ok(());
        }
        let request = cx.amp().untag_resource().resource_arn(arn).set_tag_keys(Some(unset));
        cx.safe(Service::Amp, "UntagResource", async || request.clone().send().await).await.map(drop)
    }
}
