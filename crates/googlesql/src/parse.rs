//! Text to AST: BigQuery's dialect plus what the parser lacks of it (`<<`, `>>`, the `SAFE.` prefix before
//! functions with their own syntax), and byte spans. It must not resolve anything.

use std::any::TypeId;

use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, SetExpr, Statement,
};
use sqlparser::dialect::{BigQueryDialect, Dialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::depth;
use super::lines::Lines;
use super::problem::{Problem, ProblemKind};
use super::{reserved, spellings};

/// Parses one query. Literals stay as written, so that the AST prints back what the user wrote.
///
/// # Errors
/// One `ParseError` where the parser stopped; `TooDeep` where the text is nested deeper than is read.
pub fn parse_query(sql: &str) -> Result<Query, Problem> {
    depth::with_room(sql, || {
        let mut parser = parser(sql)?;
        let statement = parser.parse_statement().map_err(|e| problem(sql, &e))?;
        // A query in parentheses may have an alias, which nothing reads.
        if matches!(&statement, Statement::Query(query) if matches!(*query.body, SetExpr::Query(_)))
            && parser.parse_keyword(Keyword::AS)
        {
            parser.parse_identifier().map_err(|e| problem(sql, &e))?;
        }
        while parser.consume_token(&Token::SemiColon) {}
        end(sql, &parser)?;
        match statement {
            Statement::Query(query) => {
                named(sql, reserved::first(query.as_ref()))?;
                Ok(*query)
            }
            _ => Err(Problem {
                kind: ProblemKind::ParseError,
                span: 0..sql.len(),
                message: "a query must be a SELECT".into(),
                help: None,
            }),
        }
    })
}

/// Parses one scalar expression.
///
/// # Errors
/// One `ParseError` where the parser stopped; `TooDeep` where the text is nested deeper than is read.
pub fn parse_expr(sql: &str) -> Result<Expr, Problem> {
    depth::with_room(sql, || {
        let mut parser = parser(sql)?;
        let expr = parser.parse_expr().map_err(|e| problem(sql, &e))?;
        end(sql, &parser)?;
        named(sql, reserved::first(&expr))?;
        Ok(expr)
    })
}

/// A text without the comments and semicolons that end it, so that a closing parenthesis can follow.
#[must_use]
pub fn trimmed(sql: &str) -> &str {
    let Ok(tokens) = tokens(sql) else { return sql };
    let last =
        tokens.iter().rev().find(|token| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon | Token::EOF));
    let end = last.map_or(sql.len(), |token| Lines::new(sql).bytes(token.span).end);
    if sql[end..].trim().is_empty() { sql } else { &sql[..end] }
}

/// Refuses a reserved word that stands as a name.
fn named(sql: &str, found: Option<Ident>) -> Result<(), Problem> {
    let Some(ident) = found else { return Ok(()) };
    Err(Problem {
        kind: ProblemKind::ParseError,
        span: Lines::new(sql).bytes(ident.span),
        message: format!("`{}` is a reserved word", ident.value),
        help: Some(format!("write it in backquotes: `{}`", ident.value).into()),
    })
}

fn parser(sql: &str) -> Result<Parser<'static>, Problem> {
    let tokens = tokens(sql).map_err(|e| problem(sql, &e))?;
    depth::limit(sql, &tokens)?;
    Ok(Parser::new(&GoogleSql)
        .with_options(ParserOptions::new().with_unescape(false))
        .with_recursion_limit(depth::MOST_NESTED)
        .with_tokens_with_locations(spellings::rewritten(tokens)))
}

fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, ParserError> {
    Ok(Tokenizer::new(&GoogleSql, sql).with_unescape(false).tokenize_with_location()?)
}

fn end(sql: &str, parser: &Parser<'_>) -> Result<(), Problem> {
    let next = parser.peek_token_ref();
    if next.token == Token::EOF {
        return Ok(());
    }
    Err(Problem {
        kind: ProblemKind::ParseError,
        span: Lines::new(sql).bytes(next.span),
        message: format!("expected the end of the query, found `{}`", next.token),
        help: None,
    })
}

/// The parser's error text ends in ` at Line: 1, Column: 8`.
fn problem(sql: &str, error: &ParserError) -> Problem {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => return depth::nested(sql),
    };
    let (message, place) = text.rsplit_once(" at Line: ").unwrap_or((&text, ""));
    let mut numbers = place.split(", Column: ").filter_map(|n| n.trim().parse::<u64>().ok());
    let span = match (numbers.next(), numbers.next()) {
        (Some(line), Some(column)) => {
            let start = Lines::new(sql).byte(Location { line, column });
            let end = sql[start..].chars().next().map_or(start, |c| start + c.len_utf8());
            start..end
        }
        _ => sql.len()..sql.len(),
    };
    let mut message = message.to_string();
    if let Some(first) = message.chars().next() {
        message.replace_range(..first.len_utf8(), &first.to_lowercase().to_string());
    }
    Problem { kind: ProblemKind::ParseError, span, message, help: None }
}

/// BigQuery's dialect with the shift operators and `SAFE.` before any function.
#[derive(Debug)]
struct GoogleSql;

const BASE: BigQueryDialect = BigQueryDialect {};
const SHIFT_PRECEDENCE: u8 = 23;

