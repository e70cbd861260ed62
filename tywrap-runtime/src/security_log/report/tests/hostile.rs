//! Names that were made to do harm: inert in a terminal, in JSON and in a browser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::security_log::SecurityLogger;
use crate::security_log::audit::{AuditOptions, AuditSeries};

/// What to try beside the corpus.
fn names() -> Vec<String> {
    let corpus: Vec<serde_json::Value> =
        serde_json::from_str(&include_str!("../../../../../tests/attacks/corpus.json").replace("\\ud800\"", "\""))
            .unwrap();
    let of_logs = corpus.iter().filter(|entry| entry["category"] == "log");
    let mut names: Vec<String> = of_logs.map(|entry| entry["input"].as_str().unwrap().to_owned()).collect();
    assert!(!names.is_empty());
    names.extend(
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "\"><svg onload=alert(1)>",
            "' autofocus onfocus=alert(1) '",
            "</td></tr></table><iframe src=//evil.example></iframe>",
            "</style><style>body{background:url(//evil.example/x)}",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?xml",
            "&lt;script&gt;",
            "&#60;b&#62;",
            "&amp",
            "</title></head><body onload=alert(1)>",
            "<meta http-equiv=refresh content=0;url=//evil.example>",
            "<base href=//evil.example>",
            "<link rel=stylesheet href=//evil.example/x>",
            "url(javascript:alert(1))",
            "expression(alert(1))",
            "javascript:alert(1)",
            "\u{1b}[2J\u{1b}]0;title\u{7}",
            "\u{9b}31m",
            "\u{9d}8;;http://evil.example\u{9c}",
            "a\r\nb\u{85}c\u{2028}d",
            "\u{202e}cod.exe\u{2066}",
            "\u{0}\u{8}\u{7f}",
            "\u{feff}<b>",
            "＜script＞",
            "e\u{301}\u{489}\u{489}",
        ]
        .map(str::to_owned),
    );
    names.push("<b>".repeat(350_000));
    names.push("\u{202e}".repeat(350_000));
    names
}

/// A report that has a text wherever one from outside can stand.
fn report(text: &str) -> SecurityReport {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let logger = SecurityLogger::with_audit(AuditOptions::new(&path)).unwrap();
    let event = SecurityEvent::new(EventKind::CommandRefused, Severity::High, text);
    logger.record(event.code(tywrap_policy::Code::CommandRefused).with(text, text).with("command", text));
    drop(logger);
    let series = AuditSeries::of(&path);
    let since = SystemTime::now() - DAY;
    // A file that is not there, of any name: shortened to what a system call takes, which has no NUL.
    let missing: String = text.chars().filter(|character| *character != '\0').take(40).collect();
    let missing = AuditSeries::of(directory.path().join(format!("{}x.jsonl", missing.replace('/', "_"))));
    let finding = BuildFinding::new(FindingKind::AnnotationDenied, Severity::High, text, text).at(text);
    let degraded = State::Degraded { by: Vec::new(), reason: "there is none".to_owned() };
    SecurityReport::from_audit(&[series, missing], since, SystemTime::now())
        .with_build(BuildFindings::new(text, text).with([finding]))
        .with_sandbox(Status::new([(Property::Memory, degraded)]))
}

/// Every tag of a page with its attributes; the values of those that this crate writes, too.
fn skeleton(page: &str) -> Vec<String> {
    #[derive(Default)]
    struct Sink(std::cell::RefCell<Vec<String>>);
    impl TokenSink for Sink {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            let mut found = self.0.borrow_mut();
            match token {
                Token::TagToken(Tag { kind, name, attrs, .. }) => {
                    let attributes: Vec<String> =
                        attrs.iter().map(|attribute| format!("{}={}", attribute.name.local, attribute.value)).collect();
                    let slash = if kind == TagKind::EndTag { "/" } else { "" };
                    found.push(format!("{slash}{name} {}", attributes.join("\n")));
                    // As a browser does: what stands in a style sheet is no markup.
                    if &*name == "style" && kind == TagKind::StartTag {
                        return TokenSinkResult::RawData(html5ever::tokenizer::states::RawKind::Rawtext);
                    }
                }
                Token::CommentToken(comment) => found.push(format!("comment {comment}")),
                Token::ParseError(error) => found.push(format!("error {error}")),
                _ => {}
            }
            TokenSinkResult::Continue
        }
    }
    let tokenizer = Tokenizer::new(Sink::default(), Default::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(page));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

#[test]
fn a_page_has_the_elements_that_it_is_written_with_and_no_other() {
    let mut expected = skeleton(&report("harmless").to_html());
    assert!(expected.iter().filter(|tag| tag.starts_with("td ")).count() > 20, "{expected:?}");
    let found_by_the_test = skeleton("<b onclick=x>");
    assert_eq!(found_by_the_test, ["b onclick=x"], "the control");
    for name in names() {
        let page = report(&name).to_html();
        let mut found = skeleton(&page);
        let shown: String = name.chars().take(60).collect();
        // A facts table of a hostile name may be sorted otherwise, which moves no tag.
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{shown:?}");
        assert!(page.len() < 64 * 1024, "{shown:?}: {}", page.len());
        for wrong in ["\u{1b}", "\u{9b}", "\u{202e}", "\u{2066}", "\u{0}"] {
            assert!(!page.contains(wrong), "{shown:?}");
        }
    }
}

#[test]
fn text_and_json_have_no_control_and_stay_short() {
    for name in names() {
        let report = report(&name);
        for printed in [report.to_string(), report.to_json()] {
            let shown: String = name.chars().take(60).collect();
            let deceives = |character: char| {
                (character.is_control() && character != '\n')
                    || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!printed.contains(deceives), "{shown:?}: {printed:?}");
            assert!(printed.len() < 64 * 1024, "{shown:?}: {}", printed.len());
        }
        let lines = report.to_string().lines().count();
        assert_eq!(lines, super::hostile::report("harmless").to_string().lines().count(), "none breaks a line");
    }
}

#[test]
fn the_policy_of_the_page_names_its_one_style_and_nothing_else() {
    let page = full().to_html();
    let (_, rest) = page.split_once("<style>").unwrap();
    let (style, rest) = rest.split_once("</style>").unwrap();
    assert!(!rest.contains("<style") && !style.contains("url(") && !style.contains('<'));
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; img-src \
         data:; base-uri 'none'; form-action 'none'\">"
    );
    assert!(page.contains(&policy), "the hash of style.css is {hash}: put it into html/mod.rs");
    // It stands before whatever it rules, and after nothing but the encoding.
    assert!(page.find(&policy).unwrap() < page.find("<link").unwrap());
    for (tag, wrong) in [("script", true), ("main", false)] {
        assert_eq!(!skeleton(&page).iter().any(|found| found.split(' ').next() == Some(tag)), wrong, "{tag}");
    }
    for tag in skeleton(&page) {
        let (name, attributes) = tag.split_once(' ').unwrap();
        assert_ne!(name, "error", "{tag}");
        for attribute in attributes.lines() {
            let (name, value) = attribute.split_once('=').unwrap();
            assert!(!name.starts_with("on") && !["style", "src", "action"].contains(&name), "{tag}");
            assert!(name != "href" || value == "data:,", "{tag}");
        }
    }
}
