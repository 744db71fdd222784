//! A dashboard of CloudWatch: charts, and the states of alarms.
//!
//! `PutDashboard` makes a dashboard and overwrites one, so that every request says all of it. Dashboards of an account stand in no region and
//! (`cloudwatch:TagResource`, Service Authorization Reference) take no tags that a policy could name: the stamp is the name, `infra_STACK_REGION_NAME_RUN-STEP`; the
//! digest and the stack's identity are the last words of a text at its end. A list shows names alone, so each of the stack's is read by itself.
mod body;
mod rules;
mod terraform;

pub(crate) use rules::ALARMS;

use futures_util::future::try_join_all;

use super::calls::{On, call, reads};
use super::example::EXAMPLE;
use super::metric_alarm::{Math, Metric, Number};
use super::*;
use crate::canon::Open;
use crate::model::{Ranked, partition};

object! {
    /// `AWS::CloudWatch::Dashboard`. Its id is its name.
    pub struct Dashboard {
        /// Charts by title, in the order in which they are read. The first word of a title says whose it is: where another's begin, a row begins.
        update widgets: Ranked<Widget>,
        /// Alarms whose states stand at the top; none where there is no such field.
        update alarms: BTreeSet<Ref<MetricAlarm>>,
    }
}

/// A chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Widget {
    /// What is drawn, by what the line is called. At most one is an expression. Nothing of a widget that isn't as `infra` writes it.
    pub lines: Open<Line>,
    /// Where alarms fire: lines across the chart, by the alarms' names.
    pub marks: Open<Number>,
}

/// A line of a chart: one metric, or an expression of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub metric: Option<Metric>,
    pub math: Option<Math>,
}

impl Line {
    /// Every metric that it reads.
    fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.metric.iter().chain(self.math.iter().flat_map(|math| math.metrics.values()))
    }
}

const DASHBOARD: &str = "cloudwatch::{account}:dashboard/infra_{stack}_{region}_*";
const DASHBOARDS: &[On] = &[On::Named(DASHBOARD)];

impl Resource for Dashboard {
    const KIND: Kind = Kind::Dashboard;
    const SERVICE: Service = Service::CloudWatch;
    const TYPICAL: Typical = Typical::secs(1, 1, 1);
    const HINT: &'static [&'static str] = &["alarms {alarms#}"];
    const CALLS: Calls = Calls {
        read: &[call(Service::CloudWatch, "GetDashboard", DASHBOARDS), reads(Service::CloudWatch, "ListDashboards")],
        write: &[call(Service::CloudWatch, "DeleteDashboards", DASHBOARDS), call(Service::CloudWatch, "PutDashboard", DASHBOARDS)],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;

    fn example() -> Self {
        let free = Metric {
            namespace: "AWS/RDS".into(),
            name: "FreeStorageSpace".into(),
            dimensions: [("DBInstanceIdentifier".into(), Text::literal("shop"))].into(),
            statistic: "Minimum".into(),
            period: 60,
        };
        let lines = [("main".into(), Line { metric: Some(free), math: None })].into();
        let marks = [("database.main.storage".into(), Number(1024.0))].into();
        Dashboard { widgets: Ranked(vec![("database.main storage".into(), Widget { lines, marks })]), alarms: [Ref::to(EXAMPLE)].into() }
    }

    fn breaches(&self, me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, me)
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.cloudwatch().list_dashboards().dashboard_name_prefix(prefix(stack, cx.region()));
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::CloudWatch, "ListDashboards", send, |page| (page.dashboard_entries, page.next_token)).await?;
        let ours = found.into_iter().filter_map(|entry| {
            let name = entry.dashboard_name?;
            Some((stamp(stack, cx.region(), &name)?, name))
        });
        let each = ours.map(async |(stamp, name)| {
            let request = cx.cloudwatch().get_dashboard().dashboard_name(&name);
            let seen = present(cx.safe(Service::CloudWatch, "GetDashboard", async || request.clone().send().await).await)?;
            Ok::<_, CloudError>(seen.map(|seen| {
                let (dashboard, (digest, identity)) = body::read(&seen.dashboard_body.unwrap_or_default());
                Live::found(name, dashboard, Stamp { digest, identity, ..stamp })
            }))
        });
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    /// No other run and step makes a dashboard of this name.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = format!("{}{}_{}-{}", prefix(&stamp.stack, cx.region()), stamp.address.name, stamp.run, stamp.step);
        self.put(cx, links, &name, stamp).await
    }

    /// A new address would need a new name, and a dashboard keeps its name.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        live.keeps_name(stamp)?;
        self.put(cx, links, &live.id, stamp).await
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.cloudwatch().delete_dashboards().dashboard_names(&live.id);
        gone(cx.safe(Service::CloudWatch, "DeleteDashboards", async || request.clone().send().await).await)
    }
}

impl Dashboard {
    async fn put(&self, cx: &Clients, links: &Links, name: &str, stamp: &Stamp) -> Result<Live, CloudError> {
        let account = if self.alarms.is_empty() { String::new() } else { cx.identity().await?.account };
        let arn = |alarm: String| format!("arn:{}:cloudwatch:{}:{account}:alarm:{alarm}", partition(cx.region()).name, cx.region());
        let alarms: Vec<String> = links.all(&self.alarms)?.into_iter().map(arn).collect();
        let said = body::write(&self.plain(links)?, &alarms, cx.region(), Some(stamp));
        let request = cx.cloudwatch().put_dashboard().dashboard_name(name).dashboard_body(said.to_string());
        cx.safe(Service::CloudWatch, "PutDashboard", async || request.clone().send().await).await?;
        Live::made(name, self.clone(), stamp, links)
    }

    /// The charts with every text as it is now.
    fn plain(&self, links: &Links) -> Result<Ranked<Widget>, CloudError> {
        let mut widgets = self.widgets.clone();
        for line in widgets.0.iter_mut().flat_map(|(_, widget)| widget.lines.values_mut()) {
            let math = line.math.iter_mut().flat_map(|math| math.metrics.values_mut());
            for text in line.metric.iter_mut().chain(math).flat_map(|metric| metric.dimensions.values_mut()) {
                *text = Text::literal(text.resolve(links)?);
            }
        }
        Ok(widgets)
    }
}

/// How the names of a stack's dashboards begin. Neither a stack's name nor a region's has an underscore.
fn prefix(stack: &str, region: &str) -> String {
    format!("infra_{stack}_{region}_")
}

/// The stamp in a name.
fn stamp(stack: &str, region: &str, name: &str) -> Option<Stamp> {
    let (address, made) = name.strip_prefix(&prefix(stack, region))?.rsplit_once('_')?;
    let (run, step) = made.rsplit_once('-')?;
    Some(Stamp {
        stack: stack.into(),
        address: Address::new(Kind::Dashboard, address),
        run: run.into(),
        step: step.parse().ok()?,
        identity: String::new(),
        digest: String::new(),
    })
}
