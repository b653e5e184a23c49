//! The way back: the parts of a table that was put together here.

use crate::parts::{Part, PartName, Section};

/// The parts of a table as [`assemble`](crate::parts::assemble()) writes it, with the very texts that they had; settings, which
/// are merged there, are not among them. `None` when it was written otherwise.
#[must_use]
pub fn restore(document: &str) -> Option<Vec<Part>> {
    let mut parts: Vec<(PartName, String)> = Vec::new();
    let mut section = Section::Settings;
    for line in document.lines() {
        if let Some(endpoints) = line.strip_prefix("    \"endpoints\": ") {
            let (name, cluster) = parts.last_mut().filter(|(name, _)| name.section() == Section::Cluster)?;
            // as the cluster was before its endpoints were put in
            cluster.truncate(cluster.strip_suffix(',').map_or(cluster.len(), str::len));
            cluster.push('}');
            let name = PartName::new(Section::Endpoints, name.name())?;
            parts.push((name, endpoints.strip_suffix('}')?.to_owned()));
        } else if let Some(line) = line.strip_prefix("  ") {
            let (name, text) = line.split_once(": ")?;
            parts.push((
                PartName::new(section, name).filter(|_| section != Section::Settings)?,
                text.to_owned(),
            ));
        } else {
            section = match line {
                "listeners:" => Section::Listener,
                "routes:" => Section::Route,
                "clusters:" => Section::Cluster,
                _ => continue,
            };
        }
    }
    parts.into_iter().map(|(name, text)| Part::new(name, text).ok()).collect()
}

#[cfg(test)]
mod tests;
