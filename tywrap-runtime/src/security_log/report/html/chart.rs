//! Charts, drawn without script: SVG in the page, coloured by its style sheet.

use tywrap_policy::Severity;

use super::page::Page;
use crate::security_log::report::text::{time, window};
use crate::security_log::report::{SecurityReport, Timeline};

// The drawing's own units.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 150;
/// Left of the bars, for the numbers of the axis.
const LEFT: u64 = 60;
/// Above the bars, for half a line of text.
const TOP: u64 = 10;

/// The class of a severity in the style sheet.
pub(super) const fn class(severity: Severity) -> &'static str {
    severity.as_str()
}

/// Events over time, stacked by severity, with the table of the same numbers.
pub(super) fn timeline(report: &SecurityReport, page: &mut Page) {
    let timeline = report.timeline();
    page.markup("<section>\n<h2>Events over time</h2>\n");
    let most = timeline.bars().map(|(_, bar)| bar.iter().sum::<u64>()).max().unwrap_or_default();
    if most == 0 {
        page.markup("<p>There was none.</p>\n</section>\n");
        return;
    }
    page.markup("<p class=\"legend\">");
    for severity in Severity::ALL {
        page.markup("<span><i class=\"").markup(class(*severity)).markup("\"></i> ").markup(class(*severity));
        page.markup("</span> ");
    }
    page.markup("</p>\n");
    drawing(timeline, most, page);
    page.markup("<div class=\"wide\"><table class=\"figures\">\n<caption>The same in numbers; a row is of ");
    page.text(&window(timeline.width()))
        .markup(", and rows without events are left out</caption>\n<thead><tr><th scope=\"col\">from (UTC)</th>");
    for severity in Severity::ALL {
        page.markup("<th scope=\"col\" class=\"number\">").markup(class(*severity)).markup("</th>");
    }
    page.markup("</tr></thead>\n<tbody>\n");
    for (begins, bar) in timeline.bars().filter(|(_, bar)| bar.iter().any(|count| *count > 0)) {
        page.markup("<tr><th scope=\"row\">").text(&time(begins)).markup("</th>");
        bar.iter().for_each(|count| _ = page.number_cell(*count));
        page.markup("</tr>\n");
    }
    page.markup("</tbody>\n</table></div>\n</section>\n");
}

fn drawing(timeline: &Timeline, most: u64, page: &mut Page) {
    let bars: Vec<_> = timeline.bars().collect();
    let slot = (WIDTH - LEFT) / (bars.len() as u64).max(1);
    let (bottom, right) = (TOP + HEIGHT, LEFT + slot * bars.len() as u64);
    page.markup("<svg class=\"timeline\" viewBox=\"0 0 ").number(WIDTH).markup(" ").number(bottom + 24);
    page.markup("\" role=\"img\" aria-label=\"Bars of events over time, at most ").number(most).markup(" in one\">\n");
    for (y, label) in [(TOP, most), (bottom, 0)] {
        page.markup("<line x1=\"").number(LEFT).markup("\" x2=\"").number(right);
        page.markup("\" y1=\"").number(y).markup("\" y2=\"").number(y).markup("\"/>");
        page.markup("<text class=\"end\" x=\"").number(LEFT - 8).markup("\" y=\"").number(y + 4).markup("\">");
        page.number(label).markup("</text>\n");
    }
    for (at, (_, counts)) in bars.iter().enumerate() {
        let x = LEFT + at as u64 * slot;
        let mut below = 0;
        for (severity, count) in Severity::ALL.iter().zip(counts).filter(|(_, count)| **count > 0) {
            // A single event among thousands is still to be seen.
            let tall = scaled(*count, most).max(2).min(HEIGHT - below);
            below += tall;
            page.markup("<rect class=\"").markup(class(*severity)).markup("\" x=\"").number(x + 1);
            page.markup("\" y=\"").number(bottom - below).markup("\" width=\"").number(slot.saturating_sub(2).max(1));
            page.markup("\" height=\"").number(tall).markup("\"/>");
        }
    }
    let first = bars.first().map(|(begins, _)| time(*begins)).unwrap_or_default();
    let last = bars.last().map(|(begins, _)| time(*begins + timeline.width())).unwrap_or_default();
    page.markup("\n<text x=\"").number(LEFT).markup("\" y=\"").number(bottom + 18).markup("\">").text(&first);
    page.markup("</text><text class=\"end\" x=\"").number(right).markup("\" y=\"");
    page.number(bottom + 18).markup("\">").text(&last).markup("</text>\n</svg>\n");
}

/// A count in units of the drawing.
fn scaled(count: u64, most: u64) -> u64 {
    let tall = u128::from(count) * u128::from(HEIGHT) / u128::from(most.max(1));
    u64::try_from(tall).unwrap_or(HEIGHT).min(HEIGHT)
}

/// A table of counts with a bar beside each number.
pub(super) fn counts<'r>(
    [heading, column]: [&'static str; 2],
    rows: impl Iterator<Item = (&'static str, &'r str, u64)> + Clone,
    page: &mut Page,
) {
    page.markup("<section>\n<h2>").markup(heading).markup("</h2>\n");
    let most = rows.clone().map(|(_, _, count)| count).max().unwrap_or_default();
    if most == 0 {
        page.markup("<p>There was none.</p>\n</section>\n");
        return;
    }
    page.markup("<table class=\"counts\">\n<thead><tr><th scope=\"col\">").markup(column);
    page.markup("</th><th scope=\"col\" class=\"number\">events</th>");
    page.markup("<th><span class=\"hidden\">share</span></th></tr></thead>\n<tbody>\n");
    for (class, name, count) in rows {
        page.markup("<tr><th scope=\"row\">").text(name).markup("</th>").number_cell(count);
        page.markup(
            "<td class=\"share\"><svg viewBox=\"0 0 150 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        );
        page.markup("<rect class=\"");
        page.markup(class)
            .markup("\" width=\"")
            .number(scaled(count, most).max(1))
            .markup("\" height=\"8\"/></svg></td></tr>\n");
    }
    page.markup("</tbody>\n</table>\n</section>\n");
}
