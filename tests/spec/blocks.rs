//! Blocks stay where they are.
use infra::kinds::{Address, Kind, Live, Stamp, Subnet};
use infra::observe::Snapshot;
use infra::spec::vpc::blocks::{Cut, cut, overlap};
use ipnet::Ipv4Net;

const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

#[test]
fn adding_at_the_end_moves_nothing() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut cases = 0;
    for _ in 0..4000 {
        let length = random.u8(16..=24);
        let vpc: Ipv4Net = format!("10.0.0.0/{length}").parse().expect("a block");
        let count = random.usize(1..NAMES.len());
        let mut tiers = Vec::new();
        for name in &NAMES[..count] {
            let prefix = random.u8(length.max(20)..=28);
            tiers.push(Cut { name, prefix, cidrs: Vec::new() });
        }
        let zones = random.usize(1..=5);
        let Ok(blocks) = cut(vpc, zones, &tiers) else {
            continue;
        };
        cases += 1;
        assert_eq!(blocks.len(), zones * count);
        let all: Vec<_> = blocks.values().collect();
        for (index, block) in all.iter().enumerate() {
            assert!(vpc.contains(*block));
            assert!(all[..index].iter().all(|other| !overlap(block, other)));
        }
        if let Ok(more) = cut(vpc, zones + 1, &tiers) {
            assert!(blocks.iter().all(|(key, block)| more.get(key) == Some(block)));
        }
        tiers.push(Cut { name: NAMES[count], prefix: random.u8(length.max(20)..=28), cidrs: Vec::new() });
        if let Ok(more) = cut(vpc, zones, &tiers) {
            assert!(blocks.iter().all(|(key, block)| more.get(key) == Some(block)));
        }
    }
    assert!(cases > 1000, "only {cases} cases had room");
}

#[test]
fn blocks_by_hand_are_avoided() {
    let vpc: Ipv4Net = "10.0.0.0/16".parse().expect("a block");
    let by_hand: Vec<Ipv4Net> = ["10.0.0.0/24", "10.0.9.0/24"].map(|b| b.parse().expect("a block")).into();
    let tiers = [Cut { name: "cut", prefix: 24, cidrs: Vec::new() }, Cut { name: "hand", prefix: 24, cidrs: by_hand.clone() }];
    let blocks = cut(vpc, 2, &tiers).expect("room");
    assert_eq!(blocks[&("hand", 0)], by_hand[0]);
    assert_eq!(blocks[&("hand", 1)], by_hand[1]);
    assert_eq!(blocks[&("cut", 0)].to_string(), "10.0.16.0/24");
}

#[test]
fn five_hundred_subnets() {
    let vpc: Ipv4Net = "10.0.0.0/16".parse().expect("a block");
    let names: Vec<String> = (0..84).map(|n| format!("t{n}")).collect();
    let tiers: Vec<Cut<'_>> = names.iter().map(|name| Cut { name, prefix: 26, cidrs: Vec::new() }).collect();
    assert_eq!(cut(vpc, 6, &tiers).expect("room").len(), 504);
}

#[test]
fn defaults_fit_every_vpc() {
    for length in 16..=24 {
        let text = format!("stack: shop\nregion: us-east-1\nvpc: {{ cidr: 10.0.0.0/{length} }}\n");
        let loaded = infra::spec::load(&[("spec.yaml".into(), text)], &|_| None);
        let spec = loaded.unwrap_or_else(|found| panic!("/{length}: {found}")).spec;
        assert_eq!(spec.vpc.blocks().expect("room").len(), 9);
    }
}

