//! Edges from references, a stable topological order, and a cycle reported as a path.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::kinds::{Address, Object, refs};

/// Objects and what they point at; an edge leads from a user to what it uses.
pub struct Graph<'a> {
    edges: DiGraph<&'a Address, ()>,
    index: BTreeMap<&'a Address, NodeIndex>,
    order: Vec<NodeIndex>,
}

/// Why a set of objects is not a graph to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// Each points at the next, the last at the first.
    Cycle(Vec<Address>),
    Dangling {
        from: Address,
        to: Address,
    },
}

impl<'a> Graph<'a> {
    /// All problems are gathered.
    pub fn of(nodes: &'a BTreeMap<Address, Object>) -> Result<Self, Vec<GraphError>> {
        let (mut edges, mut problems) = (DiGraph::new(), vec![]);
        let index: BTreeMap<&Address, NodeIndex> = nodes.keys().map(|a| (a, edges.add_node(a))).collect();
        for (node, (from, object)) in nodes.iter().enumerate() {
            for to in refs(object) {
                match index.get(to) {
                    Some(i) => drop(edges.add_edge(NodeIndex::new(node), *i, ())),
                    None => problems.push(GraphError::Dangling { from: from.clone(), to: to.clone() }),
                }
            }
        }
        let order = order(&edges);
        if order.len() < nodes.len() {
            let rings = tarjan_scc(&edges).into_iter().filter(|ring| ring.len() > 1 || edges.contains_edge(ring[0], ring[0]));
            problems.extend(rings.map(|ring| GraphError::Cycle(path(&edges, &ring))));
        }
        if problems.is_empty() { Ok(Graph { edges, index, order }) } else { Err(problems) }
    }

    /// What is used comes before its users; ties in address order.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = &'a Address> {
        self.order.iter().map(|n| self.edges[*n])
    }

    /// What an object points at.
    pub fn uses(&self, a: &Address) -> impl Iterator<Item = &'a Address> {
        self.neighbours(a, Direction::Outgoing)
    }

    /// What points at an object.
    pub fn users(&self, a: &Address) -> impl Iterator<Item = &'a Address> {
        self.neighbours(a, Direction::Incoming)
    }

    fn neighbours(&self, a: &Address, direction: Direction) -> impl Iterator<Item = &'a Address> {
        let node = self.index.get(a).copied();
        node.into_iter().flat_map(move |n| self.edges.neighbors_directed(n, direction)).map(|n| self.edges[n])
    }
}

/// Kahn's order with a heap, so that one more object never reshuffles the others.
fn order(edges: &DiGraph<&Address, ()>) -> Vec<NodeIndex> {
    let mut open: Vec<usize> = edges.node_indices().map(|n| edges.neighbors(n).count()).collect();
    let mut ready: BinaryHeap<Reverse<NodeIndex>> = edges.node_indices().filter(|n| open[n.index()] == 0).map(Reverse).collect();
    let mut out = Vec::with_capacity(open.len());
    while let Some(Reverse(n)) = ready.pop() {
        out.push(n);
        for user in edges.neighbors_directed(n, Direction::Incoming) {
            open[user.index()] -= 1;
            if open[user.index()] == 0 {
                ready.push(Reverse(user));
            }
        }
    }
    out
}

/// A way round a ring, from its first address.
fn path(edges: &DiGraph<&Address, ()>, ring: &[NodeIndex]) -> Vec<Address> {
    let mut way = vec![*ring.iter().min().expect("a ring has members")];
    loop {
        let here = way[way.len() - 1];
        let next = edges.neighbors(here).filter(|n| ring.contains(n)).min().expect("every member leads on");
        match way.iter().position(|n| *n == next) {
            Some(start) => return way[start..].iter().map(|n| edges[*n].clone()).collect(),
            None => way.push(next),
        }
    }
}
