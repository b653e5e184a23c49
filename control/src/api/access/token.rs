//! Tokens. The server knows their digests only; the tokens themselves are with those who show them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read};

use towpath_config::server::Token;

/// How many octets of chance a token has.
const CHANCE_BYTES: usize = 32;

/// What every token begins with, so that one that got away is found by those who look for such.
const PREFIX: &str = "towpath_";

/// All tokens that the server takes, by name. None at all: it answers this machine only.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens(BTreeMap<String, Token>);

impl Tokens {
    pub(super) fn new(tokens: BTreeMap<String, Token>) -> Self {
        Self(tokens)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The token that was shown, and its name. All are looked at, each for the same time, whatever was shown.
    pub(super) fn find(&self, shown: &[u8]) -> Option<(&str, &Token)> {
        let digest = digest(shown);
        let mut found = None;
        for (name, token) in &self.0 {
            if equal(token.digest(), &digest) {
                found = Some((name.as_str(), token));
            }
        }
        found
    }
}

fn digest(token: &[u8]) -> [u8; 32] {
    hmac_sha256::Hash::hash(token)
}

/// Equality that takes as long whichever octet differs.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let differs = one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other));
    black_box(differs) == 0
}

/// A token that nobody has yet.
pub struct Secret(String);

impl Secret {
    /// One of chance.
    ///
    /// # Errors
    /// When the operating system has none to give.
    pub fn generate() -> io::Result<Self> {
        let mut octets = [0; CHANCE_BYTES];
        File::open("/dev/urandom")?.read_exact(&mut octets)?;
        Ok(Self(format!("{PREFIX}{}", hexadecimal(&octets))))
    }

    /// The token itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the settings are told: its SHA-256 in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        hexadecimal(&digest(self.0.as_bytes()))
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
pub(super) mod tests;
