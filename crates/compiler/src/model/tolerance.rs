//! Tolerances: how far a number may lie from what it is compared with before `dwc verify` calls it a difference. It must not
//! compare anything.

use dwc_googlesql::Type;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::Scalar;

/// A tolerance as written, as a decimal; `None` where there is none, or where it is wrong, with the problem said. `what` names
/// the column or measure.
pub(super) fn tolerance(
    declared: Option<&Scalar>,
    what: &str,
    ty: &Type,
    span: Span,
    problems: &mut Vec<Diagnostic>,
) -> Option<String> {
    let text = declared?.0.trim();
    if !ty.is_numeric() && *ty != Type::Unknown {
        problems.push(
            Diagnostic::new(Code::MisplacedKey, format!("`within` of {what} does not apply to {ty}"))
                .at(span, "only numbers have a tolerance")
                .help("remove the key"),
        );
        return None;
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let places = if matches!(ty, Type::Numeric(_)) { 9 } else { 18 };
    if !is_digits(whole) || !is_digits(part) || whole.len() > 18 || part.len() > places {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`{text}` is not a tolerance"))
                .at(span, format!("a decimal number that is not negative, of at most {places} decimals"))
                .help("write how much two values may differ, such as `0.01`"),
        );
        return None;
    }
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    (!is_zero).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn a_tolerance_is_a_decimal_of_a_number() {
        let span = Span { file: FileId(0), lo: 0, hi: 0 };
        let read = |text: &str, ty: &Type| {
            let mut problems = Vec::new();
            let scalar = Scalar(text.to_owned());
            let found = tolerance(Some(&scalar), "measure `amount`", ty, span, &mut problems);
            (found, problems.iter().map(|problem| problem.code).collect::<Vec<_>>())
        };
        assert_eq!(read("0.01", &Type::Float64), (Some("0.01".to_owned()), vec![]));
        assert_eq!(read("5", &Type::Int64), (Some("5".to_owned()), vec![]));
        assert_eq!(read("0", &Type::Int64), (None, vec![]));
        assert_eq!(read("0.00", &Type::Float64), (None, vec![]));
        assert_eq!(read("1", &Type::String), (None, vec![Code::MisplacedKey]));
        assert_eq!(read("0.1234567891", &Type::NUMERIC), (None, vec![Code::WrongValue]));
        for wrong in ["-1", "1e-3", "1%", ".5", "5.", "", "1000000000000000000000"] {
            assert_eq!(read(wrong, &Type::Int64), (None, vec![Code::WrongValue]), "{wrong}");
        }
    }
}
