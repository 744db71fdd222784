//! `infra unlock`.
use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::lease::{Holder, Standing, newest, standing, unlock};
use crate::diag::Exit;
use crate::render::{status, values};
use crate::run::intent;

/// Takes the lease of a stack from its holder. A holder that lives stops at its next sign of life, and sends nothing more; one that says nothing
/// new for a while (1 min 45 s on AWS) is dead. Its run can then be recovered.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra unlock\n  infra unlock --holder 'ana@laptop (process 4711)'")]
pub struct Unlock {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Who holds it, exactly as `infra status` says (`unreadable` where it can't be read); instead of being asked
    #[arg(long, value_name = "HOLDER", env = "INFRA_HOLDER")]
    holder: Option<String>,
}

impl Unlock {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let (stack, terms) = (loaded.spec.stack.to_string(), flow::terms(&self.cloud));
        let notes = world.read_only().notes(&stack).await?;
        let stands = standing(&stack, &notes, &terms);
        let holder = match &stands {
            Standing::Free => {
                printer.say(&format!("Nobody holds the lease of {stack}."));
                return Ok(Exit::Done);
            }
            Standing::Alive(lease) | Standing::Silent(lease) | Standing::Dead(lease) => lease.holder.to_string(),
            Standing::Unreadable => "unreadable".into(),
        };
        let last = newest(&stack, &notes).and_then(|(_, lease)| lease);
        let stands_text = status::text(&stack, &stands, last.as_ref(), &intent::read(&stack, &notes), (terms.clock)());
        match &self.holder {
            Some(named) if *named == holder => {}
            Some(named) => return Err(Failure::holder(named, &holder)),
            None if !printer.interactive => return Err(Failure::unconfirmed(&holder)),
            None => {
                printer.say(stands_text.trim_end());
                if printer.ask(&format!("Take the lease from {holder}? Only `yes` does: ")) != "yes" {
                    printer.say("Nothing was changed.");
                    return Ok(Exit::Error);
                }
            }
        }
        if !matches!(stands, Standing::Dead(_)) {
            let time = values::seconds(terms.expiry().as_secs());
            printer.say(&format!("{holder} is told to let go; if it says nothing new for {time}, it is dead."));
        }
        unlock(&world, &stack, &Holder::me(), &terms).await?;
        printer.say(&format!("The lease of {stack} is free. If a run was cut off, `infra recover` brings it to its end."));
        Ok(Exit::Done)
    }
}
