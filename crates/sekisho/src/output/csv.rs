//! Tables for spreadsheets.

/// One cell: never a formula, quoted where needed (DT-HOS-18).
pub(crate) fn cell(out: &mut String, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let quote = text.contains(['"', ',', '\n', '\r']);
    if quote {
        out.push('"');
    }
    if formula {
        out.push('\'');
    }
    if !quote {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn formulas_are_defused_and_quotes_doubled() {
        let written = |text: &str| {
            let mut out = String::new();
            cell(&mut out, text);
            out
        };
        assert_eq!(written("=cmd|'/c calc'!A1"), "'=cmd|'/c calc'!A1");
        assert_eq!(written("-2+3,\"x\""), "\"'-2+3,\"\"x\"\"\"");
        assert_eq!(written("@a"), "'@a");
        assert_eq!(written("plain"), "plain");
    }
}
