//! `{1..100}` in a path: one path for each number. Several ranges count like the wheels of a meter, the last the fastest.

/// The most paths that ranges may make.
const PATHS_MAX: u64 = 100_000;

/// All the paths that a pattern stands for, in turn.
///
/// # Errors
/// When a brace is no part of a range, or there are too many paths.
pub fn paths(pattern: &str) -> Result<Vec<String>, String> {
    let mut done = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{') {
        let (inside, after) = behind.split_once('}').ok_or_else(|| stray(pattern))?;
        let (from, to) = bounds(inside).ok_or_else(|| stray(pattern))?;
        if from > to {
            return Err(format!("`{{{inside}}}` in `{pattern}` runs backwards"));
        }
        let count = (to - from).saturating_add(1).saturating_mul(done.len() as u64);
        if count > PATHS_MAX {
            return Err(format!("`{pattern}` makes more than {PATHS_MAX} paths"));
        }
        done = done
            .iter()
            .flat_map(|start| (from..=to).map(move |number| format!("{start}{before}{number}")))
            .collect();
        rest = after;
    }
    if rest.contains('}') {
        return Err(stray(pattern));
    }
    done.iter_mut().for_each(|path| path.push_str(rest));
    Ok(done)
}

fn bounds(inside: &str) -> Option<(u64, u64)> {
    let (from, to) = inside.split_once("..")?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

fn stray(pattern: &str) -> String {
    format!("`{pattern}` has a brace that is no range; write {{1..100}}, and %7B and %7D for braces")
}

#[cfg(test)]
mod tests;
