use super::*;

#[test]
fn a_stream_makes_no_room_that_a_connection_does_not_need() {
    assert!(size_of::<Http2Attempt>() <= size_of::<Http1Attempt>(), "{}", size_of::<Http2Attempt>());
    assert_eq!(
        size_of::<Attempt>(),
        size_of::<Http1Attempt>(),
        "which one it is stands in what is left over"
    );
}
