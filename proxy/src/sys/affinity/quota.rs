//! The CPU quota of the control groups that a process is in (cgroups(7)), of both versions.

use std::path::{Path, PathBuf};

/// How much CPU time the process may use, in CPUs: the least of what its group and those above it allow. `None` where
/// nothing limits it, or nobody can tell. `read` gives the text of a file.
pub(super) fn quota(read: &dyn Fn(&Path) -> Option<String>) -> Option<f64> {
    let (groups, mounts) = (read(Path::new("/proc/self/cgroup"))?, read(Path::new("/proc/self/mountinfo"))?);
    let hierarchies = mounts.lines().filter_map(Mount::parse);
    let quotas = hierarchies.filter_map(|mount| {
        let group = groups.lines().find_map(|line| mount.group(line))?;
        let folders = group.ancestors().take_while(|folder| folder.starts_with(&mount.point));
        folders.filter_map(|folder| mount.quota(&|name| read(&folder.join(name)))).reduce(f64::min)
    });
    quotas.reduce(f64::min)
}

/// A hierarchy of groups that controls CPU time, as far as it is mounted.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// The group that stands at the point.
    root: PathBuf,
    point: PathBuf,
    unified: bool,
}

impl Mount {
    /// A line of `/proc/self/mountinfo` (proc(5)).
    fn parse(line: &str) -> Option<Self> {
        let (place, system) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3).map(|path| PathBuf::from(unescaped(path)));
        let (root, point) = (place.next()?, place.next()?);
        let mut system = system.split(' ');
        let unified = match (system.next()?, system.nth(1)?) {
            ("cgroup2", _) => true,
            ("cgroup", options) if options.split(',').any(|option| option == "cpu") => false,
            _ => return None,
        };
        Some(Self { root, point, unified })
    }

    /// Where the group stands that a line of `/proc/self/cgroup` names, if it is one of this hierarchy.
    fn group(&self, line: &str) -> Option<PathBuf> {
        let mut parts = line.splitn(3, ':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let own = match self.unified {
            true => number == "0" && controllers.is_empty(),
            false => controllers.split(',').any(|controller| controller == "cpu"),
        };
        // of a group that is not below the point no more can be seen than the point
        let below = Path::new(path).strip_prefix(&self.root).unwrap_or(Path::new(""));
        own.then(|| self.point.join(below))
    }

    /// What the files of a group say.
    fn quota(&self, read: &dyn Fn(&str) -> Option<String>) -> Option<f64> {
        let (quota, period) = match self.unified {
            true => {
                let text = read("cpu.max")?;
                let (quota, period) = text.trim().split_once(' ')?;
                (quota.to_owned(), period.to_owned())
            }
            false => (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?),
        };
        // `max`, or -1, is no limit
        let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| *number > 0);
        Some(number(&quota)? as f64 / number(&period)? as f64)
    }
}

/// A path of `/proc/self/mountinfo`, where blanks and backslashes are octal.
fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(path.to_owned(), |path, (octal, plain)| path.replace(octal, plain))
}

#[cfg(test)]
mod tests;
