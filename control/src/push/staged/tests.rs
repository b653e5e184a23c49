use towpath_config::Source;
use towpath_config::server;

use super::*;

fn rules(text: &str) -> Staged {
    let source = Source::new("control.yaml", format!("source: store\nstaged: {text}\n"));
    server::settings(&source, &|_| None).unwrap().staged().clone().unwrap()
}

/// A fleet in simulated time.
struct Sim {
    staging: Staging,
    seats: Vec<Seat>,
    now: Instant,
}

impl Sim {
    /// Proxies with the ranks 10, 20, 30 …
    fn new(text: &str, proxies: u64) -> Self {
        let seats = (1..=proxies).map(|rank| Seat { rank: rank * 10, ..Seat::default() }).collect();
        Self { staging: Staging::begin(rules(text), 7, 6), seats, now: Instant::now() }
    }

    fn look(&mut self) -> Decision {
        self.staging.look(self.now, &self.seats)
    }

    fn after(&mut self, seconds: u64) -> Decision {
        self.now += Duration::from_secs(seconds);
        self.look()
    }

    /// How many have the revision.
    fn reached(&self) -> usize {
        self.seats.iter().filter(|seat| self.staging.stage().reaches(seat.rank)).count()
    }

    /// Everybody who has it takes it.
    fn settle(&mut self) {
        let stage = self.staging.stage().clone();
        self.seats.iter_mut().for_each(|seat| seat.settled = stage.reaches(seat.rank));
    }
}

fn complaint(blamed: &str, reason: &str) -> Complaint {
    Complaint { blamed: [blamed.to_owned()].into(), reason: reason.to_owned() }
}

const STEPS: &str = "{steps: [one, 10%, all], hold: 30s, errors: 5%}";

#[test]
fn a_revision_goes_to_one_then_to_a_tenth_then_to_all() {
    let mut sim = Sim::new(STEPS, 20);
    assert_eq!(sim.look(), Decision::Step);
    for (reached, decision) in [(1, Decision::Step), (2, Decision::Step), (20, Decision::Done)] {
        assert_eq!(sim.reached(), reached);
        assert_eq!(sim.after(3600), Decision::Stay, "nobody has taken it");
        sim.settle();
        assert_eq!(sim.look(), Decision::Stay, "it holds");
        assert_eq!(sim.after(29), Decision::Stay);
        assert_eq!(sim.after(1), decision, "{reached}");
    }
}

#[test]
fn the_hold_begins_anew_when_a_proxy_of_the_step_has_something_to_judge() {
    let mut sim = Sim::new(STEPS, 20);
    sim.look();
    sim.settle();
    sim.look();
    assert_eq!(sim.after(20), Decision::Stay);
    sim.seats[0].settled = false;
    assert_eq!(sim.after(5), Decision::Stay);
    sim.settle();
    assert_eq!(sim.after(25), Decision::Stay);
    assert_eq!(sim.after(29), Decision::Stay);
    assert_eq!(sim.after(1), Decision::Step);
}

#[test]
fn steps_that_take_nobody_more_are_left_out() {
    // of five, a tenth is one: the second step has nothing to show
    let mut sim = Sim::new(STEPS, 5);
    sim.look();
    sim.settle();
    sim.look();
    assert_eq!(sim.after(30), Decision::Step);
    assert_eq!(sim.staging.stage().step, 2);
    // the only proxy is the whole fleet
    let mut sim = Sim::new(STEPS, 1);
    sim.look();
    sim.settle();
    sim.look();
    assert_eq!(sim.after(30), Decision::Done);
}

#[test]
fn a_rejection_takes_it_back_at_any_step() {
    for step in 0..3 {
        let mut sim = Sim::new(STEPS, 20);
        for _ in 0..step {
            sim.look();
            sim.settle();
            sim.look();
            sim.after(30);
        }
        sim.look();
        let complaint = complaint("shop", "shop/p1 rejects the route shop/a: no");
        sim.seats[0].rejects = Some(complaint.clone());
        assert_eq!(sim.look(), Decision::Revert(complaint.clone()), "{step}");
        let stage = sim.staging.stage().clone();
        assert_eq!(
            (sim.reached(), stage.reverted, stage.blamed),
            (0, Some(complaint.reason), complaint.blamed)
        );
        assert_eq!(sim.after(3600), Decision::Stay, "once is enough");
    }
}

