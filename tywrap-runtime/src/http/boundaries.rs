//! Where frames begin and end.

/// Follows the lengths of frames through bytes that come in pieces, to know whether the last one is whole. What is in a
/// frame, and whether its length is allowed, is the engine's to judge.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    /// The part of a length field that has come, while it has not come whole.
    length: [u8; 4],
    known: usize,
    /// Bytes that the frame still has.
    left: usize,
}

impl Boundaries {
    /// Follows these bytes.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let count = bytes.len().min(if self.left > 0 { self.left } else { 4 - self.known });
            let (these, rest) = bytes.split_at(count);
            bytes = rest;
            if self.left > 0 {
                self.left -= count;
                continue;
            }
            self.length[self.known..self.known + count].copy_from_slice(these);
            self.known += count;
            if self.known == 4 {
                self.left = u32::from_le_bytes(self.length) as usize;
                self.known = 0;
            }
        }
    }

    /// Whether no frame has begun that is not whole.
    pub(super) fn are_whole(&self) -> bool {
        self.known == 0 && self.left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Boundaries;

    #[test]
    fn pieces_make_no_difference() {
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for length in [20u32, 0, 1, 300, 4] {
            bytes.extend(length.to_le_bytes());
            bytes.resize(bytes.len() + length as usize, 7);
            ends.push(bytes.len());
        }
        for piece in 1..40 {
            let mut boundaries = Boundaries::default();
            let mut at = 0;
            for chunk in bytes.chunks(piece) {
                boundaries.follow(chunk);
                at += chunk.len();
                assert_eq!(boundaries.are_whole(), ends.contains(&at), "{at} of pieces of {piece}");
            }
            assert!(boundaries.are_whole());
        }
    }
}
