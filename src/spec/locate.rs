//! From a path in the document to the file and the bytes, so that every finding can underline its cause.
use super::node::{Node, Val};
use crate::diag::{Place, Source};
use miette::NamedSource;
use std::sync::Arc;

/// Bytes of one of the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The layer's index.
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

/// The layers' texts and the merged document as the user wrote it, before any default.
#[derive(Clone, Debug)]
pub struct Sources {
    files: Vec<Source>,
    root: Node,
}

impl Sources {
    /// The layers, by name and text, with nothing read from them yet; no layers are one empty layer.
    pub fn new<'a>(layers: impl Iterator<Item = (String, &'a str)>) -> Self {
        let named = |(name, text): (String, &str)| Arc::new(NamedSource::new(name, text.to_string()));
        let mut files: Vec<Source> = layers.map(named).collect();
        if files.is_empty() {
            files.push(Arc::new(NamedSource::new("infra.yaml", String::new())));
        }
        Sources { files, root: Node::map(At::default()) }
    }

    pub(super) fn set(&mut self, root: Node) {
        self.root = root;
    }

    /// The merged document.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// A place to show, cut to its first line.
    pub fn place(&self, at: At, label: impl Into<String>) -> Place {
        let source = Arc::clone(&self.files[at.file]);
        let text = source.inner();
        let start = at.start.min(text.len());
        let whole = text.get(start..at.end.clamp(start, text.len())).unwrap_or_default();
        let line = whole.lines().next().unwrap_or_default().trim_end();
        Place { span: start..start + line.len(), label: label.into(), source }
    }

    /// The bytes that `at` stands for.
    pub fn written(&self, at: At) -> &str {
        let text = self.files[at.file].inner();
        text.get(at.start..at.end).unwrap_or_default()
    }

    /// What is written at a path (keys, and positions or names of lists' items), if anything is.
    pub fn find(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, step| child(node, step).map(|(_, node)| node))
    }

    /// Where the value of a path stands (a map's key, for its value may be long), or the key of its nearest
    /// parent that is written.
    pub fn value(&self, path: &[&str]) -> At {
        self.walk(path, |_, value| value)
    }

    /// Where the key of a path stands, or that of its nearest parent that is written.
    pub fn key(&self, path: &[&str]) -> At {
        self.walk(path, |key, _| key)
    }

    fn walk(&self, path: &[&str], pick: fn(At, At) -> At) -> At {
        let mut node = &self.root;
        let mut at = self.root.at;
        for (depth, step) in path.iter().enumerate() {
            let Some((key, next)) = child(node, step) else {
                return at;
            };
            let last = depth + 1 == path.len() && !matches!(next.value, Val::Map(_));
            at = if last { pick(key, next.at) } else { key };
            node = next;
        }
        at
    }
}

fn child<'a>(node: &'a Node, step: &str) -> Option<(At, &'a Node)> {
    match &node.value {
        Val::List(items) => {
            let named = |item: &&Node| item.text_of("name") == step;
            let item = step.parse().ok().and_then(|index: usize| items.get(index)).or_else(|| items.iter().find(named))?;
            Some((item.at, item))
        }
        _ => node.entry(step).map(|entry| (entry.at, &entry.node)),
    }
}
