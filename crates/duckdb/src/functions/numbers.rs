//! Numbers: exact decimals, rounding half away from zero, errors where GoogleSQL has them, and numbers as text.
//! It must not know dates.

use duckdb::Connection;

use super::vector::{Answer, Big, Numeric, add};

const ONE: i128 = 1_000_000_000;
const LIMIT: u128 = 10u128.pow(38);

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_div", |(a, b): (i64, i64)| match b {
        0 => Err(format!("division by zero: {a} / {b}")),
        _ => a.checked_div(b).map(Some).ok_or_else(overflow),
    })?;
    add(c, "dwc_mod", |(a, b): (i64, i64)| match b {
        0 => Err(format!("division by zero: MOD({a}, {b})")),
        _ => Ok(Some(a.wrapping_rem(b))),
    })?;
    add(c, "dwc_shift_left", |(a, n): (i64, i64)| shift(a, n, |x, n| x << n))?;
    add(c, "dwc_shift_right", |(a, n): (i64, i64)| shift(a, n, |x, n| x >> n))?;
    add(c, "dwc_numeric_divide", |(a, b): (Numeric, Numeric)| divide(a.0, b.0).map(Some))?;
    add(c, "dwc_numeric_multiply", |(a, b): (Numeric, Numeric)| multiply(a.0, b.0).map(Some))?;
    add(c, "dwc_bignumeric_multiply", |(a, b): (Big, Big)| product(a.0, b.0).map(|n| Some(Big(n))))?;
    add(c, "dwc_numeric_mod", |(a, b): (Numeric, Numeric)| match b.0 {
        0 => Err("division by zero in MOD".into()),
        b => Ok(Some(Numeric(a.0 % b))),
    })?;
    add(c, "dwc_numeric_round", |(a, n): (Numeric, i64)| digits(a.0, n, |_, rest, half| rest >= half))?;
    add(c, "dwc_numeric_round_even", |(a, n): (Numeric, i64)| {
        digits(a.0, n, |kept, rest, half| rest > half || rest == half && kept % 2 == 1)
    })?;
    add(c, "dwc_numeric_trunc", |(a, n): (Numeric, i64)| digits(a.0, n, |_, _, _| false))?;
    add::<(String,), String>(c, "dwc_error", |(message,)| Err(message))?;
    add(c, "dwc_trim_decimal", |(x,): (String,)| Ok(Some(trimmed(&x))))?;
    add(c, "dwc_round", |(x, n): (f64, i64)| finite(round(x, n, true), &[x]))?;
    add(c, "dwc_float_add", |(x, y): (f64, f64)| finite(x + y, &[x, y]))?;
    add(c, "dwc_float_subtract", |(x, y): (f64, f64)| finite(x - y, &[x, y]))?;
    add(c, "dwc_float_multiply", |(x, y): (f64, f64)| finite(x * y, &[x, y]))?;
    add(c, "dwc_divide", |(x, y): (f64, f64)| match y {
        0.0 => Err(format!("division by zero: {x} / {y}")),
        y => finite(x / y, &[x, y]),
    })?;
    add(c, "dwc_int_add", |(a, b): (i64, i64)| a.checked_add(b).map(Some).ok_or_else(overflow))?;
    add(c, "dwc_int_subtract", |(a, b): (i64, i64)| a.checked_sub(b).map(Some).ok_or_else(overflow))?;
    add(c, "dwc_int_multiply", |(a, b): (i64, i64)| a.checked_mul(b).map(Some).ok_or_else(overflow))?;
    add(c, "dwc_int_negate", |(a,): (i64,)| a.checked_neg().map(Some).ok_or_else(overflow))?;
    add(c, "dwc_numeric_add", |(a, b): (Numeric, Numeric)| sum(a.0, b.0))?;
    add(c, "dwc_numeric_subtract", |(a, b): (Numeric, Numeric)| sum(a.0, -b.0))?;
    add(c, "dwc_trunc", |(x, n): (f64, i64)| Ok(Some(round(x, n, false))))?;
    add(c, "dwc_float_to_int64", |(x,): (f64,)| float_to_int(x).map(Some))?;
    add(c, "dwc_float_to_numeric", |(x,): (f64,)| float_to_numeric(x).map(Some))?;
    add(c, "dwc_float_to_string", |(x,): (f64,)| Ok(Some(float_text(x))))?;
    add(c, "dwc_format_float_t", |(x,): (f64,)| Ok(Some(float_text_with_point(x))))?;
    add(c, "dwc_to_int64", |(s,): (String,)| to_int(&s).map(Some))?;
    add(c, "dwc_to_float64", |(s,): (String,)| to_float(&s).map(Some))?;
    add(c, "dwc_to_numeric", |(s,): (String,)| to_numeric(&s).map(Some))?;
    add(c, "dwc_parse_numeric", |(s,): (String,)| parse_numeric(&s).map(Some))?;
    add(c, "dwc_to_bool", |(s,): (String,)| match s.to_ascii_lowercase().as_str() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(format!("\"{s}\" is not a BOOL")),
    })?;
    add(c, "dwc_pow", |(x, y): (f64, f64)| {
        if x < 0.0 && x.is_finite() && y.is_finite() && y.fract() != 0.0 || x == 0.0 && y < 0.0 {
            return Err(format!("POW({x}, {y}) has no real value"));
        }
        finite(x.powf(y), &[x, y])
    })?;
    add(
        c,
        "dwc_sqrt",
        |(x,): (f64,)| {
            if x < 0.0 { Err(format!("SQRT({x}) has no real value")) } else { Ok(Some(x.sqrt())) }
        },
    )?;
    add(c, "dwc_exp", |(x,): (f64,)| finite(x.exp(), &[x]))?;
    add(c, "dwc_ln", |(x,): (f64,)| logarithm(x, f64::ln))?;
    add(c, "dwc_log10", |(x,): (f64,)| logarithm(x, f64::log10))?;
    add(c, "dwc_log", |(x, base): (f64, f64)| {
        if x <= 0.0 || base <= 0.0 || base == 1.0 {
            return Err(format!("LOG({x}, {base}) has no real value"));
        }
        Ok(Some(if base.is_infinite() { f64::NAN } else { x.ln() / base.ln() }))
    })?;
    add(c, "dwc_sin", |(x,): (f64,)| Ok(Some(x.sin())))?;
    add(c, "dwc_cos", |(x,): (f64,)| Ok(Some(x.cos())))?;
    add(c, "dwc_tan", |(x,): (f64,)| Ok(Some(x.tan())))?;
    add(c, "dwc_asin", |(x,): (f64,)| {
        if x.is_finite() && x.abs() > 1.0 { Err(format!("ASIN({x}) has no real value")) } else { Ok(Some(x.asin())) }
    })?;
    add(c, "dwc_acos", |(x,): (f64,)| {
        if x.is_finite() && x.abs() > 1.0 { Err(format!("ACOS({x}) has no real value")) } else { Ok(Some(x.acos())) }
    })?;
    add(c, "dwc_sinh", |(x,): (f64,)| finite(x.sinh(), &[x]))?;
    add(c, "dwc_cosh", |(x,): (f64,)| finite(x.cosh(), &[x]))
}

