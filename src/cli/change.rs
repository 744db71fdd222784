//! What apply and destroy do: a plan, its approval, the lease, and the run.
use super::carry::Work;
use super::failure::Failure;
use super::flow::{self, Choice};
use super::recover;
use crate::diag::Exit;
use crate::plan::Plan;
use crate::run::intent::{self, Intent};
use crate::spec::Loaded;
use crate::stack::Stack;

/// What is found once the lease is held.
enum Found {
    Ready(Plan),
    /// Something is live that wasn't when the plan was shown.
    Moved,
    /// An earlier run is not over.
    Unfinished(Intent),
}

/// Makes the live environment what `stack` says.
pub async fn change(
    work: &Work<'_>,
    loaded: &Loaded,
    stack: &Stack,
    choice: &Choice,
    recover_first: bool,
    command: &str,
) -> Result<Exit, Failure> {
    loop {
        let mut shown = None;
        if !work.how.auto_approve {
            let plan = look_and_plan(work, loaded, stack, choice).await?;
            work.show(&plan, command);
            if plan.is_empty() {
                return Ok(Exit::Done);
            }
            if !work.approved(command).await? {
                return Ok(Exit::Error);
            }
            shown = Some(plan.digest);
        }
        let Some(mut keeper) = work.lease(&stack.name, command).await? else { return Ok(Exit::Leased) };
        match keeper.during(Box::pin(prepare(work, loaded, stack, choice, shown.as_deref()))).await {
            Ok(Found::Ready(plan)) if plan.is_empty() => {
                work.show(&plan, command);
                work.let_go(keeper, "nothing to do", 0).await;
                return Ok(Exit::Done);
            }
            Ok(Found::Ready(plan)) => {
                if shown.is_none() {
                    work.show(&plan, command);
                }
                return work.begin(keeper, plan, command, &loaded.digest).await;
            }
            Ok(Found::Moved) => {
                work.let_go(keeper, "nothing done", 0).await;
                work.printer.say("Something has changed since the plan was shown. Here it is again.");
            }
            Ok(Found::Unfinished(intent)) => {
                let mut keeper = Some(keeper);
                if !recover_first {
                    // Nobody waits for a person while they think.
                    if let Some(keeper) = keeper.take() {
                        work.let_go(keeper, "nothing done", 0).await;
                    }
                    work.printer.failure(&Failure::unfinished(&stack.name, &intent));
                    if !work.printer.interactive || work.printer.ask("Take it back first? Only `yes` does: ") != "yes" {
                        return Ok(Exit::Error);
                    }
                    keeper = work.lease(&stack.name, command).await?;
                }
                let Some(keeper) = keeper else { return Ok(Exit::Leased) };
                let exit = Box::pin(recover::back(work, keeper, &stack.name)).await?;
                if exit != Exit::Done {
                    return Ok(exit);
                }
            }
            Err(failure) => {
                work.let_go(keeper, "nothing done", 0).await;
                return Err(failure);
            }
        }
    }
}

async fn prepare(work: &Work<'_>, loaded: &Loaded, stack: &Stack, choice: &Choice, shown: Option<&str>) -> Result<Found, Failure> {
    let notes = work.world.read_only().notes(&stack.name).await?;
    if let Some(intent) = intent::read(&stack.name, &notes) {
        return Ok(Found::Unfinished(intent));
    }
    let plan = look_and_plan(work, loaded, stack, choice).await?;
    Ok(if shown.is_some_and(|digest| digest != plan.digest) { Found::Moved } else { Found::Ready(plan) })
}

async fn look_and_plan(work: &Work<'_>, loaded: &Loaded, stack: &Stack, choice: &Choice) -> Result<Plan, Failure> {
    let mut stack = stack.clone();
    let mut snapshot = flow::look(work.world.read_only(), &mut stack, loaded).await?;
    flow::limits(work.world.read_only(), &stack, &snapshot, loaded, work.printer).await?;
    flow::decide(&mut stack, &mut snapshot, choice, loaded, work.printer)
}
