//! The names of resources in the fleet, and those of the same parts in this proxy's table.

use towpath_config::parts::{PartName, Section};
use towpath_wire::Kind;

#[cfg(test)]
mod tests;

/// The types of resources that a table is made of.
pub(super) const KINDS: [Kind; 5] =
    [Kind::Settings, Kind::Cluster, Kind::Endpoints, Kind::Listener, Kind::Route];

fn section(kind: Kind) -> Option<Section> {
    match kind {
        Kind::Settings => Some(Section::Settings),
        Kind::Cluster => Some(Section::Cluster),
        Kind::Endpoints => Some(Section::Endpoints),
        Kind::Listener => Some(Section::Listener),
        Kind::Route => Some(Section::Route),
        Kind::Host => None,
    }
}

/// The type of resource that holds a part of this section.
pub(super) fn kind(section: Section) -> Kind {
    match section {
        Section::Settings => Kind::Settings,
        Section::Cluster => Kind::Cluster,
        Section::Endpoints => Kind::Endpoints,
        Section::Listener => Kind::Listener,
        Section::Route => Kind::Route,
    }
}

/// What a resource is called in the table of a proxy of `namespace`: clusters of others keep their namespace.
///
/// # Errors
/// There can be no such part.
pub(super) fn part(kind: Kind, name: &str, namespace: &str) -> Result<PartName, String> {
    let (owner, local) = name.split_once('/').ok_or("its name is not NAMESPACE/NAME")?;
    let section = section(kind).ok_or("it is no part of a table")?;
    let may_be_foreign = matches!(section, Section::Cluster | Section::Endpoints);
    let name = match owner == namespace {
        true => PartName::new(section, local),
        false if may_be_foreign && !local.contains(':') => {
            PartName::new(section, &format!("{owner}:{local}"))
        }
        false => {
            return Err(format!("it is of the namespace `{owner}`, and this proxy stands in `{namespace}`"));
        }
    };
    name.ok_or_else(|| "there can be no such name".to_owned())
}

/// What a part of the table of a proxy of `namespace` is called in the fleet.
pub(super) fn resource(part: &PartName, namespace: &str) -> String {
    match part.name().split_once(':') {
        Some((owner, local)) => format!("{owner}/{local}"),
        None => format!("{namespace}/{}", part.name()),
    }
}
