//! What programs print.

use std::sync::LazyLock;

use regex::Regex;

/// Something that stands out in what a program printed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advisory {
    /// What it looks like.
    pub suspicion: Suspicion,
    /// The byte of the text at which it first stands.
    pub offset: usize,
}

/// The most of a text that is looked at. What follows is data like the rest, and a flood is not worth the time.
const SCANNED: usize = 1 << 20;

macro_rules! suspicions {
    ($($(#[doc = $doc:literal])+ $Variant:ident = $text:literal, $expression:literal;)+) => {
        /// What a part of a text looks like.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Suspicion {
            $($(#[doc = $doc])+ $Variant,)+
        }

        impl Suspicion {
            /// In kebab case, for logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Variant => $text,)+ }
            }
        }

        const EXPRESSIONS: &[(Suspicion, &str)] = &[$((Suspicion::$Variant, $expression)),+];
    };
}

suspicions! {
    /// Code that is evaluated.
    Evaluation = "evaluation", r"\b(?:eval|exec)\s*\(";
    /// An import by name.
    Import = "import", r"\b__import__\b|\bimportlib\.import_module\b";
    /// A program that is started.
    Process = "process", r"\bos\.(?:system|popen|exec[lv]p?e?|spawn[lv]p?e?|fork)\b|\bsubprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)\b|\bpty\.spawn\b";
    /// Bytes that are unpickled.
    Unpickling = "unpickling", r"\b(?:c?[Pp]ickle|dill|joblib|marshal)\.loads?\b";
    /// A library that is loaded.
    NativeCode = "native-code", r"\bctypes\.(?:CDLL|cdll|windll|PyDLL|pythonapi)\b";
    /// Script in a page.
    Script = "script", r"(?i)<script\b|\bjavascript:";
    /// A file that holds secrets.
    Secrets = "secrets", r"/etc/(?:passwd|shadow)\b|\.ssh/id_|\bBEGIN [A-Z ]*PRIVATE KEY\b";
}

pub(super) fn scan(text: &str) -> Vec<Advisory> {
    static COMPILED: LazyLock<Vec<(Suspicion, Regex)>> = LazyLock::new(|| {
        // An expression that did not compile would leave a suspicion out; a test compiles them all.
        let compiled = |&(suspicion, expression): &(Suspicion, &str)| Some((suspicion, Regex::new(expression).ok()?));
        EXPRESSIONS.iter().filter_map(compiled).collect()
    });
    let end = (0..=SCANNED.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let text = &text[..end];
    let find = |(suspicion, regex): &(Suspicion, Regex)| {
        regex.find(text).map(|found| Advisory { suspicion: *suspicion, offset: found.start() })
    };
    COMPILED.iter().filter_map(find).collect()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{EXPRESSIONS, Suspicion, scan};

    #[test]
    fn every_expression_compiles() {
        for (suspicion, expression) in EXPRESSIONS {
            assert!(Regex::new(expression).is_ok(), "{}", suspicion.as_str());
        }
    }

    #[test]
    fn suspicions_are_found_and_prose_is_not() {
        for (text, expected) in [
            ("eval(input())", vec![Suspicion::Evaluation]),
            ("x = exec (code)", vec![Suspicion::Evaluation]),
            ("__import__('os').system('id')", vec![Suspicion::Import]),
            ("os.system('id')", vec![Suspicion::Process]),
            ("see subprocess.Popen", vec![Suspicion::Process]),
            ("pickle.loads(data)", vec![Suspicion::Unpickling]),
            ("<SCRIPT>", vec![Suspicion::Script]),
            ("cat /etc/passwd", vec![Suspicion::Secrets]),
            ("a subprocessor contract", vec![]),
            ("the medieval (period)", vec![]),
            ("evaluate(x), execute(y), re.compile(z)", vec![]),
            ("the os.path module and cos.system", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<Suspicion> = scan(text).into_iter().map(|advisory| advisory.suspicion).collect();
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(scan("ä eval(").first().map(|advisory| advisory.offset), Some(3));
        assert!(scan(&"é".repeat(1 << 20)).is_empty());
    }
}
