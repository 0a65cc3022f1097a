//! The bytes of a file as UTF-8: unpacked where gzip has packed them, and taken out of the encoding that is declared.
//! It must not know the format.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use dwc_compiler::model::Encoding;
use encoding_rs::{Decoder, DecoderResult};
use flate2::bufread::MultiGzDecoder;

/// Bytes that are read at once.
const PART: usize = 1 << 20;
/// What stands before bytes that are not of the encoding: no text in UTF-8 holds it.
const WRONG: u8 = 0xff;

/// Opens a file.
pub(crate) fn open(path: &Path, encoding: Encoding) -> io::Result<Box<dyn Read>> {
    text(unpacked(path)?, encoding)
}

/// The bytes of a file, unpacked where gzip has packed them.
pub(crate) fn unpacked(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(PART, File::open(path)?);
    let is_packed = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_packed { Box::new(BufReader::with_capacity(PART, MultiGzDecoder::new(file))) } else { Box::new(file) })
}

/// Bytes in an encoding as UTF-8, without the mark at their beginning.
fn text(mut bytes: Box<dyn BufRead>, encoding: Encoding) -> io::Result<Box<dyn Read>> {
    let decoder = match encoding {
        Encoding::Utf8 => {
            if bytes.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]) {
                bytes.consume(3);
            }
            return Ok(bytes);
        }
        Encoding::Latin1 => return Ok(Box::new(Latin1 { bytes, out: Vec::new(), at: 0 })),
        Encoding::Utf16 => {
            let is_big = bytes.fill_buf()?.starts_with(&[0xfe, 0xff]);
            if is_big { encoding_rs::UTF_16BE.new_decoder() } else { encoding_rs::UTF_16LE.new_decoder() }
        }
        Encoding::Utf16Le => encoding_rs::UTF_16LE.new_decoder_with_bom_removal(),
        Encoding::Utf16Be => encoding_rs::UTF_16BE.new_decoder_with_bom_removal(),
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.new_decoder_without_bom_handling(),
        Encoding::Cp949 => encoding_rs::EUC_KR.new_decoder_without_bom_handling(),
        Encoding::ShiftJis => encoding_rs::SHIFT_JIS.new_decoder_without_bom_handling(),
        Encoding::Gb18030 => encoding_rs::GB18030.new_decoder_without_bom_handling(),
        Encoding::Big5 => encoding_rs::BIG5.new_decoder_without_bom_handling(),
    };
    Ok(Box::new(Decoded { bytes, decoder, out: Vec::new(), at: 0, is_end: false }))
}

/// Hands on what is there of a buffer.
fn hand(out: &[u8], at: &mut usize, to: &mut [u8]) -> usize {
    let length = to.len().min(out.len() - *at);
    to[..length].copy_from_slice(&out[*at..*at + length]);
    *at += length;
    length
}

/// Latin-1: each byte is the character of its number.
struct Latin1 {
    bytes: Box<dyn BufRead>,
    out: Vec<u8>,
    at: usize,
}

impl Read for Latin1 {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.at == self.out.len() {
            let part = self.bytes.fill_buf()?;
            let length = part.len().min(PART);
            self.out.clear();
            self.at = 0;
            for byte in &part[..length] {
                let mut buffer = [0; 2];
                self.out.extend_from_slice(char::from(*byte).encode_utf8(&mut buffer).as_bytes());
            }
            self.bytes.consume(length);
        }
        Ok(hand(&self.out, &mut self.at, to))
    }
}

/// Another encoding. Bytes that are not of it follow [`WRONG`], so that who reads them as UTF-8 finds them.
struct Decoded {
    bytes: Box<dyn BufRead>,
    decoder: Decoder,
    out: Vec<u8>,
    at: usize,
    is_end: bool,
}

impl Decoded {
    fn fill(&mut self) -> io::Result<()> {
        self.at = 0;
        let mut filled = 0;
        let part = self.bytes.fill_buf()?;
        let is_last = part.is_empty();
        let room = self.decoder.max_utf8_buffer_length_without_replacement(part.len()).unwrap_or(part.len() * 4);
        self.out.resize(room + 16, 0);
        let mut from = 0;
        loop {
            if self.out.len() - filled < 16 {
                self.out.resize(self.out.len() * 2, 0);
            }
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(&part[from..], &mut self.out[filled..], is_last);
            from += read;
            filled += written;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                DecoderResult::Malformed(length, after) => {
                    let end = from.saturating_sub(usize::from(after));
                    let wrong = &part[end.saturating_sub(usize::from(length))..end];
                    if self.out.len() - filled < wrong.len() + 1 {
                        self.out.resize(self.out.len() * 2, 0);
                    }
                    self.out[filled] = WRONG;
                    // A line's end or a delimiter among them is one of the file, not of the character.
                    let kept: Vec<u8> = wrong.iter().copied().filter(|byte| *byte >= 0x80).collect();
                    self.out[filled + 1..=filled + kept.len()].copy_from_slice(&kept);
                    filled += kept.len() + 1;
                }
            }
        }
        self.out.truncate(filled);
        self.bytes.consume(from);
        self.is_end = is_last;
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.is_end {
            self.fill()?;
        }
        Ok(hand(&self.out, &mut self.at, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
        let small = BufReader::with_capacity(3, io::Cursor::new(bytes.to_vec()));
        let mut all = Vec::new();
        text(Box::new(small), encoding).unwrap().read_to_end(&mut all).unwrap();
        all
    }

    #[test]
    fn every_encoding_becomes_utf8() {
        assert_eq!(read(b"\xef\xbb\xbfa\xea\xb0\x80", Encoding::Utf8), "a가".as_bytes());
        assert_eq!(read(b"\xb0\xa1,\xb1\xdd\xbe\xd7(\xbf\xf8)\n", Encoding::Cp949), "가,금액(원)\n".as_bytes());
        assert_eq!(read(b"caf\xe9 \x80", Encoding::Latin1), "caf\u{e9} \u{80}".as_bytes());
        assert_eq!(read(b"caf\xe9 \x80", Encoding::Windows1252), "café €".as_bytes());
        for (mark, bytes) in [(&b"\xff\xfe"[..], &b"a\0\0\xac"[..]), (b"\xfe\xff", b"\0a\xac\0")] {
            assert_eq!(read(&[mark, bytes].concat(), Encoding::Utf16), "a가".as_bytes());
        }
        assert_eq!(read(b"a\0\0\xac", Encoding::Utf16), "a가".as_bytes());
        assert_eq!(read(b"\xfe\xff\0a", Encoding::Utf16Be), b"a");
    }

    #[test]
    fn what_is_not_of_the_encoding_is_not_utf8() {
        for (bytes, encoding) in [(&b"a\xff\n"[..], Encoding::Cp949), (b"a\0\0\xd8b\0", Encoding::Utf16)] {
            assert!(std::str::from_utf8(&read(bytes, encoding)).is_err(), "{bytes:?}");
        }
        assert!(read(b"a\xff\nb", Encoding::Cp949).ends_with(b"\nb"));
    }
}
