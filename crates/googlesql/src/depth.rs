//! How deep a text may be nested, and the room that walks over it get. Operators in a row nest as parentheses do: each takes
//! everything before it as its left side. It must not parse.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::lines::Lines;
use super::problem::{Problem, ProblemKind};

/// So many operators may stand in a row, those around them counted. DuckDB takes expressions 1,000 deep, and what an
/// operator is translated to may be deeper than itself.
pub(super) const MOST_OPERATORS: usize = 400;

/// So deep may parentheses and subqueries be nested.
pub(super) const MOST_NESTED: usize = 100;

/// Enough for [`MOST_OPERATORS`] levels of the deepest walk.
const ROOM: usize = 64 * 1024 * 1024;

/// A text with fewer operators and parentheses than this is walked on any stack.
const SHALLOW: usize = 48;

/// Runs a walk over the tree of a text with enough stack for it.
pub fn with_room<T>(sql: &str, walk: impl FnOnce() -> T) -> T {
    if may_be_deep(sql) { stacker::maybe_grow(ROOM / 2, ROOM, walk) } else { walk() }
}

/// Whether a text holds so much that nests that its tree may be deep; what nests not at all is counted too.
fn may_be_deep(sql: &str) -> bool {
    let mut nests = 0;
    for part in sql.split(|c: char| !c.is_ascii_alphanumeric()) {
        let word = matches!(part.len(), 2..=9) && NESTING.iter().any(|word| word.eq_ignore_ascii_case(part));
        nests += usize::from(word);
    }
    nests += sql.bytes().filter(|byte| byte.is_ascii_punctuation() && !b"_,.;'\"`".contains(byte)).count();
    nests >= SHALLOW
}

/// Words that take what stands before them, or open something.
const NESTING: [&str; 11] = ["AND", "OR", "XOR", "NOT", "IS", "IN", "LIKE", "CASE", "UNION", "INTERSECT", "EXCEPT"];

/// What is open at a place of the text: a parenthesis, a bracket or a CASE.
#[derive(Default)]
struct Level {
    operators: usize,
    /// Set operations and pipes: each takes the whole query before it.
    queries: usize,
}

/// Refuses a text whose tree would be deeper than is read.
pub(super) fn limit(sql: &str, tokens: &[TokenWithSpan]) -> Result<(), Problem> {
    let mut levels = vec![Level::default()];
    let mut deep = 0;
    for token in tokens {
        let Some(level) = levels.last_mut() else { break };
        match &token.token {
            Token::LParen | Token::LBracket => levels.push(Level::default()),
            Token::RParen | Token::RBracket => deep -= close(&mut levels),
            Token::Comma => deep -= std::mem::take(&mut level.operators),
            Token::VerticalBarRightAngleBracket => {
                deep = deep + 1 - std::mem::take(&mut level.operators);
                level.queries += 1;
            }
            Token::Word(word) => match word.keyword {
                Keyword::CASE => levels.push(Level::default()),
                Keyword::END => deep -= close(&mut levels),
                Keyword::SELECT
                | Keyword::FROM
                | Keyword::WHERE
                | Keyword::HAVING
                | Keyword::QUALIFY
                | Keyword::ON
                | Keyword::BY
                | Keyword::WHEN
                | Keyword::THEN
                | Keyword::ELSE => deep -= std::mem::take(&mut level.operators),
                Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => {
                    deep = deep + 1 - std::mem::take(&mut level.operators);
                    level.queries += 1;
                }
                Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::IN
                | Keyword::LIKE => {
                    deep += 1;
                    level.operators += 1;
                }
                _ => {}
            },
            token if is_operator(token) => {
                deep += 1;
                level.operators += 1;
            }
            _ => {}
        }
        if deep > MOST_OPERATORS {
            return Err(Problem {
                kind: ProblemKind::TooDeep,
                span: Lines::new(sql).bytes(token.span),
                message: format!("more than {MOST_OPERATORS} operators in a row"),
                help: Some(
                    "write `x IN (…)` for many comparisons of one value, CONCAT(…) for many texts, or compute parts in a \
                     subquery"
                        .into(),
                ),
            });
        }
    }
    Ok(())
}

/// What the innermost level held.
fn close(levels: &mut Vec<Level>) -> usize {
    // More is closed than was opened: the parser says so.
    let closed = if levels.len() > 1 { levels.pop() } else { levels.last_mut().map(std::mem::take) };
    closed.map_or(0, |level| level.operators + level.queries)
}

fn is_operator(token: &Token) -> bool {
    matches!(
        token,
        Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::Eq
            | Token::DoubleEq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::StringConcat
            | Token::Pipe
            | Token::Ampersand
            | Token::Caret
            | Token::ShiftLeft
            | Token::ShiftRight
            | Token::Tilde
            | Token::ExclamationMark
            | Token::DoubleColon
    )
}

/// Parentheses or subqueries deeper than the parser goes.
pub(super) fn nested(sql: &str) -> Problem {
    Problem {
        kind: ProblemKind::TooDeep,
        span: 0..sql.len(),
        message: format!("nested deeper than {MOST_NESTED} levels"),
        help: Some("take parentheses away, or give inner queries names with WITH".into()),
    }
}
