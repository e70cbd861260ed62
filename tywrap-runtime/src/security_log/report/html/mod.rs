//! The report as one page: no script, nothing from elsewhere, nothing in it but what is written here.

mod chart;
mod page;

use tywrap_policy::Severity;

use super::text::{time, window};
use super::{BuildFindings, ChainState, FindingKind, SecurityReport, Verdict};
use crate::sandbox::{Layer, State};
use page::Page;

const STYLE: &str = include_str!("style.css");

/// What the page's policy allows as its one style: the SHA-256 of [`STYLE`], base64. A test computes it.
const STYLE_HASH: &str = "xmuDlEN/HYGca6vZm8vp3ckKmTYoVZI2sRebay2GHb0=";

/// Findings of a build on a page. All are counted, and the JSON has all.
const MOST_FINDINGS: usize = 200;

impl SecurityReport {
    /// The report as a page of HTML for browsers and printers: light or dark as the reader's system is, with a table
    /// beside each chart. It has no script and loads nothing, and its own Content Security Policy forbids both.
    pub fn to_html(&self) -> String {
        let mut page = Page::default();
        head(&mut page);
        page.markup("<body>\n<main>\n");
        chains(self, &mut page);
        page.markup("<h1>Security report</h1>\n<p class=\"window\">").text(&window(self.window())).markup(" until ");
        page.text(&time(self.until)).markup("</p>\n");
        steps(self, &mut page);
        indicators(self, &mut page);
        chart::timeline(self, &mut page);
        page.markup("<div class=\"pair\">\n");
        let severities = self.by_severity();
        let rows =
            severities.iter().rev().map(|(severity, count)| (chart::class(*severity), severity.as_str(), *count));
        chart::counts(["By severity", "severity"], rows, &mut page);
        let kinds = self.by_kind();
        let rows = kinds.iter().map(|(kind, count)| ("plain", kind.as_str(), *count));
        let unknown = (self.unknown > 0).then_some(("plain", "of a newer version", self.unknown));
        chart::counts(["By type", "type"], rows.chain(unknown), &mut page);
        page.markup("</div>\n");
        latest(self, &mut page);
        self.builds.iter().for_each(|found| build(found, &mut page));
        sandbox(self, &mut page);
        page.markup("<footer>tywrap ")
            .markup(env!("CARGO_PKG_VERSION"))
            .markup("</footer>\n</main>\n</body>\n</html>\n");
        page.finish()
    }
}

fn head(page: &mut Page) {
    page.markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    page.markup(STYLE_HASH).markup("'; img-src data:; base-uri 'none'; form-action 'none'\">\n");
    page.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.markup(
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n",
    );
    // Else a browser asks the server that the page came from for one.
    page.markup("<link rel=\"icon\" href=\"data:,\">\n<title>Security report</title>\n<style>");
    page.markup(STYLE).markup("</style>\n</head>\n");
}

/// Whether the numbers can be trusted, before any number.
fn chains(report: &SecurityReport, page: &mut Page) {
    for chain in report.chains() {
        let (class, word) = match chain.state() {
            ChainState::Whole(_) => continue,
            ChainState::Broken(_) => ("broken", "Broken: "),
            ChainState::Unreadable(_) => ("unreadable", "Unreadable: "),
        };
        page.markup("<p role=\"alert\" class=\"banner ").markup(class).markup("\"><strong>").markup(word);
        page.markup("</strong>").text(&chain.wrong().unwrap_or_default());
        if class == "broken" {
            page.markup(". What stands before that line is counted, and nothing after it");
        }
        page.markup(".</p>\n");
    }
    for chain in report.chains() {
        let ChainState::Whole(verified) = chain.state() else { continue };
        page.markup("<p class=\"banner whole\"><strong>Verified. </strong>Every line of <code>").text(&chain.shown());
        page.markup("</code> is as it was written (").number(verified.lines).markup(" lines in all");
        if let Some(head) = &verified.head {
            page.markup(", head <code>").text(&head.to_string()).markup("</code>");
        }
        page.markup(")");
        if let Some(remark) = chain.remark() {
            page.markup("; ").markup(remark);
        }
        page.markup(".</p>\n");
    }
}

fn steps(report: &SecurityReport, page: &mut Page) {
    page.markup("<section>\n<h2>Recommendations</h2>\n");
    let steps = report.recommendations();
    if steps.is_empty() {
        page.markup("<p>None.</p>\n</section>\n");
        return;
    }
    page.markup("<ul>\n");
    steps.iter().for_each(|step| _ = page.markup("<li>").text(step).markup("</li>\n"));
    page.markup("</ul>\n</section>\n");
}

