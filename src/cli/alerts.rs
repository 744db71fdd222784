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

/// Lists the alarms of the environment: what each looks at, whether it fires, since when and why, and until when it is silenced. Changes nothing.
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
        let of = async |kind| reading.list(kind, &stack.name).await;
        let seen = async { tokio::try_join!(world.alarms(&stack.name), of(Kind::AlarmMuteRule), of(Kind::CompositeAlarm)) };
        let (standing, mutes, groups) = seen.await.map_err(|e| Failure::looking(&loaded, e))?;
        let silenced = Silenced::at(Moment((flow::terms(&self.cloud).clock)()), &mutes, &groups);
        // Of what applications measure the spec alone tells which rules there are.
        let rules = stack.nodes.iter().filter_map(|(address, object)| Some((address, &MetricsWorkspace::of(object)?.rules)));
        if self.json {
            let mut all = alarms::json(&standing, &silenced);
            let more = rules.flat_map(|(address, rules)| alarms::rules_json(address, rules));
            if let Some(list) = all.as_array_mut() {
                list.extend(more);
            }
            printer.document(&format!("{all:#}\n"));
        } else {
            let wanted = stack.nodes.keys().filter(|address| address.kind == Kind::MetricAlarm).count();
            let more: String = rules.map(|(_, rules)| alarms::rules(rules)).collect();
            printer.result(&(alarms::text(&stack.name, &standing, &silenced, wanted, printer.style) + &more));
        }
        Ok(if alarms::level(&standing) == Level::Critical { Exit::Changes } else { Exit::Done })
    }
}
