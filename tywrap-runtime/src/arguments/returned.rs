//! What a function of a client's gave, against what the parameter that took it asks for.

use tywrap_policy::Code;

use super::CallRefused;
use super::describe::{expected, mismatch};
use super::fit::{Check, Fit};
use crate::value::{Returns, Value};

/// Takes a value that a function gave, converted where its schema says so.
pub(crate) fn returned(returns: Option<Returns>, mut value: Value) -> Result<Value, CallRefused> {
    let Some(Returns { module, schema }) = returns else { return Ok(value) };
    let mut check = Check::new(module);
    match check.fit(schema, &value) {
        Fit::Exact => {}
        Fit::Converted => check.convert(schema, &mut value),
        Fit::No => {
            let (path, part, got) = mismatch(&mut check, schema, &value);
            let place = if path.is_empty() { String::new() } else { format!(" at {}", path.trim_start()) };
            let message = format!(
                "a function that was passed to `{}` gave {got}{place} where Python expects {}",
                module.name,
                expected(&check, part)
            );
            return Err(CallRefused { code: Code::CallType, message });
        }
    }
    Ok(value)
}
