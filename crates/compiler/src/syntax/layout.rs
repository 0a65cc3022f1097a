//! What a layout may not change, as the parser of models sees it, and what the formatter's layout loses. It must not
//! decide whether a file is formatted.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

/// Stands at the end of a line of blanks within a text, which the formatter would empty. No model has this character.
const MARK: char = '\u{f8f0}';

/// What a file says, with its places.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// The tree, as the parser walks through it.
    parts: Vec<(Said, Range<usize>)>,
    /// Comments without the blanks at their ends.
    comments: Vec<(String, Range<usize>)>,
}

#[derive(Debug, PartialEq)]
enum Said {
    /// A list or a mapping begins, in brackets or as a block, with its tag.
    Begin {
        map: bool,
        block: bool,
        tag: String,
    },
    End,
    /// A text, and whether it stands without quotes, with its tag.
    Scalar {
        text: String,
        plain: bool,
        tag: String,
    },
    /// A text below a `|` or `>`.
    Block {
        text: String,
        tag: String,
    },
    Other,
}

impl Content {
    /// The content of a text that is YAML; of its beginning where it is not.
    pub(super) fn of(text: &str) -> Self {
        let mut content = Self::default();
        let options = granit_parser::options! { emit_comments: true };
        for event in Parser::new_from_str_with_options(text, options) {
            let Ok((event, place)) = event else { break };
            let lo = floor(text, place.start.byte_offset().unwrap_or(0));
            let place = lo..floor(text, place.end.byte_offset().unwrap_or(0)).max(lo);
            let said = match event {
                Event::Comment(comment, _) => {
                    content.comments.push((comment.trim_end().to_owned(), place));
                    continue;
                }
                Event::Scalar(text, style, _, tag) => {
                    let (text, tag) = (text.into_owned(), format!("{tag:?}"));
                    match style {
                        ScalarStyle::Literal | ScalarStyle::Folded => Said::Block { text, tag },
                        _ => Said::Scalar { text, plain: style == ScalarStyle::Plain, tag },
                    }
                }
                Event::MappingStart(style, _, tag) => {
                    Said::Begin { map: true, block: style == StructureStyle::Block, tag: format!("{tag:?}") }
                }
                Event::SequenceStart(style, _, tag) => {
                    Said::Begin { map: false, block: style == StructureStyle::Block, tag: format!("{tag:?}") }
                }
                Event::MappingEnd | Event::SequenceEnd => Said::End,
                _ => Said::Other,
            };
            content.parts.push((said, place));
        }
        content
    }

    /// The first place whose content is another one in `other`.
    pub(super) fn differs(&self, other: &Self) -> Option<Range<usize>> {
        fn first<T: PartialEq>(here: &[(T, Range<usize>)], there: &[(T, Range<usize>)]) -> Option<Range<usize>> {
            let at = here.iter().zip(there).position(|(a, b)| a.0 != b.0);
            let at = at.or((here.len() != there.len()).then(|| here.len().min(there.len())))?;
            Some(here.get(at).or(here.last()).map_or(0..0, |(_, place)| place.clone()))
        }
        first(&self.parts, &other.parts).or_else(|| first(&self.comments, &other.comments))
    }

    /// The first block that begins at this column or right of it.
    pub(super) fn block_at_column(&self, text: &str, column: usize) -> Option<Range<usize>> {
        let right =
            |place: &Range<usize>| place.start - text[..place.start].rfind('\n').map_or(0, |at| at + 1) >= column;
        self.parts
            .iter()
            .find(|(said, place)| matches!(said, Said::Begin { block: true, .. }) && right(place))
            .map(|(_, place)| place.clone())
    }

    /// Whether the line break at `end` is part of a text, and the blanks before it.
    fn is_text(&self, end: usize) -> bool {
        let after = self.parts.partition_point(|(_, place)| place.start < end);
        self.parts[..after]
            .iter()
            .rev()
            .find(|(said, _)| matches!(said, Said::Scalar { .. } | Said::Block { .. }))
            .is_some_and(|(said, place)| match said {
                Said::Block { .. } => end <= place.end,
                _ => end < place.end,
            })
    }
}

/// The byte, or the nearest one before it at which a character begins.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The text with a mark on each line of blanks that is deeper than the text that it stands in.
pub(super) fn with_marks(text: &str, content: &Content) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut written = 0;
    for (_, place) in content.parts.iter().filter(|(said, _)| matches!(said, Said::Block { .. })) {
        let lines = || lines_of(text, place);
        let Some(indent) =
            lines().skip(1).filter(|line| !text[line.clone()].trim().is_empty()).map(|line| indent(&text[line])).min()
        else {
            continue;
        };
        for line in lines().skip(1).filter(|line| text[line.clone()].trim().is_empty() && line.len() > indent) {
            marked.push_str(&text[written..line.end]);
            marked.push(MARK);
            written = line.end;
        }
    }
    marked.push_str(&text[written..]);
    marked
}

/// The text as it was before it was marked.
pub(super) fn without_marks(text: String) -> String {
    if text.contains(MARK) { text.replace(MARK, "") } else { text }
}

/// The lines of a place, without their breaks.
fn lines_of<'a>(text: &'a str, place: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'a> {
    let mut at = place.start;
    text[place.clone()].split('\n').map(move |line| {
        let from = at;
        at += line.len() + 1;
        from..from + line.strip_suffix('\r').unwrap_or(line).len()
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// `formatted` without blanks at the ends of lines, and with each comment that stood below its neighbour still there.
pub(super) fn tidied(text: &str, before: &Content, formatted: &str) -> String {
    let after = Content::of(formatted);
    let mut tidy: Vec<String> = Vec::new();
    let mut comments = before.comments.iter().zip(&after.comments).peekable();
    for line in lines_of(formatted, &(0..formatted.len())) {
        let mut written = &formatted[line.clone()];
        if !after.is_text(line.end) {
            written = written.trim_end_matches([' ', '\t']);
        }
        let own = line.start + indent(written);
        while comments.next_if(|(_, (_, place))| place.start < own).is_some() {}
        let stood = comments.next_if(|(_, (_, place))| place.start == own);
        let neighbour = tidy.iter().rev().find(|line| !line.is_empty()).map_or(0, |line| indent(line));
        match stood {
            Some(((_, was), _)) if below_neighbour(text, was.start) && indent(written) < neighbour => {
                tidy.push(format!("{}{}", " ".repeat(neighbour), written.trim_start_matches(' ')));
            }
            _ => tidy.push(written.to_owned()),
        }
    }
    tidy.join("\n")
}

/// Whether the line at which a comment stands begins where the line of text before it does.
fn below_neighbour(text: &str, comment: usize) -> bool {
    let start = text[..comment].rfind('\n').map_or(0, |at| at + 1);
    let before = text[..start].lines().rev().find(|line| !line.trim().is_empty());
    before.is_some_and(|before| text[start..comment].trim().is_empty() && indent(before) == comment - start)
}
