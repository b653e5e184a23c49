use super::*;

#[test]
fn a_thread_runs_where_it_is_pinned() {
    std::thread::spawn(|| {
        let last = *allowed().unwrap().last().expect("a CPU to run on");
        pin(last).unwrap();
        assert_eq!(allowed().unwrap(), [last]);
        assert_eq!(rustix::thread::sched_getcpu(), last);
    })
    .join()
    .unwrap();
}

#[test]
fn a_cpu_that_is_not_there_is_refused() {
    for cpu in [CpuSet::MAX_CPU - 1, usize::MAX] {
        assert_eq!(pin(cpu).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
