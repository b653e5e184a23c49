//! `rewrite`: the path and host that the upstream gets.

use towpath_config::model::{Condition, PathPattern, RewritePath};

/// Writes the path after `change` into `into`. `condition` is the alternative that matched.
pub fn path(change: &RewritePath, condition: &Condition, path: &str, into: &mut String) {
    into.clear();
    match change {
        RewritePath::Full(full) => into.push_str(full),
        RewritePath::Prefix(prefix) => {
            let matched = match condition.path().as_deref() {
                Some(PathPattern::Prefix(matched)) => matched.len(),
                Some(PathPattern::Exact(_)) => path.len(),
                _ => 0,
            };
            let rest = path.get(matched..).unwrap_or_default();
            into.push_str(prefix.strip_suffix('/').unwrap_or(prefix));
            if !rest.is_empty() && !rest.starts_with('/') {
                into.push('/');
            }
            into.push_str(rest);
        }
        RewritePath::Regex { pattern, with } => {
            let mut last = 0;
            for captures in pattern.regex().captures_iter(path) {
                let Some(found) = captures.get_match() else { continue };
                into.push_str(path.get(last..found.start()).unwrap_or_default());
                captures.interpolate_string_into(path, with, into);
                last = found.end();
            }
            into.push_str(path.get(last..).unwrap_or_default());
        }
    }
    // one slash in front: what begins with two could be read as a host
    let rest = into.trim_start_matches('/').len();
    into.replace_range(..into.len() - rest, "/");
    escape(into);
}

/// A group can hold only what stood in the path, but the text around it is the config's: what may not stand in a
/// target is written in its escaped form.
fn escape(path: &mut String) {
    if path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'?')) {
        return;
    }
    let escaped = path.bytes().fold(String::with_capacity(path.len() + 8), |mut escaped, byte| {
        if byte.is_ascii_graphic() && !matches!(byte, b'#' | b'?') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    });
    *path = escaped;
}

#[cfg(test)]
mod tests;
