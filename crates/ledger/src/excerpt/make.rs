//! Taking an excerpt out of a ledger, in one pass over its entries.

use super::part::{self, Part};
use super::{Excerpt, FileName, Hidden, Item, OpenPart, OpenRecord, Shell};
use crate::entry::{Entry, Form};
use crate::ranges::{self, Range};
use crate::reader::Cached;
use crate::{Checkpoint, ConsistencyProof, Error, Hash, Reader, Result, TreeHead, json, run, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::{BTreeMap, BTreeSet};
use vocab::{Citation, LedgerIndex};

/// Records of one entry that are shown; `None` for all of them.
pub(crate) type Chosen = BTreeMap<u64, Option<BTreeSet<u32>>>;

impl Reader {
    /// The records `cited`, and everything under the entries `whole`, with their proofs up to the newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Absent`] when something is not there or no checkpoint covers it, `LE-LIMIT`, `LV-DAMAGE` when content
    /// does not fit its commitment, `LE-IO`.
    pub fn excerpt(&mut self, cited: &[Citation], whole: &[LedgerIndex]) -> Result<(Excerpt, Checkpoint)> {
        let mut chosen = Chosen::from([(0, Some(BTreeSet::new()))]);
        // Whoever reads the excerpt follows the log key from the first one to the one that signed the head.
        chosen.extend(self.key_history()?.1.into_iter().map(|index| (index, Some(BTreeSet::new()))));
        for citation in cited {
            let records = chosen.entry(citation.index.0).or_insert_with(|| Some(BTreeSet::new()));
            records.get_or_insert_default().insert(citation.record);
        }
        chosen.extend(whole.iter().map(|index| (index.0, None)));
        let limit = super::EXCERPT_ENTRIES_MAX;
        if chosen.len() > limit {
            let (size, limit) = (chosen.len() as u64, limit as u64);
            return Err(Error::Limit { what: "entries of an excerpt", size, limit });
        }
        let last = chosen.last_key_value().map_or(0, |(index, _)| *index);
        let absent = Error::Absent { index: last, record: 0 };
        let size = self.size();
        let Some(head) = self.checkpoint()?.filter(|head| head.size > last && head.size <= size) else {
            return Err(absent);
        };
        let ranges = ranges::cover(head.size, &chosen.keys().copied().collect());
        let leaves = self.raw_entries().map(|item| item.map(|(_, bytes, _)| tree::leaf(&bytes)));
        let Some(hashes) = ranges::roots(&ranges, leaves)? else { return Err(absent) };
        let entries = chosen
            .iter()
            .map(|(index, records)| self.item(*index, records.as_ref()))
            .collect::<Result<Vec<_>>>()?;
        let excerpt = Excerpt {
            v: 1,
            origin: self.origin().to_owned(),
            size: head.size,
            root: BASE64.encode(head.root),
            entries,
            hidden: hidden(&ranges, &hashes),
        };
        Ok((excerpt, head))
    }

    fn item(&mut self, index: u64, records: Option<&BTreeSet<u32>>) -> Result<Item> {
        let entry = self.entry(LedgerIndex(index))?;
        let content = match (entry.form, records) {
            (Form::None, None) => None,
            (Form::None, Some(records)) if records.is_empty() => None,
            (_, Some(records)) if records.is_empty() => None,
            (Form::None, _) => return Err(Error::Absent { index, record: 0 }),
            _ => Some(self.shell(index, &entry, records)?),
        };
        Ok(Item { index, entry: BASE64.encode(entry.encode()), content })
    }

    fn shell(&mut self, index: u64, entry: &Entry, records: Option<&BTreeSet<u32>>) -> Result<Shell> {
        let absent = |record| Error::Absent { index, record };
        let cached = self.block_of(index)?.ok_or(absent(0))?;
        if cached.resealed {
            let what = "an entry was written again without what was erased; hint: `sekisho ledger show --json` discloses it";
            return Err(Error::Policy(what));
        }
        let damage = |what| Error::damage(self.folder(), 0, what);
        let (leaves, mut shell) = match entry.form {
            Form::Run => run_shell(&cached, index, records).map_err(damage)?,
            _ => single_shell(&cached, index, entry.form).map_err(damage)?,
        };
        let counted = leaves.len() == usize::from(entry.part_count);
        if !counted || tree::root_in_place(&mut leaves.clone()) != entry.commitment {
            return Err(damage("content that does not fit the commitment of its entry"));
        }
        if let Some(records) = records.filter(|_| entry.form == Form::Run)
            && let Some(missing) = records.iter().find(|no| **no as usize + 1 >= leaves.len())
        {
            return Err(absent(*missing));
        }
        let mut shown: BTreeSet<u64> = shell.records.iter().map(|record| u64::from(record.no)).collect();
        shown.extend(shell.parts.iter().map(|part| u64::from(part.no)));
        if shell.file.is_some() {
            shown.insert(leaves.len() as u64 - 1);
        }
        let ranges = ranges::cover(leaves.len() as u64, &shown);
        let hashes = ranges::roots(&ranges, leaves.iter().map(|leaf| Ok::<_, Error>(*leaf)))?;
        shell.hidden = hidden(&ranges, &hashes.unwrap_or_default());
        Ok(shell)
    }

    /// Proof that the ledger at size `new` grew from what it was at size `old`.
    ///
    /// # Errors
    /// [`Error::Absent`] when the ledger is not that long or `old` is larger than `new`; `LV-DAMAGE`, `LE-IO`.
    pub fn consistency(&mut self, old: u64, new: u64) -> Result<ConsistencyProof> {
        let absent = Error::Absent { index: new.max(old), record: 0 };
        if old > new || new > self.size() {
            return Err(absent);
        }
        let known = self.checkpoint()?.filter(|c| c.size == new).map(|c| c.root);
        let mut heads = [tree::empty_root(); 2];
        for (head, size) in heads.iter_mut().zip([old, new]).filter(|(_, size)| *size > 0) {
            let right = |root: &[Hash]| size != new || known.is_none_or(|known| root == [known]);
            *head = self.roots(new, &[(0, size)], &right)?.first().copied().unwrap_or_default();
        }
        let leads = |path: &[Hash]| ranges::consistent((old, heads[0]), (new, heads[1]), path);
        let hashes = self.roots(new, &ranges::consistency(old, new), &leads)?;
        Ok(ConsistencyProof {
            v: 1,
            origin: self.origin().to_owned(),
            old: TreeHead::new(old, &heads[0]),
            new: TreeHead::new(new, &heads[1]),
            hashes: hashes.iter().map(|hash| BASE64.encode(hash)).collect(),
        })
    }
}

fn run_shell(
    cached: &Cached,
    index: u64,
    records: Option<&BTreeSet<u32>>,
) -> Result<(Vec<Hash>, Shell), &'static str> {
    let payload = cached.content.payload(index).ok_or("payload of a run")?;
    let opened = run::open(payload).map_err(|what| what.0)?;
    let secret = &cached.content.secret;
    let salts = run::Salts::new(secret, opened.records.len() + 1, Vec::new());
    let shown = |(no, record): (usize, &run::RunRecord<'_>)| {
        let wanted = records.is_none_or(|records| records.contains(&(no as u32)));
        wanted.then(|| OpenRecord {
            no: no as u32,
            line: record.line,
            offset: record.offset,
            bytes: BASE64.encode(record.bytes),
            salt: BASE64.encode(salts.get(no)),
        })
    };
    let shell = Shell {
        file: Some(FileName {
            name: opened.file.clone(),
            salt: BASE64.encode(salts.get(opened.records.len())),
        }),
        records: opened.records.iter().enumerate().filter_map(shown).collect(),
        ..Shell::default()
    };
    Ok((opened.leaves(secret), shell))
}

/// A single entry is shown with all its parts.
fn single_shell(cached: &Cached, index: u64, form: Form) -> Result<(Vec<Hash>, Shell), &'static str> {
    let payload = cached.content.payload(index).ok_or("payload of an entry")?;
    let value = json::parse_canonical(payload).map_err(|what| what.0)?;
    let named = part::named(&value, form, &cached.content.secret, index).map_err(|what| what.0)?;
    let leaves = named.iter().map(Part::leaf).collect::<Result<Vec<_>, _>>();
    let open = |(no, part): (usize, &Part<'_>)| OpenPart {
        no: no as u16,
        p: part.name.to_owned(),
        v: part.value.clone(),
        salt: BASE64.encode(part.salt),
    };
    let parts = named.iter().enumerate().map(open).collect();
    Ok((leaves.map_err(|what| what.0)?, Shell { parts, ..Shell::default() }))
}

fn hidden(ranges: &[Range], hashes: &[Hash]) -> Vec<Hidden> {
    let node =
        |((from, to), hash): (&Range, &Hash)| Hidden { from: *from, to: *to, hash: BASE64.encode(hash) };
    ranges.iter().zip(hashes).map(node).collect()
}
