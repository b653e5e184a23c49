use super::*;

#[test]
fn traffic_never_takes_the_last_files() {
    let usual = Files::share(20_000, 512, 2);
    assert_eq!((usual.downstream, usual.upstream, usual.admin, usual.pipes), (9488, 9488, 64, 128));
    let few = Files::share(1024, 512, 2);
    assert_eq!((few.downstream, few.upstream, few.admin, few.pipes), (240, 240, 64, 8));
    for all in [2, 64, 256, 1024, 1 << 20, u64::from(u32::MAX) * 4] {
        for (reserved, workers) in [(1, 1), (64, 2), (256, 64), (1_000_000, 3)] {
            let files = Files::share(all, reserved, workers);
            let pipes = u64::from(files.pipes) * workers as u64 * 2;
            let traffic = u64::from(files.downstream) + u64::from(files.upstream) + pipes;
            let kept = u64::from(reserved).min(all / 2);
            assert!(traffic <= (all - kept).max(2) && u64::from(files.admin) <= kept.max(1), "{files:?}");
        }
    }
}

#[test]
fn what_is_open_is_counted() {
    let before = open().expect("Linux tells");
    let _more = [0; 8].map(|_| std::fs::File::open("/dev/null").expect("a file"));
    // other tests open and close files beside this one
    assert!(open().expect("Linux tells") + 64 > before, "{before}");
    assert!(raise_limit().expect("the limit can be raised") >= before);
}
