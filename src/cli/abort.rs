//! `infra abort`.
use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::complete;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use super::wish;
use crate::cloud::lease::{Wish, ask, until_over};
use crate::diag::Exit;
use crate::render::{status, words};
use crate::run::history::{folder, read};
use crate::run::journal::Ending;

/// Tells the run of a stack, on whatever machine it is, to start nothing new and to take everything back; and waits until it has. A run that stands in a gate leads all
/// requests to the old instances at once. It hears of it at its next sign of life, within ten seconds on AWS.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 it was taken back, or nothing runs; 1 it came too late, or nobody heard it; 4 the run is stuck.\n\nExample:\n  infra abort\n  infra abort --run 6922f3a01c9e"
)]
pub struct Abort {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Only if it is this run
    #[arg(long, value_name = "RUN", env = "INFRA_RUN", add = complete::runs())]
    run: Option<String>,
    /// Don't wait until the run has ended
    #[arg(long, env = "INFRA_NO_WAIT")]
    no_wait: bool,
}

impl Abort {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let (stack, terms) = (loaded.spec.stack.to_string(), flow::terms(&self.cloud));
        let Some((number, lease)) = wish::holder(&world, &stack, &terms, self.run.as_deref()).await? else {
            printer.say(&format!("Nothing runs on {stack}."));
            return Ok(Exit::Done);
        };
        ask(&world, &stack, number, &Wish::Abort(wish::asker())).await?;
        printer.say(&status::told(&lease));
        if self.no_wait {
            return Ok(Exit::Done);
        }
        let ended = match until_over(&world, &stack, number, &terms).await? {
            Some(ended) => Some(ended),
            // Another has taken its place by now; the history knows.
            None => {
                let lines = read(&stack, &world.read_only().notes(&folder(&stack)).await?);
                lines.into_iter().rfind(|line| Some(&line.run) == lease.run.as_ref()).map(|line| line.ended)
            }
        };
        let said = ended.as_deref().unwrap_or("nobody has noted how");
        printer.say(&status::over(&lease, said));
        Ok(match said {
            said if [Ending::Applied, Ending::Leftovers].map(words::ending).contains(&said) => Exit::Error,
            "stuck" | "stopped on the way" => Exit::Stuck,
            _ => Exit::Done,
        })
    }
}
