//! The explanation for people.

use std::fmt::{Display, Formatter, Result};

use super::explanation::{DestinationSaid, Explanation, Outcome, RequestSaid, Setting, SplitSaid};

#[cfg(test)]
mod tests;

/// A table may have thousands of candidates: beyond so many, only those whose host is right are listed.
const CANDIDATES_MAX: usize = 40;

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match (&self.request, &self.connection) {
            (Some(request), _) => write!(f, "{request}")?,
            (None, Some(connection)) => write!(f, "a connection from {}", connection.client)?,
            (None, None) => write!(f, "a request that cannot be read in one way only")?,
        }
        writeln!(f, " on listener {}\n  {}", self.listener, self.outcome)?;
        if let Some(maintenance) = &self.maintenance {
            writeln!(f, "  maintenance is {} ({})", maintenance.value, maintenance.place)?;
        }
        self.write_candidates(f)?;
        if let Some(split) = &self.split {
            write!(f, "{split}")?;
        }
        self.destinations.iter().try_for_each(|destination| write!(f, "{destination}"))?;
        writeln!(f, "\nlistener {}", self.listener)?;
        write_settings(f, &self.settings)
    }
}

impl Explanation {
    fn write_candidates(&self, f: &mut Formatter<'_>) -> Result {
        if self.candidates.is_empty() {
            return Ok(());
        }
        let few = self.candidates.len() <= CANDIDATES_MAX;
        let near = self.candidates.iter().filter(|said| few || said.reason != Some("no-host"));
        let near: Vec<_> = near.take(CANDIDATES_MAX).collect();
        let width = near.iter().map(|said| said.route.chars().count()).max().unwrap_or_default();
        writeln!(f, "\nroutes, in the order of trial")?;
        for said in &near {
            let mark = match said.result {
                "wins" => '→',
                "holds" => '·',
                _ => '×',
            };
            write!(f, "  {mark} {:<width$}  {}", said.route, said.text)?;
            // what failed has its own line in its text
            if said.result != "fails" {
                write!(f, " ({})", said.place)?;
            }
            writeln!(f)?;
        }
        match self.candidates.len() - near.len() {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more, mostly of other hosts (the JSON form has all)"),
        }
    }
}

impl Display for RequestSaid {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { method, host, path, client, .. } = self;
        let (mark, query) = self.query.as_ref().map_or(("", ""), |query| ("?", query));
        write!(f, "{method} {host} {path}{mark}{query} from {client}")
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match (self.status, self.reason) {
            (Some(status), Some(reason)) => write!(f, "is answered {status} {reason}")?,
            (None, Some(reason)) => write!(f, "is closed: {reason}")?,
            _ => f.write_str("is forwarded")?,
        }
        if let (Some(route), Some(place)) = (&self.route, &self.place) {
            write!(f, " by route {route} ({place})")?;
        }
        self.fields.iter().try_for_each(|(name, value)| write!(f, "\n  {name}: {value}"))
    }
}

impl Display for SplitSaid {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "\nsplit by {}", self.by)?;
        if let Some(key) = &self.key {
            write!(f, " = {key:?}")?;
        }
        if let Some(cohort) = &self.cohort {
            write!(f, ", cohort {cohort}")?;
        }
        writeln!(f)?;
        let width = self.shares.iter().map(|share| share.name.chars().count()).max().unwrap_or_default();
        for share in &self.shares {
            let mark = if share.chosen { '→' } else { ' ' };
            let percent = share.share * 100.0;
            write!(f, "  {mark} {:<width$}  weight {}, share {percent:.4}%", share.name, share.weight)?;
            if let (Some(draw), Some(score)) = (share.draw, share.score) {
                write!(f, ", bucket {draw:.6}, score {score:.4}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl Display for DestinationSaid {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "\ndestination {}: cluster {}", self.name, self.cluster)?;
        if let Some(subset) = &self.subset {
            write!(f, ", subset {subset}")?;
        }
        writeln!(f)?;
        if let Some(dns) = &self.dns {
            writeln!(f, "  dns {dns}")?;
        }
        if let Some(reason) = self.lack {
            writeln!(f, "  no endpoint can be chosen: {reason}")?;
        }
        for endpoint in &self.endpoints {
            write!(f, "  endpoint {}, weight {}", endpoint.address, endpoint.weight)?;
            writeln!(
                f,
                ", {} active{}",
                endpoint.active,
                endpoint.health.map(|word| format!(", {word}")).unwrap_or_default()
            )?;
        }
        write_settings(f, &self.settings)?;
        let Some(sent) = &self.sent else { return Ok(()) };
        writeln!(f, "  gets\n    {}", sent.line)?;
        sent.fields.iter().try_for_each(|(name, value)| writeln!(f, "    {name}: {value}"))
    }
}

fn write_settings(f: &mut Formatter<'_>, settings: &[Setting]) -> Result {
    let width = settings.iter().map(|setting| setting.name.chars().count()).max().unwrap_or_default();
    settings
        .iter()
        .try_for_each(|Setting { name, value, place }| writeln!(f, "  {name:<width$}  {value} ({place})"))
}
