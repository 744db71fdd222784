//! `infra alerts`.
use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::Observe;
use crate::diag::Exit;
use crate::kinds::{Kind, Level, Member as _, MetricsWorkspace};
use crate::model::Moment;
use crate::render::alarms::{self, Silenced};

/// Lists the alarms of the environment, groups of them, and rules on what applications measure: what each looks at, whether it fires, since when and why, and until
/// when it is silenced. Changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 nothing critical fires, 2 something does, 1 error.\n\nExample:\n  infra alerts --file infra.yaml")]
pub struct Alerts {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Let a metric of the sandbox be so, to see what is told: `compute.app.cpu=95`; may be repeated
    #[arg(long, value_name = "WHAT=VALUE", env = "INFRA_SANDBOX_BEND", value_delimiter = ',')]
    sandbox_bend: Vec<String>,
    /// Print JSON
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl Alerts {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let stack = flow::stack(&loaded)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        flow::bend(&world, &loaded, &stack, &self.sandbox_bend)?;
        let reading = world.read_only();
        let seen = async { tokio::try_join!(reading.alarms(&stack.name), reading.list(Kind::AlarmMuteRule, &stack.name)) };
        let (standing, mutes) = seen.await.map_err(|e| Failure::looking(&loaded, e))?;
        let now = Moment((flow::terms(&self.cloud).clock)());
        let silenced = Silenced::at(now, &mutes, &standing);
        if self.json {
            printer.document(&format!("{:#}\n", alarms::json(&standing, &silenced)));
        } else {
            let alarms = |kind| matches!(kind, Kind::MetricAlarm | Kind::CompositeAlarm);
            let rules = stack.nodes.values().filter_map(|object| Some(MetricsWorkspace::of(object)?.rules.len()));
            let wanted = stack.nodes.keys().filter(|address| alarms(address.kind)).count() + rules.sum::<usize>();
            printer.result(&alarms::text(&stack.name, &standing, &silenced, wanted, now, printer.style));
        }
        Ok(if alarms::level(&standing) == Level::Critical { Exit::Changes } else { Exit::Done })
    }
}
