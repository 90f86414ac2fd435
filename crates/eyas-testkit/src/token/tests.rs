//! Words of every kind, and words printed and read back.

use super::*;

fn value(text: &str) -> Result<Vec<u8>, String> {
    tokenize(text)?.first().ok_or("no token")?.value()
}

#[test]
fn quotes_keep_white_space_and_take_meaning_away() {
    let tokens = tokenize(r#"a  "b c" "d=e" f="g h"i "" "zeros:2" zeros:2"#).unwrap();
    assert_eq!(tokens.len(), 7);
    assert_eq!(tokens[1].value().unwrap(), b"b c");
    assert_eq!((tokens[2].key(), tokens[2].word()), (None, None));
    assert_eq!(tokens[3].key(), Some(&b"f"[..]));
    assert_eq!(tokens[3].value().unwrap(), b"g hi");
    assert_eq!(tokens[4].payload(), Some(Ok(vec![])));
    assert_eq!(tokens[5].value().unwrap(), b"zeros:2");
    assert_eq!(tokens[6].value().unwrap(), [0, 0]);
}

#[test]
fn only_the_first_bare_equals_sign_divides() {
    let tokens = tokenize(r#":path=/a?b=c "x=y"=z priority="u=1""#).unwrap();
    assert_eq!(
        (tokens[0].key(), tokens[0].value().unwrap()),
        (Some(&b":path"[..]), b"/a?b=c".to_vec())
    );
    assert_eq!(
        (tokens[1].key(), tokens[1].value().unwrap()),
        (Some(&b"x=y"[..]), b"z".to_vec())
    );
    assert_eq!(
        (tokens[1].bare_key(), tokens[2].bare_key()),
        (None, Some("priority"))
    );
}

#[test]
fn escapes_give_their_octets() {
    assert_eq!(
        value(r#""\x00\xfF\n\r\t\0\\\"""#).unwrap(),
        b"\x00\xff\n\r\t\0\\\""
    );
    assert!(value(r#""\q""#).is_err());
    assert!(value(r#""\x0""#).is_err());
    assert!(value(r#"a="b"#).is_err());
}

#[test]
fn short_forms_are_written_out_and_mistakes_are_named() {
    assert_eq!(value("x=repeat:3:ab").unwrap(), b"ababab");
    assert_eq!(value("hex:00fF").unwrap(), [0, 255]);
    assert_eq!(value(r#"raw:"hex:1""#).unwrap(), b"hex:1");
    assert_eq!(value("zeros:0x10").unwrap(), [0; 16]);
    for mistake in [
        "zeros:",
        "zeros:-1",
        "zeros:99999999999",
        "repeat:3",
        "hex:123",
        "hex:zz",
        "repeat:268435456:ab",
    ] {
        assert!(value(mistake).is_err(), "{mistake}");
    }
}

#[test]
fn what_is_printed_is_read_back() {
    let samples: [&[u8]; 8] = [
        b"",
        b"plain",
        b"a b",
        b"q\"\\",
        b"zeros:3",
        b"\x00\x80\xff",
        &[b'a'; 65],
        "…".as_bytes(),
    ];
    for sample in samples {
        let mut text = String::from("x=");
        print_value(sample, &mut text);
        assert_eq!(value(&text).unwrap(), sample, "{text}");
    }
}