#[test]
fn what_a_proxy_outside_the_step_rejects_is_not_its_fault() {
    let mut sim = Sim::new(STEPS, 20);
    sim.look();
    sim.seats[7].rejects = Some(complaint("shop", "an old thing"));
    assert_eq!(sim.look(), Decision::Stay);
}

#[test]
fn more_failures_than_before_take_it_back() {
    let traffic = |requests, failed| Traffic { requests, failed };
    let rows = [
        // before, since, taken back
        (traffic(1000, 0), traffic(1000, 51), true),
        (traffic(1000, 0), traffic(1000, 50), false),
        (traffic(1000, 100), traffic(1000, 140), false),
        (traffic(1000, 100), traffic(1000, 151), true),
        (traffic(0, 0), traffic(20, 2), true),
        (traffic(0, 0), traffic(19, 19), false),
        (traffic(1000, 500), traffic(1000, 0), false),
    ];
    for (before, since, reverts) in rows {
        let mut sim = Sim::new(STEPS, 20);
        sim.look();
        sim.settle();
        (sim.seats[0].before, sim.seats[0].since) = (before, since);
        // those who do not have it may fail as they like
        sim.seats[9].since = traffic(1000, 1000);
        let decision = sim.look();
        assert_eq!(matches!(decision, Decision::Revert(_)), reverts, "{before:?} {since:?}: {decision:?}");
    }
}

#[test]
fn failures_are_the_fault_of_what_those_see_who_have_them() {
    let traffic = |requests, failed| Traffic { requests, failed };
    let mut sim = Sim::new("{steps: [50%, all]}", 8);
    sim.look();
    for (seat, namespace) in sim.seats.iter_mut().zip(["shop", "pay"].into_iter().cycle()) {
        seat.namespace = namespace.into();
        seat.sees = Arc::new([namespace.to_owned()].into());
    }
    sim.settle();
    // many good requests of one do not hide the bad ones of another
    sim.seats[0].since = traffic(100_000, 0);
    sim.seats[1].since = traffic(100, 50);
    let Decision::Revert(complaint) = sim.look() else { panic!("it is taken back") };
    assert_eq!(complaint.blamed, ["pay".to_owned()].into());
}

#[test]
fn whoever_comes_while_a_step_lasts_knows_its_place() {
    let mut sim = Sim::new(STEPS, 3);
    sim.look();
    assert_eq!(sim.reached(), 1);
    sim.seats.push(Seat { rank: 15, ..Seat::default() });
    sim.seats.push(Seat { rank: 5, ..Seat::default() });
    assert_eq!(sim.look(), Decision::Stay);
    assert_eq!(sim.reached(), 2, "5 is below the reach, 15 above it");
}

#[test]
fn when_those_of_a_step_leave_others_take_their_place() {
    let mut sim = Sim::new(STEPS, 3);
    sim.look();
    sim.settle();
    sim.seats.remove(0);
    assert_eq!(sim.look(), Decision::Reach);
    assert_eq!((sim.reached(), sim.staging.stage().reach), (1, Some(20)));
}

#[test]
fn with_nobody_there_it_goes_on_by_time_and_the_first_who_comes_is_first() {
    let mut sim = Sim::new(STEPS, 0);
    assert_eq!(sim.look(), Decision::Stay);
    assert_eq!(sim.after(10), Decision::Stay);
    sim.seats.push(Seat { rank: 40, ..Seat::default() });
    assert_eq!(sim.look(), Decision::Step);
    assert_eq!(sim.reached(), 1);
    let mut sim = Sim::new(STEPS, 0);
    for decision in [Decision::Step, Decision::Step, Decision::Done] {
        assert_eq!(sim.look(), Decision::Stay);
        assert_eq!(sim.after(30), decision);
    }
}

#[test]
fn a_server_that_starts_again_goes_on_where_it_was() {
    let mut sim = Sim::new(STEPS, 20);
    sim.look();
    sim.settle();
    sim.look();
    sim.after(30);
    sim.look();
    let kept = serde_json::to_string(sim.staging.stage()).unwrap();
    let mut again = Sim::new(STEPS, 20);
    again.staging = Staging::resume(rules(STEPS), serde_json::from_str(&kept).unwrap());
    assert_eq!(again.reached(), 2);
    assert_eq!(again.look(), Decision::Stay);
    again.settle();
    again.look();
    assert_eq!((again.after(30), again.reached()), (Decision::Step, 20));
}
