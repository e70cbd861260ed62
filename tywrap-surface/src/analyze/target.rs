//! The Python that a surface is read for, and the conditions in stubs that depend on it.

use ruff_python_ast::{BoolOp, CmpOp, Expr, Number, UnaryOp};

/// Which branches of `sys.version_info` and `sys.platform` conditions are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Python's major and minor version.
    pub python: (u8, u8),
    /// `sys.platform`, such as `linux`.
    pub platform: String,
}

impl Default for Target {
    /// Python 3.11 on Linux.
    fn default() -> Self {
        Self { python: (3, 11), platform: "linux".to_owned() }
    }
}

impl Target {
    /// Linux with the given version of Python.
    #[must_use]
    pub fn linux(python: (u8, u8)) -> Self {
        Self { python, ..Self::default() }
    }

    /// Whether `test` holds, if that is known without running anything.
    pub(crate) fn holds(&self, test: &Expr) -> Option<bool> {
        self.decide(test, 0)
    }

    fn decide(&self, test: &Expr, depth: usize) -> Option<bool> {
        // No condition on versions nests like that.
        if depth > 16 {
            return None;
        }
        match test {
            Expr::BooleanLiteral(literal) => Some(literal.value),
            Expr::NumberLiteral(literal) => integer(test).map(|value| value != 0).filter(|_| is_int(&literal.value)),
            Expr::UnaryOp(op) if op.op == UnaryOp::Not => self.decide(&op.operand, depth + 1).map(|value| !value),
            Expr::BoolOp(op) => {
                let decisive = op.op == BoolOp::Or;
                let values: Vec<Option<bool>> = op.values.iter().map(|value| self.decide(value, depth + 1)).collect();
                if values.contains(&Some(decisive)) {
                    Some(decisive)
                } else {
                    values.iter().all(Option::is_some).then_some(!decisive)
                }
            }
            Expr::Name(name) => (name.id.as_str() == "TYPE_CHECKING").then_some(true),
            Expr::Attribute(attribute) => (attribute.attr.as_str() == "TYPE_CHECKING").then_some(true),
            Expr::Compare(compare) => {
                let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
                self.compare(&compare.left, *op, right)
            }
            // `sys.platform.startswith("linux")`
            Expr::Call(call) => {
                let Expr::Attribute(method) = &*call.func else { return None };
                let [Expr::StringLiteral(prefix)] = &*call.arguments.args else { return None };
                (method.attr.as_str() == "startswith" && is_sys(&method.value, "platform"))
                    .then(|| self.platform.starts_with(prefix.value.to_str()))
            }
            _ => None,
        }
    }

    fn compare(&self, left: &Expr, op: CmpOp, right: &Expr) -> Option<bool> {
        if is_sys(left, "platform") {
            return match (op, right) {
                (CmpOp::Eq, Expr::StringLiteral(text)) => Some(self.platform == text.value.to_str()),
                (CmpOp::NotEq, Expr::StringLiteral(text)) => Some(self.platform != text.value.to_str()),
                (CmpOp::In, Expr::Tuple(tuple)) => self.platform_among(&tuple.elts),
                (CmpOp::NotIn, Expr::Tuple(tuple)) => self.platform_among(&tuple.elts).map(|found| !found),
                _ => None,
            };
        }
        let version = [i64::from(self.python.0), i64::from(self.python.1)];
        if is_sys(left, "version_info") {
            return ordered(op, &version, &integers(right)?);
        }
        let Expr::Subscript(subscript) = left else { return None };
        if !is_sys(&subscript.value, "version_info") {
            return None;
        }
        match &*subscript.slice {
            Expr::Slice(slice) if slice.lower.is_none() && slice.step.is_none() => {
                let upper = usize::try_from(integer(slice.upper.as_deref()?)?).ok()?;
                ordered(op, version.get(..upper.min(2))?, &integers(right)?)
            }
            index => {
                let part = version.get(usize::try_from(integer(index)?).ok()?)?;
                ordered(op, &[*part], &[integer(right)?])
            }
        }
    }

    fn platform_among(&self, names: &[Expr]) -> Option<bool> {
        let mut found = false;
        for name in names {
            let Expr::StringLiteral(text) = name else { return None };
            found |= self.platform == text.value.to_str();
        }
        Some(found)
    }
}

/// Compares as Python compares tuples, so `(3, 11) >= (3,)`; `==` against a longer tuple cannot be decided.
fn ordered(op: CmpOp, left: &[i64], right: &[i64]) -> Option<bool> {
    // `sys.version_info` has more parts than are known here, so equal known parts mean "greater or equal".
    match op {
        CmpOp::Eq if right.len() <= left.len() => Some(left == right),
        CmpOp::NotEq if right.len() <= left.len() => Some(left != right),
        CmpOp::GtE => Some(left >= right),
        CmpOp::Lt => Some(left < right),
        CmpOp::Gt => Some(left > right),
        CmpOp::LtE => Some(left <= right),
        _ => None,
    }
}

/// `sys.name`, or `name` imported from `sys`.
fn is_sys(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == name
                && matches!(&*attribute.value, Expr::Name(module) if matches!(module.id.as_str(), "sys" | "_sys"))
        }
        Expr::Name(bare) => bare.id.as_str() == name && name != "platform",
        _ => false,
    }
}

fn integers(expr: &Expr) -> Option<Vec<i64>> {
    match expr {
        Expr::Tuple(tuple) => tuple.elts.iter().map(integer).collect(),
        _ => None,
    }
}

fn integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => int.as_i64(),
            Number::Float(_) | Number::Complex { .. } => None,
        },
        _ => None,
    }
}

fn is_int(number: &Number) -> bool {
    matches!(number, Number::Int(_))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn conditions_are_decided_by_hand() {
        let target = Target::default();
        let cases = [
            ("sys.version_info >= (3, 11)", Some(true)),
            ("sys.version_info >= (3, 12)", Some(false)),
            ("sys.version_info < (3, 12)", Some(true)),
            ("version_info >= (3,)", Some(true)),
            ("sys.version_info[0] >= 3", Some(true)),
            ("sys.version_info[:2] == (3, 11)", Some(true)),
            ("sys.version_info[:2] == (3, 10)", Some(false)),
            ("sys.platform == 'linux'", Some(true)),
            ("sys.platform != 'win32'", Some(true)),
            ("sys.platform in ('darwin', 'win32')", Some(false)),
            ("sys.platform.startswith('lin')", Some(true)),
            ("not TYPE_CHECKING", Some(false)),
            ("typing.TYPE_CHECKING", Some(true)),
            ("sys.platform == 'win32' or sys.version_info >= (3, 8)", Some(true)),
            ("unknown and sys.platform == 'win32'", Some(false)),
            ("unknown and sys.platform == 'linux'", None),
            ("unknown", None),
            ("0", Some(false)),
            ("platform == 'linux'", None),
        ];
        for (source, expected) in cases {
            let parsed = ruff_python_parser::parse_expression(source).unwrap();
            assert_eq!(target.holds(parsed.expr()), expected, "{source}");
        }
    }
}
