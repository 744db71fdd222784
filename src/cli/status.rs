//! `infra status`.
use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use futures_util::future::try_join_all;

use super::args::{CloudArgs, SpecArgs};
use super::claim::Seen;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::lease::{newest, standing, strays};
use crate::cloud::sandbox::Webhook;
use crate::cloud::{Backend, Observe};
use crate::diag::Exit;
use crate::kinds::Level;
use crate::render::health::Told;
use crate::render::status;
use crate::run::{history, intent};
use crate::spec::Loaded;
use crate::stack::Stack;

/// Clears a terminal and goes to its first line.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// Tells how the environment fares, as its services say: targets healthy of all, instances in service, states, certificates, alarms that fire. And whether a run of the
/// stack goes on, whose it is and how far it came; or how the last one ended; and what was deployed last, when and by whom. Changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 nothing is critical, 2 something is, 1 error.\n\nExample:\n  infra status --file infra.yaml --watch")]
pub struct Status {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Tell it again and again, until Ctrl-C
    #[arg(long, env = "INFRA_WATCH")]
    watch: bool,
    /// How long to wait before it is told again
    #[arg(long, value_name = "TIME", env = "INFRA_INTERVAL", default_value = "5s", value_parser = humantime::parse_duration)]
    interval: Duration,
    /// Let something of the sandbox fare so, to see how that is told: `compute.app.targets=1`, `database.main.state=failed`, `compute.app.cpu=95`; may be repeated
    #[arg(long, value_name = "WHAT=VALUE", env = "INFRA_SANDBOX_BEND", value_delimiter = ',')]
    sandbox_bend: Vec<String>,
    /// Send what https subscriptions of the sandbox's topics would be sent to this address of this machine, as SNS writes it but for its signature: each alarm that fires
    /// when it is told here, and with `--watch` each that changes between two looks
    #[arg(long, value_name = "URL", env = "INFRA_SANDBOX_WEBHOOK")]
    sandbox_webhook: Option<Webhook>,
    /// Print JSON
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl Status {
    pub async fn run(mut self, printer: &Printer) -> Result<Exit, Failure> {
        let mut webhook = self.sandbox_webhook.take();
        let loaded = flow::read(&self.spec, printer)?;
        let stack = flow::stack(&loaded)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        flow::bend(&world, &loaded, &stack, &self.sandbox_bend)?;
        let (told, me) = (Cell::new(Exit::Done), &self);
        let mut look = async || {
            let worst = me.tell(&world, &loaded, &stack, &mut webhook, printer).await?;
            told.set(if worst == Level::Critical { Exit::Changes } else { Exit::Done });
            Ok::<_, Failure>(())
        };
        if !self.watch {
            look().await?;
            return Ok(told.get());
        }
        let looks = async {
            loop {
                look().await?;
                world.policy().dwell("the next look", self.interval).await?;
            }
        };
        // Whoever has seen the first look may end it.
        tokio::select! {
            biased;
            stopped = tokio::signal::ctrl_c() => Ok(stopped.map(|()| told.get())?),
            ended = looks => ended,
        }
    }

    /// Tells it once, and how bad the worst of it is.
    async fn tell(
        &self,
        world: &Backend,
        loaded: &Loaded,
        stack: &Stack,
        webhook: &mut Option<Webhook>,
        printer: &Printer,
    ) -> Result<Level, Failure> {
        let (name, terms) = (&stack.name, flow::terms(&self.cloud));
        let (reading, folder) = (world.read_only(), history::folder(name));
        let (notes, past) = tokio::try_join!(reading.notes(name), reading.notes(&folder))?;
        let runs = history::read(name, &past);
        let Seen { snapshot, .. } = flow::look(reading, &mut stack.clone(), loaded).await?;
        let ask = async |live| world.health(live).await.map(|signs| (live, signs));
        let told = try_join_all(snapshot.live.values().flatten().map(ask)).await.map_err(|e| Failure::looking(loaded, e))?;
        let alarms = reading.alarms(name).await.map_err(|e| Failure::looking(loaded, e))?;
        if let (Some(webhook), Backend::Sandbox(sandbox)) = (webhook, world) {
            webhook.tell(sandbox, name, &alarms).await?;
        }
        let told = Told::new(stack, told, &alarms);
        let (now, last) = ((terms.clock)(), newest(name, &notes).and_then(|(_, lease)| lease));
        let (stands, intent) = (standing(name, &notes, &terms), intent::read(name, &notes));
        let strays: Vec<String> = strays(name, &notes).cloned().collect();
        if self.json {
            let mut document = status::json(name, &stands, last.as_ref(), &intent);
            document["health"] = told.json();
            document["deployed"] = serde_json::json!(status::deployed(&runs));
            printer.document(&format!("{document:#}\n"));
            return Ok(told.level());
        }
        if self.watch && std::io::stdout().is_terminal() {
            printer.script(CLEAR);
        }
        let run = status::text(name, &stands, last.as_ref(), &intent, now) + &status::last(&runs, now) + &status::strays(&strays);
        printer.result(&format!("{}\n{run}", told.text(name, printer.style)));
        Ok(told.level())
    }
}
