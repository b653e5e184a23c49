use super::*;

#[test]
fn a_name_stands_as_was_said_last() {
    let name = NameState::default();
    assert_eq!((name.standing(), name.resolved()), (Standing::Unasked, None));
    name.begin();
    assert_eq!(name.standing(), Standing::Pending);
    let at = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    for (count, verdict) in DnsVerdict::ALL.iter().enumerate() {
        name.record(*verdict, at + Duration::from_secs(count as u64));
        name.begin();
        assert_eq!((name.standing(), name.count(*verdict)), (Standing::Said(*verdict), 1));
    }
    assert_eq!(name.resolved(), Some(at), "no failure makes the last answer younger");
}
