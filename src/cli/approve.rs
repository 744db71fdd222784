//! `infra approve`.
use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::complete;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use super::wish::{asker, holder, nobody};
use crate::cloud::lease::{AtGate, Wish, ask};
use crate::diag::Exit;
use crate::render::status;
use crate::spec::units::{Percent, Unit};
use crate::visible::visible;

/// Lets the run of a stack, on whatever machine it is, go on behind the step of a deployment that waits for somebody's word (`deployment.approve`). The step's minutes must be
/// good all the same.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra approve\n  infra approve compute.app --share 10%")]
pub struct Approve {
    /// The entry, where more than one waits: `compute.app`
    #[arg(value_name = "ENTRY", add = complete::entries())]
    entry: Option<String>,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Only if it is this run
    #[arg(long, value_name = "RUN", env = "INFRA_RUN", add = complete::runs())]
    run: Option<String>,
    /// Only if its new instances have this share of the requests
    #[arg(long, value_name = "PERCENT", env = "INFRA_SHARE", value_parser = share)]
    share: Option<Percent>,
}

fn share(text: &str) -> Result<Percent, String> {
    Percent::read(text).map_err(|wrong| wrong.help)
}

impl Approve {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let (stack, terms) = (loaded.spec.stack.to_string(), flow::terms(&self.cloud));
        let (number, lease) = holder(&world, &stack, &terms, self.run.as_deref()).await?.ok_or_else(|| nobody(&stack))?;
        let meant = |gate: &&AtGate| {
            gate.asks
                && self.entry.as_ref().is_none_or(|entry| *entry == gate.entry)
                && self.share.is_none_or(|share| share.whole() == Some(gate.share))
        };
        let gate = match lease.gates.iter().filter(meant).collect::<Vec<_>>()[..] {
            [gate] => gate,
            [] => {
                let stands: Vec<String> = lease.gates.iter().map(status::at_gate).collect();
                let stands = if stands.is_empty() { "it stands at no gate".into() } else { stands.join("; ") };
                return Err(Failure::wish(format!("no such step waits for approval: {stands}"), "look again with `infra status`"));
            }
            ref several => {
                let names: Vec<_> = several.iter().map(|gate| visible(&gate.entry)).collect();
                let help = format!("name the entry: `infra approve {}`", names[0]);
                return Err(Failure::wish(format!("several wait for approval: {}", names.join(", ")), help));
            }
        };
        ask(&world, &stack, number, &Wish::Approve(gate.step, asker())).await?;
        printer.say(&format!("Approved: {} goes on behind {}%, once its minutes are good.", visible(&gate.entry), gate.share));
        Ok(Exit::Done)
    }
}
