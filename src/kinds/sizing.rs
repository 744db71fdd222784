//! How many nodes a pool of a cluster is to have by what its pods ask for, and what keeps it from having them. Auto Mode decides by itself; this says what it
//! will do, by the rules of its documentation ("Disruption" and "NodePools" of Karpenter), and changes nothing.
use super::health::{Level, Sign};

/// Processors and memory, in thousandths of a processor and of a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    pub cpu: u128,
    pub memory: u128,
}

/// One node: what it has for pods (`allocatable`), and what the pods on it ask for (`requests`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub room: Amount,
    pub asked: Amount,
}

/// What is known of a pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    pub nodes: Vec<Node>,
    /// What each of its pods asks for that found no node.
    pub pending: Vec<Amount>,
    /// Its limits; `None` where there is none.
    pub most: [Option<u128>; 2],
    /// Budgets of disruptions that let no pod away now, by name.
    pub held: Vec<String>,
}

/// How many nodes a pool has, would have, and will have.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    pub now: usize,
    /// By its pods alone.
    pub wanted: usize,
    /// With all that keeps it from that.
    pub desired: usize,
    pub kept: Vec<Kept>,
}

/// What keeps a pool from the nodes that its pods ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// No more nodes may come, by this limit.
    Limit(&'static str),
    /// No node may be emptied, by this budget.
    Budget(String),
}

/// A node of a pool that has none: the smallest of the families that it takes.
const FIRST: Amount = Amount { cpu: 2_000, memory: 8 * 1024 * 1024 * 1024 * 1000 };

impl Amount {
    fn each(self) -> [u128; 2] {
        [self.cpu, self.memory]
    }

    fn sum(all: impl Iterator<Item = Amount>) -> Amount {
        all.fold(Amount::default(), |a, b| Amount { cpu: a.cpu + b.cpu, memory: a.memory + b.memory })
    }

    /// So many of the others have room for it.
    fn over(self, unit: Amount) -> usize {
        let parts = self.each().into_iter().zip(unit.each()).map(|(all, one)| all.div_ceil(one.max(1)));
        usize::try_from(parts.max().unwrap_or_default()).unwrap_or(usize::MAX)
    }
}

impl Metrics {
    /// All that its nodes have, and all that the pods on them ask for.
    fn sums(&self) -> (Amount, Amount) {
        (Amount::sum(self.nodes.iter().map(|n| n.room)), Amount::sum(self.nodes.iter().map(|n| n.asked)))
    }

    /// A node as the next one will be: as those that stand are on average, and large enough for each pod that waits.
    fn unit(&self) -> Amount {
        let (room, _) = self.sums();
        let count = self.nodes.len() as u128;
        let each = |sum: u128, first: u128| sum.checked_div(count).unwrap_or(first);
        let usual = Amount { cpu: each(room.cpu, FIRST.cpu), memory: each(room.memory, FIRST.memory) };
        self.pending.iter().fold(usual, |a, b| Amount { cpu: a.cpu.max(b.cpu), memory: a.memory.max(b.memory) })
    }

    /// How much of what its nodes have is asked for, in percent: of processors and of memory.
    pub fn utilisation(&self) -> [u128; 2] {
        let (room, asked) = self.sums();
        [(asked.cpu, room.cpu), (asked.memory, room.memory)].map(|(asked, room)| (asked * 100).checked_div(room).unwrap_or_default())
    }
}

/// The nodes that a pool should have. Pods that wait make it grow by as many as have room for them, as far as its limits go. Where none waits, it shrinks to as many
/// as have room for all that is asked for, unless a budget holds the pods. What moves pods together is Karpenter's consolidation, which packs
/// by sums here: it may leave a node more where pods don't fit together.
pub fn scale_cluster(pool: &Metrics) -> Size {
    let (now, unit) = (pool.nodes.len(), pool.unit());
    let (room, asked) = pool.sums();
    if pool.pending.is_empty() {
        let wanted = asked.over(unit).min(now);
        let kept: Vec<Kept> = if wanted < now { pool.held.iter().cloned().map(Kept::Budget).collect() } else { vec![] };
        return Size { now, wanted, desired: if kept.is_empty() { wanted } else { now }, kept };
    }
    let more = Amount::sum(pool.pending.iter().copied()).over(unit);
    let (mut may, mut kept) = (more, vec![]);
    for (((most, room), unit), name) in pool.most.iter().zip(room.each()).zip(unit.each()).zip(["CPU", "memory"]) {
        let Some(most) = most else { continue };
        let left = usize::try_from(most.saturating_sub(room) / unit.max(1)).unwrap_or(usize::MAX);
        if left < more {
            kept.push(Kept::Limit(name));
            may = may.min(left);
        }
    }
    Size { now, wanted: now + more, desired: now + may, kept }
}

