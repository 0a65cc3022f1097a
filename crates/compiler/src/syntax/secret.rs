//! Secrets in addresses: where a text holds a password, so that it can be found and hidden. It must not know what the address
//! is of.

use std::ops::Range;

/// Parameters of addresses that hold secrets.
const PARAMETERS: &[&str] = &["password=", "passwd=", "pwd=", "sslpassword=", "token=", "secret="];

/// Whether an address holds a password that is not taken from the environment.
#[must_use]
pub fn has_secret(address: &str) -> bool {
    secrets(address).into_iter().any(|place| {
        let secret = address[place].trim();
        let is_template = secret.starts_with("{{") && secret.ends_with("}}");
        !(secret.is_empty() || is_template)
    })
}

/// A text with a star in the place of each byte of a secret, so that what stands elsewhere keeps its place.
#[must_use]
pub fn hide_secrets(text: &str) -> String {
    let mut hidden = text.to_owned();
    for place in secrets(text).into_iter().filter(|place| !text[place.clone()].trim_start().starts_with("{{")) {
        hidden.replace_range(place.clone(), &"*".repeat(place.len()));
    }
    hidden
}

/// The places of passwords: between `://user:` and `@`, and after `password=` in an address or among words of a connection.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = words(text);
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        let start = from + at + 3;
        let end = end_of(text, start);
        let address = &text[start..end];
        let query = address.find('?').map_or(address.len(), |at| at + 1);
        let user = address.find(':').zip(address.rfind('@')).filter(|(colon, at)| colon < at);
        if let Some((colon, at)) = user {
            found.push(start + colon + 1..start + at);
        }
        let lower = address.to_ascii_lowercase();
        for parameter in PARAMETERS {
            let mut searched = query.min(lower.len());
            while let Some(at) = lower[searched..].find(parameter) {
                let begin = searched + at + parameter.len();
                let length = address[begin..].find(['&', '@', '#']).unwrap_or(address.len() - begin);
                let is_whole_word = matches!(lower.as_bytes().get(searched + at - 1), Some(b'?' | b'&'));
                if is_whole_word && length > 0 {
                    found.push(start + begin..start + begin + length);
                }
                searched = begin + length;
            }
        }
        from = end.max(start);
    }
    found
}

/// The places of passwords in words such as `host=db password=s3cret`.
fn words(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for parameter in PARAMETERS {
        for (at, _) in lower.match_indices(parameter) {
            let is_word = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\''));
            let begin = at + parameter.len();
            let end = end_of(text, begin);
            if is_word && end > begin {
                found.push(begin..end);
            }
        }
    }
    found
}

/// Where an address ends: at a space or a quote that stands in no template.
fn end_of(text: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '\n' => return start + at,
            _ if depth > 0 => {}
            '"' | '\'' | '`' | '<' | '>' | ',' => return start + at,
            _ if c.is_whitespace() => return start + at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_and_nothing_else() {
        for (text, hidden) in [
            ("url: mysql://reader:s3cret@db:3306/shop # x", "url: mysql://reader:******@db:3306/shop # x"),
            ("mysql://reader:a@b:c@db/shop", "mysql://reader:*****@db/shop"),
            (
                "postgres://db/shop?user=me&password=s3cret&sslmode=require",
                "postgres://db/shop?user=me&password=******&sslmode=require",
            ),
            ("see https://example.com:8080/path", "see https://example.com:8080/path"),
            ("\"mysql://reader:{{ env('P') }}@db/shop\"", "\"mysql://reader:{{ env('P') }}@db/shop\""),
            ("url: \"host=db user=me password=s3cret port=1\"", "url: \"host=db user=me password=****** port=1\""),
            ("mysql://a:비밀@db and mysql://b:x@db", "mysql://a:******@db and mysql://b:*@db"),
        ] {
            assert_eq!(hide_secrets(text), hidden);
            assert_eq!(hide_secrets(text).len(), text.len());
        }
    }

    #[test]
    fn what_the_environment_gives_is_no_secret_of_the_file() {
        assert!(!has_secret("{{ env('SHOP_DB_URL') }}"));
        assert!(!has_secret("mysql://{{ env('U') }}:{{ env('P') }}@db/shop"));
        assert!(!has_secret("mysql://reader@db/shop"));
        assert!(!has_secret("mysql://reader:@db/shop"));
        assert!(has_secret("mysql://reader:x@db/shop"));
        assert!(has_secret("postgres://db/shop?password=x"));
        assert!(has_secret("host=db password=x"));
        assert!(!has_secret("host=db password={{ env('P') }}"));
        assert!(has_secret("mysql://reader:pre{{ env('P') }}@db/shop"));
    }
}
