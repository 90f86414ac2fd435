//! The Huffman code of RFC 7541 appendix B, bit by bit.

use std::sync::LazyLock;

use eyas_hpack::HuffmanError;

/// The symbols by the length of their codes, in the order of the codes; EOS is behind the last of them.
const SYMBOLS: [(u32, &[u8]); 21] = [
    (5, b"012aceiost"),
    (6, b" %-./3456789=A_bdfghlmnpru"),
    (7, b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, b"&*,;XZ"),
    (10, b"!\"()?"),
    (11, b"'+|"),
    (12, b"#>"),
    (13, b"\0$@[]~"),
    (14, b"^}"),
    (15, b"<`{"),
    (19, b"\\\xc3\xd0"),
    (20, b"\x80\x82\x83\xa2\xb8\xc2\xe0\xe2"),
    (21, b"\x99\xa1\xa7\xac\xb0\xb1\xb3\xd1\xd8\xd9\xe3\xe5\xe6"),
    (22, b"\x81\x84\x85\x86\x88\x92\x9a\x9c\xa0\xa3\xa4\xa9\xaa\xad\xb2\xb5\xb9\xba\xbb\xbd\xbe\xc4\xc6\xe4\xe8\xe9"),
    (23, b"\x01\x87\x89\x8a\x8b\x8c\x8d\x8f\x93\x95\x96\x97\x98\x9b\x9d\x9e\xa5\xa6\xa8\xae\xaf\xb4\xb6\xb7\xbc\xbf\xc5\xe7\xef"),
    (24, b"\t\x8e\x90\x91\x94\x9f\xab\xce\xd7\xe1\xec\xed"),
    (25, b"\xc7\xcf\xea\xeb"),
    (26, b"\xc0\xc1\xc8\xc9\xca\xcd\xd2\xd5\xda\xdb\xee\xf0\xf2\xf3\xff"),
    (27, b"\xcb\xcc\xd3\xd4\xd6\xdd\xde\xdf\xf1\xf4\xf5\xf6\xf7\xf8\xfa\xfb\xfc\xfd\xfe"),
    (28, b"\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f\xdc\xf9"),
    (30, b"\n\r\x16"),
];

/// Decodes a whole string.
pub(crate) fn decode(code: &[u8]) -> Result<Vec<u8>, HuffmanError> {
    let mut text = Vec::new();
    let (mut node, mut bits, mut all_ones) = (0, 0, true);
    for at in 0..8 * code.len() {
        let bit = code[at / 8] >> (7 - at % 8) & 1;
        bits += 1;
        all_ones &= bit == 1;
        match TREE[node][usize::from(bit)] {
            Branch::Node(next) => node = next,
            Branch::Symbol(symbol) => {
                text.push(symbol);
                (node, bits, all_ones) = (0, 0, true);
            }
            Branch::Eos => return Err(HuffmanError::EndOfString),
        }
    }
    match (all_ones, bits) {
        (false, _) => Err(HuffmanError::PaddingNotOnes),
        (true, 0..=7) => Ok(text),
        (true, _) => Err(HuffmanError::PaddingTooLong),
    }
}

/// Encodes a string and pads it with ones.
pub(crate) fn encode(text: &[u8]) -> Vec<u8> {
    let mut code = Vec::new();
    let mut used = 0;
    for octet in text {
        let (symbol, bits) = CODES[usize::from(*octet)];
        for bit in (0..bits).rev() {
            if used % 8 == 0 {
                code.push(0xff);
            }
            if symbol >> bit & 1 == 0 {
                code[used / 8] ^= 0x80 >> (used % 8);
            }
            used += 1;
        }
    }
    code
}

/// By octet: its code and the bits of it.
static CODES: LazyLock<[(u32, u32); 256]> = LazyLock::new(|| {
    let mut codes = [(0, 0); 256];
    // Each code is the one before plus one; a longer one has zeros behind that.
    let (mut next, mut before) = (0_u32, 0);
    for (bits, symbols) in SYMBOLS {
        next <<= bits - before;
        for symbol in symbols {
            codes[usize::from(*symbol)] = (next, bits);
            next += 1;
        }
        before = bits;
    }
    assert_eq!(next, 0x3fff_ffff, "the code of EOS is all that is left");
    codes
});

#[derive(Clone, Copy)]
enum Branch {
    Node(usize),
    Symbol(u8),
    /// Thirty ones: all that no other code has taken.
    Eos,
}

/// By node: where a zero leads and where a one does.
static TREE: LazyLock<Vec<[Branch; 2]>> = LazyLock::new(|| {
    let mut tree = vec![[Branch::Eos; 2]];
    for (symbol, &(code, bits)) in CODES.iter().enumerate() {
        let mut node = 0;
        for bit in (0..bits).rev() {
            let branch = (code >> bit & 1) as usize;
            node = match tree[node][branch] {
                _ if bit == 0 => {
                    tree[node][branch] = Branch::Symbol(symbol as u8);
                    break;
                }
                Branch::Node(next) => next,
                _ => {
                    tree.push([Branch::Eos; 2]);
                    tree[node][branch] = Branch::Node(tree.len() - 1);
                    tree.len() - 1
                }
            };
        }
    }
    tree
});
