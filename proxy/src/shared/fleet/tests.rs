use super::*;

#[test]
fn the_age_of_a_table_begins_when_nobody_stands_by_it() {
    let (begun, now) = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(60));
    let connected = Link::Connected { since: begun };
    let lost = Link::Lost { since: begun, fault: String::new() };
    let rows = [
        (connected.clone(), None, None),
        (connected.clone(), Some(Origin::Received), Some(0)),
        // what was stored is old until the server has said what the table is
        (connected, Some(Origin::Stored), Some(60)),
        (lost, Some(Origin::Received), Some(60)),
        (Link::Connecting, Some(Origin::Stored), Some(60)),
    ];
    for (link, origin, age) in rows {
        let fleet = Fleet::new("127.0.0.1:1", None);
        fleet.note(|standing| {
            (standing.link, standing.origin, standing.confirmed) = (link, origin, Some(begun));
        });
        let standing = fleet.standing();
        assert_eq!(standing.age(now), age.map(Duration::from_secs), "{standing:?}");
        // a clock that was set back makes nothing younger than new
        assert!(standing.age(begun - Duration::from_secs(1)).is_none_or(|age| age == Duration::ZERO));
    }
}
