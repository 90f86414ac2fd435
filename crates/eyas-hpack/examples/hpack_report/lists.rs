//! Header lists as text: a field a line, an empty line behind each list.

/// The fields of one message: names and values.
pub(crate) type List<'t> = Vec<(&'t str, &'t str)>;

/// Reads all lists of `text`.
pub(crate) fn parse(text: &str) -> Result<Vec<List<'_>>, String> {
    let mut lists = Vec::new();
    let mut list = List::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if line.is_empty() {
            lists.extend(Some(std::mem::take(&mut list)).filter(|list| !list.is_empty()));
            continue;
        }
        let field = field(line).ok_or_else(|| {
            format!(
                "line {}: `{line}` is no field, which reads `name: value`",
                number + 1
            )
        })?;
        list.push(field);
    }
    lists.extend(Some(list).filter(|list| !list.is_empty()));
    if lists.is_empty() {
        return Err("there is no field in it".to_owned());
    }
    Ok(lists)
}

/// A colon at the very beginning is that of a pseudo-field.
fn field(line: &str) -> Option<(&str, &str)> {
    let colon = line
        .char_indices()
        .skip(1)
        .find(|(_, char)| *char == ':')?
        .0;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    Some((name.trim_end(), value.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_at_empty_lines_and_comments_do_not_count() {
        let text = "# a page\n:method: GET\n:path:/a:b\n# its picture\n\n\n:method: GET\nempty:\n";
        let first = vec![(":method", "GET"), (":path", "/a:b")];
        let second = vec![(":method", "GET"), ("empty", "")];
        assert_eq!(parse(text), Ok(vec![first, second]));
    }

    #[test]
    fn a_line_without_a_name_or_a_colon_is_refused() {
        for line in ["GET / HTTP/1.1", ":method", ":"] {
            assert!(parse(&format!("a: b\n{line}\n")).is_err(), "{line}");
        }
        assert!(
            parse("a: b\n\nno colon")
                .unwrap_err()
                .starts_with("line 3: `no colon`")
        );
        assert!(parse("\n# nothing\n").is_err());
    }
}
