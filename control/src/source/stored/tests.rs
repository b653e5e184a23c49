use std::fmt::Write as _;

use super::*;
use crate::documents::{DocumentName, Documents};
use crate::store::{Origin, Retention, Signature};

fn change(text: &str, seen: &Said) -> Write {
    let written = [(DocumentName::parse("a.yaml").unwrap(), Some(text.into()))].into();
    let signature = Signature { who: "ann".into(), origin: Origin::Api, message: "for a test".into() };
    Write { written, expected: Some(seen.documents.digest()), signature }
}

fn texts(said: &Said) -> String {
    said.documents.iter().fold(String::new(), |mut all, (name, text)| {
        let _ = write!(all, "{name}={text} ");
        all
    })
}

#[test]
fn what_is_written_is_the_next_revision() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    let source = Stored::new(store.clone(), Limits { documents: 1, bytes: 10 });
    let work = async {
        let mut changes = source.changes();
        let empty = changes.next().await.unwrap();
        assert_eq!(empty.documents, Documents::default());
        let said = source.write(change("1", &empty)).await.unwrap();
        assert_eq!(
            (texts(&said).as_str(), changes.next().await, source.said()),
            ("a.yaml=1 ", Some(said.clone()), said)
        );
        assert_eq!(source.write(change("2", &empty)).await, Err(WriteFault::Conflict));
        let much = source.write(change("0123456789a", &source.said())).await;
        assert!(matches!(much, Err(WriteFault::TooLarge(_))), "{much:?}");
        let revisions = store.revisions(None, 10).await.unwrap();
        assert_eq!((revisions.len(), revisions[0].message.as_str()), (1, "for a test"));
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work);
}
