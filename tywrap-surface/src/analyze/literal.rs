//! Literals as Python's `repr` writes them.

use ruff_python_ast::{Expr, Number, UnaryOp};

use crate::model::Literal;

/// The literal that an expression is by itself, with a sign perhaps.
pub(crate) fn plain(expr: &Expr) -> Option<Literal> {
    match expr {
        Expr::NoneLiteral(_) => Some(Literal::None),
        Expr::BooleanLiteral(literal) => Some(Literal::Bool(literal.value)),
        Expr::StringLiteral(literal) => Some(Literal::Str(literal.value.to_str().to_owned())),
        Expr::BytesLiteral(literal) => Some(Literal::Bytes(literal.value.bytes().collect())),
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => decimal(&int.to_string()).map(Literal::Int),
            Number::Float(float) => Some(Literal::Float(float_repr(*float))),
            Number::Complex { .. } => None,
        },
        Expr::UnaryOp(_) => {
            let mut negative = false;
            let mut rest = expr;
            while let Expr::UnaryOp(op) = rest {
                match op.op {
                    UnaryOp::USub => negative = !negative,
                    UnaryOp::UAdd => {}
                    UnaryOp::Not | UnaryOp::Invert => return None,
                }
                rest = &op.operand;
            }
            match (rest, negative) {
                (Expr::NumberLiteral(_), false) => plain(rest),
                (Expr::NumberLiteral(_), true) => plain(rest).and_then(|literal| match literal {
                    Literal::Int(digits) => Some(Literal::Int(negated(&digits))),
                    Literal::Float(digits) => Some(Literal::Float(negated(&digits))),
                    _ => None,
                }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn negated(digits: &str) -> String {
    match digits.strip_prefix('-') {
        Some(digits) => digits.to_owned(),
        None if digits == "0" => digits.to_owned(),
        None => format!("-{digits}"),
    }
}

/// A decimal number; the parser leaves numbers beyond 64 bits in the notation of the source.
fn decimal(token: &str) -> Option<String> {
    let token = token.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match token.get(..2) {
        Some("0x") => (16, token.get(2..)?),
        Some("0o") => (8, token.get(2..)?),
        Some("0b") => (2, token.get(2..)?),
        _ => return token.bytes().all(|byte| byte.is_ascii_digit()).then_some(token),
    };
    // Digits of the result, least significant first.
    let mut result: Vec<u32> = vec![0];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(radix)?;
        for place in &mut result {
            let value = *place * radix + carry;
            *place = value % 10;
            carry = value / 10;
        }
        while carry > 0 {
            result.push(carry % 10);
            carry /= 10;
        }
    }
    result.iter().rev().map(|&digit| char::from_digit(digit, 10)).collect()
}

/// Python's `repr` of a float: the shortest digits, in scientific notation below 1e-4 and from 1e16 on.
fn float_repr(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn literals_read_as_python_prints_them() {
        let cases = [
            ("1_000", "Int(\"1000\")"),
            ("-1", "Int(\"-1\")"),
            ("- -1", "Int(\"1\")"),
            ("-0", "Int(\"0\")"),
            ("0xff", "Int(\"255\")"),
            ("0xffff_ffff_ffff_ffff_ffff", "Int(\"1208925819614629174706175\")"),
            ("340282366920938463463374607431768211456", "Int(\"340282366920938463463374607431768211456\")"),
            ("1.5", "Float(\"1.5\")"),
            ("1e3", "Float(\"1000.0\")"),
            ("1e16", "Float(\"1e+16\")"),
            ("1e-7", "Float(\"1e-07\")"),
            ("-0.0", "Float(\"-0.0\")"),
            ("1e999", "Float(\"inf\")"),
            ("-1e999", "Float(\"-inf\")"),
            ("2.5e-300", "Float(\"2.5e-300\")"),
            ("0.0001", "Float(\"0.0001\")"),
            ("'a' 'b'", "Str(\"ab\")"),
            ("b'\\x00a'", "Bytes([0, 97])"),
            ("True", "Bool(true)"),
            ("None", "None"),
        ];
        for (source, expected) in cases {
            let parsed = ruff_python_parser::parse_expression(source).unwrap();
            assert_eq!(format!("{:?}", plain(parsed.expr()).unwrap()), expected, "{source}");
        }
        for source in ["1j", "-'a'", "x", "f'{x}'", "1 + 1"] {
            assert_eq!(plain(ruff_python_parser::parse_expression(source).unwrap().expr()), None, "{source}");
        }
    }
}
