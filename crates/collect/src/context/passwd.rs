//! Account files of a host (`etc/passwd`).

use super::ContextError;
use std::collections::BTreeMap;

/// Most accounts of a file.
const ACCOUNTS_MAX: usize = 1_000_000;

/// Reads `etc/passwd`: account name to user id. Comments and the include lines of NIS (`+`, `-`) are passed over. Of a name
/// that stands there twice the first line counts, as for the system's own lookups.
///
/// # Errors
/// When a line has not seven fields, or the user id is no number.
pub fn passwd(bytes: &[u8], file: &str) -> Result<BTreeMap<String, u32>, ContextError> {
    let mut users = BTreeMap::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = index as u64 + 1;
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        let fields: Vec<_> = line.split(':').collect();
        let &[name, _, uid, _, _, _, _] = fields.as_slice() else {
            return Err(ContextError::new(file, number, "seven fields with colons between them", line));
        };
        let Ok(uid) = uid.parse::<u32>() else {
            return Err(ContextError::new(file, number, "a number as user id", uid));
        };
        if name.is_empty() {
            return Err(ContextError::new(file, number, "an account name", line));
        }
        if users.len() >= ACCOUNTS_MAX {
            return Err(ContextError::new(file, number, format!("at most {ACCOUNTS_MAX} accounts"), line));
        }
        users.entry(name.to_owned()).or_insert(uid);
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_faults() {
        let users = passwd(b"root:x:0:0:root:/root:/bin/sh\n# c\n+::::::\nb:x:7:7::/:\r\nb:x:8:8::/:\n", "p")
            .unwrap();
        assert_eq!(users.into_iter().collect::<Vec<_>>(), [("b".to_owned(), 7), ("root".to_owned(), 0)]);
        let error = passwd(b"root:x:0:0:root:/root:/bin/sh\nx:y\n", "etc/passwd").unwrap_err();
        assert_eq!(
            error.to_string(),
            "etc/passwd: line 2: expected seven fields with colons between them, found \"x:y\""
        );
        assert!(passwd(b"x:x:-1:0:::\n", "p").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            let _ = passwd(&bytes, "p");
        }
    }
}
