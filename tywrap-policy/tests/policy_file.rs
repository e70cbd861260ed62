//! Reading policies: what is accepted, and what is said about the rest.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;

use tywrap_policy::section::{
    Enforcement, IntegerMode, KillSignal, LogLevel, Network, OperatingSystem, Property, Scratch, Switch,
};
use tywrap_policy::{Code, Diagnostic, Level, Parsed, Policy, render};

const PATH: &str = "app/tywrap.toml";

fn parse(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    Policy::parse(text, Path::new(PATH))
}

fn policy(text: &str) -> Policy {
    let parsed = parse(text).unwrap_or_else(|errors| panic!("{}", rendered(text, &errors)));
    assert!(parsed.warnings.is_empty(), "{}", rendered(text, &parsed.warnings));
    parsed.policy
}

fn rendered(text: &str, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| render(diagnostic, Some(text)) + "\n").collect::<Vec<_>>().join("\n")
}

/// Everything there is to say about a text, errors or warnings.
fn said(text: &str) -> String {
    match parse(text) {
        Ok(parsed) => rendered(text, &parsed.warnings),
        Err(errors) => {
            assert!(errors.iter().any(|diagnostic| diagnostic.level == Level::Error));
            rendered(text, &errors)
        }
    }
}

fn codes(text: &str) -> Vec<Code> {
    let diagnostics = match parse(text) {
        Ok(parsed) => parsed.warnings,
        Err(errors) => errors,
    };
    diagnostics.into_iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn an_empty_file_means_the_defaults() {
    let policy = policy("");
    assert_eq!(policy.input_validation().max_input_size.bytes(), 1 << 20);
    assert_eq!(policy.input_validation().reject_patterns.len(), 5);
    assert_eq!(policy.module_whitelist().allowed_modules.len(), 21);
    assert_eq!(policy.module_whitelist().blocked_modules.len(), 30);
    assert_eq!(policy.subprocess().timeout, Duration::from_secs(30));
    assert_eq!(policy.subprocess().kill_signal, KillSignal::Term);
    assert_eq!(policy.subprocess().max_buffer.to_string(), "10MiB");
    assert_eq!(policy.sandbox().enforcement, Enforcement::Required);
    assert_eq!(policy.sandbox().network, Network::Deny);
    assert_eq!(policy.sandbox().memory.to_string(), "2GiB");
    assert_eq!(policy.sandbox().scratch, Scratch::None);
    assert!(!policy.lock().required && !policy.lock().introspect);
    assert_eq!(policy.wire().max_frame.to_string(), "256MiB");
    assert_eq!((policy.wire().max_depth.get(), policy.wire().workers.get()), (64, 1));
    assert_eq!(policy.filesystem().allowed_directories.len(), 3);
    assert_eq!(policy.code_generation().integers.of("math", "gcd"), IntegerMode::Number);
    assert_eq!(policy.monitoring().log_level, LogLevel::Info);
    assert_eq!(policy.monitoring().log_size.to_string(), "64MiB");
    assert_eq!(policy.monitoring().log_retention, Duration::from_secs(30 * 86_400));
}

#[test]
fn every_section_can_be_set() {
    let policy = policy(
        r#"
        [input-validation]
        max-input-size = "64KiB"
        allowed-characters = '[a-z.]+'
        reject-patterns = ['\s', { name = "evil", reason = "it says so" }]

        [module-whitelist]
        allowed-modules = ["math", { name = "os", reason = "paths are made here" }]
        blocked-modules = ["math.secret"]
        blocked-members = ["math.tau", "math.gcd(integers)"]
        unblock = [{ name = "os", reason = "paths are made here" }, { name = '\.\.', reason = "a test" }]

        [subprocess]
        command-whitelist = ["python3.11"]
        max-argument-length = 131_071
        timeout = "1m 30s"
        kill-signal = "SIGINT"
        kill-grace = "250ms"
        max-buffer = "1MB"
        allowed-environment-vars = ["PATH", "TERM"]
        interpreter = "/usr/bin/python3.11"
        venv = ".venv"

        [sandbox]
        network = { allow-tcp = [443, 0x50] }
        memory = "512MiB"
        cpu-time = "1h"
        open-files = 64
        file-size = "1GiB"
        scratch = "private"
        strict-syscalls = true

        [lock]
        required = true
        introspect = true

        [wire]
        max-frame = "1MiB"
        max-depth = 20
        workers = 4
        queue = 8
        max-handles = 100

        [filesystem]
        prevent-path-traversal = true
        allowed-directories = ["data", "/srv/data", { temporary = "mine" }]
        max-file-size = "1MiB"
        allowed-extensions = [".csv", ".tar.gz"]

        [code-generation]
        template-escaping = true
        injection-prevention = true
        out-dir = "../web/python"
        package-name = "@acme/python"
        integers = { default = "number", "math.factorial" = "bigint" }

        [monitoring]
        log-level = "warn"
        log-size = "64KiB"
        log-retention = "7d"
        audit-log = "audit.jsonl"
        alert-command = ["/usr/bin/logger", "-t", "tywrap"]
        "#,
    );
    assert!(policy.input_validation().allowed_characters.is_match("math"));
    assert!(!policy.input_validation().allowed_characters.is_match("math2"), "the whole name must match");
    assert_eq!(policy.input_validation().reject_patterns.len(), 6, "five defaults, one taken out, two more");
    assert!(policy.module("os").is_ok() && policy.module("os.path").is_err());
    assert_eq!(policy.module("math.secret").unwrap_err().code, Code::ModuleBlocked);
    assert_eq!(policy.member("math", "tau").unwrap_err().code, Code::MemberBlocked);
    assert!(policy.blocked_parameter("math", "gcd", "integers").is_some());
    assert_eq!(policy.subprocess().timeout, Duration::from_secs(90));
    assert_eq!(policy.subprocess().max_buffer.bytes(), 1_000_000);
    assert_eq!(policy.sandbox().network, Network::AllowTcp([80, 443].into()));
    assert_eq!(policy.code_generation().integers.of("math", "factorial"), IntegerMode::Bigint);
    assert_eq!(policy.monitoring().alert_command.as_ref().unwrap().arguments(), ["-t", "tywrap"]);
    let directories: Vec<_> = policy
        .filesystem()
        .allowed_directories
        .iter()
        .map(|entry| entry.value.resolve(Path::new("/p"), Path::new("/t")).to_str().unwrap().to_owned())
        .collect();
    assert_eq!(directories, ["/p/data", "/srv/data", "/t/mine"]);
    let reason = policy.module_whitelist().allowed_modules[1].reason.as_deref();
    assert_eq!(reason, Some("paths are made here"));
}

#[test]
fn allowed_lists_replace_and_blocked_lists_extend() {
    let policy = policy("[module-whitelist]\nallowed-modules = [\"json\"]\nblocked-modules = [\"json.tool\"]\n");
    assert!(policy.module("json").is_ok());
    assert_eq!(policy.module("math").unwrap_err().code, Code::ModuleNotAllowed);
    assert_eq!(policy.module("os").unwrap_err().code, Code::ModuleBlocked);
    assert_eq!(policy.module("json.tool").unwrap_err().code, Code::ModuleBlocked);
}

#[test]
fn without_the_allow_list_the_block_list_still_holds() {
    let Parsed { policy, warnings } = parse("[module-whitelist]\nenabled = false\n").unwrap();
    assert_eq!(warnings.len(), 1);
    assert_eq!(policy.module_whitelist().enabled, Switch::Off);
    assert!(policy.module("statistics").is_ok());
    assert_eq!(policy.module("os").unwrap_err().code, Code::ModuleBlocked);
    assert_eq!(policy.module("math; import os").unwrap_err().code, Code::ModuleMalformed);
}

#[test]
fn unblocking_is_not_allowing() {
    let unblocked = "[module-whitelist]\nunblock = [{ name = \"glob\", reason = \"a test\" }]\n";
    assert_eq!(policy(unblocked).module("glob").unwrap_err().code, Code::ModuleNotAllowed);
    let policy = policy(&format!("{unblocked}allowed-modules = [\"glob\"]\n"));
    assert!(policy.module("glob").is_ok());
}

#[test]
fn a_degraded_sandbox_is_accepted_aloud() {
    let Parsed { policy, warnings } =
        parse("[sandbox]\nenforcement = { accept-degraded = [\"network\", \"exec\"] }\n").unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(policy.sandbox().enforcement.accepts_without(Property::Network));
    assert!(!policy.sandbox().enforcement.accepts_without(Property::Filesystem));
}

#[test]
fn a_degraded_sandbox_is_accepted_on_the_systems_that_are_named() {
    let text =
        "[sandbox]\nenforcement = { accept-degraded = { macos = [\"network\", \"exec\"], windows = [\"exec\"] } }\n";
    let Parsed { policy, warnings } = parse(text).unwrap();
    assert_eq!(warnings.len(), 2);
    let accepts = |system, property| policy.sandbox().enforcement.accepts_without_on(system, property);
    assert!(accepts(OperatingSystem::Macos, Property::Network) && accepts(OperatingSystem::Macos, Property::Exec));
    assert!(accepts(OperatingSystem::Windows, Property::Exec) && !accepts(OperatingSystem::Windows, Property::Network));
    assert!(Property::ALL.iter().all(|property| !accepts(OperatingSystem::Linux, *property)));
}

#[test]
fn everything_wrong_is_said_at_once() {
    insta::assert_snapshot!(said(
        r#"[subproces]
timeout = "30s"

[subprocess]
time-out = "30s"
timeout = 30
kill_grace = "5s"
max-buffer = "10"
kill-signal = "SIGTRM"
command-whitelist = ["/bin/sh", 7]

[input-validation]
allowed-characters = "["
reject-patterns = ["a{1000}{1000}{1000}"]

[code-generation]
template-escaping = false
package-name = "Not Npm"

[module-whitelist]
allowed-modules = ["math; rm -rf /", "numpy.*.linalg"]
unblock = ["os"]

[wire]
max-frame = "8GiB"
workers = 0
"#
    ));
}

#[test]
fn what_a_policy_weakens_is_said() {
    insta::assert_snapshot!(said(
        r#"[module-whitelist]
enabled = false
allowed-modules = ["math", "math", "os.path"]
unblock = [{ name = "os.path", reason = "joins paths" }, { name = "shlex", reason = "quotes" }]

[subprocess]
environment-cleaning = false
allowed-environment-vars = ["LD_PRELOAD"]

[monitoring]
audit-logging = false

[sandbox]
enforcement = { accept-degraded = ["filesystem"] }
"#
    ));
}

#[test]
fn malformed_toml_is_said_with_its_place() {
    insta::assert_snapshot!(said("[module-whitelist\nallowed-modules = [\"math\"\n\n[wire]\nworkers = = 1\n"));
}

#[test]
fn each_mistake_has_its_code() {
    for (text, code) in [
        ("a = 1", Code::PolicyUnknownKey),
        ("[wires]", Code::PolicyUnknownKey),
        ("[wire]\nworker = 1", Code::PolicyUnknownKey),
        ("wire = 1", Code::PolicyType),
        ("[[wire]]\nworkers = 1", Code::PolicyType),
        ("[wire]\nworkers = \"1\"", Code::PolicyType),
        ("[wire]\nworkers = -1", Code::PolicyValue),
        ("[wire]\nworkers = 99999999999", Code::PolicyValue),
        ("[wire]\nmax-depth = 500", Code::PolicyValue),
        ("[wire]\nmax-frame = \"1KiB\"", Code::PolicyValue),
        ("[wire]\nmax-frame = 1024", Code::PolicyType),
        ("[wire]\nmax-frame = \"1024\"", Code::PolicyValue),
        ("[wire]\nmax-frame = \"1.5MiB\"", Code::PolicyValue),
        ("[wire]\nmax-frame = \"-1MiB\"", Code::PolicyValue),
        ("[wire]\nmax-frame = \"1m\"", Code::PolicyValue),
        ("[wire]\nmax-frame = \"99999999999999TiB\"", Code::PolicyValue),
        ("[wire]\nmax-frame = \"0MiB\"", Code::PolicyValue),
        ("[subprocess]\ntimeout = \"0\"", Code::PolicyValue),
        ("[subprocess]\ntimeout = \"0s\"", Code::PolicyValue),
        ("[subprocess]\ntimeout = \"30\"", Code::PolicyValue),
        ("[subprocess]\ntimeout = \"-1s\"", Code::PolicyValue),
        ("[subprocess]\ntimeout = \"99999999999999999999s\"", Code::PolicyValue),
        ("[subprocess]\nkill-signal = 15", Code::PolicyType),
        ("[subprocess]\nkill-signal = \"SIGSTOP\"", Code::PolicyValue),
        ("[subprocess]\ncommand-whitelist = \"python3\"", Code::PolicyType),
        ("[subprocess]\ncommand-whitelist = [\"\"]", Code::PolicyValue),
        ("[subprocess]\ncommand-whitelist = [\"./python3\"]", Code::PolicyValue),
        ("[subprocess]\ncommand-whitelist = [\"-c\"]", Code::PolicyValue),
        ("[subprocess]\nallowed-environment-vars = [\"A=B\"]", Code::PolicyValue),
        ("[subprocess]\nallowed-environment-vars = [\"LD_PRELOAD\"]", Code::PolicyStale),
        ("[subprocess]\ninterpreter = \"~/python\"", Code::PolicyValue),
        ("[subprocess]\nmax-argument-length = 131072", Code::PolicyValue),
        ("[subprocess]\nargument-validation = false", Code::PolicySwitchOff),
        ("[subprocess]\nargument-validation = \"no\"", Code::PolicyType),
        ("[sandbox]\nenforcement = \"optional\"", Code::PolicyValue),
        ("[sandbox]\nenforcement = false", Code::PolicyType),
        ("[sandbox]\nenforcement = { accept-degraded = [] }", Code::PolicyValue),
        ("[sandbox]\nenforcement = { accept-degraded = [\"everything\"] }", Code::PolicyValue),
        ("[sandbox]\nenforcement = { accept-degraded = 1 }", Code::PolicyValue),
        ("[sandbox]\nenforcement = { accept-degraded = {} }", Code::PolicyValue),
        ("[sandbox]\nenforcement = { accept-degraded = { solaris = [\"exec\"] } }", Code::PolicyValue),
        ("[sandbox]\nenforcement = { accept-degraded = { macos = [] } }", Code::PolicyValue),
        ("[sandbox]\nenforcement = { accept-degraded = { macos = \"exec\" } }", Code::PolicyValue),
        ("[sandbox]\nnetwork = \"allow\"", Code::PolicyValue),
        ("[sandbox]\nnetwork = { allow-tcp = [0] }", Code::PolicyValue),
        ("[sandbox]\nnetwork = { allow-tcp = [443], allow-udp = [53] }", Code::PolicyValue),
        ("[sandbox]\nmemory = \"1MiB\"", Code::PolicyValue),
        ("[filesystem]\nprevent-path-traversal = false", Code::PolicySwitchFixed),
        ("[code-generation]\ninjection-prevention = false", Code::PolicySwitchFixed),
        ("[code-generation]\ntemplate-escaping = false", Code::PolicySwitchFixed),
        ("[filesystem]\nallowed-extensions = [\"json\"]", Code::PolicyValue),
        ("[filesystem]\nallowed-directories = [\"../x\"]", Code::PolicyValue),
        ("[filesystem]\nallowed-directories = [{ temporary = \"/x\" }]", Code::PolicyValue),
        ("[filesystem]\nallowed-directories = [{ temp = \"x\" }]", Code::PolicyValue),
        ("[code-generation]\nintegers = \"float\"", Code::PolicyValue),
        ("[code-generation]\nintegers = { gcd = \"bigint\" }", Code::PolicyValue),
        ("[module-whitelist]\nallowed-modules = [\"*\"]", Code::PolicyValue),
        ("[module-whitelist]\nallowed-modules = [\"o\u{17f}\"]", Code::PolicyValue),
        ("[module-whitelist]\nallowed-modules = [\"math\", \"math\"]", Code::PolicyStale),
        ("[module-whitelist]\nallowed-modules = [\"os\"]", Code::PolicyStale),
        ("[module-whitelist]\nallowed-modules = [{ name = \"math\", why = \"x\" }]", Code::PolicyUnknownKey),
        ("[module-whitelist]\nallowed-modules = [{ name = \"math\", reason = \"\" }]", Code::PolicyValue),
        ("[module-whitelist]\nallowed-modules = [{ reason = \"x\" }]", Code::PolicyType),
        ("[module-whitelist]\nblocked-members = [\"eval\"]", Code::PolicyValue),
        ("[module-whitelist]\nblocked-members = [\"numpy.load()\"]", Code::PolicyValue),
        ("[module-whitelist]\nblocked-members = [\"numpy.*(allow_pickle)\"]", Code::PolicyValue),
        ("[module-whitelist]\nunblock = [\"os\"]", Code::PolicyValue),
        ("[module-whitelist]\nunblock = [{ name = \"nothing\", reason = \"x\" }]", Code::PolicyStale),
        (
            "[module-whitelist]\nblocked-modules = [\"os\"]\nunblock = [{ name = \"os\", reason = \"x\" }]",
            Code::PolicyCombination,
        ),
        ("[monitoring]\nlog-retention = 30", Code::PolicyType),
        ("[monitoring]\nlog-size = \"63KiB\"", Code::PolicyValue),
        ("[monitoring]\nalert-command = \"logger\"", Code::PolicyType),
        ("[monitoring]\nalert-command = [\"logger\"]", Code::PolicyValue),
        ("[monitoring]\naudit-logging = false\naudit-log = \"x\"", Code::PolicyCombination),
        ("[monitoring]\nsecurity-events = false\nalert-command = [\"/x\"]", Code::PolicyCombination),
        ("[wire]\nworkers = 1\nworkers = 2", Code::PolicyMalformed),
        ("[wire", Code::PolicyMalformed),
    ] {
        assert!(codes(text).contains(&code), "{text}\n{}", said(text));
        assert!(
            codes(text).iter().all(|other| *other == code || *other == Code::PolicySwitchOff),
            "{text}\n{}",
            said(text)
        );
    }
}

#[test]
fn a_hostile_policy_is_refused_quickly() {
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(parse(&deep).is_err());
    let long = format!("[wire]\n{}", (0..20_000).map(|n| format!("k{n} = 1\n")).collect::<String>());
    assert_eq!(parse(&long).unwrap_err().len(), 20_000);
}

#[test]
fn reading_errors_are_diagnostics() {
    let missing = Policy::load(Path::new("no-such-directory/tywrap.toml")).unwrap_err();
    assert_eq!(missing[0].code, Code::PolicyMissing);
    let directory = Policy::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
    assert_eq!(directory[0].code, Code::PolicyUnreadable);
}
