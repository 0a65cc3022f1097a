//! The first question: what each column holds, in one row. It must not name a value of a column with personal data.

use dwc_googlesql::Type;

use super::{Answer, ColumnProfile, Looked, Subject, count, is_comparable, of};

/// Columns that one query asks about.
const AT_ONCE: usize = 60;

/// The texts that are told by their form: what they are, and the pattern that all of a value fits.
const FORMS: [(&str, &str); 2] = [
    ("an e-mail address", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    ("a phone number", r"^(\+[0-9]{1,3}[ -]?)?[(]?0?[0-9]{1,4}[)]?[ -][0-9]{3,4}[ -][0-9]{3,4}$|^\+[0-9]{8,14}$"),
];

/// What a column may hold by its name: words of the name, and what it then is.
const NAMES: [(&str, &[&str]); 7] = [
    ("an e-mail address", &["email", "e_mail", "mail"]),
    ("a phone number", &["phone", "mobile", "telephone", "tel", "fax"]),
    (
        "a person's name",
        &["first_name", "last_name", "full_name", "firstname", "lastname", "surname", "customer_name", "user_name"],
    ),
    ("an address", &["address", "street", "address1", "address2"]),
    ("a date of birth", &["birth", "birthday", "birthdate", "dob", "date_of_birth"]),
    ("an identity number", &["ssn", "passport", "national_id", "resident_number", "tax_id"]),
    ("a network address", &["ip", "ip_address"]),
];

/// The types that a text may be read as, the narrowest first.
const READS: [&str; 5] = ["INT64", "NUMERIC", "DATE", "TIMESTAMP", "BOOL"];

/// The number of rows, and what is known of each column.
pub(super) fn profiled<E>(
    subject: &Subject<'_>,
    put: &mut dyn FnMut(String) -> Result<Answer, E>,
) -> Result<(u64, Vec<ColumnProfile>), E> {
    let mut rows = 0;
    let mut profiles = Vec::new();
    for columns in subject.columns.chunks(AT_ONCE) {
        let mut items = vec!["COUNT(*) AS n".to_owned()];
        for (place, column) in columns.iter().enumerate() {
            let asked = asked(column).into_iter().enumerate();
            items.extend(asked.map(|(at, item)| format!("{item} AS c{place}_{at}")));
        }
        let answer = put(format!("SELECT {} FROM {}", items.join(", "), subject.from()))?;
        let row = answer.into_iter().next().unwrap_or_default();
        rows = count(row.first());
        let mut values = row.into_iter().skip(1);
        for column in columns {
            let own: Vec<Option<String>> = values.by_ref().take(asked(column).len()).collect();
            profiles.push(read(column, rows, &own));
        }
    }
    Ok((rows, profiles))
}

/// What is asked of a column, each an aggregate.
fn asked(column: &Looked) -> Vec<String> {
    let own = of(&column.name);
    let mut asked = vec![format!("COUNTIF({own} IS NOT NULL)")];
    if !is_comparable(&column.ty) {
        return asked;
    }
    asked.push(format!("COUNT(DISTINCT {own})"));
    if column.is_foreign {
        return asked;
    }
    let text = match column.ty {
        Type::Bytes => "CAST(NULL AS STRING)".to_owned(),
        _ => format!("CAST(MIN({own}) AS STRING)"),
    };
    asked.push(text.clone());
    asked.push(text.replace("MIN(", "MAX("));
    if column.ty == Type::String {
        asked.extend([
            format!("COUNTIF({own} = '')"),
            format!("MIN(CHAR_LENGTH({own}))"),
            format!("MAX(CHAR_LENGTH({own}))"),
        ]);
        asked.extend(FORMS.iter().map(|(_, form)| format!("COUNTIF(REGEXP_CONTAINS({own}, r'{form}'))")));
        asked.extend(READS.iter().map(|ty| format!("COUNT(SAFE_CAST({own} AS {ty}))")));
        // A number that begins with a zero is a code.
        asked.push(format!("COUNTIF(REGEXP_CONTAINS({own}, r'^0[0-9]'))"));
    }
    asked
}

fn read(column: &Looked, rows: u64, answer: &[Option<String>]) -> ColumnProfile {
    let filled = count(answer.first());
    let is_text = answer.len() > 4;
    let form =
        FORMS.iter().enumerate().find(|(at, _)| is_text && filled > 0 && count(answer.get(7 + at)) * 10 >= filled * 9);
    let personal = form.map(|(_, (what, _))| *what).or_else(|| personal_by_name(&column.name));
    let shows = personal.is_none() && !column.is_personal;
    let number = |at: usize| answer.get(at).filter(|_| is_text).map(|value| count(Some(value)));
    let shown = |at: usize| answer.get(at).cloned().flatten().filter(|_| shows);
    let first_read = 7 + FORMS.len();
    let codes = count(answer.get(first_read + READS.len()));
    let reads_as = READS.iter().enumerate().find(|(at, ty)| {
        let is_code = codes > 0 && ["INT64", "NUMERIC"].contains(ty);
        is_text && filled > 0 && !is_code && count(answer.get(first_read + at)) == filled
    });
    ColumnProfile {
        name: column.name.clone(),
        ty: column.ty.to_string(),
        nulls: rows - filled.min(rows),
        distinct: answer.get(1).map(|value| count(Some(value))),
        least: shown(2),
        greatest: shown(3),
        empty: number(4),
        shortest: number(5).filter(|_| filled > 0),
        longest: number(6).filter(|_| filled > 0),
        patterns: Vec::new(),
        values: Vec::new(),
        personal: personal.map(str::to_owned),
        reads_as: reads_as.map(|(_, ty)| (*ty).to_owned()),
    }
}

/// What a column holds, by its name: one of the words, alone or at the end of the name.
fn personal_by_name(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let is = |word: &&str| name == **word || name.strip_suffix(*word).is_some_and(|rest| rest.ends_with('_'));
    NAMES.iter().find(|(_, words)| words.iter().any(is)).map(|(what, _)| *what)
}

#[cfg(test)]
mod tests {
    use super::personal_by_name;

    #[test]
    fn a_name_says_what_a_column_holds() {
        assert_eq!(personal_by_name("contact_email"), Some("an e-mail address"));
        assert_eq!(personal_by_name("Phone"), Some("a phone number"));
        assert_eq!(personal_by_name("ship_to_address"), Some("an address"));
        for other in ["product_name", "zip", "headphone", "email_verified", "tip"] {
            assert_eq!(personal_by_name(other), None, "{other}");
        }
    }
}
