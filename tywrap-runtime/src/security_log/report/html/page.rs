//! Writing a page so that nothing but this crate's own text can be markup.

use tywrap_policy::escape;

/// Characters of one text. Messages of events are shorter; what is longer was not meant for a page.
const MOST: usize = 600;

/// A page that is being written. Markup is what is written in this crate; everything else goes through one escaper.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// Adds markup. The lifetime is the point: nothing that came from outside has it.
    pub(super) fn markup(&mut self, html: &'static str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    /// Adds text, in an element or in an attribute in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape::html_text(text, MOST));
        self
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// Adds a cell of a table.
    pub(super) fn cell(&mut self, text: &str) -> &mut Self {
        self.markup("<td>").text(text).markup("</td>")
    }

    /// Adds a cell with a number.
    pub(super) fn number_cell(&mut self, number: u64) -> &mut Self {
        self.markup("<td class=\"number\">").number(number).markup("</td>")
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }
}
