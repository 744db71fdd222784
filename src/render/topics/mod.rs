//! What `infra explain TOPIC` shows beside sections and fields: pages of Markdown that README links to, and a page for every code of a finding.
use crate::diag::Code;
use crate::render::style::{Label, Style};
use crate::render::wrap::{fill, wrap};

/// A page.
pub struct Page {
    pub name: &'static str,
    /// As Markdown; its first line is its title.
    pub text: &'static str,
}

macro_rules! pages {
    ($($name:literal),+ $(,)?) => {
        /// All pages, in the order of their names. One that is called as a section of the spec stands before the section's fields.
        pub const PAGES: &[Page] = &[$(Page { name: $name, text: include_str!(concat!($name, ".md")) }),+];
    };
}

pages![
    "ci",
    "cloudflare",
    "clouds",
    "deployments",
    "drift",
    "exit-codes",
    "feature_flags",
    "functions",
    "iam",
    "json",
    "kubernetes",
    "limits",
    "logs",
    "metrics",
    "monitoring",
    "ownership",
    "references",
    "rollback",
    "saved-plans",
    "spec",
    "storage",
];

/// A section for every code, in the order of the codes.
const CODES: &str = include_str!("codes.md");

impl Page {
    pub fn named(name: &str) -> Option<&'static Page> {
        PAGES.iter().find(|page| page.name == name)
    }

    /// The line below the title, which says what the page is about.
    pub fn about(&self) -> &'static str {
        self.text.lines().skip(1).find(|line| !line.is_empty()).unwrap_or_default()
    }
}

/// What is to be said of a code: its rule, why it is there, what to do. `name` is as findings print it, or without `infra::`.
pub fn code(name: &str) -> Option<String> {
    // A risk is printed with its name behind the code.
    let of = |text: &str| name.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let printed = |code: &&Code| of(code.text()) || code.text().strip_prefix("infra::").is_some_and(of);
    let code = Code::ALL.iter().find(printed)?;
    Some(format!("# {}\n\n{}\n\n{}\n", code.text(), code.rule(), section(code.text())?.trim()))
}

fn section(code: &str) -> Option<&'static str> {
    let (_, behind) = CODES.split_once(&format!("## {code}\n"))?;
    Some(behind.split_once("\n## ").map_or(behind, |(text, _)| text))
}

/// A page for a terminal: paragraphs are filled to so many columns, titles stand out, rows of a table are blocks.
pub fn text(markdown: &str, columns: usize, style: Style) -> String {
    let (mut out, mut paragraph, mut head, mut fenced) = (String::new(), String::new(), vec![], false);
    for line in markdown.lines().chain([""]) {
        let starts = line.is_empty()
            || line.starts_with(['#', '|'])
            || ["- ", "```"].iter().any(|mark| line.starts_with(mark))
            || line.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok());
        if !paragraph.is_empty() && (starts || fenced) {
            out += &format!("{}\n", fill(&plain(&paragraph), columns));
            paragraph.clear();
        }
        match line {
            _ if line.starts_with("```") => fenced = !fenced,
            _ if fenced => out += &format!("    {line}\n"),
            "" if out.ends_with("\n\n") || out.is_empty() => {}
            "" => {
                out.push('\n');
                head.clear();
            }
            _ if line.starts_with('#') => out += &format!("{}\n", style.paint(Label::Heading, line.trim_start_matches(['#', ' ']))),
            _ if line.starts_with('|') => row(line, &mut head, columns, style, &mut out),
            _ => {
                paragraph += if paragraph.is_empty() { "" } else { " " };
                paragraph += line.trim();
            }
        }
    }
    out.trim_end().to_owned() + "\n"
}

/// A row of a table: its first cell, and below it the others.
fn row(line: &str, head: &mut Vec<String>, columns: usize, style: Style, out: &mut String) {
    let cells: Vec<String> = line.trim_matches('|').split(" | ").map(|cell| plain(cell.trim())).collect();
    if cells.iter().all(|cell| cell.chars().all(|c| "-:|".contains(c)) && !cell.is_empty()) {
        return;
    }
    if head.is_empty() {
        *head = cells;
        return;
    }
    *out += &wrap(&format!("{}\n", style.paint(Label::Heading, &cells[0])), columns);
    for (cell, head) in cells.iter().zip(head.iter()).skip(1).filter(|(cell, _)| !cell.is_empty()) {
        let named = if head.is_empty() || cells.len() == 2 { String::new() } else { format!("{head}: ") };
        *out += &wrap(&format!("    {named}{cell}\n"), columns);
    }
}

/// Without the marks of Markdown that a terminal doesn't need.
fn plain(text: &str) -> String {
    text.replace("**", "").replace("\\|", "|")
}
