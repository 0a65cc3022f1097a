//! Two texts, line by line: what goes and what comes, with a little of what stays. It must not judge what a line means.

/// Lines of what stays that are shown beside what differs.
const AROUND: usize = 2;

/// Texts of more lines than this are shown one after the other.
const LONGEST: usize = 1_000;

/// The lines of the difference: each begins with `-`, `+`, a blank, or is `…` where lines are left out.
pub(super) fn lines(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let all = if old.len() > LONGEST || new.len() > LONGEST {
        let gone = old.iter().map(|line| ('-', *line));
        gone.chain(new.iter().map(|line| ('+', *line))).collect()
    } else {
        compared(&old, &new)
    };
    let near = |at: usize| {
        let from = at.saturating_sub(AROUND);
        all.iter().skip(from).take(at - from + AROUND + 1).any(|(mark, _)| *mark != ' ')
    };
    let mut shown = Vec::new();
    let mut hidden = false;
    for (at, (mark, line)) in all.iter().enumerate() {
        if near(at) {
            shown.push(format!("{mark} {line}").trim_end().to_owned());
            hidden = false;
        } else if !hidden {
            shown.push("…".to_owned());
            hidden = true;
        }
    }
    shown
}

/// The longest common lines stay.
fn compared<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i].trim_end() == new[j].trim_end() {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut all) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i].trim_end() == new[j].trim_end() {
            all.push((' ', new[j]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            all.push(('-', old[i]));
            i += 1;
        } else {
            all.push(('+', new[j]));
            j += 1;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn what_goes_stands_before_what_comes() {
        let before = "SELECT a,\n  b\nFROM t\nJOIN u USING (k)\nWHERE c > 1\nLIMIT 3";
        let after = "SELECT a,\n  b\nFROM t\nJOIN u USING (k)\nWHERE c > 2\nLIMIT 3";
        assert_eq!(
            lines(before, after),
            ["…", "  FROM t", "  JOIN u USING (k)", "- WHERE c > 1", "+ WHERE c > 2", "  LIMIT 3"]
        );
        assert_eq!(lines("a", "a\nb"), ["  a", "+ b"]);
        assert!(lines("", "").is_empty());
    }
}
