//! Who asks.

use std::net::IpAddr;

use towpath_config::server::{Namespaces, Token, TokenScope};

/// Who asks, and what they may do.
#[derive(Debug, Clone)]
pub(in crate::api) struct Caller {
    /// The name of the token, or `local` where none are wanted.
    name: String,
    address: IpAddr,
    namespaces: Namespaces,
    scope: TokenScope,
}

impl Caller {
    /// Whoever is on this machine, where no tokens are wanted.
    pub(super) fn local(address: IpAddr) -> Self {
        Self { name: "local".to_owned(), address, namespaces: Namespaces::All, scope: TokenScope::Admin }
    }

    /// Somebody who may see what everybody may.
    pub(super) fn stranger(address: IpAddr) -> Self {
        let namespaces = Namespaces::Named(Vec::new());
        Self { name: "unknown".to_owned(), address, namespaces, scope: TokenScope::Read }
    }

    pub(super) fn by(name: &str, token: &Token, address: IpAddr) -> Self {
        let (namespaces, scope) = (token.namespaces().clone(), *token.scope());
        Self { name: name.to_owned(), address, namespaces, scope }
    }

    /// The name of the token, or a word for whoever has none.
    pub(in crate::api) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn into_name(self) -> String {
        self.name
    }

    /// Who it is and where they are, as revisions and the audit log say it.
    pub(in crate::api) fn who(&self) -> String {
        who(&self.name, self.address)
    }

    /// Whether something of this namespace is theirs to see and change.
    pub(in crate::api) fn has(&self, namespace: &str) -> bool {
        self.namespaces.hold(namespace)
    }

    /// Whether all namespaces are theirs, and what belongs to none.
    pub(in crate::api) fn has_all(&self) -> bool {
        self.namespaces == Namespaces::All
    }

    pub(in crate::api) fn may(&self, scope: TokenScope) -> bool {
        self.scope >= scope
    }
}

/// A name and, unless it is this machine, an address.
pub(in crate::api) fn who(name: &str, address: IpAddr) -> String {
    let address = address.to_canonical();
    if address.is_loopback() { name.to_owned() } else { format!("{name}@{address}") }
}