fn overflow() -> String {
    "integer overflow".into()
}

fn shift(a: i64, n: i64, with: fn(u64, u32) -> u64) -> Answer<i64> {
    match n {
        ..0 => Err(format!("a shift by {n}")),
        0..64 => Ok(Some(with(a.cast_unsigned(), u32::try_from(n).unwrap_or(0)).cast_signed())),
        _ => Ok(Some(0)),
    }
}

/// An overflow is an error in GoogleSQL, unless infinity came in.
fn finite(result: f64, inputs: &[f64]) -> Answer<f64> {
    if result.is_infinite() && inputs.iter().all(|x| x.is_finite()) {
        return Err("floating point overflow".into());
    }
    Ok(Some(result))
}

fn sum(a: i128, b: i128) -> Answer<Numeric> {
    let total = a.checked_add(b).ok_or("numeric overflow")?;
    signed(total.unsigned_abs(), total < 0).map(Some)
}

fn logarithm(x: f64, with: fn(f64) -> f64) -> Answer<f64> {
    if x <= 0.0 { Err(format!("the logarithm of {x} has no real value")) } else { Ok(Some(with(x))) }
}

fn signed(magnitude: u128, negative: bool) -> Result<Numeric, String> {
    if magnitude >= LIMIT {
        return Err("numeric overflow".into());
    }
    let value = i128::try_from(magnitude).map_err(|_| "numeric overflow".to_string())?;
    Ok(Numeric(if negative { -value } else { value }))
}

