//! What apply and destroy do: a plan, its approval, the lease, and the run.
use super::failure::Failure;
use super::flow::{self, Choice};
use super::recover;
use super::runner::RunContext;
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
    context: &RunContext<'_>,
    loaded: &Loaded,
    stack: &Stack,
    choice: &Choice,
    recover_first: bool,
    command: &str,
) -> Result<Exit, Failure> {
    loop {
        let mut shown = None;
        if !context.how.auto_approve {
            let plan = look_and_plan(context, loaded, stack, choice).await?;
            context.show_plan(&plan, command);
            if plan.is_empty() {
                return Ok(Exit::Done);
            }
            if !context.confirm(command).await? {
                return Ok(Exit::Error);
            }
            shown = Some(plan.digest);
        }
        let Some(mut keeper) = context.lease(&stack.name, command).await? else { return Ok(Exit::Leased) };
        match keeper.during(Box::pin(prepare(context, loaded, stack, choice, shown.as_deref()))).await {
            Ok(Found::Ready(plan)) if plan.is_empty() => {
                context.show_plan(&plan, command);
                context.release(keeper, "nothing to do", 0).await;
                return Ok(Exit::Done);
            }
            Ok(Found::Ready(plan)) => {
                if shown.is_none() {
                    context.show_plan(&plan, command);
                }
                return context.begin(keeper, plan, command, &loaded.digest).await;
            }
            Ok(Found::Moved) => {
                context.release(keeper, "nothing done", 0).await;
                context.printer.say("Something has changed since the plan was shown. Here it is again.");
            }
            Ok(Found::Unfinished(intent)) => {
                let mut keeper = Some(keeper);
                if !recover_first {
                    // Nobody waits for a person while they think.
                    if let Some(keeper) = keeper.take() {
                        context.release(keeper, "nothing done", 0).await;
                    }
                    context.printer.failure(&Failure::unfinished(&stack.name, &intent));
                    if !context.printer.interactive || context.printer.ask("Take it back first? Only `yes` does: ") != "yes" {
                        return Ok(Exit::Error);
                    }
                    keeper = context.lease(&stack.name, command).await?;
                }
                let Some(keeper) = keeper else { return Ok(Exit::Leased) };
                let exit = Box::pin(recover::back(context, keeper, &stack.name)).await?;
                if exit != Exit::Done {
                    return Ok(exit);
                }
            }
            Err(failure) => {
                context.release(keeper, "nothing done", 0).await;
                return Err(failure);
            }
        }
    }
}

async fn prepare(context: &RunContext<'_>, loaded: &Loaded, stack: &Stack, choice: &Choice, shown: Option<&str>) -> Result<Found, Failure> {
    let notes = context.world.read_only().notes(&stack.name).await?;
    if let Some(intent) = intent::read(&stack.name, &notes) {
        return Ok(Found::Unfinished(intent));
    }
    let plan = look_and_plan(context, loaded, stack, choice).await?;
    Ok(if shown.is_some_and(|digest| digest != plan.digest) { Found::Moved } else { Found::Ready(plan) })
}

async fn look_and_plan(context: &RunContext<'_>, loaded: &Loaded, stack: &Stack, choice: &Choice) -> Result<Plan, Failure> {
    let mut stack = stack.clone();
    let mut snapshot = flow::look(context.world.read_only(), &mut stack, loaded).await?;
    flow::gates(context.world.read_only(), &stack, &snapshot, loaded, context.printer).await?;
    flow::decide(&mut stack, &mut snapshot, choice, loaded, context.printer)
}
