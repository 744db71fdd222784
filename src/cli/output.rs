//! `infra output`.
use clap::Args;
use serde_json::{Map, Value};

use super::args::{CloudArgs, SpecArgs};
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
    name: Option<String>,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Print as JSON, exactly as it is: the object of all, or the one string
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
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
