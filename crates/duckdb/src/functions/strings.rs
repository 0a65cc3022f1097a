//! Strings by code points, as GoogleSQL counts them; printf for one value; bytes and their hashes. It must not know JSON.

use duckdb::Connection;
use farmhash::fingerprint64;
use sha2::{Digest, Sha512};
use unicode_normalization::UnicodeNormalization;

use super::numbers;
use super::vector::{Answer, Numeric, add};

/// The bytes of the longest text that a function makes of shorter ones.
const LONGEST: usize = 1 << 26;

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_farm_fingerprint", |(x,): (Vec<u8>,)| Ok(Some(fingerprint64(&x).cast_signed())))?;
    add(c, "dwc_sha512", |(x,): (Vec<u8>,)| Ok(Some(Sha512::digest(&x).to_vec())))?;
    add(c, "dwc_bytes_escaped", |(x,): (Vec<u8>,)| Ok(Some(escaped(&x, "\"'`"))))?;
    add(c, "dwc_bytes_literal", |(x,): (Vec<u8>,)| {
        // Within apostrophes where it has a quotation mark and no apostrophe.
        let mark = if x.contains(&b'"') && !x.contains(&b'\'') { '\'' } else { '"' };
        Ok(Some(format!("b{mark}{}{mark}", escaped(&x, &mark.to_string()))))
    })?;
    add(c, "dwc_normalize", |(s, form): (String, String)| normalized(&s, &form).map(Some))?;
    add(c, "dwc_casefold", |(s, form): (String, String)| {
        Ok(Some(normalized(&s, &form)?.chars().flat_map(folded).collect::<String>()))
    })?;
    add(c, "dwc_soundex", |(s,): (String,)| Ok(Some(soundex(&s))))?;
    add(c, "dwc_substr", |(s, p, n): (String, i64, i64)| {
        let chars: Vec<char> = s.chars().collect();
        Ok(Some(slice(chars.len(), p, n)?.map_or_else(String::new, |(a, b)| chars[a..b].iter().collect())))
    })?;
    add(c, "dwc_substr_bytes", |(s, p, n): (Vec<u8>, i64, i64)| {
        Ok(Some(slice(s.len(), p, n)?.map_or_else(Vec::new, |(a, b)| s[a..b].to_vec())))
    })?;
    add(c, "dwc_left", |(s, n): (String, i64)| Ok(Some(s.chars().take(count(n)?).collect::<String>())))?;
    add(c, "dwc_right", |(s, n): (String, i64)| {
        let skip = s.chars().count().saturating_sub(count(n)?);
        Ok(Some(s.chars().skip(skip).collect::<String>()))
    })?;
    add(c, "dwc_upper", |(s,): (String,)| Ok(Some(s.to_uppercase())))?;
    add(c, "dwc_lower", |(s,): (String,)| Ok(Some(s.to_lowercase())))?;
    add(c, "dwc_initcap", |(s, delimiters): (String, String)| Ok(Some(initcap(&s, |x| delimiters.contains(x)))))?;
    add(c, "dwc_initcap_words", |(s,): (String,)| {
        Ok(Some(initcap(&s, |x| x.is_whitespace() || "[](){}/|\\<>!?@\"^#$&~_,.:;*%+-".contains(x))))
    })?;
    add(c, "dwc_trim", |(s,): (String,)| Ok(Some(s.trim().to_string())))?;
    add(c, "dwc_ltrim", |(s,): (String,)| Ok(Some(s.trim_start().to_string())))?;
    add(c, "dwc_rtrim", |(s,): (String,)| Ok(Some(s.trim_end().to_string())))?;
    add(c, "dwc_trim_set", |(s, set): (String, String)| Ok(Some(s.trim_matches(|x| set.contains(x)).to_string())))?;
    add(c, "dwc_ltrim_set", |(s, set): (String, String)| {
        Ok(Some(s.trim_start_matches(|x| set.contains(x)).to_string()))
    })?;
    add(c, "dwc_rtrim_set", |(s, set): (String, String)| {
        Ok(Some(s.trim_end_matches(|x| set.contains(x)).to_string()))
    })?;
    add(c, "dwc_lpad", |(s, n, with): (String, i64, String)| pad(&s, n, &with, true))?;
    add(c, "dwc_rpad", |(s, n, with): (String, i64, String)| pad(&s, n, &with, false))?;
    add(c, "dwc_repeat", |(s, n): (String, i64)| {
        let n = count(n)?;
        if s.len().saturating_mul(n) > LONGEST {
            return Err(format!("a text of {n} times {} bytes", s.len()));
        }
        Ok(Some(s.repeat(n)))
    })?;
    add(c, "dwc_replace", |(s, from, to): (String, String, String)| {
        Ok(Some(if from.is_empty() { s } else { s.replace(&from, &to) }))
    })?;
    add(c, "dwc_reverse", |(s,): (String,)| Ok(Some(s.chars().rev().collect::<String>())))?;
    add(c, "dwc_translate", |(s, from, to): (String, String, String)| {
        let to: Vec<char> = to.chars().collect();
        let from: Vec<char> = from.chars().collect();
        if from.iter().enumerate().any(|(i, x)| from[..i].contains(x)) {
            return Err("TRANSLATE with a repeated character".into());
        }
        Ok(Some(
            s.chars()
                .filter_map(|x| match from.iter().position(|f| *f == x) {
                    None => Some(x),
                    Some(at) => to.get(at).copied(),
                })
                .collect::<String>(),
        ))
    })?;
    add(c, "dwc_instr", |(s, x, p, n): (String, String, i64, i64)| instr(&s, &x, p, n))?;
    add(c, "dwc_ascii", |(s,): (String,)| match s.chars().next() {
        None => Ok(Some(0)),
        Some(x) if x.is_ascii() => Ok(Some(i64::from(u32::from(x)))),
        Some(x) => Err(format!("{x} is not an ASCII character")),
    })?;
    add(c, "dwc_unicode", |(s,): (String,)| Ok(Some(s.chars().next().map_or(0, |x| i64::from(u32::from(x))))))?;
    add(c, "dwc_chr", |(n,): (i64,)| {
        if n == 0 {
            return Ok(Some(String::new()));
        }
        let found = u32::try_from(n).ok().and_then(char::from_u32);
        found.map(|x| Some(x.to_string())).ok_or_else(|| format!("{n} is not a code point"))
    })?;
    add(c, "dwc_code_points_json", |(s,): (String,)| {
        let list: Vec<String> = s.chars().map(|x| u32::from(x).to_string()).collect();
        Ok(Some(format!("[{}]", list.join(","))))
    })?;
    add(c, "dwc_edit_distance", |(a, b): (String, String)| Ok(Some(edits(&a, &b))))?;
    add(c, "dwc_from_hex", |(s,): (String,)| from_hex(&s).map(Some))?;
    add(c, "dwc_bytes_to_text", |(x,): (Vec<u8>,)| Ok(Some(String::from_utf8_lossy(&x).into_owned())))?;
    add(c, "dwc_literal_string", |(s,): (String,)| {
        let text = s.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
        Ok(Some(format!("\"{text}\"")))
    })?;
    add(c, "dwc_format_string", |(spec, s): (String, String)| {
        let spec = Spec::read(&spec)?;
        let text: String = spec.precision.map_or_else(|| s.clone(), |n| s.chars().take(n).collect());
        Ok(Some(spec.padded(text, "")))
    })?;
    add(c, "dwc_format_int64", |(spec, n): (String, i64)| {
        let spec = Spec::read(&spec)?;
        let (sign, magnitude) = (n < 0, n.unsigned_abs());
        let digits = match spec.kind {
            'x' => format!("{}{magnitude:x}", if spec.alternate { "0x" } else { "" }),
            'X' => format!("{}{magnitude:X}", if spec.alternate { "0X" } else { "" }),
            'o' => format!("{}{magnitude:o}", if spec.alternate { "0" } else { "" }),
            _ => magnitude.to_string(),
        };
        let digits = if spec.group { grouped(&digits) } else { digits };
        let digits = spec.precision.map_or_else(|| digits.clone(), |p| format!("{digits:0>p$}"));
        Ok(Some(spec.padded(digits, spec.sign(sign))))
    })?;
    add(c, "dwc_format_float64", |(spec, x): (String, f64)| {
        let spec = Spec::read(&spec)?;
        if !x.is_finite() {
            let text = numbers::float_text(x.abs());
            let plain = Spec { zero: false, ..spec };
            return Ok(Some(plain.padded(text, plain.sign(x < 0.0))));
        }
        let precision = spec.precision.unwrap_or(6);
        let magnitude = x.abs();
        let text = match spec.kind {
            'f' | 'F' => format!("{magnitude:.precision$}"),
            'e' | 'E' => {
                let text = format!("{magnitude:.precision$e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
            }
            _ => numbers::general(magnitude, precision),
        };
        let text = if matches!(spec.kind, 'E' | 'G') { text.to_uppercase() } else { text };
        let text = if spec.group { grouped(&text) } else { text };
        Ok(Some(spec.padded(text, spec.sign(x.is_sign_negative()))))
    })?;
    add(c, "dwc_format_numeric", |(spec, x): (String, Numeric)| {
        let spec = Spec::read(&spec)?;
        let precision = spec.precision.unwrap_or(6);
        let mut magnitude = x.0.unsigned_abs();
        if let Ok(drop) = u32::try_from(9usize.saturating_sub(precision))
            && drop > 0
        {
            let unit = 10u128.pow(drop);
            magnitude = (magnitude + unit / 2) / unit * unit;
        }
        let fraction = format!("{:09}{}", magnitude % 1_000_000_000, "0".repeat(precision.saturating_sub(9)));
        let whole = magnitude / 1_000_000_000;
        let text = if precision == 0 { whole.to_string() } else { format!("{whole}.{}", &fraction[..precision]) };
        let text = if spec.group { grouped(&text) } else { text };
        Ok(Some(spec.padded(text, spec.sign(x.0 < 0))))
    })
}

