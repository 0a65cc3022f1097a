//! Which names the language takes, and the nearest of them to any other. It must not know what is named.

/// A letter, then letters, digits and `_`, of 200 bytes at most: a name of a table or column on every engine.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && name.len() <= 200
}

/// The nearest name that the language takes: `금액_원` for `금액(원)`.
#[must_use]
pub fn to_name(text: &str) -> String {
    let mut name: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    while name.contains("__") {
        name = name.replace("__", "_");
    }
    let name = name.trim_matches('_').to_owned();
    if is_name(&name) { name } else { format!("t_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_language_does_not_take_has_a_near_name() {
        for (text, name) in [
            ("_fivetran_synced", "fivetran_synced"),
            ("금액(원)", "금액_원"),
            ("2024 total", "t_2024_total"),
            ("%", "t_"),
        ] {
            assert!(!is_name(text));
            assert_eq!(to_name(text), name);
            assert!(is_name(name));
        }
    }
}
