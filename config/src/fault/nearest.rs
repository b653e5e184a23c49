//! "did you mean …?"

/// The candidate that is most like `word`, if any is like it: at most a third of its characters differ.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).collect();
    let limit = (word.len() / 3).max(1);
    let mut rows = Rows::default();
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(word.len()) <= limit)
        .filter_map(|candidate| Some((distance(&word, candidate, limit, &mut rows)?, candidate)))
        .filter(|(distance, candidate)| *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The question that helps, if there is one.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// The last rows of a table of distances: there may be thousands of candidates.
#[derive(Default)]
struct Rows {
    before: Vec<usize>,
    above: Vec<usize>,
    line: Vec<usize>,
}

/// How many insertions, removals, replacements and swaps of neighbours lead from one to the other
/// (optimal string alignment), if not more than `limit`.
fn distance(from: &[char], to: &str, limit: usize, rows: &mut Rows) -> Option<usize> {
    let Rows { before, above, line } = rows;
    before.clear();
    above.clear();
    above.extend(0..=from.len());
    let mut previous = None;
    for (row, letter) in to.chars().enumerate() {
        line.clear();
        line.push(row + 1);
        for (column, wanted) in from.iter().enumerate() {
            let at = |line: &[usize], position: usize| line.get(position).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(above, column) + usize::from(*wanted != letter);
            let mut least = replaced.min(at(above, column + 1) + 1).min(at(line, column) + 1);
            let left = column.checked_sub(1).and_then(|left| from.get(left));
            if left == Some(&letter) && previous == Some(*wanted) {
                least = least.min(at(before, column - 1) + 1);
            }
            line.push(least);
        }
        if line.iter().all(|distance| *distance > limit) {
            return None;
        }
        // the oldest row takes in the next one
        std::mem::swap(before, above);
        std::mem::swap(above, line);
        previous = Some(letter);
    }
    above.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests;
