//! Texts that are almost right: lines and bytes of known ones, moved, doubled, lost and turned.
use super::bodies::CUT;

/// Record syntax trips over.
const PIECES: &[&str] = &[
    "\n", "  ", ": ", "- ", "{", "}", "[", "]", "\"", "'", "${", "$$", "${env.X}", "&a ", "*a", "<<: *a", "null", "é", "\t", "#", "!", ",",
    "?", "\u{feff}", CUT,
];
/// Where numbers end.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "0.5",
];

/// One of the seeds, mutated a few times.
pub fn one(seeds: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = seeds[random.usize(0..seeds.len())].clone();
    for _ in 0..random.usize(1..=3) {
        let other = &seeds[random.usize(0..seeds.len())];
        match random.u8(0..10) {
            0 => flip(&mut bytes, random),
            1..=4 => number(&mut bytes, random),
            5 => insert(&mut bytes, PIECES[random.usize(0..PIECES.len())].as_bytes(), random),
            _ => lines(&mut bytes, other, random),
        }
    }
    bytes
}

fn flip(bytes: &mut [u8], random: &mut fastrand::Rng) {
    if !bytes.is_empty() {
        let at = random.usize(0..bytes.len());
        bytes[at] ^= 1 << random.u8(0..8);
    }
}

fn insert(bytes: &mut Vec<u8>, piece: &[u8], random: &mut fastrand::Rng) {
    let at = random.usize(0..=bytes.len());
    bytes.splice(at..at, piece.iter().copied());
}

/// A run of digits becomes another number, small or at some end.
fn number(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let digits: Vec<usize> =
        (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit() && (*i == 0 || !bytes[*i - 1].is_ascii_digit())).collect();
    if digits.is_empty() {
        return;
    }
    let start = digits[random.usize(0..digits.len())];
    let end = (start..bytes.len()).find(|i| !bytes[*i].is_ascii_digit()).unwrap_or(bytes.len());
    let small = random.u8(0..12).to_string();
    let number = if random.bool() { &small } else { NUMBERS[random.usize(0..NUMBERS.len())] };
    bytes.splice(start..end, number.bytes());
}

/// Lines are taken away, doubled, exchanged, or come from another text.
fn lines(bytes: &mut Vec<u8>, other: &[u8], random: &mut fastrand::Rng) {
    let mut all: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    if all.is_empty() {
        return;
    }
    let at = random.usize(0..all.len());
    let end = (at + random.usize(1..6)).min(all.len());
    match random.u8(0..5) {
        0 => drop(all.drain(at..end)),
        1 => {
            let copy = all[at..end].to_vec();
            all.splice(at..at, copy);
        }
        2 => {
            let with = random.usize(0..all.len());
            all.swap(at, with);
        }
        3 => all.truncate(at.max(1)),
        _ => {
            let theirs: Vec<&[u8]> = other.split_inclusive(|b| *b == b'\n').collect();
            let from = random.usize(0..=theirs.len());
            let to = (from + random.usize(0..8)).min(theirs.len());
            all.splice(at..at, theirs[from..to].iter().copied());
        }
    }
    *bytes = all.concat();
}
