//! From flags to the text of a route table. Each line says which flag it came from, so that a fault which the table's
//! own reader finds shows the flag too.

use std::collections::HashSet;
use std::fmt::Write;

use super::flags::{Flags, PathRoute, Share};
use super::place::Place;
use crate::failure::BadInput;
use crate::text::scalar;

#[cfg(test)]
mod tests;

/// The route table that the flags amount to.
///
/// # Errors
/// [`BadInput`] when shares are more than all.
pub fn table(flags: &Flags) -> Result<String, BadInput> {
    if let Some(file) = flags.fleet.table(flags.admin.as_ref(), flags.watch) {
        return Ok(file);
    }
    let Flags { to: Some(to), listen: Place(listen), split, routes, .. } = flags else {
        return Err(BadInput("error: --to is missing, which says what to forward to".into()));
    };
    let rest = rest(split)?;
    let mut names = Names::default();
    let app = names.next("app");
    let shares: Vec<_> = split.iter().map(|share| (names.next("app"), share)).collect();
    let paths: Vec<_> = routes.iter().map(|route| (names.next(&slug(&route.path)), route)).collect();
    let mut text = String::new();
    // writing to a string cannot fail
    let _ = (|| {
        text.push_str(&process(flags));
        writeln!(text, "listeners:\n  web: {{address: {}}}  # --listen", scalar(listen))?;
        writeln!(text, "routes:\n  {app}: {{to: {}}}", destinations(&app, rest, &shares))?;
        for (name, PathRoute { path, .. }) in &paths {
            writeln!(text, "  {name}: {{match: {{path: {}}}, to: {name}}}  # --route", scalar(path))?;
        }
        writeln!(text, "clusters:")?;
        let clusters = std::iter::once((&app, to, "--to"))
            .chain(shares.iter().map(|(name, share)| (name, &share.endpoint, "--split")))
            .chain(paths.iter().map(|(name, route)| (name, &route.endpoint, "--route")));
        for (name, endpoint, flag) in clusters {
            writeln!(text, "  {name}: {{{}}}  # {flag} {endpoint}", endpoint.cluster())?;
        }
        Ok::<_, std::fmt::Error>(())
    })();
    Ok(text)
}

/// The section `proxy`, where a flag is about it.
fn process(Flags { admin, watch, .. }: &Flags) -> String {
    let admin = admin.as_ref().map(|Place(admin)| (format!("admin: {}", scalar(admin)), "--admin"));
    let watch = watch.then(|| ("access_log: {to: stdout, format: short}".to_owned(), "--watch"));
    let (keys, flags): (Vec<_>, Vec<_>) = [admin, watch].into_iter().flatten().unzip();
    if keys.is_empty() {
        return String::new();
    }
    format!("proxy: {{{}}}  # {}\n", keys.join(", "), flags.join(", "))
}

/// What the splits leave.
fn rest(split: &[Share]) -> Result<u32, BadInput> {
    let taken: u32 = split.iter().map(|share| share.percent).sum();
    100_u32.checked_sub(taken).ok_or_else(|| {
        let terms: Vec<_> = split.iter().map(|share| share.percent.to_string()).collect();
        BadInput(format!("error: --split: {} is {taken}%, and 100% is all there is", terms.join(" + ")))
    })
}

fn destinations(app: &str, rest: u32, shares: &[(String, &Share)]) -> String {
    if shares.is_empty() {
        return app.to_owned();
    }
    shares
        .iter()
        .fold(format!("{{{app}: {rest}"), |text, (name, share)| format!("{text}, {name}: {}", share.percent))
        + "}"
}

/// A name made of a path: what of it may stand in a name.
fn slug(path: &str) -> String {
    let kept = |letter: char| letter.is_ascii_alphanumeric();
    let words: Vec<_> = path.split(|letter| !kept(letter)).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").to_ascii_lowercase().chars().take(NAME_CHARACTERS_MAX).collect();
    let name = name.trim_end_matches('-');
    if name.is_empty() { "root".to_owned() } else { name.to_owned() }
}

/// A longer name would not help anybody to read.
const NAME_CHARACTERS_MAX: usize = 40;

/// Names that were given out.
#[derive(Debug, Default)]
struct Names(HashSet<String>);

impl Names {
    /// `wish`, or with a number behind it when somebody has that name.
    fn next(&mut self, wish: &str) -> String {
        let mut name = wish.to_owned();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{wish}-{number}");
        }
        name
    }
}
