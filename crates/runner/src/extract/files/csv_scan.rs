//! The scan of CSV: where a row ends that begins a text, and its fields. It must not read a file.

use dwc_compiler::model::Text;

/// The fields of a row.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    text: Vec<u8>,
    /// Where each ends, and whether it was quoted.
    ends: Vec<(usize, bool)>,
}

impl Fields {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of one, and whether it was quoted.
    pub(crate) fn at(&self, field: usize) -> (&[u8], bool) {
        let start = if field == 0 { 0 } else { self.ends[field - 1].0 };
        let (end, quoted) = self.ends[field];
        (&self.text[start..end], quoted)
    }

    /// The text of all, one after another.
    pub(super) fn whole(&self) -> &[u8] {
        &self.text
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn end(&mut self, quoted: bool) {
        self.ends.push((self.text.len(), quoted));
    }

    /// A line without anything on it.
    pub(super) fn is_blank(&self) -> bool {
        self.ends == [(0, false)]
    }
}

/// What the text from a line's start is.
pub(super) enum Scan {
    /// A row of so many bytes, with its line's end.
    Row(usize),
    /// Not a row; the line at these bytes from the start is where a quote opened or a character does not belong.
    Broken(&'static str, usize),
    /// More of the file is needed for the field that begins at this byte.
    More(usize),
}

/// How a file is written.
pub(super) struct Dialect {
    delimiter: Vec<u8>,
    quote: Option<Vec<u8>>,
    escape: Option<Vec<u8>>,
    /// The first bytes of what is special outside of quotes.
    special: [bool; 256],
    pub(super) longest: usize,
}

impl Dialect {
    pub(super) fn new(text: &Text) -> Self {
        let bytes = |character: char| character.to_string().into_bytes();
        let quote = text.quote.map(bytes);
        let escape = text.escape.map(bytes).filter(|escape| Some(escape) != quote.as_ref());
        let delimiter = text.delimiter.as_bytes().to_vec();
        let mut special = [false; 256];
        let firsts = [Some(&delimiter), quote.as_ref(), escape.as_ref()];
        for first in firsts.into_iter().flatten().filter_map(|word| word.first()).chain(b"\n\r") {
            special[usize::from(*first)] = true;
        }
        let longest = usize::try_from(text.longest_row).unwrap_or(usize::MAX);
        Self { delimiter, quote, escape, special, longest }
    }

    fn is_quote(&self, text: &[u8]) -> Option<usize> {
        starts(text, self.quote.as_deref())
    }

    pub(super) fn scan(&self, text: &[u8], is_end: bool, fields: &mut Fields) -> Scan {
        fields.clear();
        // A word of several bytes may be cut where what has been read ends.
        let most = [Some(&self.delimiter), self.quote.as_ref(), self.escape.as_ref()];
        let margin = most.into_iter().flatten().map(Vec::len).max().unwrap_or(1).max(2) * 2;
        let sure = if is_end { text.len() } else { text.len().saturating_sub(margin) };
        let mut at = 0;
        loop {
            let quoted = self.is_quote(&text[at..]).filter(|_| at <= sure);
            match quoted {
                Some(length) => match self.quoted(text, (at, at + length), (sure, is_end), fields) {
                    Ok(end) => at = end,
                    Err(found) => return found,
                },
                None => match self.plain(text, at, (sure, is_end), fields) {
                    Ok(end) => at = end,
                    Err(found) => return found,
                },
            }
            fields.end(quoted.is_some());
            match text.get(at) {
                None if is_end => return Scan::Row(at),
                _ if at >= sure && !is_end => return Scan::More(at),
                Some(b'\n') => return Scan::Row(at + 1),
                Some(b'\r') => return Scan::Row(if text.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 }),
                _ => at += self.delimiter.len(),
            }
        }
    }

    /// A field that a quote opened: the end of its closing one.
    fn quoted(
        &self,
        text: &[u8],
        (opened, from): (usize, usize),
        (sure, is_end): (usize, bool),
        fields: &mut Fields,
    ) -> Result<usize, Scan> {
        let first = self.quote.as_ref().map_or(b'"', |quote| quote[0]);
        let mut at = from;
        loop {
            let next = match &self.escape {
                None => memchr::memchr(first, &text[at..]),
                Some(escape) => memchr::memchr2(first, escape[0], &text[at..]),
            };
            let Some(next) = next else {
                return Err(if is_end { Scan::Broken("a quote is never closed", opened) } else { Scan::More(opened) });
            };
            fields.text.extend_from_slice(&text[at..at + next]);
            at += next;
            if at > sure {
                return Err(Scan::More(opened));
            }
            if let Some(length) = starts(&text[at..], self.escape.as_deref()) {
                let meant = self
                    .is_quote(&text[at + length..])
                    .or_else(|| starts(&text[at + length..], self.escape.as_deref()));
                let kept = meant.map_or(at..at + length, |meant| at + length..at + length + meant);
                fields.text.extend_from_slice(&text[kept.clone()]);
                at = kept.end;
                continue;
            }
            let Some(length) = self.is_quote(&text[at..]) else {
                fields.text.push(text[at]);
                at += 1;
                continue;
            };
            at += length;
            if let Some(again) = self.is_quote(&text[at..]) {
                fields.text.extend_from_slice(&text[at..at + again]);
                at += again;
                continue;
            }
            let rest = &text[at..];
            return match rest.first() {
                None if is_end => Ok(at),
                _ if at > sure => Err(Scan::More(opened)),
                Some(b'\n' | b'\r') => Ok(at),
                _ if rest.starts_with(&self.delimiter) => Ok(at),
                _ => Err(Scan::Broken("there is text after a closing quote", opened)),
            };
        }
    }

    /// A field without quotes: where it ends.
    fn plain(
        &self,
        text: &[u8],
        from: usize,
        (sure, is_end): (usize, bool),
        fields: &mut Fields,
    ) -> Result<usize, Scan> {
        let mut at = from;
        loop {
            let Some(next) = text[at..].iter().position(|byte| self.special[usize::from(*byte)]) else {
                if !is_end {
                    return Err(Scan::More(from));
                }
                fields.text.extend_from_slice(&text[at..]);
                return Ok(text.len());
            };
            fields.text.extend_from_slice(&text[at..at + next]);
            at += next;
            if at > sure {
                return Err(Scan::More(from));
            }
            let rest = &text[at..];
            if matches!(rest[0], b'\n' | b'\r') || rest.starts_with(&self.delimiter) {
                return Ok(at);
            }
            if let Some(length) = starts(rest, self.escape.as_deref()) {
                let after = &rest[length..];
                let meant = starts(after, Some(&self.delimiter))
                    .or_else(|| self.is_quote(after))
                    .or_else(|| starts(after, self.escape.as_deref()))
                    .or_else(|| matches!(after.first(), Some(b'\n' | b'\r')).then_some(1));
                let kept = meant.map_or(at..at + length, |meant| at + length..at + length + meant);
                fields.text.extend_from_slice(&text[kept.clone()]);
                at = kept.end;
                continue;
            }
            if self.is_quote(rest).is_some() {
                return Err(Scan::Broken("a quote stands within a field that is not quoted", at));
            }
            fields.text.push(rest[0]);
            at += 1;
        }
    }
}

/// How long a word is that a text begins with.
fn starts(text: &[u8], word: Option<&[u8]>) -> Option<usize> {
    word.filter(|word| text.starts_with(word)).map(<[u8]>::len)
}
