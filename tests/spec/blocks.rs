//! Blocks stay where they are.
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
