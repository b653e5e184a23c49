//! The code as the rules read it: files, with comments and literals blanked out so that only code is left.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project.
#[derive(Debug)]
pub struct Source {
    /// Its path from the root of the workspace.
    pub path: String,
    /// Its text, with comments, strings and characters blanked out; lines and columns stay.
    pub code: String,
}

impl Source {
    /// A file with this text.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), code: blank(text) }
    }

    /// Every Rust file below these folders of the workspace.
    pub fn below(folders: &[&str]) -> Vec<Self> {
        let mut found = Vec::new();
        for folder in folders {
            collect(&root().join(folder), &mut found);
        }
        found.sort();
        found
            .iter()
            .map(|path| {
                let text = fs::read_to_string(path).expect("a source file is text");
                let name = path.strip_prefix(root()).expect("it stands below the root");
                Self::new(&name.display().to_string(), &text)
            })
            .collect()
    }

    /// Whether it holds tests.
    pub fn is_tests(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The line of a position, counted from 1.
    pub fn line(&self, position: usize) -> usize {
        self.code[..position].matches('\n').count() + 1
    }

    /// `file:line: what`.
    pub fn offence(&self, position: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, self.line(position))
    }

    /// Positions of a word that is not part of a longer one.
    pub fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let before = self.code[..*at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    }

    /// The identifier that begins at, or after white space behind, a position.
    pub fn identifier(&self, position: usize) -> &str {
        let rest = self.code[position..].trim_start();
        &rest[..rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())]
    }

    /// What stands between the braces that open at or after a position, unless a `;` comes first.
    pub fn braces(&self, position: usize) -> Option<std::ops::Range<usize>> {
        let open = position + self.code[position..].find(['{', ';'])?;
        if self.code[open..].starts_with(';') {
            return None;
        }
        let mut depth = 0_usize;
        for (offset, letter) in self.code[open..].char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 1 => return Some(open + 1..open + offset),
                '}' => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// What is named right behind a prefix such as `crate::`: one name, or each of a group.
    pub fn named_behind(&self, prefix: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (start, _) in self.code.match_indices(prefix) {
            let before = self.code[..start].chars().next_back();
            if before.is_some_and(|letter| is_word(letter) || letter == ':' || letter == '$') {
                continue;
            }
            let at = start + prefix.len();
            if !self.code[at..].starts_with('{') {
                found.push((start, self.identifier(at).to_owned()));
                continue;
            }
            let Some(group) = self.braces(at) else { continue };
            let names = split_list(&self.code[group]);
            found.extend(names.iter().map(|name| {
                let name = name.trim();
                (start, name[..name.find(|letter| !is_word(letter)).unwrap_or(name.len())].to_owned())
            }));
        }
        found
    }
}

/// Splits a list at the commas that stand in no bracket.
pub fn split_list(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, letter) in list.char_indices() {
        match letter {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if list[..at].ends_with(['-', '=']) => {}
            ')' | ']' | '}' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in the workspace").to_owned()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Replaces comments, strings and character literals by spaces.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = out.chars().next_back().is_some_and(is_word);
        let length = literal_length(rest, after_word).unwrap_or(0);
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        out.extend(rest[..length].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    out
}

/// The length of the comment or literal that begins here.
fn literal_length(text: &str, after_word: bool) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return text.find("*/").map(|end| end + 2);
    }
    let prefix = if after_word { 0 } else { text.find(|letter| !"brc".contains(letter))?.min(2) };
    let body = &text[prefix..];
    if body.starts_with('"') && !text[..prefix].contains('r') {
        return Some(prefix + quoted_length(body, '"')?);
    }
    if text[..prefix].contains('r') && body.starts_with(['"', '#']) {
        let hashes = body.find(|letter| letter != '#')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = body[hashes..].strip_prefix('"')?;
        return Some(prefix + hashes + 1 + inside.find(&end)? + end.len());
    }
    // a character, not a lifetime
    let quoted = body.strip_prefix('\'')?;
    let letter = quoted.chars().next()?;
    let is_character = letter == '\\' || quoted[letter.len_utf8()..].starts_with('\'');
    if is_character { Some(prefix + quoted_length(body, '\'')?) } else { None }
}

/// The length of a quoted text with escapes, with both its quotes.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return Some(at + letter.len_utf8()),
            _ => {}
        }
    }
    None
}
