//! Proposals for what was misspelt.

/// The known word that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_ascii_lowercase().replace('-', "_");
    let scored = known.map(|candidate| {
        let near = strsim::damerau_levenshtein(&lower, &candidate.to_ascii_lowercase().replace('-', "_"));
        (near, candidate)
    });
    let (distance, best) = scored.min()?;
    let longest = word.chars().count().max(best.chars().count());
    (distance <= longest / 3 || (longest <= 3 && distance <= 1)).then_some(best)
}

/// Words for a sentence: `a`, `b` and `c`.
pub fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "nothing".into(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
