//! Which witnesses have to agree: C2SP tlog-policy (LG-WIT-08, LG-WIT-09). Pinned by each verifier, outside the ledger.

use super::cosign;
use crate::bytes::Malformed;
use crate::note::{self, Parsed, TYPE_COSIGNATURE};
use std::collections::BTreeMap;

/// Most lines, witnesses, groups or members.
const ITEMS_MAX: usize = 256;
/// Longest policy file in bytes.
const POLICY_BYTES_MAX: usize = 256 * 1024;

/// A line of a policy that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}: expected {expected}")]
pub struct PolicyError {
    /// Number of the line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// A witness of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessEntry {
    /// Its name in the policy.
    pub name: String,
    /// Where it is asked, when the policy says so.
    pub url: Option<String>,
    key_name: String,
    key: [u8; 32],
}

impl WitnessEntry {
    /// The name under which it signs.
    #[must_use]
    pub fn key_name(&self) -> &str {
        &self.key_name
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group { needed: usize, members: Vec<Member> },
}

/// Which witnesses have signed a note, and whether that is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Whether the policy is satisfied.
    pub met: bool,
    /// Names of the witnesses that have signed, with the time in seconds since 1970.
    pub signed: Vec<(String, u64)>,
}

/// A policy: log keys, witnesses, groups, quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Log keys that the policy is for (`origin+id+base64`); empty: any.
    pub logs: Vec<String>,
    /// The witnesses.
    pub witnesses: Vec<WitnessEntry>,
    quorum: Option<Member>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Names the first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > POLICY_BYTES_MAX {
            return Err(PolicyError { line: 0, expected: "at most 256 KiB" });
        }
        let mut policy = Self { logs: Vec::new(), witnesses: Vec::new(), quorum: None };
        let mut names: BTreeMap<String, Member> = BTreeMap::new();
        let mut decided = false;
        for (line, text) in (1..).zip(text.lines()) {
            let words: Vec<&str> = text.split_whitespace().collect();
            let fail = |expected| PolicyError { line, expected };
            if words.first().is_none_or(|word| word.starts_with('#')) {
                continue;
            }
            if names.len() > ITEMS_MAX || policy.logs.len() > ITEMS_MAX || words.len() > ITEMS_MAX {
                return Err(fail("at most 256 items"));
            }
            match words.as_slice() {
                ["log", key] | ["log", key, _] => {
                    note::parse_verifier_key(key).ok_or_else(|| fail("a log key `origin+id+base64`"))?;
                    policy.logs.push((*key).to_owned());
                }
                ["witness", name, key, rest @ ..] if rest.len() <= 1 => {
                    let (key_name, key) = note::parse_verifier_key_of(key, TYPE_COSIGNATURE)
                        .ok_or_else(|| fail("a witness key of cosignature/v1"))?;
                    let member = Member::Witness(policy.witnesses.len());
                    name_new(&mut names, name, member).map_err(fail)?;
                    let url = rest.first().map(|url| (*url).to_owned());
                    if policy.witnesses.iter().any(|other| other.key == key) {
                        return Err(fail("each witness key once"));
                    }
                    policy.witnesses.push(WitnessEntry { name: (*name).to_owned(), url, key_name, key });
                }
                ["group", name, needed, members @ ..] => {
                    let group = group(&names, needed, members).map_err(fail)?;
                    name_new(&mut names, name, group).map_err(fail)?;
                }
                ["quorum", _] if decided => return Err(fail("one quorum line")),
                ["quorum", "none"] => decided = true,
                ["quorum", name] => {
                    decided = true;
                    let member = names.get(*name).ok_or_else(|| fail("a name defined before"))?;
                    policy.quorum = Some(member.clone());
                }
                _ => return Err(fail("`log`, `witness`, `group` or `quorum` with its words")),
            }
        }
        if decided { Ok(policy) } else { Err(PolicyError { line: 0, expected: "a quorum line" }) }
    }

    /// Whether no witness is asked for: a rollback cannot be excluded then (LG-THR-02).
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.quorum.is_none()
    }

    /// Looks at the cosignatures of a checkpoint. Its log signature is not looked at here.
    ///
    /// # Errors
    /// What is wrong with the note, or with a signature of a known witness (LG-CHK-03).
    pub fn check(&self, note: &str) -> Result<Quorum, &'static str> {
        let parsed = note::parse(note.as_bytes()).map_err(|Malformed(what)| what)?;
        self.quorum(&parsed).map_err(|Malformed(what)| what)
    }

    pub(crate) fn quorum(&self, note: &Parsed) -> Result<Quorum, Malformed> {
        let mut signed = Vec::new();
        let mut has = vec![false; self.witnesses.len()];
        for (witness, has) in self.witnesses.iter().zip(&mut has) {
            if let Some(seconds) = cosign::cosigned_at(note, &witness.key_name, &witness.key)? {
                *has = true;
                signed.push((witness.name.clone(), seconds));
            }
        }
        // A policy without quorum is satisfied by nobody: the caller asks `is_none` first.
        let met = self.quorum.as_ref().is_some_and(|member| satisfied(member, &has));
        Ok(Quorum { met, signed })
    }
}

fn name_new(names: &mut BTreeMap<String, Member>, name: &str, member: Member) -> Result<(), &'static str> {
    if name == "none" || names.insert(name.to_owned(), member).is_some() {
        return Err("a name that is new");
    }
    Ok(())
}

fn group(names: &BTreeMap<String, Member>, needed: &str, members: &[&str]) -> Result<Member, &'static str> {
    let members: Option<Vec<Member>> = members.iter().map(|name| names.get(*name).cloned()).collect();
    let members = members.filter(|members| !members.is_empty()).ok_or("members defined before")?;
    let needed = match needed {
        "any" => 1,
        "all" => members.len(),
        number => number.parse().map_err(|_| "`any`, `all` or a number")?,
    };
    if needed == 0 || needed > members.len() {
        return Err("a number between 1 and the number of members");
    }
    // Depth and size stay small: a group holds copies of what was defined before.
    if members.iter().map(weight).sum::<usize>() > 4_096 {
        return Err("groups that are not nested without end");
    }
    Ok(Member::Group { needed, members })
}

fn weight(member: &Member) -> usize {
    match member {
        Member::Witness(_) => 1,
        Member::Group { members, .. } => 1 + members.iter().map(weight).sum::<usize>(),
    }
}

fn satisfied(member: &Member, has: &[bool]) -> bool {
    match member {
        Member::Witness(place) => has.get(*place).copied().unwrap_or(false),
        Member::Group { needed, members } => {
            members.iter().filter(|member| satisfied(member, has)).count() >= *needed
        }
    }
}
