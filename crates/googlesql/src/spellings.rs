//! What the parser lacks of GoogleSQL's syntax: `WITH(...)` expressions, LIKE ANY/SOME/ALL, `RANGE<T>`, names of
//! functions with two parts after `SAFE.`, a query that PIVOT looks at, a value of a query that begins with FROM, and
//! some pipe operators. Each becomes an AST that prints back as it was written. It must not resolve anything.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart,
    TypedString,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::parse::call;

/// Between the name and the expression of a `WITH(...)` expression.
pub(super) const AS: &str = "AS";

/// The tokens with those replaced that the parser has no grammar for.
pub(super) fn rewritten(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // Where a `GROUP AND ORDER BY` began: each of its keys gets a direction.
    let mut keys: Option<usize> = None;
    let mut at = 0;
    let solid = |from: usize, n: usize| tokens[from..].iter().filter(|t| !blank(&t.token)).nth(n);
    while at < tokens.len() {
        let token = &tokens[at];
        let word = |n: usize, text: &str| solid(at, n).is_some_and(|t| is_word(&t.token, text));
        if token.token == Token::VerticalBarRightAngleBracket
            && (word(1, "DISTINCT") || word(1, "WINDOW") && has_windows(&tokens[at..]))
        {
            let distinct = word(1, "DISTINCT");
            out.push(token.clone());
            at += 1;
            while blank(&tokens[at].token) {
                at += 1;
            }
            let span = tokens[at].span;
            let words: &[&str] = if distinct { &["SELECT", "DISTINCT"] } else { &["EXTEND"] };
            for word in words {
                out.push(TokenWithSpan { token: Token::make_keyword(word), span });
                out.push(TokenWithSpan { token: Token::Whitespace(sqlparser::tokenizer::Whitespace::Space), span });
            }
            if distinct {
                out.push(TokenWithSpan { token: Token::Mul, span });
            }
            at += 1;
            continue;
        }
        if token.token == Token::VerticalBarRightAngleBracket && word(1, "DROP") {
            at = dropped(&tokens, at, &mut out);
            continue;
        }
        if is_word(&token.token, "GROUP") && word(1, "AND") && word(2, "ORDER") && word(3, "BY") {
            out.push(token.clone());
            keys = Some(0);
            at += 1;
            while !is_word(&tokens[at].token, "BY") {
                if blank(&tokens[at].token) {
                    out.push(tokens[at].clone());
                }
                at += 1;
            }
            out.push(tokens[at].clone());
            at += 1;
            continue;
        }
        if let Some(depth) = keys {
            let ends = depth == 0
                && matches!(
                    token.token,
                    Token::Comma | Token::RParen | Token::VerticalBarRightAngleBracket | Token::EOF | Token::SemiColon
                );
            if ends {
                directed(&mut out);
            }
            keys = match token.token {
                Token::LParen | Token::LBracket => Some(depth + 1),
                Token::RParen | Token::RBracket if depth > 0 => Some(depth - 1),
                _ if ends && token.token != Token::Comma => None,
                _ => Some(depth),
            };
        }
        if is_word(&token.token, "RANGE")
            && solid(at, 1).is_some_and(|t| t.token == Token::Lt)
            && let Some(item) = solid(at, 2)
            && let Token::Word(item) = &item.token
            && let Some(close) = solid(at, 3)
            && matches!(close.token, Token::Gt | Token::ShiftRight)
        {
            let name = format!("RANGE<{}>", item.value.to_uppercase());
            let close = close.clone();
            let mut span = token.span;
            span.end = close.span.end;
            out.push(TokenWithSpan { token: Token::make_word(&name, None), span });
            while tokens[at].span != close.span {
                at += 1;
            }
            if close.token == Token::ShiftRight {
                out.push(TokenWithSpan { token: Token::Gt, span: close.span });
            }
            at += 1;
            continue;
        }
        if is_word(&token.token, "FOR")
            && solid(at, 1).is_some_and(|t| t.token == Token::LParen)
            && ["SELECT", "WITH", "FROM"].iter().any(|query| word(2, query))
        {
            // What PIVOT looks at is a list to the parser: a query in it has parentheses of its own.
            let span = token.span;
            out.push(token.clone());
            out.push(TokenWithSpan { token: Token::LParen, span });
            let mut depth = 0usize;
            at += 1;
            while at < tokens.len() {
                let token = tokens[at].clone();
                match token.token {
                    Token::LParen => depth += 1,
                    Token::RParen => depth = depth.saturating_sub(1),
                    _ => {}
                }
                let closes = token.token == Token::RParen && depth == 0;
                out.push(token);
                at += 1;
                if closes {
                    out.push(TokenWithSpan { token: Token::RParen, span });
                    break;
                }
            }
            continue;
        }
        if is_word(&token.token, "WITH") && solid(at, 1).is_some_and(|t| t.token == Token::LParen) {
            // As a keyword it would end the list that it stands in.
            let word = Word { value: "WITH".into(), quote_style: None, keyword: Keyword::NoKeyword };
            out.push(TokenWithSpan { token: Token::Word(word), span: token.span });
            at += 1;
            continue;
        }
        out.push(token.clone());
        at += 1;
    }
    if keys.is_some() {
        directed(&mut out);
    }
    out
}

