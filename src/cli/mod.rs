//! One file per command, each a few lines that wire the flow together.
mod abort;
mod alerts;
mod apply;
mod approve;
mod args;
mod change;
mod claim;
mod comment;
mod comment_publisher;
mod complete;
mod completions;
mod destroy;
mod drift;
mod explain;
mod failure;
mod flow;
mod history;
mod iam_policy;
mod init;
mod kubeconfig;
mod logs;
mod lsp;
mod output;
mod plan;
mod preflight;
mod printer;
mod recover;
mod runner;
mod saved;
mod schema;
mod show;
mod signals;
mod status;
mod token;
mod unlock;
mod usage;
mod validate;
mod version;
mod watch;
mod wish;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::diag::Exit;
use failure::Failure;
use printer::{ColorWhen, Printer, ProgressAs};

pub use usage::told;

/// Infrastructure as code without a state file: plans against the live cloud, applies with a rollback.
#[derive(Debug, Parser)]
#[command(name = "infra", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// Colour: auto, always, never (also `NO_COLOR`, `FORCE_COLOR`)
    #[arg(long, global = true, value_name = "WHEN", env = "INFRA_COLOR", value_enum, default_value_t, hide_possible_values = true)]
    color: ColorWhen,
    /// Progress: auto (bars on a terminal), plain (a line an event)
    #[arg(long, global = true, value_name = "HOW", env = "INFRA_PROGRESS", value_enum, default_value_t, hide_possible_values = true)]
    progress: ProgressAs,
    #[command(subcommand)]
    command: Command,
    /// What disarms a question or a guard, and was set by the environment.
    #[arg(skip)]
    disarmed: Vec<String>,
    /// Whether the result is asked for as JSON.
    #[arg(skip)]
    json: bool,
}

/// Arguments that disarm a question or a guard: their names here, their flags and their variables.
const DISARMING: &[(&str, &str, &str)] = &[
    ("allow_data_loss", "--allow-data-loss", "INFRA_ALLOW_DATA_LOSS"),
    ("auto_approve", "--auto-approve", "INFRA_AUTO_APPROVE"),
    ("ignore_expiry", "--ignore-expiry", "INFRA_IGNORE_EXPIRY"),
];

/// Answers a shell that asks for completions (`COMPLETE` is set), and ends the process then.
pub fn answer() {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
}

impl Cli {
    /// The arguments of this process.
    ///
    /// # Errors
    /// What is asked for instead of a command (help, a version), or why the arguments are none.
    pub fn of_process() -> Result<Cli, clap::Error> {
        let matches = Cli::command().try_get_matches()?;
        let given = matches.subcommand().map(|(_, given)| given);
        let (disarmed, json) = (given.map(disarmed).unwrap_or_default(), given.is_some_and(usage::asks_for_json));
        Ok(Cli { disarmed, json, ..Cli::from_arg_matches(&matches)? })
    }
}

/// What of the arguments disarms and was set by the environment: whoever reads a log sees that nobody asked for it this time.
fn disarmed(given: &ArgMatches) -> Vec<String> {
    let set = |name: &str| {
        let there = given.ids().any(|id| id == name) && given.value_source(name) == Some(ValueSource::EnvVariable);
        there && !matches!(given.try_get_one::<bool>(name), Ok(Some(false)))
    };
    let said = |(_, flag, var): &(&str, &str, &str)| format!("{flag} comes from the environment, by {var}.");
    DISARMING.iter().filter(|(name, ..)| set(name)).map(said).collect()
}

const EXAMPLES: &str = "Example:\n  infra init\n  infra plan --cloud sandbox\n\n`infra COMMAND --help` shows an example of each command, `infra explain` is the manual.";

