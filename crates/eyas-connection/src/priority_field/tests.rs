//! The parser of the `priority` field against what is known to be in it.

use proptest::prelude::*;

use super::*;

fn read(field: &str) -> Option<(u8, bool)> {
    let signal = Signal::default().and(field.as_bytes())?;
    let priority = signal.priority();
    Some((priority.urgency(), priority.is_incremental()))
}

/// RFC 9218 section 4, RFC 8941 section 3.2.
#[test]
fn the_two_members_are_found_among_others() {
    for (field, expected) in [
        ("", (3, false)),
        ("   ", (3, false)),
        ("u=0", (0, false)),
        ("i", (3, true)),
        ("u=5, i", (5, true)),
        ("i=?0", (3, false)),
        ("i=?1;x", (3, true)),
        ("u=7 \t,\t i ", (7, true)),
        ("u=1;q=0.5;s=\"a\\\"b,\"; t=*x:/y , i", (1, true)),
        ("a=(1 \"x\";y=?1  tok );z, u=2", (2, false)),
        (
            "b=:aGVsbG8=:, c=:aGVsbG8:, d=-999999999999999, u=4",
            (4, false),
        ),
        ("u=1, u=6", (6, false)),
        ("u=1, u", (3, false)),
        ("i, i=?0", (3, false)),
        ("*k-.9_=1.125, u=02", (2, false)),
    ] {
        assert_eq!(read(field), Some(expected), "{field}");
    }
}

/// RFC 8941 section 4.2: "When parsing fails, the entire field is ignored".
#[test]
fn what_is_no_dictionary_says_nothing() {
    for field in [
        ",",
        "u=1,",
        "u=1,,i",
        "u=1 i",
        "U=1",
        "=1",
        "u=",
        "u=1;",
        "u=1;=2",
        "1=u",
        "\tu=1",
        "u=1.",
        "u=.5",
        "u=1.2345",
        "u=1234567890123456",
        "u=1234567890123.5",
        "u=-",
        "u=--1",
        "i=?",
        "i=?2",
        "i=true, ?",
        "i=?0?1",
        "s=\"",
        "s=\"a\\b\"",
        "s=\"\u{e4}\"",
        "s=\"\x07\"",
        "b=:a:",
        "b=:a",
        "b=:aa===:",
        "b=:a=aa:",
        "b=:aaaa=:",
        "l=(1",
        "l=(1,2)",
        "l=(1\"x\")",
        "l=(1)2",
        "u=1;A",
        "u=@1",
        "u=%\"a\"",
        "u\u{0}=1",
    ] {
        assert_eq!(read(field), None, "{field:?}");
    }
}

#[test]
fn lines_of_a_field_are_one_list() {
    let read = |lines: &[&str]| {
        let mut field = PriorityField::default();
        lines.iter().for_each(|line| field.add(line.as_bytes()));
        field
    };
    assert_eq!(read(&[]), PriorityField::Absent);
    assert_eq!(read(&["u=1", "i"]), read(&["u=1, i"]));
    assert_eq!(read(&["u=1, i", "u=2"]), read(&["u=2, i"]));
    assert_eq!(read(&["u=1", "u=", "u=2"]), PriorityField::Malformed);
}

/// A member as it is written, and what it says of `u` or `i`.
#[derive(Clone, Debug)]
struct Member {
    text: String,
    urgency: Option<Option<u8>>,
    incremental: Option<Option<bool>>,
}

fn member() -> impl Strategy<Value = Member> {
    let item = prop_oneof![
        (-20_i64..20).prop_map(|number| number.to_string()),
        "[0-9]{1,12}\\.[0-9]{1,3}",
        "[A-Za-z*][A-Za-z0-9:/!~.-]{0,5}",
        "\"([ !#-\\[\\]-~]|\\\\\"|\\\\\\\\){0,6}\"",
        "\\?[01]",
        ":([A-Za-z0-9+/]{4}){0,2}:",
    ];
    let value = prop_oneof![
        4 => item.clone(),
        1 => proptest::collection::vec(item.clone(), 0..3).prop_map(|items| format!("({})", items.join(" "))),
    ];
    let key = prop_oneof![
        Just("u".to_owned()),
        Just("i".to_owned()),
        "[a-z*][a-z0-9_.*-]{0,3}"
    ];
    let parameter = ("[a-z][a-z0-9]{0,2}", proptest::option::of(item));
    let parameters = proptest::collection::vec(parameter, 0..3);
    (key, proptest::option::of(value), parameters).prop_map(|(key, value, parameters)| {
        let mut text = key.clone();
        if let Some(value) = &value {
            text += &format!("={value}");
        }
        for (name, value) in parameters {
            text += &match value {
                Some(value) => format!("; {name}={value}"),
                None => format!(";{name}"),
            };
        }
        let flag = match value.as_deref() {
            None | Some("?1") => Some(true),
            Some("?0") => Some(false),
            _ => None,
        };
        // No other value than a small number reads as one.
        let number = value.and_then(|value| value.parse().ok());
        Member {
            text,
            urgency: (key == "u").then_some(number.filter(|urgency| *urgency <= 7)),
            incremental: (key == "i").then_some(flag),
        }
    })
}

proptest! {
    #[test]
    fn every_dictionary_is_read(members in proptest::collection::vec(member(), 0..6), comma in "[ \t]{0,2},[ \t]{0,2}") {
        let texts: Vec<&str> = members.iter().map(|member| member.text.as_str()).collect();
        let last_urgency = members.iter().rev().find_map(|member| member.urgency);
        let last_flag = members.iter().rev().find_map(|member| member.incremental);
        let expected = (
            last_urgency.flatten().unwrap_or(3),
            last_flag.flatten().unwrap_or(false),
        );
        let field = texts.join(&comma);
        prop_assert_eq!(read(&field), Some(expected), "{}", field);
    }

    #[test]
    fn no_octets_are_too_much(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = Signal::default().and(&octets);
    }

    #[test]
    fn nearly_dictionaries_are_no_trouble(field in "[ui=?01;, ()\":a.-]{0,24}") {
        let _ = read(&field);
    }
}