/// `a / b` to nine digits, half away from zero: long division, since the dividend outgrows 128 bits.
fn divide(a: i128, b: i128) -> Result<Numeric, String> {
    if b == 0 {
        return Err("division by zero".into());
    }
    let (n, d) = (a.unsigned_abs(), b.unsigned_abs());
    let (mut quotient, mut rest) = (n / d, n % d);
    for _ in 0..9 {
        let mut digit = 0u128;
        let mut sum = 0u128;
        for _ in 0..10 {
            sum += rest;
            if sum >= d {
                sum -= d;
                digit += 1;
            }
        }
        rest = sum;
        quotient = quotient.checked_mul(10).and_then(|q| q.checked_add(digit)).ok_or("numeric overflow")?;
    }
    if rest >= d - rest {
        quotient += 1;
    }
    signed(quotient, (a < 0) != (b < 0))
}

/// `a * b` of BIGNUMERIC: exact, or an error where 18 decimals do not hold it.
fn product(a: i128, b: i128) -> Result<i128, String> {
    let beyond = || "BIGNUMERIC beyond the 20 digits and 18 decimals that are kept".to_string();
    let (mut a, mut b, mut tens) = (a, b, 0u32);
    for factor in [&mut a, &mut b] {
        while tens < 18 && *factor != 0 && *factor % 10 == 0 {
            *factor /= 10;
            tens += 1;
        }
    }
    let raw = a.checked_mul(b).ok_or_else(beyond)?;
    let unit = 10i128.pow(18 - tens);
    if raw % unit == 0 { Ok(raw / unit) } else { Err(beyond()) }
}

/// `a * b` to nine digits, half away from zero, through 256 bits.
fn multiply(a: i128, b: i128) -> Result<Numeric, String> {
    let (x, y) = (a.unsigned_abs(), b.unsigned_abs());
    let split = |v: u128| [v & u128::from(u64::MAX), v >> 64];
    let (x, y) = (split(x), split(y));
    let mut limbs = [0u128; 4];
    for (i, xi) in x.iter().enumerate() {
        for (j, yj) in y.iter().enumerate() {
            let product = xi * yj;
            let mut at = i + j;
            let mut carry = product;
            while carry > 0 && at < 4 {
                let sum = limbs[at] + (carry & u128::from(u64::MAX));
                limbs[at] = sum & u128::from(u64::MAX);
                carry = (carry >> 64) + (sum >> 64);
                at += 1;
            }
        }
    }
    let mut rest = 0u128;
    let mut quotient = [0u128; 4];
    for at in (0..4).rev() {
        let part = (rest << 64) | limbs[at];
        quotient[at] = part / ONE.unsigned_abs();
        rest = part % ONE.unsigned_abs();
    }
    if quotient[2] > 0 || quotient[3] > 0 {
        return Err("numeric overflow".into());
    }
    let mut magnitude = (quotient[1] << 64) | quotient[0];
    if rest >= ONE.unsigned_abs() / 2 {
        magnitude = magnitude.checked_add(1).ok_or("numeric overflow")?;
    }
    signed(magnitude, (a < 0) != (b < 0))
}