impl Dialect for GoogleSql {
    fn dialect(&self) -> TypeId {
        TypeId::of::<BigQueryDialect>()
    }
    fn parse_statement(&self, parser: &mut Parser<'_>) -> Option<Result<Statement, ParserError>> {
        BASE.parse_statement(parser)
    }
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        BASE.is_delimited_identifier_start(ch)
    }
    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        BASE.identifier_quote_style(identifier)
    }
    fn supports_projection_trailing_commas(&self) -> bool {
        BASE.supports_projection_trailing_commas()
    }
    fn supports_column_definition_trailing_commas(&self) -> bool {
        BASE.supports_column_definition_trailing_commas()
    }
    fn is_identifier_start(&self, ch: char) -> bool {
        BASE.is_identifier_start(ch)
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        BASE.is_identifier_part(ch)
    }
    fn supports_triple_quoted_string(&self) -> bool {
        true
    }
    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }
    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }
    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }
    fn supports_select_wildcard_except(&self) -> bool {
        true
    }
    fn require_interval_qualifier(&self) -> bool {
        true
    }
    fn supports_struct_literal(&self) -> bool {
        true
    }
    fn supports_select_expr_star(&self) -> bool {
        true
    }
    fn supports_from_first_select(&self) -> bool {
        true
    }
    fn supports_table_versioning(&self) -> bool {
        true
    }
    fn supports_group_by_expr(&self) -> bool {
        true
    }
    fn is_column_alias(&self, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        BASE.is_column_alias(keyword, parser)
    }
    fn supports_pipe_operator(&self) -> bool {
        true
    }
    fn supports_select_wildcard_replace(&self) -> bool {
        true
    }
    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        match parser.peek_token_ref().token {
            Token::ShiftLeft | Token::ShiftRight => Some(Ok(SHIFT_PRECEDENCE)),
            _ => None,
        }
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        BASE.prec_value(precedence)
    }

    fn parse_infix(&self, parser: &mut Parser<'_>, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        let op = match parser.peek_token_ref().token {
            Token::ShiftLeft => BinaryOperator::PGBitwiseShiftLeft,
            Token::ShiftRight => BinaryOperator::PGBitwiseShiftRight,
            _ => return spellings::quantified_like(parser, left),
        };
        parser.next_token();
        Some(parser.parse_subexpr(precedence).map(|right| Expr::BinaryOp {
            left: Box::new(left.clone()),
            op,
            right: Box::new(right),
        }))
    }

    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let (first, period) = (parser.peek_nth_token_ref(0), parser.peek_nth_token_ref(1));
        if let Token::Word(word) = &first.token
            && word.keyword == Keyword::ARRAY
            && period.token == Token::Lt
        {
            return Some(typed_array(parser));
        }
        if let Some(known) = spellings::prefix(parser) {
            return Some(known);
        }
        let (first, period) = (parser.peek_nth_token_ref(0), parser.peek_nth_token_ref(1));
        let Token::Word(word) = &first.token else {
            return None;
        };
        if period.token != Token::Period || word.quote_style.is_some() || !word.value.eq_ignore_ascii_case("SAFE") {
            return None;
        }
        let safe = Ident { value: word.value.clone(), quote_style: None, span: first.span };
        parser.next_token();
        parser.next_token();
        let called = spellings::dotted_call(parser).unwrap_or_else(|| parser.parse_prefix());
        Some(called.and_then(|expr| {
            let mut function = match expr {
                Expr::Function(function) => function,
                Expr::Substring { expr, substring_from, substring_for, shorthand, .. } => call(
                    if shorthand { "SUBSTR" } else { "SUBSTRING" },
                    std::iter::once(*expr).chain(substring_from.map(|e| *e)).chain(substring_for.map(|e| *e)),
                ),
                Expr::Trim { trim_where: None, trim_what: None, expr, trim_characters } => {
                    call("TRIM", std::iter::once(*expr).chain(trim_characters.into_iter().flatten()))
                }
                Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(_) } => call("CEIL", [*expr]),
                Expr::Floor { expr, field: CeilFloorKind::DateTimeField(_) } => call("FLOOR", [*expr]),
                other => {
                    return Err(ParserError::ParserError(format!("expected a function after SAFE., found: {other}")));
                }
            };
            function.name.0.insert(0, ObjectNamePart::Identifier(safe));
            Ok(Expr::Function(function))
        }))
    }
}

/// `ARRAY<T>[...]`, kept as the cast that it is.
fn typed_array(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    let data_type = parser.parse_data_type()?;
    parser.expect_token(&Token::LBracket)?;
    let elem = if parser.peek_token_ref().token == Token::RBracket {
        vec![]
    } else {
        parser.parse_comma_separated(Parser::parse_expr)?
    };
    parser.expect_token(&Token::RBracket)?;
    let array = Expr::Array(sqlparser::ast::Array { elem, named: false });
    Ok(Expr::Cast { kind: CastKind::Cast, expr: Box::new(array), data_type, format: None })
}

/// A plain call of a function.
pub fn call(name: &str, args: impl IntoIterator<Item = Expr>) -> Function {
    Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(|e| FunctionArg::Unnamed(FunctionArgExpr::Expr(e))).collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    }
}
