//! `infra lsp`.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::args::SpecArgs;
use super::failure::Failure;
use super::printer::Printer;
use super::validate;
use crate::diag::{Code, Exit, Finding, Place};
use crate::spec::{folder, load_in};

/// Tells an editor while one types what `infra validate` says of the spec: references, names, everything that a schema can't know. Speaks the Language
/// Server Protocol on stdin and stdout; an editor starts it, beside its YAML server with `infra schema`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra lsp --file base.yaml --file production.yaml    (the command of a language server for YAML)")]
pub struct Lsp {
    #[command(flatten)]
    spec: SpecArgs,
}

/// The files that an editor shows.
struct Editor<'p> {
    printer: &'p Printer,
    /// The spec's layers.
    files: Vec<PathBuf>,
    /// Texts as they stand in the editor, by file, with the names that the editor has for these.
    open: BTreeMap<PathBuf, (String, String)>,
}

impl Lsp {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let mut editor = Editor { printer, files: self.spec.files().iter().map(|file| whole(file)).collect(), open: BTreeMap::new() };
        let mut input = std::io::stdin().lock();
        let mut over = false;
        while let Some(message) = Message::read(&mut input)? {
            match message {
                Message::Request(request) => {
                    over |= request.method == "shutdown";
                    editor.write(answer(request).into())?;
                }
                Message::Notification(told) if told.method == "exit" => return Ok(if over { Exit::Done } else { Exit::Error }),
                Message::Notification(told) => editor.told(&told)?,
                Message::Response(_) => {}
            }
        }
        Ok(Exit::Done)
    }
}

fn answer(request: Request) -> Response {
    match request.method.as_str() {
        "initialize" => {
            // Texts come whole: checking one takes milliseconds.
            let abilities = json!({ "textDocumentSync": 1, "positionEncoding": "utf-16" });
            let server = json!({ "name": "infra", "version": env!("CARGO_PKG_VERSION") });
            Response::new_ok(request.id, json!({ "capabilities": abilities, "serverInfo": server }))
        }
        "shutdown" => Response::new_ok(request.id, Value::Null),
        other => Response::new_err(request.id, ErrorCode::MethodNotFound as i32, format!("infra doesn't answer {other}")),
    }
}

impl Editor<'_> {
    fn told(&mut self, told: &Notification) -> Result<(), Failure> {
        let document = &told.params["textDocument"];
        let uri = document["uri"].as_str().unwrap_or_default();
        let Some(path) = path(uri) else { return Ok(()) };
        let text = match told.method.as_str() {
            "textDocument/didOpen" => document["text"].as_str(),
            "textDocument/didChange" => told.params["contentChanges"].as_array().and_then(|all| all.last()?["text"].as_str()),
            "textDocument/didClose" => {
                self.open.remove(&path);
                return self.publish(uri, vec![]);
            }
            _ => return Ok(()),
        };
        let Some(text) = text else { return Ok(()) };
        self.open.insert(path.clone(), (uri.into(), text.into()));
        self.check(&path)
    }

    /// Tells what is wrong with the spec that a file is a part of. A file that is none of its layers is a spec by itself, if it names a stack.
    fn check(&self, file: &Path) -> Result<(), Failure> {
        let text = |path: &PathBuf| match self.open.get(path) {
            Some((_, text)) => Some(text.clone()),
            None => std::fs::read_to_string(path).ok(),
        };
        let alone = vec![file.to_owned()];
        let files = match self.files.iter().any(|layer| layer == file) {
            true => &self.files,
            false if self.open.get(file).is_some_and(|(_, text)| text.lines().any(|line| line.starts_with("stack:"))) => &alone,
            false => return Ok(()),
        };
        let layers: Vec<(PathBuf, String)> = files.iter().filter_map(|path| Some((path.clone(), text(path)?))).collect();
        let found = findings(&layers);
        for (path, (uri, _)) in self.open.iter().filter(|(path, _)| files.contains(path)) {
            let here = |finding: &&Finding| finding.places.first().is_some_and(|place| Path::new(place.source.name()) == path);
            self.publish(uri, found.iter().filter(here).map(|finding| self.diagnostic(finding)).collect())?;
        }
        Ok(())
    }

    fn diagnostic(&self, finding: &Finding) -> Value {
        let text = |text: &str| self.printer.redactor().text(text);
        let severity = match (finding.code, finding.gravity()) {
            // An editor seldom has the environment of a run.
            (Code::UnsetEnv, _) | (_, "info") => 3,
            (_, "error") => 1,
            _ => 2,
        };
        let others = finding.places.iter().skip(1).filter_map(|place| {
            let (uri, _) = self.open.get(Path::new(place.source.name()))?;
            Some(json!({ "location": { "uri": uri, "range": range(place) }, "message": text(&place.label) }))
        });
        json!({
            "range": finding.places.first().map(range),
            "severity": severity,
            "code": finding.code.text(),
            "source": "infra",
            "message": format!("{}\n{}", text(&finding.message), text(&finding.help)),
            "relatedInformation": others.collect::<Vec<_>>(),
        })
    }

    fn publish(&self, uri: &str, diagnostics: Vec<Value>) -> Result<(), Failure> {
        let params = json!({ "uri": uri, "diagnostics": diagnostics });
        self.write(Notification::new("textDocument/publishDiagnostics".into(), params).into())
    }

    fn write(&self, message: Message) -> Result<(), Failure> {
        let mut bytes = vec![];
        message.write(&mut bytes)?;
        self.printer.script(&String::from_utf8_lossy(&bytes));
        Ok(())
    }
}

/// Everything that is to be said of the layers of a spec.
fn findings(layers: &[(PathBuf, String)]) -> Vec<Finding> {
    let env = |name: &str| std::env::var(name).ok();
    match load_in(folder(layers.first().map(|(file, _)| file.as_path())), layers, &env) {
        Err(found) => found.0,
        Ok(loaded) => {
            let refused = validate::stack(&loaded).err().map(|failure| failure.findings).unwrap_or_default();
            refused.into_iter().chain(loaded.warnings).collect()
        }
    }
}

/// The file of an editor's name for it.
fn path(uri: &str) -> Option<PathBuf> {
    let path = percent_decode_str(uri.strip_prefix("file://")?).decode_utf8().ok()?;
    Some(whole(Path::new(&*path)))
}

/// A file's path from the root, as editors have it.
fn whole(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

/// A place as editors count: lines from 0, in them units of UTF-16.
fn range(place: &Place) -> Value {
    let text = place.source.inner();
    let position = |byte: usize| {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit_once('\n').map_or(before, |(_, last)| last);
        json!({ "line": before.matches('\n').count(), "character": line.encode_utf16().count() })
    };
    json!({ "start": position(place.span.start), "end": position(place.span.end) })
}
