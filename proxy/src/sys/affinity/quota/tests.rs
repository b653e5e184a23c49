use super::*;

const UNIFIED: &str = "24 1 0:22 / /sys rw - sysfs sysfs rw\n\
                       31 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const FIRST: &str = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                     33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";
/// A container that sees the groups of its host in `/proc/self/cgroup`, and at the mount its own.
const INSIDE: &str = "32 31 0:29 /docker/ab /sys/fs/cgroup/cpu ro master:11 - cgroup cgroup rw,cpu\n";
const HYBRID: &str = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
const ODD: &str = "31 24 0:26 / /my\\040groups rw - cgroup2 none rw\n";

/// What a process is told whose group, mounts and files these are.
fn told(group: &str, mounts: &str, files: &[(&str, &str)]) -> Option<f64> {
    let read = |path: &Path| match path.to_str()? {
        "/proc/self/cgroup" => Some(group.to_owned()),
        "/proc/self/mountinfo" => Some(mounts.to_owned()),
        path => files.iter().find(|(name, _)| *name == path).map(|(_, text)| format!("{text}\n")),
    };
    quota(&read)
}

/// What it is about, `/proc/self/cgroup`, the mounts, the files, and the quota.
type Row<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)], Option<f64>);

fn hold(table: &[Row<'_>]) {
    for (what, group, mounts, files, expected) in table {
        assert_eq!(told(group, mounts, files), *expected, "{what}");
    }
}

#[test]
fn the_least_quota_on_the_way_up_holds() {
    hold(&[
        (
            "a container of its own",
            "0::/",
            UNIFIED,
            &[("/sys/fs/cgroup/cpu.max", "200000 100000")],
            Some(2.0),
        ),
        ("a part of a CPU", "0::/", UNIFIED, &[("/sys/fs/cgroup/cpu.max", "250000 100000")], Some(2.5)),
        ("less than one", "0::/", UNIFIED, &[("/sys/fs/cgroup/cpu.max", "10000 50000")], Some(0.2)),
        ("no limit", "0::/", UNIFIED, &[("/sys/fs/cgroup/cpu.max", "max 100000")], None),
        ("the root of a machine", "0::/", UNIFIED, &[], None),
        (
            "its own is the least",
            "0::/a/b",
            UNIFIED,
            &[("/sys/fs/cgroup/a/b/cpu.max", "100000 100000"), ("/sys/fs/cgroup/a/cpu.max", "400000 100000")],
            Some(1.0),
        ),
        (
            "one above is the least",
            "0::/a/b/c",
            UNIFIED,
            &[
                ("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000"),
                ("/sys/fs/cgroup/a/b/cpu.max", "800000 100000"),
                ("/sys/fs/cgroup/a/cpu.max", "150000 50000"),
            ],
            Some(3.0),
        ),
        ("another group", "0::/a", UNIFIED, &[("/sys/fs/cgroup/b/cpu.max", "100000 100000")], None),
        ("nonsense", "0::/", UNIFIED, &[("/sys/fs/cgroup/cpu.max", "much")], None),
        ("no period", "0::/", UNIFIED, &[("/sys/fs/cgroup/cpu.max", "100000 0")], None),
        ("a mount with a blank", "0::/a:b", ODD, &[("/my groups/a:b/cpu.max", "100000 100000")], Some(1.0)),
        ("no groups", "", "24 1 0:22 / /sys rw - sysfs sysfs rw", &[], None),
        ("no sense", "0", "what is this", &[], None),
    ]);
    assert_eq!(quota(&|_| None), None, "nothing can be read");
}

#[test]
fn the_first_version_is_read_too() {
    hold(&[
        (
            "the first version",
            "4:cpuset:/x\n3:cpu,cpuacct:/a",
            FIRST,
            &[
                ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "150000"),
                ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000"),
                ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1"),
                ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000"),
            ],
            Some(1.5),
        ),
        (
            "the first version, without a limit",
            "3:cpu,cpuacct:/",
            FIRST,
            &[
                ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1"),
                ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000"),
            ],
            None,
        ),
        (
            "a container that is named as its host names it",
            "3:cpu:/docker/ab/inner",
            INSIDE,
            &[
                ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000"),
                ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"),
                ("/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "200000"),
                ("/sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000"),
            ],
            Some(2.0),
        ),
        (
            "a group outside of what is mounted",
            "3:cpu:/elsewhere",
            INSIDE,
            &[
                ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000"),
                ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"),
            ],
            Some(3.0),
        ),
        (
            "both versions beside each other",
            "1:cpu:/a\n0::/b",
            HYBRID,
            &[
                ("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000"),
                ("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000"),
                ("/sys/fs/cgroup/unified/b/cpu.max", "max 100000"),
            ],
            Some(4.0),
        ),
    ]);
}
