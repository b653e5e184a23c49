//! One language of values.

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::language::{Definitions, Language, OneOrMany, Reader, Write, document};
use crate::model::{Pattern, ValueMatch};
use crate::source::{At, Kind, Tree};

document! {
    /// A value that is described; exactly one of these.
    struct DescribedDoc as "a value" {
        /// It is exactly this. `"x"` is short for it.
        exact: String,
        /// It begins with this.
        prefix: String,
        /// It ends with this.
        suffix: String,
        /// This regular expression matches anywhere in it.
        regex: Pattern,
        /// One of these holds.
        any: OneOrMany<ValueMatch>,
        /// This does not hold.
        not: ValueMatch,
    }
}

impl DescribedDoc {
    fn into_match(self) -> Option<ValueMatch> {
        let text =
            |text: Option<At<String>>, make: fn(String) -> ValueMatch| text.map(|text| make(text.value));
        let forms = [
            text(self.exact, ValueMatch::Exact),
            text(self.prefix, ValueMatch::Prefix),
            text(self.suffix, ValueMatch::Suffix),
            self.regex.map(|pattern| ValueMatch::Regex(pattern.value)),
            self.any.map(|any| ValueMatch::Any(any.value.0.into_iter().map(|one| one.value).collect())),
            self.not.map(|not| ValueMatch::Not(Box::new(not.value))),
        ];
        let mut forms = forms.into_iter().flatten();
        forms.next().filter(|_| forms.next().is_none())
    }
}

impl Language for ValueMatch {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Map(entries) = &tree.kind else {
            let text = reader.text(tree, "a value")?;
            return Some(match text.as_ref() {
                "present" => Self::Present,
                "absent" => Self::Absent,
                _ => Self::Exact(text.into_owned()),
            });
        };
        let document = DescribedDoc::read(tree, reader)?;
        if entries.len() != 1 {
            let fault = Fault::error(
                tree.span,
                format!("a value is described by one key, and {} are here", entries.len()),
            );
            return reader.fault(fault.help("one of `exact`, `prefix`, `suffix`, `regex`, `any`, `not`"));
        }
        document.into_match()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Value", |definitions| {
            json!({
                "description": "an exact text, `present`, `absent`, or one described",
                "anyOf": [{"type": ["string", "number", "boolean"]}, DescribedDoc::schema(definitions)],
            })
        })
    }
}

impl Write for ValueMatch {
    fn write(&self) -> Value {
        match self {
            Self::Exact(text) => json!({"exact": text}),
            Self::Present => json!("present"),
            Self::Absent => json!("absent"),
            Self::Prefix(text) => json!({"prefix": text}),
            Self::Suffix(text) => json!({"suffix": text}),
            Self::Regex(pattern) => json!({"regex": pattern.write()}),
            Self::Any(any) => json!({"any": any.iter().map(Self::write).collect::<Vec<_>>()}),
            Self::Not(inner) => json!({"not": inner.write()}),
        }
    }
}
