//! What only settings of the server say: shares of a fleet, what a token may do, digests.

use serde_json::{Value, json};

use crate::fault::did_you_mean;
use crate::language::{Word, Write, Wrong};
use crate::model::Percent;
use crate::values::Name;

/// How much of a fleet gets a revision at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// One proxy.
    One,
    /// So many of a hundred, at least one.
    Percent(Percent),
    /// Every proxy.
    All,
}

impl Share {
    /// How many proxies of `of` it is.
    #[must_use]
    pub fn count(self, of: usize) -> usize {
        match self {
            Self::One => of.min(1),
            Self::Percent(percent) => (of as u64)
                .saturating_mul(u64::from(percent.millionths()))
                .div_ceil(u64::from(Percent::ALL)) as usize,
            Self::All => of,
        }
    }

    /// For the order of steps: what takes more of a large fleet is greater.
    pub(crate) fn size(self) -> u32 {
        match self {
            Self::One => 0,
            Self::Percent(percent) => percent.millionths(),
            Self::All => Percent::ALL,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn text(self) -> String {
        self.write().as_str().unwrap_or_default().to_owned()
    }
}

impl Word for Share {
    const WANTED: &'static str = "a share of the fleet such as `one`, `10%` or `all`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "one" => Ok(Self::One),
            "all" | "100%" => Ok(Self::All),
            _ if text.ends_with('%') => Percent::parse(text).map(Self::Percent),
            _ => Err(Wrong::not(text, "a share of the fleet", "write `one`, `10%` or `all`")),
        }
    }

    fn word_schema() -> Value {
        json!({"anyOf": [{"enum": ["one", "all"]}, Percent::word_schema()]})
    }
}

impl Write for Share {
    fn write(&self) -> Value {
        match self {
            Self::One => json!("one"),
            Self::Percent(percent) => percent.write(),
            Self::All => json!("all"),
        }
    }
}

/// What a token may do; each may do what stands before it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenScope {
    /// Look at everything.
    Read,
    /// Change what the mesh is.
    Write,
    /// Roll back, and read the audit log.
    Admin,
}

const SCOPES: [(&str, TokenScope); 3] =
    [("read", TokenScope::Read), ("write", TokenScope::Write), ("admin", TokenScope::Admin)];

impl Word for TokenScope {
    const WANTED: &'static str = "what a token may do";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let found = SCOPES.iter().find(|(word, _)| *word == text).map(|(_, scope)| *scope);
        found.ok_or_else(|| {
            let help = did_you_mean(text, SCOPES.iter().map(|(word, _)| *word))
                .unwrap_or_else(|| "one of `read`, `write`, `admin`".to_owned());
            Wrong::not(text, Self::WANTED, help)
        })
    }

    fn word_schema() -> Value {
        json!({"enum": SCOPES.map(|(word, _)| word)})
    }
}

impl Write for TokenScope {
    fn write(&self) -> Value {
        json!(SCOPES.iter().find(|(_, scope)| scope == self).map(|(word, _)| *word))
    }
}

/// Which namespaces a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namespaces {
    /// Every one.
    All,
    /// These.
    Named(Vec<String>),
}

impl Namespaces {
    /// Whether this one is among them.
    #[must_use]
    pub fn hold(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == namespace),
        }
    }
}

/// One namespace of a token, or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NamespaceWord {
    All,
    Named(String),
}

impl Word for NamespaceWord {
    const WANTED: &'static str = "a namespace, or `\"*\"` for all of them";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "*" => Ok(Self::All),
            _ => Name::parse(text).map(|name| Self::Named(name.0)),
        }
    }

    fn word_schema() -> Value {
        json!({"anyOf": [{"const": "*"}, Name::word_schema()]})
    }
}

impl Write for NamespaceWord {
    fn write(&self) -> Value {
        match self {
            Self::All => json!("*"),
            Self::Named(name) => json!(name),
        }
    }
}

/// SHA-256 of a token, as 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sha256(pub(crate) [u8; 32]);

impl Word for Sha256 {
    const WANTED: &'static str = "the SHA-256 of a token, 64 hexadecimal digits";

    fn parse(text: &str) -> Result<Self, Wrong> {
        // what was written may be the token itself, so it is not repeated
        let wrong = || {
            let help = "write what `towpath control token NAME` prints, not the token itself";
            Wrong::new("this is no SHA-256: it has 64 hexadecimal digits", help)
        };
        let mut octets = [0; 32];
        if text.len() != 64 || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        for (at, octet) in octets.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or_else(wrong)?;
            *octet = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(octets))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^[0-9a-fA-F]{64}$"})
    }
}

impl Write for Sha256 {
    fn write(&self) -> Value {
        json!(self.0.iter().map(|octet| format!("{octet:02x}")).collect::<String>())
    }
}

/// The word `store` where a source is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoreWord;

impl Word for StoreWord {
    const WANTED: &'static str = "`store` or `{directory: DIR}`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "store" => Ok(Self),
            _ => {
                let help = "write `{directory: DIR}` for a directory of YAML files, or `store` where changes come by the \
                            API alone";
                Err(Wrong::not(text, "a source", help))
            }
        }
    }

    fn word_schema() -> Value {
        json!({"const": "store"})
    }
}

impl Write for StoreWord {
    fn write(&self) -> Value {
        json!("store")
    }
}
