//! Near misses: names at a distance of one or two letters.

/// The candidate that `name` is most likely a misspelling of: at most two edits away, in a short name one, or
/// in capital letters.
pub fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    nearest_of(name, candidates).map(|(_, candidate)| candidate)
}

/// As [`nearest`]; of equally near names, one of the program comes before one that is built in.
pub(crate) fn nearest_or_builtin<'n>(
    name: &str,
    program: impl Iterator<Item = &'n str>,
    builtin: impl Iterator<Item = &'n str>,
) -> Option<&'n str> {
    match (nearest_of(name, program), nearest_of(name, builtin)) {
        (Some((own, candidate)), Some((other, _))) if own <= other => Some(candidate),
        (own, other) => other.or(own).map(|(_, candidate)| candidate),
    }
}

/// The nearest candidate and its distance.
fn nearest_of<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<(usize, &'n str)> {
    let limit = match name.chars().count() {
        0..=4 => 1,
        _ => 2,
    };
    let mut best: Option<(usize, &str)> = None;
    // Nobody misspells such names; comparing them would take long.
    if name.len() > 200 {
        return None;
    }
    for candidate in candidates {
        if candidate == name || candidate.is_empty() {
            continue;
        }
        let distance = match candidate.eq_ignore_ascii_case(name) {
            true => Some(1),
            false => edit_distance(name, candidate, limit),
        };
        let Some(distance) = distance else { continue };
        if distance >= name.chars().count().max(candidate.chars().count()) {
            continue;
        }
        // Equally near names: the first of the alphabet, so that the message does not depend on any order of tables.
        if best.is_none_or(|best| (distance, candidate) < best) {
            best = Some((distance, candidate));
        }
    }
    best
}

/// Edits (insert, delete, replace, swap neighbours) between two texts, if at most `limit`.
fn edit_distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|&distance| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("lenght", ["length", "width"].into_iter()), Some("length"));
        assert_eq!(nearest("pritn", ["print", "point"].into_iter()), Some("print"));
        assert_eq!(nearest("x", ["y"].into_iter()), None);
        assert_eq!(nearest("len", ["min", "abs"].into_iter()), None);
        assert_eq!(nearest("max", ["MIN", "MAX"].into_iter()), Some("MAX"));
        assert_eq!(nearest("total", ["i", "sum"].into_iter()), None);
        let near = |own: &[&'static str]| nearest_or_builtin("totl", own.iter().copied(), ["rotl"].into_iter());
        assert_eq!(
            (near(&["total"]), near(&["tool", "x"]), near(&["ttal"])),
            (Some("total"), Some("tool"), Some("rotl"))
        );
    }
}
