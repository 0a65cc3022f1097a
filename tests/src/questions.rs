//! Questions: each is asked of the star and of the raw data, in SQL of its own, and the answers are compared as text.
//! A file holds an optional `-- setup` and then `-- question: …`, `-- star`, `-- raw` in turn.

/// The questions of a file.
#[derive(Debug, Default)]
pub struct Questions {
    /// Statements that prepare the raw side; may be empty.
    pub setup: String,
    /// The questions, in the file's order.
    pub all: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The question in words.
    pub name: String,
    /// The query over the star.
    pub star: String,
    /// The query over the raw data.
    pub raw: String,
}

enum Section {
    Setup,
    Star,
    Raw,
}

impl Questions {
    /// Reads the questions of a text; `root` stands for `@root` in it.
    pub fn read(text: &str, root: &str) -> Self {
        let mut questions = Self::default();
        let mut section = Section::Setup;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("-- question:") {
                questions.all.push(Question { name: name.trim().to_owned(), ..Question::default() });
                continue;
            }
            match line.trim() {
                "-- setup" => section = Section::Setup,
                "-- star" => section = Section::Star,
                "-- raw" => section = Section::Raw,
                _ => {
                    let text = match (&section, questions.all.last_mut()) {
                        (Section::Setup, _) | (_, None) => &mut questions.setup,
                        (Section::Star, Some(question)) => &mut question.star,
                        (Section::Raw, Some(question)) => &mut question.raw,
                    };
                    text.push_str(&line.replace("@root", root));
                    text.push('\n');
                }
            }
        }
        questions
    }

    /// Asks every question of both sides and fails with every one whose answers differ.
    pub fn compare(&self, star: &dyn Fn(&str) -> Vec<Vec<String>>, raw: &dyn Fn(&str) -> Vec<Vec<String>>) {
        assert!(!self.all.is_empty(), "no question");
        let mut differing = Vec::new();
        for question in &self.all {
            let (left, right) = (star(question.star.trim()), raw(question.raw.trim()));
            assert!(!right.is_empty(), "`{}` has an empty answer", question.name);
            if left != right {
                let place = left.iter().zip(&right).position(|(a, b)| a != b).unwrap_or(left.len().min(right.len()));
                differing.push(format!(
                    "{}: {} rows in the star, {} in the source; first difference at row {place}: star {:?}, source {:?}",
                    question.name,
                    left.len(),
                    right.len(),
                    left.get(place),
                    right.get(place)
                ));
            }
        }
        assert!(differing.is_empty(), "{}", differing.join("\n"));
    }
}
