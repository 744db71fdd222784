//! `infra explain`.
use clap::Args;

use super::complete;
use super::failure::Failure;
use super::printer::Printer;
use crate::diag::{Code, Exit, Finding};
use crate::render::topics::{self, PAGES, Page};
use crate::spec::explain;
use crate::spec::suggest::nearest;

/// Explains a section of the spec or a field of one: what it means, its type, unit and default. And topics such as `rollback` or `ci`, and codes of findings.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra explain compute.app.health_check\n  infra explain database --recursive\n  infra explain rollback\n  infra explain infra::spec::risk"
)]
pub struct Explain {
    /// `stack`, a section, a path such as `compute.health_check.interval`, a topic, the code of a finding; `topics` lists the topics
    #[arg(default_value = "stack", add = complete::topics())]
    topic: String,
    /// Print the defaults as YAML instead
    #[arg(long, env = "INFRA_DEFAULTS", conflicts_with_all = ["recursive", "json"])]
    defaults: bool,
    /// Print all fields below it, a line each
    #[arg(long, env = "INFRA_RECURSIVE", conflicts_with = "json")]
    recursive: bool,
    /// Print JSON
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl Explain {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let topic = self.topic.as_str();
        if self.defaults {
            printer.result(&explain::defaults(topic)?);
        } else if self.recursive {
            printer.result(&explain::tree(topic)?);
        } else if self.json {
            printer.document(&format!("{:#}\n", explain::document(topic)?));
        } else {
            printer.result(&page(topic, printer)?);
        }
        Ok(Exit::Done)
    }
}

fn page(topic: &str, printer: &Printer) -> Result<String, Failure> {
    let shown = |markdown: &str| topics::text(markdown, printer.columns(), printer.style);
    if topic == "topics" {
        let width = PAGES.iter().map(|page| page.name.len()).max().unwrap_or_default();
        return Ok(PAGES.iter().map(|page| format!("{:width$}  {}\n", page.name, page.about())).collect());
    }
    if let Some(text) = topics::code(topic) {
        return Ok(shown(&text));
    }
    let guide = Page::named(topic).map(|page| shown(page.text));
    match (guide, explain::explain(topic)) {
        (Some(guide), Ok(fields)) => Ok(format!("{guide}\n{fields}")),
        (Some(guide), Err(_)) => Ok(guide),
        (None, Ok(fields)) => Ok(fields),
        (None, Err(finding)) => Err(finding_of(topic).unwrap_or(finding).into()),
    }
}

/// That there is no such topic, where one of a name like it is.
fn finding_of(topic: &str) -> Option<Finding> {
    let codes = Code::ALL.iter().map(|code| code.text());
    let near = nearest(topic, PAGES.iter().map(|page| page.name).chain(codes))?;
    let help = format!("did you mean `{near}`? `infra explain topics` lists the topics");
    Some(Finding::error(Code::UnknownTopic, format!("there is nothing called `{topic}`"), help))
}
