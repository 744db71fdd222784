//! Sections that need each other in a circle, so that none of them can be made first. Security groups may: see [`super::groups`].
use super::check::Check;
use super::references;
use crate::diag::{Code, Finding};
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use std::collections::{BTreeMap, BTreeSet};

/// What needs what, and the path that says so.
type Edges = BTreeMap<(String, String), Vec<String>>;

pub fn check(cx: &mut Check<'_>) {
    for cycle in cycles(&values(cx)) {
        let help = "take one of the references away; a name that only the cloud knows can't be needed to make itself";
        say(cx, &cycle, "the entries refer to each other in a circle", "refers to", help);
    }
}

fn say(cx: &mut Check<'_>, cycle: &[(String, String, Vec<String>)], what: &str, verb: &str, help: &str) {
    let mut names: Vec<&str> = cycle.iter().map(|(from, ..)| from.as_str()).collect();
    names.extend(names.first().copied());
    let mut finding = Finding::error(Code::Cycle, format!("{what}: {}", names.join(" -> ")), help);
    let steps: Vec<Vec<&str>> = cycle.iter().map(|(.., path)| path.iter().map(String::as_str).collect()).collect();
    for ((from, to, _), path) in cycle.iter().zip(&steps) {
        let at = cx.sources.value(path);
        finding = finding.at(cx.sources.place(at, format!("{from} {verb} {to}")));
    }
    let paths: Vec<&[&str]> = steps.iter().map(Vec::as_slice).collect();
    cx.say(&paths, finding);
}

/// An entry needs the entries whose attributes it is given.
fn values(cx: &Check<'_>) -> Edges {
    let mut edges = Edges::new();
    for (path, reference) in references::all(cx.fields) {
        if let [section, name, ..] = path {
            edges.entry((format!("{section}.{name}"), reference.target.to_string())).or_insert(path.to_vec());
        }
    }
    edges
}

/// A shortest circle through the first node of every knot, as edges in order.
fn cycles(edges: &Edges) -> Vec<Vec<(String, String, Vec<String>)>> {
    let mut graph: DiGraphMap<&str, ()> = DiGraphMap::new();
    for (from, to) in edges.keys() {
        graph.add_edge(from, to, ());
    }
    let mut found = Vec::new();
    for knot in tarjan_scc(&graph) {
        let members: BTreeSet<&str> = knot.into_iter().collect();
        let Some(start) = members.first().copied() else {
            continue;
        };
        if members.len() == 1 && !graph.contains_edge(start, start) {
            continue;
        }
        let names = circle(&graph, &members, start);
        let steps = names.iter().zip(names.iter().cycle().skip(1));
        let with_path = |(from, to): (&&str, &&str)| {
            let edge = (from.to_string(), to.to_string());
            let path = edges.get(&edge).cloned().unwrap_or_default();
            (edge.0, edge.1, path)
        };
        found.push(steps.map(with_path).collect());
    }
    found.sort();
    found
}

/// The nodes of a shortest way from `start` back to it.
fn circle<'a>(graph: &DiGraphMap<&'a str, ()>, members: &BTreeSet<&'a str>, start: &'a str) -> Vec<&'a str> {
    let mut ways: Vec<Vec<&str>> = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way[way.len() - 1];
            let mut next: Vec<&str> = graph.neighbors(last).filter(|n| members.contains(n)).collect();
            next.sort_unstable();
            if next.contains(&start) {
                return way;
            }
            for node in next.into_iter().filter(|node| seen.insert(*node)) {
                longer.push(way.iter().copied().chain([node]).collect());
            }
        }
        ways = longer;
    }
    Vec::new()
}
