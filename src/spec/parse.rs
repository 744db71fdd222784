//! One layer's YAML to a located tree.
use super::locate::{At, Sources};
use super::node::{Entries, Entry, Node, Val, plain};
use crate::diag::{Code, Finding};
use crate::visible::visible;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Deeper documents are refused.
const DEPTH: usize = 64;
/// More keys and values, counting every use of an alias, are refused.
const NODES: usize = 200_000;

/// Reads the layer `file`; all that can be said about it goes to `found`, and where a key stands twice, its first value to `unread`.
pub fn parse(sources: &Sources, file: usize, text: &str, found: &mut Vec<Finding>, unread: &mut BTreeSet<At>) -> Option<Node> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        sources,
        file,
        text,
        bytes: (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect()),
        anchors: BTreeMap::new(),
        nodes: 0,
        found,
        unread,
    };
    reader.document().ok()
}

/// The finding is said already; reading can't go on.
struct Refused;

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    sources: &'a Sources,
    file: usize,
    text: &'a str,
    bytes: Option<Vec<usize>>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    found: &'a mut Vec<Finding>,
    unread: &'a mut BTreeSet<At>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Node, Refused> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if root.is_some() => {
                    let at = self.at(span);
                    let help = "write one document in a file; give further layers with `-f`";
                    return Err(self.refuse(at, "a second document starts here", "second document", help));
                }
                Event::DocumentStart(_) => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        let start = At { file: self.file, start: 0, end: 0 };
        match root {
            None => Ok(Node::map(start)),
            Some(Node { value: Val::Null, .. }) => Ok(Node::map(start)),
            Some(node) => Ok(node),
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Refused> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            None => Ok((Event::StreamEnd, Span::default())),
            Some(Err(error)) => {
                let start = self.byte(error.marker().index());
                let rest = &self.text[start..];
                let word = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
                let at = At { file: self.file, start, end: start + word };
                let help = "check indentation, quotes and brackets near this place";
                Err(self.refuse(at, &format!("this is not YAML: {}", error.info()), "here", help))
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Refused> {
        let at = self.at(span);
        self.count(at, 1)?;
        if depth > DEPTH {
            let help = format!("a spec is at most {DEPTH} levels deep");
            return Err(self.refuse(at, "this is nested too deeply", "too deep", &help));
        }
        let before = self.nodes;
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.tagged(tag.is_some(), at)?;
                (Node { value: scalar(text, style), at }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.tagged(tag.is_some(), at)?;
                (self.list(at, depth)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.tagged(tag.is_some(), at)?;
                (self.map(at, depth)?, anchor)
            }
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id).cloned() else {
                    let help = "an alias stands after the end of what its anchor marks";
                    return Err(self.refuse(at, "this alias has nothing to stand for", "alias", help));
                };
                self.count(at, size)?;
                return Ok(node);
            }
            _ => return Err(self.refuse(at, "a value is missing", "here", "write a value")),
        };
        if anchor > 0 {
            let size = self.nodes - before + 1;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(node)
    }

    fn list(&mut self, mut at: At, depth: usize) -> Result<Node, Refused> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                at.end = self.at(span).end.max(at.start);
                return Ok(Node { value: Val::List(items), at });
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, mut at: At, depth: usize) -> Result<Node, Refused> {
        let mut entries = Entries::default();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                at.end = self.at(span).end.max(at.start);
                for node in merged {
                    self.merge(&mut entries, node);
                }
                return Ok(Node { value: Val::Map(entries), at });
            }
            let key_at = self.at(span);
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let key_node = self.node(event, span, depth + 1)?;
            let key = match key_node.value {
                Val::Text { text, .. } => text,
                Val::Bool(_) | Val::Float(_) | Val::Int(_) => self.sources.written(key_at).trim().to_string(),
                _ => {
                    let help = "write a word and a colon";
                    return Err(self.refuse(key_at, "a key must be a word", "this key", help));
                }
            };
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            if is_merge {
                merged.push(node);
            } else if let Some(first) = entries.get(&key) {
                let finding = Finding::error(
                    Code::Duplicate,
                    format!("the key `{}` stands twice", visible(&key)),
                    "keep one of them, or give the second another name",
                )
                .at(self.sources.place(key_at, "again here"))
                .at(self.sources.place(first.at, "first here"));
                self.found.push(finding);
                self.unread.insert(first.node.at);
            } else {
                entries.add(Entry { key, at: key_at, node });
            }
        }
    }

    /// `<<`: keys that are written win over those that are merged in, earlier maps over later ones.
    fn merge(&mut self, entries: &mut Entries, node: Node) {
        match node.value {
            Val::Map(more) => more.into_iter().for_each(|entry| entries.add(entry)),
            Val::List(items) if items.iter().all(|item| matches!(item.value, Val::Map(_))) => {
                for item in items {
                    self.merge(entries, item);
                }
            }
            _ => {
                let help = "write an alias of a map, such as `<<: *base`";
                self.refuse(node.at, "`<<` takes a map or a list of maps", "this is neither", help);
            }
        }
    }

    fn tagged(&mut self, tagged: bool, at: At) -> Result<(), Refused> {
        if !tagged {
            return Ok(());
        }
        let help = "leave the tag out; put quotes around what must stay text";
        Err(self.refuse(at, "tags have no meaning in a spec", "the value with a tag", help))
    }

    fn count(&mut self, at: At, more: usize) -> Result<(), Refused> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes <= NODES {
            return Ok(());
        }
        let help = format!("a layer has at most {NODES} keys and values, counting every use of an alias");
        Err(self.refuse(at, "this layer is too large", "the limit is reached here", &help))
    }

    fn refuse(&mut self, at: At, message: &str, label: &str, help: &str) -> Refused {
        let place = self.sources.place(at, label);
        self.found.push(Finding::error(Code::Syntax, message, help).at(place));
        Refused
    }

    fn at(&self, span: Span) -> At {
        At { file: self.file, start: self.byte(span.start.index()), end: self.byte(span.end.index()) }
    }

    /// The parser counts characters.
    fn byte(&self, index: usize) -> usize {
        let end = self.text.len();
        match &self.bytes {
            None => index.min(end),
            Some(bytes) => bytes.get(index).copied().unwrap_or(end),
        }
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Val {
    if style == ScalarStyle::Plain {
        return plain(&text);
    }
    Val::Text { text: text.into_owned(), env: false }
}
