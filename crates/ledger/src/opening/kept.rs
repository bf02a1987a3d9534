//! What an opening keeps of a payload: also the form in which a resealed block holds it (LG-RSL-01).

use super::run::RunOpening;
use super::{BASE64, Choice, base64, hash};
use crate::bytes::Malformed;
use crate::entry::{Entry, Form};
use crate::keys::Salter;
use crate::{Hash, ProofError, json, parts, run, tree};
use ::base64::Engine as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A part or field with what is needed to recompute its leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Number of the leaf.
    pub no: u16,
    /// Name; `all` where the payload is one part.
    pub p: String,
    /// Value.
    pub v: Value,
    /// Salt of 32 bytes, base64.
    pub salt: String,
}

/// A part or field that is not disclosed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// Number of the leaf.
    pub no: u16,
    /// Leaf hash, base64.
    pub leaf: String,
}

/// The disclosed and withheld leaves of one payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) parts: Vec<Part>,
    pub(crate) withheld: Vec<Withheld>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<RunOpening>,
}

impl Kept {
    /// Takes the chosen leaves of a payload as it stands in its block.
    pub(crate) fn of(
        payload: &[u8],
        secret: &Hash,
        index: u64,
        form: Form,
        choice: &Choice,
    ) -> Result<Self, Malformed> {
        if form == Form::Run {
            let run = RunOpening::of(&run::open(payload)?, secret, choice)?;
            return Ok(Self { parts: Vec::new(), withheld: Vec::new(), run: Some(run) });
        }
        let value = json::parse_canonical(payload)?;
        let (mut kept, mut withheld) = (Vec::new(), Vec::new());
        let salter = Salter::new(*secret);
        for (no, (name, value)) in (0u16..).zip(parts::named(&value, form)?) {
            let salt = salter.salt(index, no);
            if chosen(choice, name) {
                let salt = BASE64.encode(salt);
                kept.push(Part { no, p: name.to_owned(), v: value.clone(), salt });
            } else {
                withheld.push(Withheld { no, leaf: BASE64.encode(parts::leaf(&salt, name, value)?) });
            }
        }
        Ok(Self { parts: kept, withheld, run: None })
    }

    /// Keeps less: leaves that are not chosen turn into hashes.
    pub(crate) fn narrow(&self, choice: &Choice) -> Result<Self, ProofError> {
        let mut withheld = self.withheld.clone();
        let mut parts = Vec::new();
        for part in &self.parts {
            if chosen(choice, &part.p) {
                parts.push(part.clone());
            } else {
                withheld.push(Withheld { no: part.no, leaf: BASE64.encode(part.leaf()?) });
            }
        }
        withheld.sort_by_key(|one| one.no);
        let run = self.run.as_ref().map(|run| run.narrow(choice)).transpose()?;
        Ok(Self { parts, withheld, run })
    }

    /// Whether this is what the entry committed to.
    pub(crate) fn fits(&self, entry: &Entry) -> Result<(), ProofError> {
        let found = match (entry.form, &self.run) {
            (Form::Run, Some(run)) if self.parts.is_empty() && self.withheld.is_empty() => {
                run.root(u64::from(entry.part_count))?
            }
            (Form::None, None) if self.parts.is_empty() && self.withheld.is_empty() => [0; 32],
            (Form::Whole | Form::Parts | Form::Fields, None) => self.parts_root(entry.part_count)?,
            _ => return Err(ProofError("content and form of the entry do not agree")),
        };
        if found == entry.commitment {
            Ok(())
        } else {
            Err(ProofError("the content differs from the commitment of its entry"))
        }
    }

    fn parts_root(&self, count: u16) -> Result<Hash, ProofError> {
        let mut leaves: Vec<Option<Hash>> = vec![None; count.into()];
        let open = self.parts.iter().map(|part| (part.no, part.leaf()));
        for (no, leaf) in open.chain(self.withheld.iter().map(|one| (one.no, hash(&one.leaf)))) {
            match leaves.get_mut(usize::from(no)) {
                Some(slot @ None) => *slot = Some(leaf?),
                _ => return Err(ProofError("number of a part")),
            }
        }
        let leaves: Option<Vec<Hash>> = leaves.into_iter().collect();
        let mut leaves = leaves.ok_or(ProofError("a part is missing"))?;
        Ok(tree::root_in_place(&mut leaves))
    }

    /// Canonical JSON.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let value = serde_json::to_value(self).map_err(|_| Malformed("an opening cannot be written"))?;
        json::canonical(&value)
    }
    /// Reads [`Kept::encode`], strictly.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let value = json::parse_canonical(bytes)?;
        serde_json::from_value(value).map_err(|_| Malformed("an opening in a resealed block"))
    }

    /// The disclosed parts as the payload they came from, as far as they are there.
    pub(crate) fn value(&self, form: Form) -> Value {
        match (form, self.parts.first()) {
            (Form::Whole, Some(part)) => part.v.clone(),
            _ => Value::Object(self.parts.iter().map(|part| (part.p.clone(), part.v.clone())).collect()),
        }
    }
}

impl Part {
    fn leaf(&self) -> Result<Hash, ProofError> {
        let salt: Hash = base64(&self.salt)?.try_into().map_err(|_| ProofError("salt"))?;
        parts::leaf(&salt, &self.p, &self.v).map_err(|what| ProofError(what.0))
    }
}

fn chosen(choice: &Choice, name: &str) -> bool {
    match choice {
        Choice::All | Choice::Without(_) => true,
        Choice::Parts(names) => names.iter().any(|one| one == name),
        Choice::Records(_) => false,
    }
}
