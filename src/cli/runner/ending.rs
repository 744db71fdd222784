//! The end of a run: its journal is ended, its notes go, the history has a line more, the lease is let go.
use super::super::watch::Watch;
use super::RunContext;
use crate::cloud::Backend;
use crate::cloud::lease::Keeper;
use crate::render::words;
use crate::run::journal::{Ending, Header};
use crate::run::{Outcome, history, intent};

impl<'w> RunContext<'w> {
    /// Removes the notes of a run that is over, and releases the lease.
    pub(super) async fn close(&self, keeper: Keeper<'w, Backend>, header: &Header, watch: &mut Watch<'_>, outcome: &Outcome, seconds: u64) {
        let how = Ending::of(outcome);
        if let Some(how) = how {
            if let Err(e) = watch.journal.end(how) {
                self.printer.say(&format!("The end of the run could not be written into {}: {e}", watch.journal.path.display()));
            }
            if let Err(e) = intent::clear(self.world, &header.stack, &header.run).await {
                self.printer.say(&format!("The notes of the run could not be removed: {e}. `infra recover` removes them."));
            }
        }
        if how == Some(Ending::Applied)
            && let Err(e) = self.world.leave(&header.stack).await
        {
            self.printer.say(&format!("A zone that the stack no longer uses is still noted: {e}. The next apply looks again."));
        }
        self.record(&keeper, header, words::outcome(outcome), seconds).await;
        match (how, header.command.as_str()) {
            (Some(Ending::Applied), "destroy") => {
                self.report_release(keeper.vanish(words::outcome(outcome), 0).await);
                let stack = &header.stack;
                let stays = "its identity, the last lease, and the history of runs (`infra history`)";
                self.printer.say(&format!("What stays are a few notes below {stack}/: {stays}."));
            }
            _ => self.release(keeper, words::outcome(outcome), watch.standing.len()).await,
        }
    }

    /// Adds a line to the stack's history, unless the lease is another's by now.
    pub async fn record(&self, keeper: &Keeper<'w, Backend>, header: &Header, ended: &str, seconds: u64) {
        if !keeper.holds().await {
            return;
        }
        let (run, stack, command, digest) = (&header.run, &header.stack, &header.command, &header.plan.digest);
        let line = history::Line {
            run: run.clone(),
            stack: stack.clone(),
            command: command.clone(),
            holder: keeper.lease.holder.to_string(),
            job: keeper.lease.holder.job.clone(),
            commit: history::commit(),
            digest: digest.clone(),
            started: header.started,
            seconds,
            counts: header.plan.counts(),
            ended: ended.into(),
        };
        if let Err(e) = history::add(self.world, line).await {
            self.printer.say(&format!("The run could not be added to the history of {stack}: {e}"));
        }
    }
}