/// Whether each item of `|> WINDOW` has an OVER.
fn has_windows(tokens: &[TokenWithSpan]) -> bool {
    let (mut depth, mut has_over) = (0_usize, false);
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth > 0 => depth -= 1,
            Token::RParen | Token::EOF | Token::SemiColon => break,
            Token::VerticalBarRightAngleBracket if at > 0 && depth == 0 => break,
            Token::Comma if depth == 0 => {
                if !has_over {
                    return false;
                }
                has_over = false;
            }
            _ => has_over |= is_word(&token.token, "OVER"),
        }
    }
    has_over
}

/// `|> DROP a, b`: the parser leaves out what is no name, and goes on to the end of the query. A pipe after the list ends it:
/// an operator that does nothing where the list is right, and none where it is not, which the parser tells.
fn dropped(tokens: &[TokenWithSpan], from: usize, out: &mut Vec<TokenWithSpan>) -> usize {
    let mut at = from;
    let mut solid = 0;
    while let Some(token) = tokens.get(at) {
        if blank(&token.token) || solid < 2 {
            solid += usize::from(!blank(&token.token));
            out.push(token.clone());
            at += 1;
            continue;
        }
        let is_name = matches!(&token.token, Token::Word(word) if matches!(word.quote_style, None | Some('`')));
        let fits = if solid % 2 == 0 { is_name } else { token.token == Token::Comma };
        if fits {
            solid += 1;
            out.push(token.clone());
            at += 1;
            continue;
        }
        let span = token.span;
        let mut push = |token: Token| out.push(TokenWithSpan { token, span });
        let ends = matches!(token.token, Token::VerticalBarRightAngleBracket | Token::EOF | Token::SemiColon);
        if token.token == Token::RParen && solid > 2 {
            push(Token::VerticalBarRightAngleBracket);
            push(Token::make_keyword("WHERE"));
            push(Token::Whitespace(sqlparser::tokenizer::Whitespace::Space));
            push(Token::make_keyword("TRUE"));
        } else if !ends || solid == 2 {
            push(Token::VerticalBarRightAngleBracket);
        }
        break;
    }
    at
}

fn blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

fn is_word(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(text))
}

/// Ends a key with ASC where it has no direction of its own.
fn directed(out: &mut Vec<TokenWithSpan>) {
    let Some(last) = out.iter().rev().find(|t| !blank(&t.token)) else { return };
    if ["ASC", "DESC", "FIRST", "LAST"].iter().any(|w| is_word(&last.token, w)) {
        return;
    }
    let span = last.span;
    out.push(TokenWithSpan { token: Token::Whitespace(sqlparser::tokenizer::Whitespace::Space), span });
    out.push(TokenWithSpan { token: Token::make_keyword("ASC"), span });
}

/// A prefix that the parser does not know; `None` when it is none of these.
pub(super) fn prefix(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    let (first, second) = (parser.peek_nth_token_ref(0), parser.peek_nth_token_ref(1));
    if first.token == Token::LParen && is_word(&second.token, "FROM") {
        return Some(from_first(parser));
    }
    let Token::Word(word) = &first.token else { return None };
    if word.quote_style.is_some() {
        return None;
    }
    if word.value == "WITH" && second.token == Token::LParen {
        return Some(with_expression(parser));
    }
    if word.keyword == Keyword::DISTINCT {
        let prefix = Ident { value: word.value.clone(), quote_style: None, span: first.span };
        return Some(distinct(parser, prefix));
    }
    if word.value.starts_with("RANGE<") && is_text(&second.token) {
        let data_type = range_type(&word.value, first.span);
        parser.next_token();
        return Some(
            parser
                .parse_value()
                .map(|value| Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax: false })),
        );
    }
    None
}

/// `(FROM t |> ...)` as a value.
fn from_first(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.expect_token(&Token::LParen)?;
    let query = parser.parse_query()?;
    parser.expect_token(&Token::RParen)?;
    Ok(Expr::Subquery(query))
}

fn is_text(token: &Token) -> bool {
    matches!(
        token,
        Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::SingleQuotedRawStringLiteral(_)
            | Token::DoubleQuotedRawStringLiteral(_)
    )
}

