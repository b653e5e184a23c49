//! Base64 (RFC 4648 §4) of what comes in pieces.

#[cfg(test)]
mod tests;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// One to three octets as four letters.
#[must_use]
pub fn group(octets: &[u8]) -> [u8; 4] {
    let bits = [16, 8, 0]
        .into_iter()
        .zip(octets)
        .fold(0_u32, |bits, (shift, octet)| bits | u32::from(*octet) << shift);
    let mut group = [b'='; 4];
    for (place, shift) in group.iter_mut().zip([18, 12, 6, 0]).take(octets.len() + 1) {
        *place = LETTERS.get((bits >> shift & 0x3f) as usize).copied().unwrap_or_default();
    }
    group
}

/// Octets on their way to text; up to two of them wait for the next ones.
#[derive(Debug, Default)]
pub struct Encoder {
    held: [u8; 3],
    count: usize,
}

impl Encoder {
    /// Adds the text of these octets, as far as it is whole.
    pub fn encode(&mut self, octets: &[u8], text: &mut Vec<u8>) {
        let missing = if self.count > 0 { (3 - self.count).min(octets.len()) } else { 0 };
        let (first, rest) = octets.split_at(missing);
        self.hold(first);
        if self.count == 3 {
            self.pad(text);
        }
        let mut groups = rest.chunks_exact(3);
        text.extend(groups.by_ref().flat_map(group));
        self.hold(groups.remainder());
    }

    fn hold(&mut self, octets: &[u8]) {
        for octet in octets {
            if let Some(place) = self.held.get_mut(self.count) {
                *place = *octet;
                self.count += 1;
            }
        }
    }

    /// Adds what waits, padded.
    pub fn pad(&mut self, text: &mut Vec<u8>) {
        if let Some(held) = self.held.get(..self.count).filter(|held| !held.is_empty()) {
            text.extend_from_slice(&group(held));
        }
        self.count = 0;
    }
}

/// It is no base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Text on its way to octets. Each group of four may be padded: the text may be several texts, one behind the other.
#[derive(Debug, Default)]
pub struct Decoder {
    bits: u32,
    letters: u8,
    padding: u8,
}

impl Decoder {
    /// Whether the last group is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.letters == 0
    }

    /// Adds the octets of this text, as far as its groups are whole.
    ///
    /// # Errors
    /// A letter is none of the alphabet, or padding stands where there can be none.
    pub fn decode(&mut self, text: &[u8], octets: &mut Vec<u8>) -> Result<(), Malformed> {
        for letter in text {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' if self.letters >= 2 => {
                    self.padding += 1;
                    0
                }
                _ => return Err(Malformed),
            };
            if *letter != b'=' {
                if self.padding > 0 {
                    return Err(Malformed);
                }
                self.letters += 1;
            }
            self.bits = self.bits << 6 | u32::from(value);
            if self.letters + self.padding == 4 {
                let [_, whole @ ..] = self.bits.to_be_bytes();
                octets.extend_from_slice(whole.get(..usize::from(self.letters) - 1).unwrap_or_default());
                *self = Self::default();
            }
        }
        Ok(())
    }
}
