//! Arguments that are none: what is said of them, for people or for programs.
use clap::ArgMatches;

use super::failure::Failure;
use super::printer::{self, ColorWhen, Printer, ProgressAs};
use crate::diag::{Code, Exit, Finding};

/// Commands that write a stream.
const STREAMS: &[&str] = &["apply", "destroy", "plan", "recover"];

/// Whether a command's result is asked for as JSON, by `--json`, by `--format json`, or by the variables of these.
pub fn asks_for_json(given: &ArgMatches) -> bool {
    let json = given.try_get_one::<bool>("json").is_ok_and(|asked| asked.is_some_and(|json| *json));
    let format = given.try_get_raw("format").ok().flatten();
    json || format.is_some_and(|mut words| words.any(|word| word.to_string_lossy().ends_with("json")))
}

/// Writes what was asked for instead of a command (help, a version), or why the arguments are none. How the process ends: as any other refusal does, for 2
/// says that there is something to look at.
pub fn told(e: &clap::Error) -> Exit {
    if !e.use_stderr() {
        e.print().unwrap_or_else(|why| printer::quit(&why));
        return Exit::Done;
    }
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word == "--json") || std::env::var("INFRA_JSON").is_ok_and(|json| json == "true") {
        let printer = Printer::detect(ColorWhen::Auto, ProgressAs::Auto);
        match words.iter().any(|word| STREAMS.contains(&word.as_str())) {
            true => printer.stream(),
            false => printer.programs(),
        }
        printer.failure(&Failure::from(finding(&e.to_string())));
    } else {
        e.print().unwrap_or_else(|why| printer::quit(&why));
    }
    Exit::Error
}

/// What clap says, as a finding.
fn finding(text: &str) -> Finding {
    let (what, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let what = what.strip_prefix("error: ").unwrap_or(what).split_whitespace().collect::<Vec<_>>().join(" ");
    let line = |start: &str| rest.lines().find_map(|line| line.trim_start().strip_prefix(start)).map(str::trim);
    let command: Vec<&str> =
        line("Usage: ").unwrap_or("infra").split(' ').take_while(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-')).collect();
    let command = command.into_iter().filter(|word| !word.starts_with('-')).collect::<Vec<_>>().join(" ");
    let help = format!("`{command} --help` shows what it takes");
    let remedy = line("tip: ").map(|tip| format!("{tip}; {help}")).unwrap_or(help);
    Finding::error(Code::Usage, what, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentence, the tip, and the command whose help tells more.
    #[test]
    fn what_clap_says_is_a_finding() {
        let unknown = "error: unexpected argument '--fil' found\n\n  tip: a similar argument exists: '--file'\n\nUsage: infra plan --file <FILE>\n\nFor more information, try '--help'.\n";
        let found = finding(unknown);
        assert_eq!(found.message, "unexpected argument '--fil' found");
        assert_eq!(found.help, "a similar argument exists: '--file'; `infra plan --help` shows what it takes");
        let missing = "error: the following required arguments were not provided:\n  <PLAN>\n\nUsage: infra show <PLAN>\n";
        let found = finding(missing);
        assert_eq!(found.message, "the following required arguments were not provided: <PLAN>");
        assert_eq!(found.help, "`infra show --help` shows what it takes");
    }
}
