//! How the files of a table are read. It must not read one.

use crate::syntax::{Contents, FileFormat};

/// The files of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Path relative to the project; a glob, with `{batch}` for the time of extraction.
    pub path: String,
    /// The files' format.
    pub format: FileFormat,
    /// What one file holds.
    pub contents: Contents,
    /// How often a file comes, in seconds.
    pub every_seconds: Option<u64>,
    /// How their text is written.
    pub text: Text,
}

/// How the text of files is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What its bytes stand for.
    pub encoding: Encoding,
    /// What stands between two fields of CSV.
    pub delimiter: String,
    /// What stands around a field that holds any character; `None` where fields are never quoted.
    pub quote: Option<char>,
    /// What stands before a quote that is one of the text; `None` where it is written twice.
    pub escape: Option<char>,
    /// The field without quotes that is NULL, beside the empty one.
    pub null_marker: Option<String>,
    /// Bytes of the longest row that is read.
    pub longest_row: u64,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf8,
            delimiter: ",".to_owned(),
            quote: Some('"'),
            escape: None,
            null_marker: None,
            longest_row: 64 << 20,
        }
    }
}

/// What the bytes of a text stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without one.
    Utf8,
    /// UTF-16 in the order that its mark says; little-endian without one.
    Utf16,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// ISO 8859-1.
    Latin1,
    /// Windows-1252.
    Windows1252,
    /// CP949, which holds EUC-KR.
    Cp949,
    /// Shift JIS.
    ShiftJis,
    /// GB 18030, which holds GBK.
    Gb18030,
    /// Big5.
    Big5,
}

impl Encoding {
    /// The names that are documented.
    pub const NAMES: [&str; 10] =
        ["utf-8", "utf-16", "utf-16le", "utf-16be", "latin-1", "windows-1252", "cp949", "shift-jis", "gb18030", "big5"];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Latin1 => "latin-1",
            Encoding::Windows1252 => "windows-1252",
            Encoding::Cp949 => "cp949",
            Encoding::ShiftJis => "shift-jis",
            Encoding::Gb18030 => "gb18030",
            Encoding::Big5 => "big5",
        }
    }

    /// The encoding of a name, however its case and dashes are written.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match plain.as_str() {
            "utf8" => Encoding::Utf8,
            "utf16" => Encoding::Utf16,
            "utf16le" => Encoding::Utf16Le,
            "utf16be" => Encoding::Utf16Be,
            "latin1" | "iso88591" => Encoding::Latin1,
            "windows1252" | "cp1252" => Encoding::Windows1252,
            "cp949" | "euckr" | "uhc" | "ms949" | "windows949" => Encoding::Cp949,
            "shiftjis" | "sjis" | "cp932" | "windows31j" => Encoding::ShiftJis,
            "gb18030" | "gbk" | "gb2312" | "cp936" => Encoding::Gb18030,
            "big5" | "cp950" => Encoding::Big5,
            _ => return None,
        })
    }
}
