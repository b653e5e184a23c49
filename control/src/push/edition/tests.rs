use std::collections::BTreeMap;

use super::*;
use crate::push::asked::Wishes;

fn identity(namespace: &str) -> Identity {
    Identity {
        id: "p".into(),
        namespace: namespace.into(),
        labels: BTreeMap::new(),
        locality: String::new(),
        version: String::new(),
    }
}

#[tokio::test]
async fn of_kinds_of_which_nobody_is_any_more_few_are_kept() {
    let edition = Edition::new(Arc::default(), None, Arc::default());
    let kept = edition.view(&identity("kept")).await;
    let _stream = Wishes::new(Arc::clone(edition.asked()), "kept", 10);
    for number in 0..1000 {
        edition.view(&identity(&format!("n{number}"))).await;
    }
    assert!(edition.kinds().len() <= 2 + KINDS_SPARE, "{}", edition.kinds().len());
    assert!(Arc::ptr_eq(&kept, &edition.view(&identity("kept")).await), "what is in use stays");
    // with more streams there is room for more
    let streams: Vec<_> = (0..100).map(|_| Wishes::new(Arc::clone(edition.asked()), "x", 10)).collect();
    for number in 0..150 {
        edition.view(&identity(&format!("m{number}"))).await;
    }
    assert!(edition.kinds().len() > 150);
    drop(streams);
    edition.view(&identity("last")).await;
    assert_eq!(edition.kinds().len(), 2);
}
