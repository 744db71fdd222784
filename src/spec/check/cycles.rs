//! Sections that need each other in a circle, so that none of them can be made first.
use super::{Check, peers, references};
use crate::diag::{Code, Finding};
use crate::spec::party::Party;
use crate::spec::stack::Spec;
use crate::spec::units::{GroupName, Target, Unit};
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use std::collections::{BTreeMap, BTreeSet};

/// What needs what, and the path that says so.
type Edges = BTreeMap<(String, String), Vec<String>>;

pub(super) fn check(cx: &mut Check<'_>) {
    for cycle in cycles(&groups(cx.spec)) {
        let help = "allow one direction only; a security group can refer only to one that is made before it";
        say(cx, &cycle, "the security groups allow each other in a circle", "allows", help);
    }
    for cycle in cycles(&values(cx.spec)) {
        let help = "take one of the references away; a name that only the cloud knows can't be needed to make itself";
        say(cx, &cycle, "the entries refer to each other in a circle", "refers to", help);
    }
}

fn say(cx: &mut Check<'_>, cycle: &[(String, String, Vec<String>)], what: &str, verb: &str, help: &str) {
    let mut names: Vec<&str> = cycle.iter().map(|(from, ..)| from.as_str()).collect();
    names.extend(names.first().copied());
    let mut finding = Finding::error(Code::Cycle, format!("{what}: {}", names.join(" -> ")), help);
    for (from, to, path) in cycle {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let at = cx.sources.value(&path);
        finding = finding.at(cx.sources.place(at, format!("{from} {verb} {to}")));
    }
    cx.found.push(finding);
}

/// A group needs the groups that it allows.
fn groups(spec: &Spec) -> Edges {
    let mut edges = Edges::new();
    for (path, peer) in peers::all(spec) {
        let from = match path.as_slice() {
            [section, ..] if section == "load_balancer" => "load_balancer".to_string(),
            [vpc, _, group, ..] if vpc == "vpc" => by_hand(spec, group),
            [section, name, ..] => format!("{section}.{name}"),
            _ => continue,
        };
        let to = match spec.party(peer) {
            Some(Party::Section(target)) => address(&target),
            Some(Party::Group(name)) => format!("security_groups.{name}"),
            _ => continue,
        };
        if from != to {
            edges.entry((from, to)).or_insert(path);
        }
    }
    if let Some(balancer) = &spec.load_balancer {
        for (name, listener) in &balancer.listeners {
            if let Some(entry) = &listener.forward {
                let path = ["load_balancer", "listeners", name.as_str(), "forward"];
                let edge = (format!("compute.{entry}"), "load_balancer".to_string());
                edges.entry(edge).or_insert(path.map(str::to_string).to_vec());
            }
        }
    }
    edges
}

fn by_hand(spec: &Spec, group: &str) -> String {
    let owners = GroupName::read(group).map_or(Vec::new(), |name| spec.extends(&name));
    owners.first().map_or_else(|| format!("security_groups.{group}"), address)
}

/// An entry needs the entries whose attributes it is given.
fn values(spec: &Spec) -> Edges {
    let mut edges = Edges::new();
    for (path, text) in references::texts(spec) {
        let [section, name, ..] = path.as_slice() else {
            continue;
        };
        if section == "outputs" {
            continue;
        }
        for reference in text.references() {
            let edge = (format!("{section}.{name}"), address(&reference.target));
            edges.entry(edge).or_insert(path.clone());
        }
    }
    edges
}

fn address(target: &Target) -> String {
    match target.name() {
        Some(name) => format!("{}.{name}", target.section()),
        None => target.section().to_string(),
    }
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
