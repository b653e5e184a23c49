use super::*;

#[tokio::test(start_paused = true)]
async fn a_caller_who_is_refused_again_and_again_leaves_room_for_others() {
    let notes = Notes::default();
    let noted = |name: &str| (0..1000).filter(|_| notes.admit(name).is_some()).count();
    assert_eq!(noted("ci"), BURST as usize);
    assert_eq!(notes.admit("ops"), Some(0), "who is not that caller");
    tokio::time::advance(REST / 2).await;
    assert_eq!(notes.admit("ci"), None);
    tokio::time::advance(REST / 2).await;
    assert_eq!(notes.admit("ci"), Some(971), "it says how many were left out");
    assert_eq!(notes.admit("ci"), None);
    tokio::time::advance(REST * 3).await;
    assert_eq!((noted("ci"), notes.admit("ci")), (3, None));
    tokio::time::advance(Duration::from_secs(100_000_000)).await;
    assert_eq!(noted("ci"), BURST as usize);
}