fn count(n: i64) -> Result<usize, String> {
    usize::try_from(n).map_err(|_| format!("a negative length: {n}"))
}

/// Where SUBSTR begins and ends: position 0 is 1, a negative one counts from the end.
fn slice(len: usize, position: i64, n: i64) -> Result<Option<(usize, usize)>, String> {
    let n = count(n)?;
    let start = match position {
        0 | 1 => 0,
        p if p > 0 => usize::try_from(p - 1).unwrap_or(usize::MAX),
        p => len.saturating_sub(usize::try_from(p.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    if start >= len {
        return Ok(None);
    }
    Ok(Some((start, start.saturating_add(n).min(len))))
}

fn pad(s: &str, n: i64, with: &str, left: bool) -> Answer<String> {
    let n = count(n)?;
    if n > LONGEST {
        return Err(format!("a text of {n} characters"));
    }
    if with.is_empty() {
        return Err("an empty pattern to pad with".into());
    }
    let have = s.chars().count();
    if have >= n {
        return Ok(Some(s.chars().take(n).collect()));
    }
    let padding: String = with.chars().cycle().take(n - have).collect();
    Ok(Some(if left { format!("{padding}{s}") } else { format!("{s}{padding}") }))
}

/// The n-th occurrence from a position; a negative position searches from the end.
fn instr(s: &str, x: &str, position: i64, occurrence: i64) -> Answer<i64> {
    if position == 0 || occurrence < 1 {
        return Err("INSTR takes a position other than 0 and an occurrence from 1".into());
    }
    let (s, x): (Vec<char>, Vec<char>) = (s.chars().collect(), x.chars().collect());
    if x.len() > s.len() {
        return Ok(Some(0));
    }
    let last = s.len() - x.len();
    let mut matches: Vec<usize> = (0..=last).filter(|i| s[*i..*i + x.len()] == x[..]).collect();
    if position > 0 {
        let from = usize::try_from(position - 1).unwrap_or(usize::MAX);
        matches.retain(|i| *i >= from);
    } else {
        let back = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
        // From the end, the empty text after the last character counts as one.
        let Some(from) = (s.len() + usize::from(x.is_empty())).checked_sub(back) else {
            return Ok(Some(0));
        };
        matches.retain(|i| *i <= from);
        matches.reverse();
    }
    let at = usize::try_from(occurrence - 1).unwrap_or(usize::MAX);
    Ok(Some(matches.get(at).map_or(0, |i| i64::try_from(i + 1).unwrap_or(0))))
}

/// Upper case after a delimiter, lower case elsewhere; a delimiter stays as it is.
fn initcap(s: &str, delimiter: impl Fn(char) -> bool) -> String {
    let mut start = true;
    let mut out = String::with_capacity(s.len());
    for ch in s.chars() {
        if delimiter(ch) {
            out.push(ch);
            start = true;
            continue;
        }
        if start {
            out.extend(ch.to_uppercase());
        } else {
            out.extend(ch.to_lowercase());
        }
        start = false;
    }
    out
}

fn edits(a: &str, b: &str) -> i64 {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let best = (before + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            before = row[j + 1];
            row[j + 1] = best;
        }
    }
    i64::try_from(row[b.len()]).unwrap_or(i64::MAX)
}

fn from_hex(s: &str) -> Result<Vec<u8>, String> {
    let even = if s.len() % 2 == 1 { format!("0{s}") } else { s.to_string() };
    if !even.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("\"{s}\" is not hexadecimal"));
    }
    (0..even.len()).step_by(2).map(|i| u8::from_str_radix(&even[i..i + 2], 16).map_err(|e| e.to_string())).collect()
}