/// Whatever zones and tiers come, go and change places: a subnet that stays in its zone stays in its block, what is new overlaps nothing that
/// stands, and looking again moves nothing more.
#[test]
fn what_stands_stays() {
    let mut random = fastrand::Rng::with_seed(3);
    let (mut kept, mut fresh, mut settled) = (0, 0, 0);
    for _ in 0..400 {
        let (before, after) = (spec(&mut random), spec(&mut random));
        let (Ok(from), Ok(to)) = (load(&before), load(&after)) else { continue };
        let live = stands(&from);
        let Some(vpc) = to.vpc.settled(&live) else { continue };
        settled += 1;
        let to = infra::spec::Spec { vpc, ..to };
        let blocks: Vec<(Address, Subnet)> = subnets(&to);
        for (i, (address, subnet)) in blocks.iter().enumerate() {
            assert!(to.vpc.cidr.net().contains(&subnet.cidr));
            assert!(blocks[..i].iter().all(|(_, other)| !overlap(&other.cidr, &subnet.cidr)), "{before}{after}: {address} overlaps");
            let stood = live.live.get(address).map(|g| g[0].of::<Subnet>().unwrap());
            match stood.filter(|s| s.cidr.prefix_len() == subnet.cidr.prefix_len()) {
                Some(stood) => {
                    assert_eq!(stood.cidr, subnet.cidr, "{before}{after}: {address} moved");
                    kept += 1;
                }
                None => {
                    let met = subnets(&from).into_iter().find(|(_, other)| overlap(&other.cidr, &subnet.cidr));
                    assert!(met.is_none(), "{before}{after}: {address} would come where {met:?} stands");
                    fresh += 1;
                }
            }
        }
        let again = load(&after).unwrap().vpc.settled(&stands(&to));
        let blocks_again = again.map_or_else(|| subnets(&load(&after).unwrap()), |vpc| subnets(&infra::spec::Spec { vpc, ..to.clone() }));
        assert_eq!(blocks_again, blocks, "{before}{after}: it moves again");
    }
    println!("settled {settled} times: {kept} kept, {fresh} new");
    assert!(settled > 60 && kept > 300 && fresh > 60);
}

/// A stack of a few zones and tiers.
fn spec(random: &mut fastrand::Rng) -> String {
    let mut letters: Vec<char> = "abcdef".chars().collect();
    random.shuffle(&mut letters);
    let zones: Vec<String> = letters[..random.usize(1..=4)].iter().map(|letter| format!("us-east-1{letter}")).collect();
    let mut names = vec!["public", "app", "data", "edge"];
    random.shuffle(&mut names);
    let tier = |name: &&str| format!("{name}: {{ tier: isolated, prefix: {} }}", if *name == "app" { 22 } else { 24 });
    let tiers: Vec<String> = names[..random.usize(1..=4)].iter().map(tier).collect();
    format!(
        "stack: shop\nregion: us-east-1\nvpc: {{ nat: none, availability_zones: [{}], subnets: {{ {} }} }}\n",
        zones.join(", "),
        tiers.join(", ")
    )
}

fn load(text: &str) -> Result<infra::spec::Spec, infra::diag::Findings> {
    infra::spec::load(&[("spec.yaml".into(), text.to_owned())], &|_| None).map(|loaded| loaded.spec)
}

fn subnets(spec: &infra::spec::Spec) -> Vec<(Address, Subnet)> {
    let stack = infra::spec::lower::lower(spec, &|_| None).unwrap();
    stack.nodes.into_iter().filter_map(|(a, o)| Some((a, Subnet::try_from(o).ok()?))).collect()
}

/// The stack's network as it stands once it was applied.
fn stands(spec: &infra::spec::Spec) -> Snapshot {
    let stamp = |address: &Address| Stamp {
        stack: "shop".into(),
        address: address.clone(),
        run: "r".into(),
        step: 0,
        identity: String::new(),
        digest: String::new(),
    };
    let nodes = infra::spec::lower::lower(spec, &|_| None).unwrap().nodes;
    let network = nodes.into_iter().filter(|(a, _)| matches!(a.kind, Kind::Vpc | Kind::Subnet));
    let live = network.map(|(a, o)| (a.clone(), vec![Live::found(a.name.clone(), o, stamp(&a))]));
    Snapshot { live: live.collect(), ..Snapshot::default() }
}
