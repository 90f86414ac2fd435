//! The Huffman code: any octets as a code, and as a text.

use eyas_hpack::huffman;

use super::bitwise;

/// Decodes and encodes `data`, each as the bitwise twin does.
pub(crate) fn run(data: &[u8]) {
    check_code(data);
    check_text(data);
}

fn check_code(code: &[u8]) {
    let expected = bitwise::decode(code);
    let mut text = b"before".to_vec();
    let decoded = huffman::decode(code, &mut text);
    assert_eq!(
        decoded,
        expected.as_ref().map(|_| ()).map_err(|error| *error)
    );
    assert!(text.starts_with(b"before"));
    assert_eq!(text[6..], expected.clone().unwrap_or_default());

    // In too little room, in just enough, and in plenty.
    let len = expected.as_ref().map_or(code.len(), Vec::len);
    for room in [0, len / 2, len, len + 7, len + 16, len + 40] {
        let mut out = vec![0xee; room];
        let decoded = huffman::decode_to_slice(code, &mut out);
        assert_eq!(
            decoded,
            expected.as_ref().map(Vec::len).map_err(|error| *error)
        );
        if let Ok(text) = &expected {
            let stored = room.min(text.len());
            assert_eq!(out[..stored], text[..stored]);
        }
    }
}

fn check_text(text: &[u8]) {
    let expected = bitwise::encode(text);
    assert_eq!(huffman::encoded_len(text), expected.len());
    let mut code = b"before".to_vec();
    huffman::encode(text, &mut code);
    assert_eq!(code.strip_prefix(b"before"), Some(&expected[..]));

    for room in [expected.len(), expected.len() + 1, expected.len() + 40] {
        let mut out = vec![0xee; room];
        assert_eq!(
            huffman::encode_to_slice(text, &mut out),
            Some(expected.len())
        );
        assert_eq!(out[..expected.len()], expected);
    }
    if let Some(room) = expected.len().checked_sub(1) {
        assert_eq!(huffman::encode_to_slice(text, &mut vec![0; room]), None);
    }
    let mut back = Vec::new();
    assert_eq!(huffman::decode(&expected, &mut back), Ok(()));
    assert_eq!(back, text);
}