fn indicators(report: &SecurityReport, page: &mut Page) {
    page.markup("<section>\n<h2>Indicators</h2>\n<div class=\"wide\"><table class=\"figures\">\n<thead><tr>");
    page.markup("<th scope=\"col\">indicator</th>");
    page.markup("<th scope=\"col\">actual</th><th scope=\"col\">limit</th><th scope=\"col\">objective</th>");
    page.markup("<th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n");
    let indicators = report.indicators();
    for indicator in &indicators {
        page.markup("<tr><th scope=\"row\">").markup(indicator.name).markup("</th>").cell(&indicator.value);
        page.cell(indicator.limit).cell(indicator.objective);
        page.markup("<td><span class=\"verdict ").markup(indicator.verdict.as_str()).markup("\">");
        // The sign says it without the colour.
        page.markup(match indicator.verdict {
            Verdict::Ok => "✓ ",
            Verdict::OverObjective => "▲ ",
            Verdict::OverLimit => "✕ ",
            Verdict::Unknown => "? ",
        });
        page.text(&indicator.verdict.to_string()).markup("</span></td></tr>\n");
    }
    page.markup("</tbody>\n</table></div>\n");
    if indicators.iter().any(|indicator| indicator.verdict == Verdict::Unknown) {
        page.markup(
            "<p>Unknown is what no audit file says: there is none, it has no checkpoint of the window, or it was ",
        );
        page.markup("changed or could not be read.</p>\n");
    }
    page.markup("</section>\n");
}

fn latest(report: &SecurityReport, page: &mut Page) {
    page.markup("<section>\n<h2>Latest denials</h2>\n");
    if report.latest().is_empty() {
        page.markup("<p>There was none.</p>\n</section>\n");
        return;
    }
    page.markup(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">time (UTC)</th><th scope=\"col\">severity</th>",
    );
    page.markup("<th scope=\"col\">type</th><th scope=\"col\">what happened</th></tr></thead>\n<tbody>\n");
    for event in report.latest() {
        page.markup("<tr>").cell(&time(event.timestamp()));
        severity(event.severity(), page);
        page.cell(event.kind().as_str()).markup("<td>").text(event.message());
        if let Some(code) = event.refusal_code() {
            page.markup(" <code>").text(code.as_str()).markup("</code>");
        }
        if !event.context().is_empty() {
            page.markup("<dl>");
            for (name, value) in event.context() {
                page.markup("<dt>").text(name).markup("</dt><dd>").text(value).markup("</dd>");
            }
            page.markup("</dl>");
        }
        page.markup("</td></tr>\n");
    }
    page.markup("</tbody>\n</table></div>\n</section>\n");
}

fn build(build: &BuildFindings, page: &mut Page) {
    page.markup("<section>\n<h2>Last build of <code>").text(build.package()).markup("</code></h2>\n<p>");
    page.markup("Under <code>").text(build.policy()).markup("</code>: ");
    for (at, finding) in FindingKind::ALL.iter().enumerate() {
        page.markup(if at > 0 { ", " } else { "" }).number(build.count(*finding)).markup(" ").text(finding.as_str());
    }
    page.markup(".</p>\n");
    if build.findings().is_empty() {
        page.markup("</section>\n");
        return;
    }
    page.markup(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">severity</th><th scope=\"col\">finding</th>",
    );
    page.markup("<th scope=\"col\">where</th><th scope=\"col\">what</th></tr></thead>\n<tbody>\n");
    for found in build.findings().iter().take(MOST_FINDINGS) {
        page.markup("<tr>");
        severity(found.severity(), page);
        page.cell(found.finding().as_str()).cell(found.place()).markup("<td>").text(found.message());
        page.markup(" <code>").text(found.code()).markup("</code></td></tr>\n");
    }
    page.markup("</tbody>\n</table></div>\n");
    if let Some(more) = build.findings().len().checked_sub(MOST_FINDINGS).filter(|more| *more > 0) {
        page.markup("<p>And ").number(more as u64).markup(" more, which are in the JSON.</p>\n");
    }
    page.markup("</section>\n");
}

fn sandbox(report: &SecurityReport, page: &mut Page) {
    let Some(status) = report.sandbox() else { return };
    page.markup(
        "<section>\n<h2>Sandbox</h2>\n<table>\n<thead><tr><th scope=\"col\">property</th><th scope=\"col\">state</th>",
    );
    page.markup("<th scope=\"col\">by</th></tr></thead>\n<tbody>\n");
    for (property, state) in status.iter() {
        let join = |by: &[Layer]| by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (word, by) = match state {
            State::Enforced(by) => ("enforced".to_owned(), join(by)),
            State::Degraded { by, reason } if by.is_empty() => (format!("not enforced: {reason}"), String::new()),
            State::Degraded { by, reason } => (format!("degraded: {reason}"), join(by)),
        };
        page.markup("<tr><th scope=\"row\">").text(&property.to_string()).markup("</th>").cell(&word).cell(&by);
        page.markup("</tr>\n");
    }
    page.markup("</tbody>\n</table>\n</section>\n");
}

fn severity(severity: Severity, page: &mut Page) {
    page.markup("<td><span class=\"severity ").markup(chart::class(severity)).markup("\">");
    page.markup(severity.as_str()).markup("</span></td>");
}