/// Cut to digits; `up` says by what is kept, what is cut off and its half whether the last one grows.
fn digits(a: i128, n: i64, up: fn(u128, u128, u128) -> bool) -> Answer<Numeric> {
    let drop = 9i64.saturating_sub(n);
    if drop <= 0 {
        return Ok(Some(Numeric(a)));
    }
    if drop > 38 {
        return Ok(Some(Numeric(0)));
    }
    let unit = 10u128.pow(u32::try_from(drop).unwrap_or(38));
    let magnitude = a.unsigned_abs();
    let mut kept = magnitude / unit;
    if up(kept, magnitude % unit, unit / 2) {
        kept += 1;
    }
    kept.checked_mul(unit).ok_or_else(|| "numeric overflow".to_string()).and_then(|m| signed(m, a < 0)).map(Some)
}

/// Decimal text without trailing zeros.
pub(super) fn trimmed(text: &str) -> String {
    if !text.contains('.') {
        return text.to_string();
    }
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" || short.is_empty() { "0".into() } else { short.to_string() }
}

/// Rounds the exact value of the float, as GoogleSQL does in extended precision: 2.675 is less than it looks.
fn round(x: f64, n: i64, away: bool) -> f64 {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !x.is_finite() || n > 340 {
        return x;
    }
    if n < -308 {
        return 0.0;
    }
    let n = i32::try_from(n).unwrap_or(0);
    if n.abs() > 22 {
        return round_digits(x, n, away);
    }
    // Powers up to 22 are exact, and a fused multiplication gives what the rounded one has lost.
    let unit = 10f64.powi(n.abs());
    let near = if n >= 0 { x * unit } else { x / unit };
    if near.abs() >= EXACT {
        return if n >= 0 { x } else { round_digits(x, n, away) };
    }
    let lost = if n >= 0 { x.mul_add(unit, -near) } else { (-near).mul_add(unit, x) };
    let (near, lost) = if x < 0.0 { (-near, -lost) } else { (near, lost) };
    let mut whole = near.floor();
    let part = near - whole;
    if part == 0.0 && lost < 0.0 {
        whole -= 1.0;
    }
    let half = if part == 0.0 && lost < 0.0 { true } else { part > 0.5 || part == 0.5 && lost >= 0.0 };
    let kept = if away && half { whole + 1.0 } else { whole };
    (if n >= 0 { kept / unit } else { kept * unit }).copysign(x)
}

/// The same by the digits of the exact value, for powers of ten that no float holds.
fn round_digits(x: f64, n: i32, away: bool) -> f64 {
    let text = format!("{:.1074}", x.abs());
    let point = text.find('.').unwrap_or(text.len());
    let digits: Vec<u8> = text.bytes().filter(|b| *b != b'.').collect();
    let keep = i32::try_from(point).unwrap_or(0) + n;
    let Ok(keep) = usize::try_from(keep) else { return 0.0f64.copysign(x) };
    let mut kept: Vec<u8> = digits.iter().take(keep).copied().collect();
    if away && digits.get(keep).is_some_and(|d| *d >= b'5') {
        let mut at = kept.len();
        loop {
            if at == 0 {
                kept.insert(0, b'1');
                break;
            }
            at -= 1;
            if kept[at] == b'9' {
                kept[at] = b'0';
            } else {
                kept[at] += 1;
                break;
            }
        }
    }
    let number = format!("0{}e{}", String::from_utf8_lossy(&kept), -n);
    number.parse().unwrap_or(x).copysign(x)
}

fn float_to_int(x: f64) -> Result<i64, String> {
    let r = x.round();
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&r) {
        #[allow(clippy::cast_possible_truncation, reason = "the range was checked")]
        return Ok(r as i64);
    }
    Err(format!("beyond INT64: {x}"))
}

fn float_to_numeric(x: f64) -> Result<Numeric, String> {
    if !x.is_finite() || x.abs() >= 1e29 {
        return Err(format!("beyond NUMERIC: {x}"));
    }
    // The exact decimal expansion of the float, cut at nine digits, half away from zero.
    decimal(&format!("{x:.1074}"), true)
}

