//! "Did you mean".

/// The names nearest to `name`, best first, at most three. A name qualifies by an edit distance of a third of its length,
/// or by differing only in case or in `_` for `-`.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    // Edit distance takes time proportional to the product of the lengths, and nobody mistypes a name this long.
    const LONGEST: usize = 100;
    if name.len() > LONGEST {
        return Vec::new();
    }
    let folded = fold(name);
    let mut scored: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST && *candidate != name)
        .filter_map(|candidate| {
            let distance = strsim::damerau_levenshtein(&folded, &fold(candidate));
            // Two of two letters is another word, not a near miss.
            let allowed = (name.chars().count().min(candidate.chars().count()) / 3).max(1);
            let whole = distance >= candidate.chars().count().min(name.chars().count());
            (distance <= allowed && !whole).then_some((distance, candidate))
        })
        .collect();
    scored.sort();
    scored.dedup();
    scored.truncate(3);
    scored.into_iter().map(|(_, candidate)| candidate).collect()
}

fn fold(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_misses_are_found_and_other_words_are_not() {
        let names = ["numpy", "numpy.linalg", "json", "os", "timeout", "kill-grace", "math"];
        for (name, expected) in [
            ("numpyy", vec!["numpy"]),
            ("nunpy", vec!["numpy"]),
            ("Json", vec!["json"]),
            ("jsno", vec!["json"]),
            ("kill_grace", vec!["kill-grace"]),
            ("timout", vec!["timeout"]),
            ("statistics", vec![]),
            ("re", vec![]),
            ("json", vec![]),
        ] {
            assert_eq!(nearest(name, names), expected, "{name}");
        }
        assert!(nearest(&"n".repeat(10_000), names).is_empty());
    }
}