fn range_type(name: &str, span: sqlparser::tokenizer::Span) -> DataType {
    let ident = Ident { value: name.to_string(), quote_style: None, span };
    DataType::Custom(ObjectName(vec![ObjectNamePart::Identifier(ident)]), vec![])
}

/// `WITH(a AS 1, b AS a + 1, a + b)`.
fn with_expression(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    let span = parser.next_token().span;
    parser.expect_token(&Token::LParen)?;
    let mut args = Vec::new();
    loop {
        let named = matches!(parser.peek_nth_token_ref(0).token, Token::Word(_))
            && is_word(&parser.peek_nth_token_ref(1).token, AS);
        if !named {
            break;
        }
        let name = parser.parse_identifier()?;
        parser.expect_keyword(Keyword::AS)?;
        let value = parser.parse_expr()?;
        args.push(Expr::BinaryOp {
            left: Box::new(Expr::Identifier(name)),
            op: BinaryOperator::Custom(AS.into()),
            right: Box::new(value),
        });
        parser.expect_token(&Token::Comma)?;
    }
    args.push(parser.parse_expr()?);
    parser.expect_token(&Token::RParen)?;
    let mut function = call("WITH", args);
    if let Some(ObjectNamePart::Identifier(ident)) = function.name.0.first_mut() {
        ident.span = span;
    }
    Ok(Expr::Function(function))
}

/// `|> SELECT DISTINCT a, b` and `|> SELECT DISTINCT *`.
fn distinct(parser: &mut Parser<'_>, prefix: Ident) -> Result<Expr, ParserError> {
    parser.next_token();
    let value = if parser.peek_token_ref().token == Token::Mul {
        Expr::Wildcard(AttachedToken(parser.next_token()))
    } else {
        parser.parse_expr()?
    };
    Ok(Expr::Prefixed { prefix, value: Box::new(value) })
}

/// `a LIKE ANY (...)`, `a NOT LIKE ALL (...)`: an operator of that name over a tuple, an UNNEST or a subquery.
pub(super) fn quantified_like(parser: &mut Parser<'_>, left: &Expr) -> Option<Result<Expr, ParserError>> {
    let not = usize::from(is_word(&parser.peek_nth_token_ref(0).token, "NOT"));
    if !is_word(&parser.peek_nth_token_ref(not).token, "LIKE") {
        return None;
    }
    let quantifier =
        ["ANY", "SOME", "ALL"].into_iter().find(|q| is_word(&parser.peek_nth_token_ref(not + 1).token, q))?;
    for _ in 0..not + 2 {
        parser.next_token();
    }
    let op = BinaryOperator::Custom(format!("{}LIKE {quantifier}", if not == 1 { "NOT " } else { "" }));
    Some(patterns(parser).map(|right| Expr::BinaryOp { left: Box::new(left.clone()), op, right: Box::new(right) }))
}

fn patterns(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    if parser.peek_token_ref().token != Token::LParen {
        return parser.parse_prefix();
    }
    let inner = parser.peek_nth_token_ref(1).token.clone();
    if is_word(&inner, "SELECT") || is_word(&inner, "WITH") || is_word(&inner, "FROM") {
        return parser.parse_prefix();
    }
    parser.expect_token(&Token::LParen)?;
    let list = parser.parse_comma_separated(Parser::parse_expr)?;
    parser.expect_token(&Token::RParen)?;
    Ok(Expr::Tuple(list))
}

/// A call of a function whose name has several parts: `NET.HOST(...)` after `SAFE.`.
pub(super) fn dotted_call(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    let dotted = matches!(parser.peek_nth_token_ref(0).token, Token::Word(_))
        && parser.peek_nth_token_ref(1).token == Token::Period
        && matches!(parser.peek_nth_token_ref(2).token, Token::Word(_))
        && parser.peek_nth_token_ref(3).token == Token::LParen;
    dotted.then(|| parser.parse_object_name(false).and_then(|name| parser.parse_function(name)))
}

/// The bindings and the result of a `WITH(...)` expression.
pub(super) fn bindings(function: &Function) -> Option<(Vec<(&Ident, &Expr)>, &Expr)> {
    let sqlparser::ast::FunctionArguments::List(list) = &function.args else { return None };
    let mut named = Vec::new();
    for arg in &list.args {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::BinaryOp {
                left,
                op: BinaryOperator::Custom(op),
                right,
            })) if op == AS => {
                let Expr::Identifier(name) = left.as_ref() else { return None };
                named.push((name, right.as_ref()));
            }
            FunctionArg::Unnamed(FunctionArgExpr::Expr(result)) => return Some((named, result)),
            _ => return None,
        }
    }
    None
}
