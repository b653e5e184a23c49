use std::sync::Arc;

use super::*;
use crate::api::seam::Standing;

const SENT: &str = "\
# what somebody sent
namespace: shop
routes:
  more: {to: nowhere}
clusters:
  app:
    endpoints:
      - 127.0.0.1:1
      - 127.0.0.1:x
";

/// The document into which it was put.
const AFTER: &str = "\
namespace: shop
clusters:
  other: {endpoints: []}
  app: {endpoints: [127.0.0.1:1, '127.0.0.1:x']}  # by hand
routes:
  all: {to: app}
  more:
    to: nowhere
";

/// Where a finding at the first of these words in the document is told.
fn told(word: &str, document: &str) -> (String, u32, u32) {
    let at = AFTER.find(word).unwrap();
    let (line, column) = place(AFTER, at);
    let finding = Finding {
        file: document.to_owned(),
        line,
        column,
        standing: Standing::Rejected,
        message: String::new(),
        help: None,
    };
    let names = ["shop.yaml", "pay.yaml"].map(|name| DocumentName::parse(name).unwrap());
    let texts = [AFTER.to_owned(), AFTER.replace("namespace: shop", "namespace: pays")];
    let after: Documents = names.into_iter().zip(texts).map(|(name, text)| (name, Arc::from(text))).collect();
    let sent = [Sent::new("the body", "shop", SENT)];
    let placed = placed(vec![finding], &sent, &after).pop().unwrap();
    (placed.file, placed.line, placed.column)
}

#[test]
fn what_was_sent_is_found_where_it_was_sent() {
    let rows = [
        // a value, a key, an item of a list, the name itself
        ("nowhere", "shop.yaml", ("the body", 4, 14)),
        ("to: nowhere", "shop.yaml", ("the body", 4, 10)),
        ("'127.0.0.1:x'", "shop.yaml", ("the body", 9, 9)),
        ("more:", "shop.yaml", ("the body", 4, 3)),
        // what was not sent, and what is somebody else's
        ("all:", "shop.yaml", ("shop.yaml", 6, 3)),
        ("nowhere", "pay.yaml", ("pay.yaml", 8, 9)),
    ];
    for (word, document, (file, line, column)) in rows {
        assert_eq!(told(word, document), (file.to_owned(), line, column), "{word}");
    }
}

#[test]
fn places_count_characters() {
    let text = "ä: ö\nü: x\n";
    for at in text.char_indices().map(|(at, _)| at) {
        let (line, column) = place(text, at);
        assert_eq!(octet(text, line, column), Some(at));
    }
    assert_eq!((place(text, 9), octet(text, 3, 1), octet(text, 9, 1)), ((2, 2), Some(text.len()), None));
}
