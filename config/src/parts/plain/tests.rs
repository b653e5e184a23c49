use serde_json::json;

use super::{plain, yaml};
use crate::source::Source;

#[test]
fn what_is_written_comes_back() {
    let value = json!({
        "a": {"x": 1, "y": true, "z": "true", "n": "08", "f": "1.10", "e": "", "none": "none", "tilde": "~"},
        "b": ["10%", "3s", "a: b", "# c", "${HOME}", "two\nlines", " edge "],
        "c": {"shop.example.com": "*", "null": "null", "yes": "yes"},
    });
    assert_eq!(plain(&Source::new("a", yaml(&value))), Some(value));
    assert_eq!(plain(&Source::new("a", "a: {")), None);
}
