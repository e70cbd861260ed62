//! The types of Python's errors that have a series of their own.

/// The built-in exceptions of Python 3.10 to 3.14, sorted; aliases such as `IOError` never come as a name. Whatever
/// else code defines is one series, since it may define as many types as it likes.
const BUILT_IN: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BaseExceptionGroup",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "EncodingWarning",
    "Exception",
    "ExceptionGroup",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "PythonFinalizationError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
];

/// The label of an error's type: its name if it is built in, else `other`.
pub(super) fn type_label(name: &str) -> &'static str {
    BUILT_IN.binary_search(&name).map_or("other", |at| BUILT_IN[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_built_in_names_are_labels() {
        assert!(BUILT_IN.is_sorted());
        for name in BUILT_IN {
            assert_eq!(type_label(name), *name);
        }
        for name in ["", "ValueErro", "ValueErrors", "json.decoder.JSONDecodeError", "evil\"} 1", "IOError"] {
            assert_eq!(type_label(name), "other");
        }
    }
}
