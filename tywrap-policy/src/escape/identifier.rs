//! Names.

use std::fmt;

use super::string_literal;

/// The longest name, in characters.
const LONGEST: usize = 200;

/// Words that no binding may have in a strict module, and names whose meaning must not change: what modules, classes and
/// `await` treat specially, what every object inherits, and the globals that emitted code and its types use.
const RESERVED: &[&str] = &[
    // ECMA-262, ReservedWord; then what strict mode and modules add.
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "new",
    "null",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "arguments",
    "async",
    "eval",
    "implements",
    "interface",
    "let",
    "package",
    "private",
    "protected",
    "public",
    "static",
    // TypeScript, of values; what modules of Node have; and what emitted modules call their own description.
    "constructor",
    "exports",
    "module",
    "require",
    "undefined",
    // What every object inherits, and what `await`, `JSON.stringify` and `instanceof` ask for.
    "__proto__",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "prototype",
    "then",
    "toJSON",
    "toLocaleString",
    "toString",
    "valueOf",
    // Globals.
    "AbortSignal",
    "Array",
    "ArrayBuffer",
    "AsyncIterable",
    "AsyncIterator",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "Buffer",
    "DataView",
    "Date",
    "Error",
    "Exclude",
    "Extract",
    "FinalizationRegistry",
    "Float32Array",
    "Float64Array",
    "Function",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterable",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "NonNullable",
    "Number",
    "Object",
    "Omit",
    "Partial",
    "Pick",
    "Promise",
    "PromiseLike",
    "Proxy",
    "Readonly",
    "ReadonlyArray",
    "ReadonlyMap",
    "ReadonlySet",
    "Record",
    "Reflect",
    "RegExp",
    "Required",
    "ReturnType",
    "Set",
    "String",
    "Symbol",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "globalThis",
    "process",
    "self",
    "window",
];

/// Names that TypeScript keeps for types of its own, and the words that are operators where a type begins.
const RESERVED_TYPES: &[&str] = &[
    "any",
    "bigint",
    "boolean",
    "infer",
    "intrinsic",
    "keyof",
    "never",
    "number",
    "object",
    "readonly",
    "string",
    "symbol",
    "undefined",
    "unique",
    "unknown",
    "void",
];

/// Exported names that mean something to whoever imports the module, whatever they are bound to.
const SPECIAL_EXPORTS: &[&str] = &["__proto__", "default", "then", "__esModule"];

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentifierError {
    /// It is empty.
    Empty,
    /// It has more than 200 characters.
    TooLong,
    /// It has a character other than ASCII letters, digits and `_`, or starts with a digit. Python folds other letters by
    /// NFKC and JavaScript does not, so two names of one could be one name of the other.
    Character(char),
}

impl fmt::Display for IdentifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::TooLong => write!(f, "the name has more than {LONGEST} characters"),
            Self::Character(character) => {
                write!(f, "the name has `{}` (U+{:04X}) where none may be", character.escape_debug(), *character as u32)
            }
        }
    }
}

impl std::error::Error for IdentifierError {}

/// A name for a binding or a parameter: the name itself, or with `_` after it where it is reserved. Two
/// names that differ stay different only if neither is the other with `_`; whoever emits them checks for that.
///
/// # Errors
/// That no binding can be made of it.
pub fn identifier(name: &str) -> Result<String, IdentifierError> {
    validate(name)?;
    Ok(if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() })
}

/// A name for a type: a class, an interface, an alias or a type parameter.
///
/// # Errors
/// As [`identifier`].
pub fn type_identifier(name: &str) -> Result<String, IdentifierError> {
    Ok(if RESERVED_TYPES.contains(&name) { format!("{name}_") } else { identifier(name)? })
}

/// The name that a module exports something under. A reserved word will do, in `export { with_ as with }`.
///
/// # Errors
/// That no name can be made of it.
pub fn export_name(name: &str) -> Result<String, IdentifierError> {
    validate(name)?;
    // A module that exports `then` is called by `await import(…)`; `default` is what `import x` takes.
    Ok(if SPECIAL_EXPORTS.contains(&name) { format!("{name}_") } else { name.to_owned() })
}

