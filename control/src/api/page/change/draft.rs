//! A change of the documents while it is made.

use crate::api::seam::Truth;
use crate::api::shape::Problem;
use crate::documents::{DocumentName, Written};
use crate::source::{Edit, edit};

/// What is to be written, on top of what is there.
#[derive(Debug)]
pub(in crate::api::page) struct Draft<'t> {
    truth: &'t Truth,
    written: Written,
}

impl<'t> Draft<'t> {
    pub(in crate::api::page) fn of(truth: &'t Truth) -> Self {
        Self { truth, written: Written::new() }
    }

    /// The text of a document as it will be.
    pub(in crate::api::page) fn text(&self, document: &DocumentName) -> Option<&str> {
        match self.written.get(document) {
            Some(written) => written.as_deref(),
            None => self.truth.documents.get(document).map(|text| &**text),
        }
    }

    /// Gives a document this text.
    pub(in crate::api::page) fn write(&mut self, document: &DocumentName, text: String) {
        self.written.insert(document.clone(), Some(text.into()));
    }

    /// Makes these changes in a document; what stands around them stays as it was written.
    ///
    /// # Errors
    /// 422 when something of it stands where it cannot be edited.
    pub(in crate::api::page) fn edit(
        &mut self,
        document: &DocumentName,
        edits: &[Edit],
    ) -> Result<(), Problem> {
        if edits.is_empty() {
            return Ok(());
        }
        let text = self.text(document).unwrap_or_default();
        let edited = edit(text, edits)
            .map_err(|fault| Problem::senseless(format!("{document} cannot be edited: {fault}")))?;
        self.write(document, edited);
        Ok(())
    }

    pub(in crate::api::page) fn into_written(self) -> Written {
        self.written
    }
}
