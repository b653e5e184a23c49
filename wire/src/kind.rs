//! The types of resources: all that the state machines know of them is their order.

/// A type of resources. A further one is a line in each table here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// What all proxies of a namespace share: `defaults` and parts of `proxy`.
    Settings,
    /// A cluster without its endpoints.
    Cluster,
    /// The endpoints of the cluster of the same name.
    Endpoints,
    /// A listener.
    Listener,
    /// A route.
    Route,
    /// Which routes and clusters serve a host: what a proxy asks for that loads on demand.
    Host,
}

impl Kind {
    /// All of them, in the order in which a server sends what changed together: what is named before what names it.
    pub const ALL: [Self; 6] =
        [Self::Settings, Self::Cluster, Self::Endpoints, Self::Listener, Self::Route, Self::Host];

    /// The type URL.
    #[must_use]
    pub fn url(self) -> &'static str {
        match self {
            Self::Settings => "type.googleapis.com/towpath.v1.Settings",
            Self::Cluster => "type.googleapis.com/towpath.v1.Cluster",
            Self::Endpoints => "type.googleapis.com/towpath.v1.Endpoints",
            Self::Listener => "type.googleapis.com/towpath.v1.Listener",
            Self::Route => "type.googleapis.com/towpath.v1.Route",
            Self::Host => "type.googleapis.com/towpath.v1.Host",
        }
    }

    /// The type with this URL.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.url() == url)
    }

    /// Its name, as people read it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Cluster => "cluster",
            Self::Endpoints => "endpoints",
            Self::Listener => "listener",
            Self::Route => "route",
            Self::Host => "host",
        }
    }

    /// Whether others name it, so that it is removed last (make before break; Envoy, xDS protocol, "Eventual consistency
    /// considerations").
    #[must_use]
    pub fn removed_last(self) -> bool {
        matches!(self, Self::Cluster | Self::Endpoints)
    }
}

/// One of something for each type.
#[derive(Debug, Clone, Default)]
pub struct PerKind<T>([T; Kind::ALL.len()]);

impl<T> PerKind<T> {
    /// Makes one for each.
    pub fn new(make: impl FnMut(Kind) -> T) -> Self {
        Self(Kind::ALL.map(make))
    }

    /// The one of this type.
    pub fn of(&self, kind: Kind) -> &T {
        let [settings, cluster, endpoints, listener, route, host] = &self.0;
        match kind {
            Kind::Settings => settings,
            Kind::Cluster => cluster,
            Kind::Endpoints => endpoints,
            Kind::Listener => listener,
            Kind::Route => route,
            Kind::Host => host,
        }
    }

    /// The one of this type, to change it.
    pub fn of_mut(&mut self, kind: Kind) -> &mut T {
        let [settings, cluster, endpoints, listener, route, host] = &mut self.0;
        match kind {
            Kind::Settings => settings,
            Kind::Cluster => cluster,
            Kind::Endpoints => endpoints,
            Kind::Listener => listener,
            Kind::Route => route,
            Kind::Host => host,
        }
    }

    /// All, in the order of [`Kind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &T)> {
        Kind::ALL.into_iter().zip(&self.0)
    }
}
