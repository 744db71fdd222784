//! `infra apply`.
use std::path::{Path, PathBuf};

use clap::Args;

use super::args::{CloudArgs, ForgeArgs, RunArgs, SelectArgs, SpecArgs, VerifyArgs};
use super::change;
use super::comment_publisher::{CommentPublisher, MEANWHILE};
use super::failure::Failure;
use super::flow::{self, Choice};
use super::printer::Printer;
use super::runner::RunContext;
use super::saved;
use crate::diag::Exit;
use crate::plan::Saved;

/// Shows the plan, asks, and makes the live environment what the spec says. Any failure takes everything back.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra apply --file infra.yaml\n  infra apply p.infraplan\n\nExit codes: 0 applied, 3 failed and rolled back; all of them: `infra explain exit-codes`"
)]
pub struct Apply {
    /// A plan that `infra plan --out FILE` kept, with the spec in it: applied as it was approved, or refused when what it was made from has moved
    #[arg(value_name = "PLAN", conflicts_with_all = ["target", "exclude", "recover"])]
    plan: Option<PathBuf>,
    /// Only if the saved plan has this digest: the one that was approved, with what it allows to be lost
    #[arg(long, value_name = "DIGEST", env = "INFRA_DIGEST", requires = "plan")]
    digest: Option<String>,
    #[command(flatten)]
    verify: VerifyArgs,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    how: RunArgs,
    /// How the sandbox fares: `compute.app.errors=8%`; may be repeated
    #[arg(long, value_name = "WHAT=VALUE", env = "INFRA_SANDBOX_BEND", value_delimiter = ',')]
    sandbox_bend: Vec<String>,
    /// Take an unfinished run back first, if there is one
    #[arg(long, env = "INFRA_RECOVER")]
    recover: bool,
    /// Tell how far it has come in the stack's comment, as `infra comment` writes it
    #[arg(long, env = "INFRA_COMMENT", requires = "plan")]
    comment: bool,
    #[command(flatten)]
    forge: ForgeArgs,
}

type Kept<'k> = Option<(Saved, &'k Path)>;

impl Apply {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        if self.how.json {
            printer.stream();
        }
        printer.verbose(self.how.verbose);
        let read = |file| saved::read(file, &self.verify).map(|(kept, _)| (kept, file));
        let mut kept = self.plan.as_deref().map(read).transpose()?;
        if let Some((kept, _)) = &mut kept {
            saved::permit(kept, &self.select.allowed(), self.digest.is_some(), printer);
        }
        let published = kept.as_ref().filter(|_| self.comment);
        let publisher = published.map(|(kept, _)| CommentPublisher::open(kept, &self.forge, self.how.show_env, MEANWHILE, printer));
        let result = self.carry_out(&kept, publisher.as_ref(), printer).await;
        if let Some(publisher) = &publisher {
            publisher.unless_ended(&result).await;
        }
        result
    }

    async fn carry_out(&self, kept: &Kept<'_>, publisher: Option<&CommentPublisher<'_>>, printer: &Printer) -> Result<Exit, Failure> {
        if let (Some((kept, file)), Some(digest)) = (kept, &self.digest)
            && kept.plan.digest != *digest
        {
            return Err(Failure::unusable(file, format!("its digest is {}, and {digest} was approved", kept.plan.digest)));
        }
        let (loaded, mut stack) = match kept {
            Some((kept, file)) => {
                saved::bind(kept, file, self.spec.given(), printer)?;
                saved::load(kept, file, printer)?
            }
            None => {
                let loaded = flow::judge(&self.spec, printer)?;
                let stack = flow::stack(&loaded)?;
                (loaded, stack)
            }
        };
        let world = flow::world(&self.cloud, &loaded).await?;
        flow::bend(&world, &loaded, &stack, &self.sandbox_bend)?;
        let context = RunContext { world: &world, cloud: &self.cloud, how: &self.how, printer, publisher };
        let exit = match kept {
            Some((kept, file)) => saved::apply(&context, &loaded, &stack, kept, file).await?,
            None => change::from_spec(&context, &loaded, &stack, &Choice::from(&self.select), self.recover, "apply").await?,
        };
        if exit == Exit::Done && !stack.outputs.is_empty() {
            let snapshot = flow::look(world.read_only(), &mut stack, &loaded).await?.snapshot;
            match self.how.json {
                true => printer.document(&super::output::stream(&stack, &snapshot)),
                false => printer.result(&super::output::lines(&stack, &snapshot)),
            }
        }
        Ok(exit)
    }
}
