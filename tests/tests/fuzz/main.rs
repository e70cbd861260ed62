//! Fuzz targets: what reads bytes that somebody else wrote.
//!
//! `cargo test -p tywrap-tests --test fuzz` gives each of them the committed corpus, then what comes of it by small changes, then noise, for some
//! seconds. `BOLERO_RANDOM_TEST_TIME_MS=600000` makes that ten minutes each, and `cargo bolero test -p tywrap-tests <target>`
//! (from `cargo install cargo-bolero`) follows the program's branches with libFuzzer or AFL. An input that failed goes to
//! `__fuzz__/<target>/crashes/`, from where it is tried for good.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod parsers;
mod texts;
mod wire;

use std::path::Path;
use std::time::Duration;

use bolero::TypeGenerator;

/// How long each half of a target takes, unless a variable says otherwise.
const TIME: Duration = Duration::from_millis(1_500);

/// One small change.
#[derive(Clone, Debug, TypeGenerator)]
enum Change {
    Set(usize, u8),
    Flip(usize, u8),
    Insert(usize, u8),
    /// A piece of another input, or of the same.
    Splice(usize, usize, usize, u8),
    Remove(usize, u8),
    Repeat(usize, u8, u8),
    Cut(usize),
    /// A number as a length in a header may be.
    Number(usize, u32),
}

/// Tries a target with the inputs of its corpus, with changed ones, and with noise.
fn fuzz(name: &str, target: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let corpus = corpus(name);
    bolero::check!(name = name)
        .with_type::<(usize, Vec<Change>)>()
        .with_test_time(TIME)
        .for_each(|(from, changes)| target(&changed(&corpus, *from, changes)));
    bolero::check!(name = name).with_test_time(TIME).for_each(|bytes: &[u8]| target(bytes));
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/__fuzz__").join(name).join("corpus");
    let inputs = std::fs::read_dir(&directory).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let inputs: Vec<Vec<u8>> = inputs.collect();
    assert!(inputs.len() > 2, "{} has hardly anything", directory.display());
    inputs
}

fn changed(corpus: &[Vec<u8>], from: usize, changes: &[Change]) -> Vec<u8> {
    let input = |at: usize| &corpus[at % corpus.len()];
    let mut bytes = input(from).clone();
    for change in changes.iter().take(8) {
        // One past the end is a place, too.
        let place = |at: usize| at % (bytes.len() + 1);
        match *change {
            Change::Set(at, byte) if place(at) < bytes.len() => {
                let at = place(at);
                bytes[at] = byte;
            }
            Change::Flip(at, bit) if place(at) < bytes.len() => {
                let at = place(at);
                bytes[at] ^= 1 << (bit % 8);
            }
            Change::Set(..) | Change::Flip(..) => {}
            Change::Insert(at, byte) => bytes.insert(place(at), byte),
            Change::Splice(at, other, start, length) => {
                let other = input(other);
                let start = start % (other.len() + 1);
                let end = other.len().min(start + usize::from(length));
                let at = place(at);
                bytes.splice(at..at, other[start..end].iter().copied());
            }
            Change::Remove(at, length) => {
                let at = place(at);
                let end = bytes.len().min(at + usize::from(length));
                bytes.drain(at..end);
            }
            Change::Repeat(at, length, times) => {
                let at = place(at);
                let end = bytes.len().min(at + usize::from(length));
                let piece = bytes[at..end].repeat(usize::from(times % 64));
                bytes.splice(at..at, piece);
            }
            Change::Cut(at) => bytes.truncate(place(at)),
            Change::Number(at, number) => {
                let at = place(at);
                let end = bytes.len().min(at + 4);
                bytes.splice(at..end, number.to_le_bytes());
            }
        }
    }
    bytes
}

/// The input as text, as far as it is.
fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
