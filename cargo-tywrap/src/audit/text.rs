//! What was verified, for people.

use tywrap_runtime::Verified;

use super::Chain;
use crate::locked::plural;

/// A paragraph for each chain.
pub(super) fn of(chains: &[Chain]) -> String {
    chains.iter().map(chain).collect()
}

fn chain(chain: &Chain) -> String {
    let path = chain.path.display();
    let verified = match &chain.found {
        Err(broken) => return format!("BROKEN {path}\n  {broken}\n"),
        Ok(verified) => verified,
    };
    let Some(head) = &verified.head else { return format!("ok {path}\n  no event\n") };
    let Verified { first, lines, files, removed, lost, torn, .. } = verified;
    let (lines, files) = (plural(*lines as usize, "event"), plural(*files as usize, "file"));
    let mut text = format!("ok {path}\n  {lines} in {files}, from {first} to {}\n  head {head}\n", head.seq);
    if *removed > 0 {
        text.push_str(&format!("  removed because of their age: events up to {removed}\n"));
    }
    if *lost > 0 {
        let events = plural(*lost as usize, "event");
        text.push_str(&format!("  {events} never reached the disk, which refused them or did not keep up\n"));
    }
    for torn in torn {
        let place = format!("line {} of {}", torn.line, torn.path.display());
        text.push_str(&if torn.sealed {
            format!("  {place} was torn by a crash, and the line after it says so\n")
        } else {
            format!(
                "  {place}, the last, was torn by a crash, or is being written; only a head can tell that from a cut\n"
            )
        });
    }
    text
}
