//! Numbers that depend on a seed alone, and texts that are cut, doubled and garbled by them. It must not know any language.

/// A generator of numbers.
pub struct Dice(u64);

impl Dice {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below another; 0 where that is 0.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap_or(0)
    }

    /// Bytes of a text, changed in one to four places: cut, doubled, overwritten, joined with another text, or with a word of
    /// the language in them.
    pub fn garbled(&mut self, text: &[u8], others: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(40)).min(bytes.len());
            match self.below(8) {
                0 => drop(bytes.drain(at..end)),
                1 => {
                    let part = bytes[at..end].to_vec();
                    let many = 1 + self.below(3) * self.below(40);
                    bytes.splice(at..at, part.repeat(many));
                }
                2 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap_or(0),
                3 => bytes.truncate(at),
                4 if !others.is_empty() => {
                    let other = &others[self.below(others.len())];
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(200)).min(other.len());
                    bytes.splice(at..end, other[from..to].iter().copied());
                }
                _ if !words.is_empty() => {
                    let word = words[self.below(words.len())].as_bytes();
                    bytes.splice(at..end.min(at + self.below(3)), word.iter().copied());
                }
                _ => {}
            }
        }
        bytes.truncate(200_000);
        bytes
    }
}