/// What can be done.
#[derive(Debug, Subcommand)]
enum Command {
    /// Tell a run to take everything back, from any machine
    Abort(abort::Abort),
    /// List the alarms, which of them fire, since when and why
    Alerts(alerts::Alerts),
    /// Make the live environment what the spec says
    Apply(apply::Apply),
    /// Let a deployment go on behind a step that waits for it, from any machine
    Approve(approve::Approve),
    /// Write a saved plan as a comment on its pull or merge request
    Comment(comment::Comment),
    /// Print the script by which a shell completes words
    Completions(completions::Completions),
    /// Delete everything that the stack owns
    Destroy(destroy::Destroy),
    /// Tell what is no longer as the spec says, and who changed it; changes nothing
    Drift(drift::Drift),
    /// Explain a section or a field of the spec
    Explain(explain::Explain),
    /// List the runs of a stack, or tell the story of one
    History(history::History),
    /// Print the least IAM policy that the spec needs; needs no network
    IamPolicy(iam_policy::IamPolicy),
    /// Write a first spec; asks for what it needs to know
    Init(init::Init),
    /// Print a configuration for clients of the Kubernetes cluster
    Kubeconfig(kubeconfig::Kubeconfig),
    /// Print what the instances of an entry wrote
    Logs(logs::Logs),
    /// Tell an editor what is wrong with the spec while one types
    Lsp(lsp::Lsp),
    /// Print the outputs of the live environment
    Output(output::Output),
    /// Show what apply would do; changes nothing
    Plan(plan::Plan),
    /// Bring a run that stopped on its way to its end, from any machine
    Recover(recover::Recover),
    /// Print the JSON Schema of the spec, of a layer or of a plan
    Schema(schema::Schema),
    /// Show a saved plan; needs no network
    Show(show::Show),
    /// Tell how the environment fares, and whether a run goes on
    Status(status::Status),
    /// Print a token for a Kubernetes cluster; needs no network
    Token(token::Token),
    /// Take the lease of a stack from its holder
    Unlock(unlock::Unlock),
    /// Check the spec; needs no network
    Validate(validate::Validate),
    /// Print the version
    Version(version::Version),
}

/// Runs one command to its end.
pub fn run(cli: Cli) -> Exit {
    let printer = Printer::detect(cli.color, cli.progress);
    if cli.json {
        printer.programs();
    }
    cli.disarmed.iter().for_each(|line| printer.say(line));
    let result = match cli.command {
        Command::Abort(c) => block_on(c.run(&printer)),
        Command::Alerts(c) => block_on(c.run(&printer)),
        Command::Apply(c) => block_on(c.run(&printer)),
        Command::Approve(c) => block_on(c.run(&printer)),
        Command::Comment(c) => block_on(c.run(&printer)),
        Command::Completions(c) => c.run(&printer),
        Command::Destroy(c) => block_on(c.run(&printer)),
        Command::Drift(c) => block_on(c.run(&printer)),
        Command::Explain(c) => c.run(&printer),
        Command::History(c) => block_on(c.run(&printer)),
        Command::IamPolicy(c) => c.run(&printer),
        Command::Init(c) => c.run(&printer),
        Command::Kubeconfig(c) => block_on(c.run(&printer)),
        Command::Logs(c) => block_on(c.run(&printer)),
        Command::Lsp(c) => c.run(&printer),
        Command::Output(c) => block_on(c.run(&printer)),
        Command::Plan(c) => block_on(c.run(&printer)),
        Command::Recover(c) => block_on(c.run(&printer)),
        Command::Schema(c) => c.run(&printer),
        Command::Show(c) => c.run(&printer),
        Command::Status(c) => block_on(c.run(&printer)),
        Command::Token(c) => block_on(c.run(&printer)),
        Command::Unlock(c) => block_on(c.run(&printer)),
        Command::Validate(c) => c.run(&printer),
        Command::Version(c) => c.run(&printer),
    };
    result.unwrap_or_else(|failure| {
        printer.failure(&failure);
        failure.exit()
    })
}

/// One thread drives everything.
fn block_on(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}
