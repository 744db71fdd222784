//! `infra output`.
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::args::{CloudArgs, SpecArgs};
use super::complete;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::Exit;
use crate::kinds::Links;
use crate::observe::Snapshot;
use crate::render::stream;
use crate::stack::Stack;
use crate::visible::visible;

/// Prints the spec's outputs, read from the live environment. Without --json, control characters and what a CI system would take for a command are told
/// by their numbers.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra output url")]
pub struct Output {
    /// Only this one, and nothing but its value
    #[arg(add = complete::outputs())]
    name: Option<String>,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Print as JSON, exactly as it is: the object of all, or the one string
    #[arg(long, env = "INFRA_JSON", conflicts_with = "format")]
    json: bool,
    /// `env` prints assignments for a shell: `URL='https://…'`
    #[arg(long, value_name = "FORMAT", env = "INFRA_FORMAT", value_enum, conflicts_with = "name")]
    format: Option<OutputFormat>,
}

/// Formats of outputs beside lines and JSON. Its variants have no doc comments: clap would print each on a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Env,
}

impl Output {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let mut stack = flow::stack(&loaded)?;
        if let Some(name) = self.name.as_ref().filter(|n| !stack.outputs.contains_key(*n)) {
            return Err(Failure::no_output(name, stack.outputs.keys()));
        }
        let world = flow::world(&self.cloud, &loaded).await?;
        let snapshot = flow::look(world.read_only(), &mut stack, &loaded).await?.snapshot;
        let values = values(&stack, &snapshot);
        match &self.name {
            Some(name) if values[name].is_null() => return Err(Failure::unknown_output(name)),
            Some(name) if !self.json => printer.result(&format!("{}\n", visible(values[name].as_str().unwrap_or_default()))),
            Some(name) => printer.document(&format!("{}\n", values[name])),
            None if self.format == Some(OutputFormat::Env) => printer.document(&assignments(&values)),
            None if self.json => printer.document(&format!("{:#}\n", Value::Object(values))),
            None => printer.result(&lines(&stack, &snapshot)),
        }
        Ok(Exit::Done)
    }
}

/// Every output; null as long as what it names doesn't exist.
fn values(stack: &Stack, snapshot: &Snapshot) -> Map<String, Value> {
    let first = |(a, g): (&crate::kinds::Address, &Vec<crate::kinds::Live>)| g.first().map(|l| (a.clone(), l.clone()));
    let links = Links(snapshot.live.iter().filter_map(first).collect());
    let value = |text: &crate::kinds::Text| text.resolve(&links).map_or(Value::Null, Value::String);
    stack.outputs.iter().map(|(name, text)| (name.clone(), value(text))).collect()
}

/// An assignment of a shell a line, for those outputs that have a value; what is quoted stays as it is.
fn assignments(values: &Map<String, Value>) -> String {
    let quoted = |v: &str| format!("'{}'", v.replace('\'', "'\\''"));
    let line = |(name, v): (&String, &Value)| v.as_str().map(|v| format!("{}={}\n", name.to_uppercase().replace('-', "_"), quoted(v)));
    values.iter().filter_map(line).collect()
}

/// One output a line.
pub fn lines(stack: &Stack, snapshot: &Snapshot) -> String {
    let say = |(name, v): (&String, &Value)| format!("{name} = {}\n", visible(v.as_str().unwrap_or("(not there yet)")));
    values(stack, snapshot).iter().map(say).collect()
}

/// All outputs, as a line of a stream.
pub fn stream(stack: &Stack, snapshot: &Snapshot) -> String {
    let values = values(stack, snapshot).into_iter();
    stream::outputs(values.map(|(name, v)| (name, v.as_str().map(String::from))).collect())
}