/// Any text as the key of a property, in an object, a class or an interface: a plain name where it is one, else a string.
/// `__proto__` is computed, because both `__proto__:` and `"__proto__":` set the prototype.
pub fn property_key(name: &str) -> String {
    if is_special(name) {
        format!("[{}]", string_literal(name))
    } else if validate(name).is_ok() {
        name.to_owned()
    } else {
        string_literal(name)
    }
}

/// Any text as the access to a property, to be written right after an object: `.name` or `["na-me"]`.
pub fn property_access(name: &str) -> String {
    if !is_special(name) && validate(name).is_ok() { format!(".{name}") } else { format!("[{}]", string_literal(name)) }
}

/// What a plain key would not merely name: the prototype, and in a class the constructor.
fn is_special(name: &str) -> bool {
    matches!(name, "__proto__" | "constructor" | "prototype")
}

fn validate(name: &str) -> Result<(), IdentifierError> {
    if name.is_empty() {
        return Err(IdentifierError::Empty);
    }
    if name.len() > LONGEST {
        return Err(IdentifierError::TooLong);
    }
    let valid = |(index, character): (usize, char)| {
        character.is_ascii_alphabetic() || character == '_' || (index > 0 && character.is_ascii_digit())
    };
    match name.char_indices().find(|&position| !valid(position)) {
        Some((_, character)) => Err(IdentifierError::Character(character)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{IdentifierError, RESERVED, export_name, identifier, property_access, property_key, type_identifier};

    #[test]
    fn reserved_names_get_an_underscore_and_others_stay() {
        for name in ["mean", "read_csv", "_private", "T1", "match", "del", "lambda", "any", "type", "set", "get", "of"]
        {
            assert_eq!(identifier(name).as_deref(), Ok(name));
        }
        for name in RESERVED {
            assert_eq!(identifier(name), Ok(format!("{name}_")));
            assert_eq!(type_identifier(name), Ok(format!("{name}_")));
        }
        assert_eq!(type_identifier("any").as_deref(), Ok("any_"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (name, error) in [
            ("", IdentifierError::Empty),
            ("a-b", IdentifierError::Character('-')),
            ("1a", IdentifierError::Character('1')),
            ("x','y", IdentifierError::Character('\'')),
            ("a b", IdentifierError::Character(' ')),
            ("a\n", IdentifierError::Character('\n')),
            ("$", IdentifierError::Character('$')),
            ("\u{ff4d}ath", IdentifierError::Character('\u{ff4d}')),
            ("any; declare global {}", IdentifierError::Character(';')),
        ] {
            assert_eq!(identifier(name), Err(error.clone()));
            assert_eq!(export_name(name), Err(error));
        }
        assert_eq!(identifier(&"a".repeat(100_000)), Err(IdentifierError::TooLong));
    }

    #[test]
    fn exports_keep_reserved_words_but_not_what_importing_treats_specially() {
        assert_eq!(export_name("with").as_deref(), Ok("with"));
        assert_eq!(export_name("then").as_deref(), Ok("then_"));
        assert_eq!(export_name("default").as_deref(), Ok("default_"));
    }

    #[test]
    fn keys_are_plain_quoted_or_computed() {
        for (name, key, access) in [
            ("a", "a", ".a"),
            ("with", "with", ".with"),
            ("a-b", "\"a-b\"", "[\"a-b\"]"),
            ("__proto__", "[\"__proto__\"]", "[\"__proto__\"]"),
            ("constructor", "[\"constructor\"]", "[\"constructor\"]"),
            ("x','y", "\"x\\u0027,\\u0027y\"", "[\"x\\u0027,\\u0027y\"]"),
        ] {
            assert_eq!(property_key(name), key);
            assert_eq!(property_access(name), access);
        }
    }

    proptest! {
        #[test]
        fn an_identifier_is_made_of_ascii_letters(name in r"[A-Za-z0-9_$\-.'é ]{0,12}") {
            if let Ok(identifier) = identifier(&name) {
                prop_assert!(identifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
                prop_assert!(!identifier.starts_with(|c: char| c.is_ascii_digit()));
                prop_assert!(!RESERVED.contains(&identifier.as_str()));
            }
        }
    }
}