/// Groups the whole part by commas.
fn grouped(text: &str) -> String {
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let mut out = String::new();
    for (i, ch) in text.chars().enumerate() {
        if i > 0 && i < whole && (whole - i) % 3 == 0 {
            out.push(',');
        }
        out.push(ch);
    }
    out
}

/// A printf specifier.
#[derive(Clone, Copy)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    group: bool,
    width: usize,
    precision: Option<usize>,
    kind: char,
}

impl Spec {
    fn read(text: &str) -> Result<Spec, String> {
        let body = text.strip_prefix('%').unwrap_or(text);
        let kind = body.chars().last().ok_or("an empty specifier")?;
        let body = &body[..body.len() - kind.len_utf8()];
        let flags: String = body.chars().take_while(|c| "-+ 0#'".contains(*c)).collect();
        let rest = &body[flags.len()..];
        let (width, precision) = match rest.split_once('.') {
            Some((w, p)) => (w, Some(p.parse().unwrap_or(0))),
            None => (rest, None),
        };
        Ok(Spec {
            left: flags.contains('-'),
            plus: flags.contains('+'),
            space: flags.contains(' '),
            zero: flags.contains('0'),
            alternate: flags.contains('#'),
            group: flags.contains('\''),
            width: width.parse().unwrap_or(0),
            precision,
            kind,
        })
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            _ => "",
        }
    }

    fn padded(&self, text: String, sign: &str) -> String {
        let missing = self.width.saturating_sub(text.chars().count() + sign.len());
        match (self.left, self.zero && self.kind != 's' && self.kind != 't') {
            (true, _) => format!("{sign}{text}{}", " ".repeat(missing)),
            (false, true) => format!("{sign}{}{text}", "0".repeat(missing)),
            (false, false) => format!("{}{sign}{text}", " ".repeat(missing)),
        }
    }
}

