//! `infra explain`.
use clap::Args;
use serde_json::{Value, json};

use super::complete;
use super::failure::Failure;
use super::printer::Printer;
use crate::diag::{Code, Exit, Finding};
use crate::render::topics::{self, PAGES, Page};
use crate::render::wrap::hang;
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
            printer.document(&format!("{:#}\n", document(topic)?));
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
        let line = |page: &Page| hang(&format!("{:width$}  {}\n", page.name, page.about()), printer.columns(), width + 2);
        return Ok(PAGES.iter().map(line).collect());
    }
    if let Some(text) = topics::code(topic) {
        return Ok(shown(&text));
    }
    let guide = Page::named(topic).map(|page| match topic {
        "references" => shown(&format!("{}{}", page.text, explain::references())),
        _ => shown(page.text),
    });
    match (guide, explain::explain(topic).map(|fields| hang(&fields, printer.columns(), 0))) {
        (Some(guide), Ok(fields)) => Ok(format!("{guide}\n{fields}")),
        (Some(guide), Err(_)) => Ok(guide),
        (None, Ok(fields)) => Ok(fields),
        (None, Err(finding)) => Err(unknown(topic, finding).into()),
    }
}

/// The same for programs: of a page its Markdown, of a section or a field what it holds, of a page that is called as a section both.
fn document(topic: &str) -> Result<Value, Failure> {
    let about = |page: &Page| json!({"topic": page.name, "about": page.about()});
    if topic == "topics" {
        return Ok(PAGES.iter().map(about).collect());
    }
    if let Some(text) = topics::code(topic) {
        return Ok(json!({"topic": topic, "markdown": text}));
    }
    let fields = explain::document(topic);
    let Some(page) = Page::named(topic) else { return fields.map_err(|finding| unknown(topic, finding).into()) };
    let mut whole = fields.unwrap_or_else(|_| about(page));
    whole["markdown"] = page.text.into();
    Ok(whole)
}

/// That there is no such topic, with one of a name like it, where there is one.
fn unknown(topic: &str, finding: Finding) -> Finding {
    let codes = Code::ALL.iter().map(|code| code.text());
    let near = nearest(topic, PAGES.iter().map(|page| page.name).chain(codes)).map(|near| format!("did you mean `{near}`?"));
    if near.is_none() && topic.contains('.') {
        return finding;
    }
    let help = format!("{} `infra explain topics` lists the topics", near.unwrap_or(finding.help + ";"));
    Finding::error(Code::UnknownTopic, finding.message, help)
}