/// A pool as it comes to be where these pods are to run and nothing else happens: nodes come until none waits, or as a limit allows; or it has `nodes`, whatever is asked for.
pub fn settled(pods: &[Amount], most: [Option<u128>; 2], nodes: Option<usize>) -> Metrics {
    let large = pods.iter().fold(FIRST, |a, b| Amount { cpu: a.cpu.max(b.cpu), memory: a.memory.max(b.memory) });
    let mut count = nodes.unwrap_or_default();
    loop {
        let mut pool = Metrics { nodes: vec![Node { room: large, asked: Amount::default() }; count], most, ..Metrics::default() };
        for pod in pods {
            let fits = |node: &&mut Node| node.asked.cpu + pod.cpu <= node.room.cpu && node.asked.memory + pod.memory <= node.room.memory;
            match pool.nodes.iter_mut().find(fits) {
                Some(node) => node.asked = Amount::sum([node.asked, *pod].into_iter()),
                None => pool.pending.push(*pod),
            }
        }
        let desired = scale_cluster(&pool).desired;
        if nodes.is_some() || desired <= count {
            return pool;
        }
        count = desired;
    }
}

/// The same in a line for people.
pub fn told(name: &str, pool: &Metrics) -> Sign {
    let size = scale_cluster(pool);
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let [cpu, memory] = pool.utilisation();
    let mut text = format!("pool {name}: {}, {cpu}% of CPU and {memory}% of memory asked for", count(size.now, "node"));
    if !pool.pending.is_empty() {
        text += &format!(
            "; {} for a node",
            if pool.pending.len() == 1 { "1 pod waits".into() } else { format!("{} pods wait", pool.pending.len()) }
        );
    }
    if size.wanted != size.now {
        text += &format!(", {} would do", size.wanted);
    }
    let named = |kept: &Kept| match kept {
        Kept::Limit(what) => (*what).to_owned(),
        Kept::Budget(name) => format!("`{name}`"),
    };
    let why = size.kept.iter().map(named).collect::<Vec<_>>().join(" and ");
    match size.kept.first() {
        Some(Kept::Limit(_)) => text += &format!("; its limit of {why} allows {}", size.desired),
        Some(Kept::Budget(_)) => text += &format!("; all stay, as budgets let no pod away: {why}"),
        None => {}
    }
    let level = if pool.pending.is_empty() && size.kept.is_empty() { Level::Ok } else { Level::Warning };
    Sign::new(level, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u128 = 1024 * 1024 * 1024 * 1000;

    fn amount(cpu: u128, gib: u128) -> Amount {
        Amount { cpu, memory: gib * GIB }
    }

    fn node(cpu: u128, gib: u128) -> Node {
        Node { room: amount(4_000, 16), asked: amount(cpu, gib) }
    }

    fn sizes(pool: &Metrics) -> (usize, usize) {
        let size = scale_cluster(pool);
        (size.wanted, size.desired)
    }

    #[test]
    fn pods_that_wait_make_it_grow() {
        let full = Metrics { nodes: vec![node(4_000, 2), node(3_900, 2)], pending: vec![amount(1_000, 1); 5], ..Metrics::default() };
        assert_eq!(sizes(&full), (4, 4), "five processors need two nodes of four");
        let wide = Metrics { pending: vec![amount(100, 12); 3], ..full.clone() };
        assert_eq!(sizes(&wide), (5, 5), "by the resource that asks for most");
        let first = Metrics { pending: vec![amount(250, 1)], ..Metrics::default() };
        assert_eq!(sizes(&first), (1, 1), "a pool begins with none");
        let huge = Metrics { pending: vec![amount(16_000, 1)], ..Metrics::default() };
        assert_eq!(sizes(&huge), (1, 1), "a node is as large as a pod asks for");
    }

    #[test]
    fn limits_and_budgets_keep_it() {
        let full =
            Metrics { nodes: vec![node(4_000, 2)], pending: vec![amount(4_000, 1); 3], most: [Some(8_000), None], ..Metrics::default() };
        let size = scale_cluster(&full);
        assert_eq!((size.wanted, size.desired, size.kept), (4, 2, vec![Kept::Limit("CPU")]));
        let loose = Metrics { nodes: vec![node(1_000, 2), node(1_000, 2), node(1_500, 2)], ..Metrics::default() };
        assert_eq!(sizes(&loose), (1, 1), "what is asked for fits on one");
        let held = Metrics { held: vec!["shop/shop".into()], ..loose.clone() };
        let size = scale_cluster(&held);
        assert_eq!((size.wanted, size.desired, size.kept), (1, 3, vec![Kept::Budget("shop/shop".into())]));
        let empty = Metrics { nodes: vec![node(0, 0)], ..Metrics::default() };
        assert_eq!(sizes(&empty), (0, 0));
        let busy = Metrics { nodes: vec![node(3_000, 2), node(2_000, 2)], held: vec!["a/a".into()], ..Metrics::default() };
        assert_eq!((sizes(&busy), scale_cluster(&busy).kept), ((2, 2), vec![]), "a budget is told where it keeps something");
    }

    #[test]
    fn nodes_come_until_no_pod_waits() {
        let pods = vec![amount(900, 1); 5];
        let pool = settled(&pods, [None, None], None);
        assert_eq!((pool.nodes.len(), pool.pending.len()), (3, 0));
        let pool = settled(&pods, [Some(4_000), None], None);
        assert_eq!((pool.nodes.len(), pool.pending.len()), (2, 1));
        let sign = told("batch", &pool);
        assert_eq!(sign.level, Level::Warning);
        assert_eq!(
            sign.text,
            "pool batch: 2 nodes, 90% of CPU and 25% of memory asked for; 1 pod waits for a node, 3 would do; its limit of CPU allows 2"
        );
        let pool = settled(&pods, [None, None], Some(1));
        assert_eq!((pool.nodes.len(), pool.pending.len(), scale_cluster(&pool).desired), (1, 3, 3));
        assert_eq!(told("batch", &settled(&[], [None, None], None)).level, Level::Ok);
    }

    /// More load never asks for fewer nodes, more room never for more, and the pool never has more than it wants or, growing, than its limit.
    #[test]
    fn it_goes_with_the_load() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..2_000 {
            let mut any = |most: u128| rng.u128(0..=most);
            let nodes: Vec<Node> = (0..any(5)).map(|_| node(any(4_000), any(16))).collect();
            let pending: Vec<Amount> = (0..any(6)).map(|_| amount(1 + any(3_000), any(8))).collect();
            let most = [Some(any(30_000)).filter(|n| n % 2 == 0), Some(any(100) * GIB).filter(|n| n % 3 == 0)];
            let pool = Metrics { nodes, pending, most, held: vec![] };
            let size = scale_cluster(&pool);
            assert!(size.desired <= size.wanted, "{pool:?} {size:?}");
            assert_eq!(size.desired < size.wanted, !size.kept.is_empty(), "{pool:?} {size:?}");
            assert!(pool.pending.is_empty() == (size.wanted <= size.now), "{pool:?} {size:?}");
            let mut more = pool.clone();
            more.pending.push(amount(1_000, 1));
            assert!(scale_cluster(&more).wanted >= size.wanted, "{pool:?}");
            let free = Metrics { most: [None, None], ..pool.clone() };
            assert!(scale_cluster(&free).desired >= size.desired, "{pool:?}");
            let unit = pool.unit();
            let grown = (size.desired.saturating_sub(size.now)) as u128;
            let (room, _) = pool.sums();
            for ((most, room), unit) in pool.most.iter().zip(room.each()).zip(unit.each()) {
                assert!(grown == 0 || most.is_none_or(|most| room + grown * unit <= most), "{pool:?} {size:?}");
            }
        }
    }
}
