//! Numbers as text: exact decimals and whole numbers. Nothing is rounded here.

/// A decimal text as an integer of `10^-scale`; `None` where it is not a decimal or has more decimals or digits. An
/// exponent moves the point and changes nothing else.
pub(super) fn decimal(text: &str, digits: u8, scale: u8) -> Option<i128> {
    let (negative, plain) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (plain, exponent) = match plain.split_once(['e', 'E']) {
        Some((plain, exponent)) => (plain, exponent.parse::<i32>().ok()?),
        None => (plain, 0),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    let mut value: i128 = 0;
    // How many digits of the value are behind the point, without the zeros at its end.
    let mut behind = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
    let mut zeros: u32 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        match byte {
            b'0' => zeros = zeros.checked_add(1)?,
            b'1'..=b'9' => {
                value = if value == 0 { 0 } else { value.checked_mul(10_i128.checked_pow(zeros + 1)?)? };
                value = value.checked_add(i128::from(byte - b'0'))?;
                zeros = 0;
            }
            _ => return None,
        }
    }
    if value == 0 {
        return Some(0);
    }
    behind -= i64::from(zeros);
    let missing = u32::try_from(i64::from(scale) - behind).ok()?;
    value = value.checked_mul(10_i128.checked_pow(missing)?)?;
    if value >= 10_i128.checked_pow(u32::from(digits))? {
        return None;
    }
    Some(if negative { -value } else { value })
}

/// A text of a decimal that is written without an exponent: in a text one is rather a code than a number.
pub(super) fn without_exponent(text: &str) -> Option<&str> {
    (!text.contains(['e', 'E'])).then_some(text)
}

/// A whole number as text: a sign and digits, nothing else.
pub(super) fn digits(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A number as text that has no fraction, though it may be written with a point or an exponent.
pub(super) fn whole(text: &str) -> Option<i64> {
    digits(text).or_else(|| i64::try_from(decimal(text, 38, 0)?).ok())
}

/// A binary number as text: the nearest one, but one beyond the range is not an infinity.
pub(super) fn float(text: &str) -> Option<f64> {
    let read: f64 = text.parse().ok()?;
    let says_so = || text.trim_start_matches(['+', '-']).starts_with(['i', 'I']);
    (!read.is_infinite() || says_so()).then_some(read)
}

/// A number without fraction as a whole number.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked before")]
pub(super) fn whole_of(value: f64) -> Option<i64> {
    let fits = value.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    fits.then_some(value as i64)
}

/// The bytes of a BIT column, the most significant first.
pub(super) fn bits(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |all, byte| (all << 8) | u64::from(*byte)))
}

/// The bytes that `\\x` and hexadecimal digits spell.
pub(super) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(b"\\x")?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| Some(u8::try_from(digit(pair[0])? * 16 + digit(*pair.get(1)?)?).unwrap_or_default());
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(decimal("12.34", 38, 9), Some(12_340_000_000));
        assert_eq!(decimal("-0.5", 4, 2), Some(-50));
        assert_eq!(decimal("1.2300000000000", 5, 2), Some(123));
        assert_eq!(decimal("1.234", 5, 2), None);
        assert_eq!(decimal("1000.00", 5, 2), None);
        assert_eq!(
            decimal("99999999999999999999999999999.999999999", 38, 9),
            Some(99_999_999_999_999_999_999_999_999_999_999_999_999)
        );
        assert_eq!(decimal("1e5", 5, 2), None);
        assert_eq!(decimal("1e3", 38, 9), Some(1_000_000_000_000));
        assert_eq!(decimal("1e-9", 38, 9), Some(1));
        assert_eq!(decimal("10e-10", 38, 9), Some(1));
        assert_eq!(decimal("1e-10", 38, 9), None);
        assert_eq!(decimal("0e999999", 38, 9), Some(0));
        assert_eq!(decimal("1_000", 38, 9), None);
        assert_eq!(decimal("1e", 38, 9), None);
        assert_eq!(decimal("", 5, 2), None);
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!(whole("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(whole("5.00"), Some(5));
        assert_eq!(whole("5.5"), None);
        assert_eq!(whole_of(9.3e18), None);
        assert_eq!(bits(&[1, 0]), Some(256));
        assert_eq!(hex(b"\\x00fF"), Some(vec![0, 255]));
        assert_eq!(hex(b"\\x0"), None);
        assert_eq!(hex(b"00"), None);
    }
}