/// The first letter and the codes of the next consonants; what is no letter of ASCII does not count.
fn soundex(text: &str) -> String {
    let code = |letter: char| match letter.to_ascii_lowercase() {
        'b' | 'f' | 'p' | 'v' => '1',
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
        'd' | 't' => '3',
        'l' => '4',
        'm' | 'n' => '5',
        'r' => '6',
        _ => '0',
    };
    let mut letters = text.chars().filter(char::is_ascii_alphabetic);
    let Some(first) = letters.next() else { return String::new() };
    let (mut out, mut last) = (String::from(first), code(first));
    for next in letters.map(code) {
        if next != '0' && next != last && out.len() < 4 {
            out.push(next);
        }
        // A vowel does not part two letters of one code.
        if next != '0' {
            last = next;
        }
    }
    format!("{out:0<4}")
}

fn normalized(text: &str, form: &str) -> Result<String, String> {
    Ok(match form {
        "NFC" => text.nfc().collect(),
        "NFD" => text.nfd().collect(),
        "NFKC" => text.nfkc().collect(),
        "NFKD" => text.nfkd().collect(),
        _ => return Err(format!("{form} is not a form of NORMALIZE")),
    })
}

/// A character's full case folding: the lowercase of its uppercase, but for those that Unicode names.
fn folded(c: char) -> Vec<char> {
    match c {
        '\u{131}' => vec![c],
        '\u{1e9e}' => vec!['s', 's'],
        // Cherokee folds to its capitals.
        '\u{13a0}'..='\u{13f5}' => vec![c],
        '\u{13f8}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' => c.to_uppercase().collect(),
        _ => c.to_uppercase().flat_map(char::to_lowercase).collect(),
    }
}

/// Bytes as FORMAT writes them: with escapes for what is not printed, and for the marks.
fn escaped(bytes: &[u8], marks: &str) -> String {
    let one = |b: &u8| match b {
        b'\\' => "\\\\".to_string(),
        b if marks.as_bytes().contains(b) => format!("\\{}", char::from(*b)),
        0x20..=0x7e => char::from(*b).to_string(),
        b => format!("\\x{b:02x}"),
    };
    bytes.iter().map(one).collect()
}
