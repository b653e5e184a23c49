//! The workers: how many there are, where they run, and what each of them carries.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::print_stderr, reason = "a test says what a machine does not let it try")]

#[path = "support/lib.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Client, Proxy, eventually, get};

fn table(process: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", {process}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{direct_response: {{status: 200, body: hi}}}}}}\n"
    )
}

/// What each worker carries, as the metrics have it.
fn by_worker(proxy: &Proxy) -> Vec<u32> {
    let text = get(proxy.admin(), "/metrics").expect("the admin port answers").text();
    let rows = text.lines().filter_map(|line| line.strip_prefix("towpath_worker_connections{"));
    rows.map(|row| row.rsplit(' ').next().unwrap().parse().expect("a count")).collect()
}

/// The CPUs that each worker may run on, by the worker's number (proc(5), `Cpus_allowed_list`).
fn cpus(proxy: &Proxy) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", proxy.pid())).expect("the process lives");
    let field = |status: &str, name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
        line.unwrap_or_default().to_owned()
    };
    let statuses = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok());
    let mut workers: Vec<_> = statuses
        .map(|status| (field(&status, "Name"), field(&status, "Cpus_allowed_list")))
        .filter(|(name, _)| name.starts_with("worker-"))
        .collect();
    workers.sort();
    workers.into_iter().map(|(_, cpus)| cpus).collect()
}

#[test]
fn few_connections_are_spread_evenly() {
    for workers in [2, 4] {
        let proxy = Proxy::start(&table(&format!("workers: {workers}")));
        let address = proxy.address("web");
        let mut open = Vec::new();
        for connections in [4, 16, 64] {
            open.resize_with(connections, || Client::connect(address));
            let spread = eventually("all are accepted", || {
                let spread = by_worker(&proxy);
                (spread.iter().sum::<u32>() as usize == connections).then_some(spread)
            });
            assert_eq!(spread.len(), workers);
            let (most, least) = (spread.iter().max().unwrap(), spread.iter().min().unwrap());
            assert!(most - least <= 1, "{connections} connections: {spread:?}");
        }
        for client in &mut open {
            let response = client.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n").response();
            assert_eq!(response.unwrap().text(), "hi");
        }
    }
}

#[test]
fn as_many_as_there_are_cpus_to_run_on() {
    let proxy = Proxy::start_by(&["taskset", "-c", "0"], &table("workers: auto"));
    assert_eq!(by_worker(&proxy).len(), 1);
    assert_eq!(cpus(&proxy), ["0"]);
}

#[test]
fn each_keeps_to_one_cpu_if_told_so() {
    let proxy = Proxy::start(&table("workers: 5, pin_workers: true"));
    proxy.address("web");
    let status = fs::read_to_string(format!("/proc/{}/status", proxy.pid())).expect("the process lives");
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:\t")).unwrap();
    let allowed: Vec<_> = allowed.split(',').flat_map(range).map(|cpu| cpu.to_string()).collect();
    let expected: Vec<_> = allowed.iter().cycle().take(5).cloned().collect();
    // a worker pins itself, which may be after the listeners are open
    eventually("all are pinned", || (cpus(&proxy) == expected).then_some(()));
}

/// `3`, or `0-3`.
fn range(text: &str) -> impl Iterator<Item = usize> + use<> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    first.parse().unwrap()..=last.parse().unwrap()
}

/// A group of processes that may use so much of the machine's CPUs (cgroups(7)). Removed when dropped.
struct Group(PathBuf);

impl Group {
    /// `None` where this machine makes no groups for us.
    fn new(quota: &str) -> Option<Self> {
        let name = format!("towpath-test-{}", std::process::id());
        let (unified, first) = (Path::new("/sys/fs/cgroup"), Path::new("/sys/fs/cgroup/cpu"));
        let controlled = fs::read_to_string(unified.join("cgroup.subtree_control"));
        let (parent, limit, text) =
            if controlled.is_ok_and(|list| list.split_whitespace().any(|one| one == "cpu")) {
                (unified, "cpu.max", format!("{quota} 100000"))
            } else {
                (first, "cpu.cfs_quota_us", quota.to_owned())
            };
        let group = Self(parent.join(name));
        fs::create_dir(&group.0).ok()?;
        fs::write(group.0.join(limit), text).ok().map(|()| group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        eventually("the group is empty", || fs::remove_dir(&self.0).ok());
    }
}

#[test]
fn as_many_as_the_quota_allows() {
    if std::thread::available_parallelism().is_ok_and(|cpus| cpus.get() < 2) {
        eprintln!("not tried: with one CPU a quota changes nothing");
        return;
    }
    // one CPU and a half makes one worker
    let Some(group) = Group::new("150000") else {
        eprintln!("not tried: this machine lets us make no group of processes");
        return;
    };
    let enter = format!("echo $$ > {}/cgroup.procs && exec \"$@\"", group.0.display());
    let proxy = Proxy::start_by(&["sh", "-c", &enter, "sh"], &table("workers: auto"));
    assert_eq!(by_worker(&proxy).len(), 1);
}
