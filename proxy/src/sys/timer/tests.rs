use std::future::pending;

use super::*;

fn timers() -> Rc<Timers> {
    let timers = Rc::<Timers>::default();
    tokio::task::spawn_local(Rc::clone(&timers).run());
    timers
}

async fn on_local(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_fires_within_a_tick() {
    on_local(async {
        let timer = timers().timer();
        let begun = Instant::now();
        let due = begun + Duration::from_millis(250);
        assert_eq!(timer.within(Some(due), pending::<()>()).await, Err(Elapsed));
        let late = begun.elapsed() - Duration::from_millis(250);
        assert!(late <= TICK * 2, "{late:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_ready_wins() {
    on_local(async {
        let timer = timers().timer();
        assert_eq!(timer.within(Some(Instant::now()), async { 7 }).await, Ok(7));
        // each tick of the paused time is a real one of the runtime: an hour of them would take its while
        let slow = tokio::time::sleep(Duration::from_secs(10));
        assert_eq!(timer.within(None, slow).await, Ok(()), "without a deadline nothing fires");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn rearming_moves_the_deadline() {
    on_local(async {
        let timer = timers().timer();
        let begun = Instant::now();
        timer.arm(Some(begun + Duration::from_millis(100)));
        timer.arm(Some(begun + Duration::from_secs(5)));
        poll_fn(|cx| if timer.poll_fired(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
        assert!(begun.elapsed() >= Duration::from_secs(5));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_what_it_is_meant_for_is_hastened() {
    on_local(async {
        let timers = timers();
        let (idle, sooner, busy) = (timers.timer(), timers.timer(), timers.timer());
        let begun = Instant::now();
        let far = Some(begun + Duration::from_secs(3600));
        idle.arm_for(Waits::Idle, far);
        sooner.arm_for(Waits::Idle, Some(begun + Duration::from_secs(1)));
        busy.arm(far);
        timers.hasten(Waits::Idle, || begun + Duration::from_secs(3));
        let mut cx = Context::from_waker(Waker::noop());
        let mut fired = [&idle, &sooner, &busy].map(|timer| move |cx: &mut Context<'_>| timer.poll_fired(cx));
        let mut look = async |seconds: u64| {
            tokio::time::sleep_until(begun + Duration::from_secs(seconds) + TICK * 2).await;
            fired.each_mut().map(|fired| fired(&mut cx))
        };
        assert_eq!(look(0).await, [false, false, false]);
        assert_eq!(look(1).await, [false, true, false]);
        assert_eq!(look(3).await, [true, true, false]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_hastened_cannot_be_put_off() {
    on_local(async {
        let timers = timers();
        let timer = timers.timer();
        let begun = Instant::now();
        let far = Some(begun + Duration::from_secs(3600));
        timer.arm_for(Waits::Tunnel, far);
        timers.hasten(Waits::Tunnel, || begun + Duration::from_secs(3));
        timer.arm_for(Waits::Tunnel, far);
        poll_fn(|cx| if timer.poll_fired(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
        assert!(begun.elapsed() < Duration::from_secs(4));
        timer.arm_for(Waits::Busy, far);
        let mut cx = Context::from_waker(Waker::noop());
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(!timer.poll_fired(&mut cx), "what it waits for now was not meant");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_slept_knows_the_time() {
    on_local(async {
        let timers = timers();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let timer = timers.timer();
        assert_eq!(timer.now(), Instant::now());
        let due = Instant::now() + Duration::from_secs(1);
        assert_eq!(timer.within(Some(due), pending::<()>()).await, Err(Elapsed));
    })
    .await;
}

#[test]
fn dropped_deadlines_are_forgotten() {
    let timers = Rc::<Timers>::default();
    drop(timers.timer());
    let _kept = timers.timer();
    timers.sweep();
    assert_eq!(timers.cells.borrow().len(), 1);
}

#[test]
fn the_soonest_of_many_is_found_whatever_came_before() {
    let timers = Rc::<Timers>::default();
    let begun = Instant::now();
    let many: Vec<_> = (0..100).map(|_| timers.timer()).collect();
    for (position, timer) in many.iter().enumerate() {
        timer.arm(Some(begun + Duration::from_secs(1000 + position as u64)));
    }
    many[50].arm(Some(begun));
    many[60].arm(Some(begun));
    many[60].arm(None);
    timers.sweep();
    let mut cx = Context::from_waker(Waker::noop());
    let fired: Vec<_> = (0..100).filter(|position| many[*position].poll_fired(&mut cx)).collect();
    assert_eq!(fired, [50]);
    assert_eq!(timers.soonest.get(), Some(begun + Duration::from_secs(1000)));
}

#[tokio::test(start_paused = true)]
async fn what_has_to_end_by_then_cannot_be_put_off() {
    on_local(async {
        let timer = timers().timer();
        let begun = Instant::now();
        timer.arm_for(Waits::Tunnel, None);
        timer.end_by(begun + Duration::from_secs(3));
        timer.arm_for(Waits::Tunnel, Some(begun + Duration::from_secs(3600)));
        assert!(!timer.is_hastened());
        poll_fn(|cx| if timer.poll_fired(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
        let elapsed = begun.elapsed();
        assert!(
            elapsed >= Duration::from_secs(3) && elapsed <= Duration::from_secs(3) + TICK * 2,
            "{elapsed:?}"
        );
        assert!(timer.is_hastened());
    })
    .await;
}
