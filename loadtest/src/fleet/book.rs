//! Names and versions as small numbers. All proxies of a fleet hold the same ones, so each text is kept once, and what a
//! proxy holds is four octets for each resource.

use std::collections::HashMap;
use std::rc::Rc;

use super::message::{KINDS, Kind};

/// Texts, each with a number from 1 on.
#[derive(Debug, Default)]
struct Numbers {
    of: HashMap<Rc<str>, u32>,
    texts: Vec<Rc<str>>,
}

impl Numbers {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.of.get(text) {
            return *number;
        }
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.of.insert(text, number);
        number
    }

    fn text(&self, number: u32) -> Option<&str> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.texts.get(at).map(|text| &**text)
    }
}

/// All names and versions that any proxy of the fleet has heard of.
#[derive(Debug, Default)]
pub struct Book {
    names: [Numbers; KINDS],
    versions: Numbers,
}

impl Book {
    /// The numbers of a name of this type, and of a version.
    pub fn numbers(&mut self, kind: Kind, name: &str, version: &str) -> (usize, u32) {
        let names = self.names.get_mut(kind as usize).map_or(0, |names| names.number(name));
        (usize::try_from(names).unwrap_or(usize::MAX), self.versions.number(version))
    }

    fn name(&self, kind: Kind, number: usize) -> Option<&str> {
        self.names.get(kind as usize)?.text(u32::try_from(number).ok()?)
    }
}

/// What one proxy holds of one type.
#[derive(Debug, Default)]
pub struct Held {
    /// By the number of a name; 0 is none.
    versions: Vec<u32>,
    count: usize,
}

impl Held {
    /// Holds this version under that name from now on.
    pub fn hold(&mut self, (name, version): (usize, u32)) {
        if self.versions.len() <= name {
            self.versions.resize(name + 1, 0);
        }
        if let Some(held) = self.versions.get_mut(name) {
            self.count += usize::from(*held == 0);
            *held = version;
        }
    }

    /// Holds nothing under that name any more.
    pub fn release(&mut self, name: usize) {
        if let Some(held) = self.versions.get_mut(name) {
            self.count -= usize::from(*held != 0);
            *held = 0;
        }
    }

    /// How many resources there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Names and versions, as they were heard.
    pub fn texts(&self, kind: Kind, book: &Book) -> HashMap<String, String> {
        let held = self.versions.iter().enumerate().filter(|(_, version)| **version != 0);
        let texts = held.filter_map(|(name, version)| {
            Some((book.name(kind, name)?.to_owned(), book.versions.text(*version)?.to_owned()))
        });
        texts.collect()
    }
}

#[cfg(test)]
mod tests;
