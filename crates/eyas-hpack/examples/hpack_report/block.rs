//! What an encoder chose, read from the block it wrote (RFC 7541 section 6).

use eyas_hpack::{DecodeError, integer, static_table};

/// How a field was sent, or that it was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    IndexedStatic,
    IndexedDynamic,
    Incremental,
    Without,
    Never,
    SizeUpdate,
}

/// A field as it stands in a block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Representation {
    pub(crate) form: Form,
    /// All its octets.
    pub(crate) octets: usize,
    /// Its name, if it was spelled out.
    pub(crate) name: Option<Text>,
    /// Likewise its value.
    pub(crate) value: Option<Text>,
}

/// A string literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) is_huffman: bool,
    /// As sent, the length before it aside.
    pub(crate) octets: usize,
}

/// Everything in `block`, in its order.
pub(crate) fn parse(block: &[u8]) -> Result<Vec<Representation>, DecodeError> {
    let mut representations = Vec::new();
    let mut rest = block;
    while !rest.is_empty() {
        let (representation, behind) = representation(rest)?;
        representations.push(representation);
        rest = behind;
    }
    Ok(representations)
}

fn representation(input: &[u8]) -> Result<(Representation, &[u8]), DecodeError> {
    let (form, (index, mut rest)) = match input[0] {
        0x80.. => {
            let (index, rest) = integer::decode::<7>(input)?;
            let is_static = static_table::get(index as usize).is_some();
            let form = if is_static {
                Form::IndexedStatic
            } else {
                Form::IndexedDynamic
            };
            (form, (index, rest))
        }
        0x40.. => (Form::Incremental, integer::decode::<6>(input)?),
        0x20.. => (Form::SizeUpdate, integer::decode::<5>(input)?),
        0x10.. => (Form::Never, integer::decode::<4>(input)?),
        _ => (Form::Without, integer::decode::<4>(input)?),
    };
    let (mut name, mut value) = (None, None);
    if let Form::Incremental | Form::Without | Form::Never = form {
        if index == 0 {
            name = Some(text(&mut rest)?);
        }
        value = Some(text(&mut rest)?);
    }
    let representation = Representation {
        form,
        octets: input.len() - rest.len(),
        name,
        value,
    };
    Ok((representation, rest))
}

fn text(input: &mut &[u8]) -> Result<Text, DecodeError> {
    let is_huffman = input.first().is_some_and(|first| first & 0x80 != 0);
    let (len, rest) = integer::decode::<7>(input)?;
    let octets = len as usize;
    *input = rest.get(octets..).ok_or(DecodeError::Truncated)?;
    Ok(Text { is_huffman, octets })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_known_by_its_first_bits() {
        let text = |is_huffman, octets| Some(Text { is_huffman, octets });
        let block = b"\x3f\xe1\x1f\x82\x40\x01a\x02bc\xbe\x7e\x81\x1f\x0f\x0e\x00\x10\x01d\x01e";
        let expected = [
            (Form::SizeUpdate, 3, None, None),
            (Form::IndexedStatic, 1, None, None),
            (Form::Incremental, 6, text(false, 1), text(false, 2)),
            (Form::IndexedDynamic, 1, None, None),
            (Form::Incremental, 3, None, text(true, 1)),
            (Form::Without, 3, None, text(false, 0)),
            (Form::Never, 5, text(false, 1), text(false, 1)),
        ];
        let expected = expected.map(|(form, octets, name, value)| Representation {
            form,
            octets,
            name,
            value,
        });
        assert_eq!(parse(block), Ok(Vec::from(expected)));
        assert_eq!(parse(&block[..6]), Err(DecodeError::Truncated));
    }
}
