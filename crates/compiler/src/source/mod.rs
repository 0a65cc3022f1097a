//! Source text: the files handed in, and the spans that point into them. It must not parse anything.

/// Which file of a [`FileSet`] a span points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in one file: `lo` inclusive, `hi` exclusive, both on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file that the range lies in.
    pub file: FileId,
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

/// One file as the caller read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path relative to the project's root, with `/` between its parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Every file of a project, sorted by path, so that the order in which a directory was read shows nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    files: Vec<SourceFile>,
    /// Where the lines of each file begin: thousands of problems may ask.
    lines: Vec<Vec<usize>>,
}

impl FileSet {
    /// Takes the files in any order.
    #[must_use]
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let starts =
            |file: &SourceFile| std::iter::once(0).chain(file.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let lines = files.iter().map(starts).collect();
        Self { files, lines }
    }

    /// The file of an id that this set gave out.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Every file with its id, in path order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(u32::try_from(index).unwrap_or(u32::MAX)), file))
    }

    /// The line and column where a span starts, both from 1; the column counts characters.
    #[must_use]
    pub fn position(&self, span: Span) -> (usize, usize) {
        let at = span.lo as usize;
        let lines = &self.lines[span.file.0 as usize];
        let line = lines.partition_point(|start| *start <= at).max(1);
        let column = self.get(span.file).text[lines[line - 1]..at].chars().count() + 1;
        (line, column)
    }
}