/// Digits as NUMERIC; further decimals are rounded, or an error.
fn decimal(text: &str, rounding: bool) -> Result<Numeric, String> {
    let error = || format!("\"{text}\" is not a NUMERIC");
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], body[at + 1..].parse::<i64>().map_err(|_| error())?),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(error());
    }
    let point = i64::try_from(whole.len()).map_err(|_| error())? + exponent;
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let mut magnitude = 0u128;
    let wanted = point + 9;
    for at in 0..wanted.clamp(0, 400) {
        let digit = usize::try_from(at).ok().and_then(|i| all.get(i)).map_or(0, |b| u128::from(b - b'0'));
        magnitude = magnitude.checked_mul(10).and_then(|m| m.checked_add(digit)).ok_or_else(error)?;
    }
    let rest = usize::try_from(wanted.max(0)).map_or(&[][..], |w| all.get(w..).unwrap_or(&[]));
    if wanted >= 0 && rest.first().is_some_and(|b| *b >= b'5') {
        magnitude += 1;
    }
    if !rounding && rest.iter().any(|b| *b != b'0') {
        return Err(error());
    }
    signed(magnitude, negative).map_err(|_| error())
}

fn to_int(s: &str) -> Result<i64, String> {
    let error = || format!("\"{s}\" is not an INT64");
    let text = s.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, radix) = match body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None => (body, 10),
    };
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return Err(error());
    }
    let signed = if negative { format!("-{digits}") } else { digits.to_string() };
    i64::from_str_radix(&signed, radix).map_err(|_| error())
}

fn to_float(s: &str) -> Result<f64, String> {
    let text = s.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let lower = text.to_ascii_lowercase();
    match lower.trim_start_matches(['+', '-']) {
        "inf" | "infinity" if lower.starts_with('-') => return Ok(f64::NEG_INFINITY),
        "inf" | "infinity" => return Ok(f64::INFINITY),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    let (sign, body) = match lower.strip_prefix('-') {
        Some(body) => (-1.0, body),
        None => (1.0, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    if let Some(digits) = body.strip_prefix("0x")
        && digits.len() <= 13
        && let Ok(whole) = u64::from_str_radix(digits, 16)
    {
        #[allow(clippy::cast_precision_loss, reason = "thirteen digits fit in 52 bits")]
        return Ok(sign * whole as f64);
    }
    let value: f64 = text.parse().map_err(|_| format!("\"{s}\" is not a FLOAT64"))?;
    Ok(value)
}

fn to_numeric(s: &str) -> Result<Numeric, String> {
    decimal(s.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']), true)
}

/// PARSE_NUMERIC also takes a sign after the digits, spaces after it, and commas.
fn parse_numeric(s: &str) -> Result<Numeric, String> {
    let text = s.trim();
    let (text, sign) = match text.strip_suffix(['-', '+']) {
        Some(rest) if rest.starts_with(['-', '+']) => return Err(format!("\"{s}\" is not a NUMERIC")),
        Some(rest) => (rest.trim_end(), text.ends_with('-')),
        None => (text, false),
    };
    let body: String = match text.strip_prefix('-') {
        Some(rest) => format!("-{}", rest.trim_start()),
        None => text.strip_prefix('+').unwrap_or(text).trim_start().to_string(),
    };
    let body = body.replace(',', "");
    let value = decimal(&body, true)?;
    Ok(if sign { Numeric(-value.0) } else { value })
}

/// C's `%.{precision}g`.
pub(super) fn general(x: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let scientific = format!("{:.*e}", precision - 1, x);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= i32::try_from(precision).unwrap_or(i32::MAX) {
        let mantissa = if mantissa.contains('.') { trimmed(mantissa) } else { mantissa.to_string() };
        return format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let decimals = usize::try_from(i32::try_from(precision).unwrap_or(17) - 1 - exponent).unwrap_or(0);
    let plain = format!("{x:.decimals$}");
    if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.').to_string() } else { plain }
}

/// A FLOAT64 as CAST to STRING writes it.
pub(super) fn float_text(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if x == 0.0 {
        return "0".into();
    }
    let short = general(x, 15);
    if short.parse() == Ok(x) { short } else { general(x, 17) }
}

/// The same with a point, as `FORMAT('%t')` writes it.
pub(super) fn float_text_with_point(x: f64) -> String {
    let text = float_text(x);
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') { format!("{text}.0") } else { text }
}
