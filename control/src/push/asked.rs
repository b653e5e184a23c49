//! The hosts that proxies ask for which load on demand: those of all streams that are open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(test)]
mod tests;

/// What is asked for, whatever the edition: a stream that comes to another view takes its hosts along.
#[derive(Debug, Default)]
pub struct Asked(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// How many streams may ask.
    streams: usize,
    /// Counts the times that something was new.
    growth: u64,
    namespaces: HashMap<String, Namespace>,
}

#[derive(Debug, Default)]
struct Namespace {
    /// When a host was new last.
    grown: u64,
    /// By how many streams each host is asked for.
    hosts: BTreeMap<String, usize>,
}

impl Asked {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The streams that are open.
    pub fn streams(&self) -> usize {
        self.book().streams
    }

    /// The hosts of a namespace, and when the last of them was new; nothing when that was `known`.
    pub fn since(&self, known: u64, namespace: &str) -> Option<(u64, BTreeSet<String>)> {
        let book = self.book();
        let Namespace { grown, hosts } = book.namespaces.get(namespace)?;
        (*grown != known).then(|| (*grown, hosts.keys().cloned().collect()))
    }
}

/// What one stream asks for. It is forgotten with the stream.
#[derive(Debug)]
pub struct Wishes {
    asked: Arc<Asked>,
    namespace: String,
    hosts: BTreeSet<String>,
    most: usize,
}

impl Wishes {
    /// A stream of a proxy of this namespace, which has asked for nothing; `most` hosts of a namespace may be asked for at once.
    pub fn new(asked: Arc<Asked>, namespace: &str, most: usize) -> Self {
        asked.book().streams += 1;
        Self { asked, namespace: namespace.to_owned(), hosts: BTreeSet::new(), most }
    }

    /// Asks for a resource, `NAMESPACE/HOST`; false when there is no room for it. Then nobody knows whether there is such a
    /// host, so nobody may say that there is none.
    pub fn want(&mut self, name: &str) -> bool {
        // of other namespaces, and of what is no name of a host, there is nothing to see
        let Some(host) = own(&self.namespace, name).filter(|host| !self.hosts.contains(*host)) else {
            return true;
        };
        let room = self.asked.book().ask(&self.namespace, host, self.most);
        if room {
            self.hosts.insert(host.to_owned());
        }
        room
    }

    /// Asks for it no more.
    pub fn leave(&mut self, name: &str) {
        if let Some(host) = own(&self.namespace, name)
            && self.hosts.remove(host)
        {
            self.asked.book().release(&self.namespace, host);
        }
    }
}

fn own<'n>(namespace: &str, name: &'n str) -> Option<&'n str> {
    name.strip_prefix(namespace)?.strip_prefix('/')
}

impl Drop for Wishes {
    fn drop(&mut self) {
        let mut book = self.asked.book();
        book.streams -= 1;
        self.hosts.iter().for_each(|host| book.release(&self.namespace, host));
    }
}

impl Book {
    /// Counts a stream that asks for a host; false when there is no room.
    fn ask(&mut self, namespace: &str, host: &str, most: usize) -> bool {
        let Namespace { grown, hosts } = self.namespaces.entry(namespace.to_owned()).or_default();
        let full = hosts.len() >= most;
        match hosts.get_mut(host) {
            Some(streams) => *streams += 1,
            None if full => return false,
            None => {
                self.growth += 1;
                *grown = self.growth;
                hosts.insert(host.to_owned(), 1);
            }
        }
        true
    }

    fn release(&mut self, namespace: &str, host: &str) {
        let Some(Namespace { hosts, .. }) = self.namespaces.get_mut(namespace) else { return };
        if let Some(streams) = hosts.get_mut(host) {
            *streams -= 1;
            if *streams == 0 {
                hosts.remove(host);
            }
        }
        if hosts.is_empty() {
            self.namespaces.remove(namespace);
        }
    }
}
