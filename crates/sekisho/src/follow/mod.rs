//! Following logs that grow (LG-SRC-03): every line of a file once, whatever its writer does with the file meanwhile - it may
//! be renamed and begun anew, copied and cut, or gone for a while - and whenever this program is stopped or killed.
//!
//! [`Follower`] finds the lines of one file and knows no ledger; [`Following`] puts the lines of many into a ledger, with the
//! places up to which they were read, so that both become durable together. `ledger append --follow` uses it.

mod generation;
mod keep;
mod siblings;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use generation::Piece;
pub(crate) use keep::{Following, Position, STREAM_KIND, Settings, Told, positions};

use generation::{FileId, Found, Generation, Place};
use siblings::Sibling;
use state::State;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// Most files of one log that are open at once: the present one, and those that were turned away lately.
const GENERATIONS_MAX: usize = 8;
/// How long a turned file that no longer grows is kept open: its writer may not have noticed.
const LINGER_MICROS: i64 = Timestamp::HOUR;
/// How long an unfinished line of a turned file waits for its end.
const REST_MICROS: i64 = 10 * Timestamp::SECOND;
/// Times of files lag behind the clock by as much as this: they are those of the last tick, and on a busy virtual machine ticks are
/// late.
const FILE_TIME_SLACK_MICROS: i64 = Timestamp::SECOND;
/// Bytes of one log that are taken in one turn, so that others have theirs.
const TURN_BYTES_MAX: usize = 4 * generation::PIECE_BYTES_MAX;

/// Where a log begins.
#[derive(Debug)]
pub(crate) enum Begin {
    /// With everything that the file holds.
    Start,
    /// Behind what the file holds.
    End,
    /// Where an earlier run ended.
    At(State),
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// It is not there (any more).
    Missing,
    /// It is there (again).
    Found,
    /// Another file has its name.
    Turned,
    /// It was cut or written anew; the copy with what it held before, where there is one.
    Cut(Option<PathBuf>),
    /// What had not been read before the program was stopped is gone.
    Lost,
    /// It cannot be read.
    Unreadable(String),
}

impl Notice {
    /// What became of the file, in words that follow its name.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Missing => "is not there (yet)".to_owned(),
            Self::Found => "is there again".to_owned(),
            Self::Turned => "was turned; the new file is read from its beginning".to_owned(),
            Self::Cut(_) => "was cut; it is read from its beginning".to_owned(),
            Self::Lost => "lost lines while nobody watched; the gap is written down".to_owned(),
            Self::Unreadable(why) => format!("cannot be read: {why}"),
        }
    }
}

/// What a look at a log gave.
#[derive(Debug)]
pub(crate) enum Step {
    /// Records of one file. When they are not of the same file as those before: the places of all files just before them.
    Records(Piece, Option<State>),
    /// Records may be missing that were written between these moments.
    Gap(Timestamp, Timestamp),
    /// For people.
    Notice(Notice),
}

/// Follows one log.
#[derive(Debug)]
pub(crate) struct Follower {
    path: PathBuf,
    /// Files of the log, oldest first; the last is the one that has the name, or had it last.
    generations: VecDeque<Generation>,
    serials: u64,
    /// The file whose records were given last.
    given: Option<u64>,
    /// When the log was last looked at.
    looked: Timestamp,
    /// What people were told last about the file as a whole.
    told: Option<Notice>,
    /// An earlier run of the program followed it too.
    resumed: bool,
    /// Found while beginning.
    early: Vec<Step>,
}

impl Follower {
    /// Begins with a log.
    ///
    /// # Errors
    /// When the file or its folder is there and cannot be read: beginning anew later would give its lines twice.
    pub(crate) fn begin(path: &Path, begin: Begin, now: Timestamp) -> io::Result<Self> {
        let mut follower = Self {
            path: path.to_owned(),
            generations: VecDeque::new(),
            serials: 0,
            given: None,
            looked: now,
            told: None,
            resumed: false,
            early: Vec::new(),
        };
        match (begin, present(path)?) {
            (Begin::At(state), file) => follower.resume(state, file, now)?,
            (Begin::Start, Some(file)) => follower.add(file, None, now)?,
            (Begin::End, Some(file)) => {
                let generation = Generation::at_end(file, now)?;
                follower.push(generation);
            }
            (_, None) => {}
        }
        Ok(follower)
    }

    /// Looks at the log once. Whether there is more at once, is told by the second value.
    pub(crate) fn poll(&mut self, now: Timestamp) -> (Vec<Step>, bool) {
        let mut steps = std::mem::take(&mut self.early);
        let looked = self.look(now, &mut steps);
        let seen = looked.is_ok();
        let mut trouble = match looked {
            Ok(true) => None,
            Ok(false) => Some(Notice::Missing),
            Err(error) => Some(Notice::Unreadable(error.to_string())),
        };
        let more = self.read(now, &mut steps, &mut trouble);
        self.forget(now);
        if seen {
            self.looked = now;
        }
        if trouble != self.told {
            steps.push(Step::Notice(trouble.clone().unwrap_or(Notice::Found)));
            self.told = trouble;
        }
        (steps, more)
    }

    /// The places of all files.
    pub(crate) fn state(&self) -> State {
        let current = self.generations.iter().position(|one| Some(one.serial) == self.given);
        let places = self.generations.iter().map(Generation::place).collect();
        State { places, current: current.unwrap_or_default(), looked: self.looked }
    }

    fn resume(&mut self, state: State, present: Option<File>, now: Timestamp) -> io::Result<()> {
        (self.looked, self.resumed) = (state.looked, true);
        let siblings = siblings::list(&self.path)?;
        let named = present.as_ref().map(|file| file.metadata().map(|data| FileId::of(&data))).transpose()?;
        let mut lost = false;
        for (at, mut place) in state.places.into_iter().enumerate() {
            match self.find(&place, present.as_ref().zip(named), &siblings)? {
                Some((file, has_name)) => {
                    place.moved = !has_name;
                    let generation = Generation::resume(file, place, now)?;
                    let serial = self.push(generation);
                    if at == state.current {
                        self.given = Some(serial);
                    }
                }
                None => lost |= !(place.moved && place.drained),
            }
        }
        if lost {
            self.early.push(Step::Gap(state.looked, now));
            self.early.push(Step::Notice(Notice::Lost));
        }
        Ok(())
    }

    /// The file that was read up to a place: by its number, else by its content.
    fn find(
        &self,
        place: &Place,
        present: Option<(&File, FileId)>,
        siblings: &[Sibling],
    ) -> io::Result<Option<(File, bool)>> {
        let mut files = Vec::new();
        if let Some((file, id)) = present {
            files.push((file.try_clone()?, id, true));
        }
        for sibling in siblings.iter().rev().filter(|sibling| !sibling.packed) {
            // What cannot be opened is not ours to judge; its lines are told as lost.
            if let Ok(Some(file)) = sibling.open() {
                files.push((file, sibling.id, false));
            }
        }
        files.retain(|(_, id, _)| !self.knows(*id));
        files.sort_by_key(|(_, id, _)| *id != place.id);
        for (file, id, has_name) in files {
            let same = id == place.id || !place.marks.is_empty();
            if same && place.fits(&file)? {
                return Ok(Some((file, has_name)));
            }
        }
        Ok(None)
    }

    fn knows(&self, id: FileId) -> bool {
        self.generations.iter().any(|one| one.id() == id)
    }

    fn push(&mut self, generation: Generation) -> u64 {
        self.insert(self.generations.len(), generation)
    }

    fn insert(&mut self, at: usize, mut generation: Generation) -> u64 {
        self.serials += 1;
        generation.serial = self.serials;
        self.generations.insert(at, generation);
        self.serials
    }

    /// Adds a file from its beginning, at a place of the list or at its end.
    fn add(&mut self, file: File, at: Option<usize>, now: Timestamp) -> io::Result<()> {
        let mut place = Place::beginning(FileId::of(&file.metadata()?));
        place.moved = at.is_some();
        let generation = Generation::resume(file, place, now)?;
        self.insert(at.unwrap_or(self.generations.len()), generation);
        Ok(())
    }

    /// Looks which file has the name now; false when none has.
    fn look(&mut self, now: Timestamp, steps: &mut Vec<Step>) -> io::Result<bool> {
        let id = match std::fs::metadata(&self.path) {
            Ok(data) => FileId::of(&data),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.move_last();
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        if self.generations.back().is_some_and(|last| last.id() == id && !last.moved()) {
            return Ok(true);
        }
        self.move_last();
        if let Some(at) = self.generations.iter().position(|one| one.id() == id) {
            if let Some(mut back) = self.generations.remove(at) {
                back.set_moved(false);
                self.generations.push_back(back);
            }
            return Ok(true);
        }
        let Some(file) = present(&self.path)? else { return Ok(false) };
        if self.resumed || !self.generations.is_empty() {
            self.add_between(self.generations.len(), FileId::of(&file.metadata()?), now)?;
            steps.push(Step::Notice(Notice::Turned));
        }
        self.add(file, None, now)?;
        Ok(true)
    }

    fn move_last(&mut self) {
        if let Some(last) = self.generations.back_mut() {
            last.set_moved(true);
        }
    }

    /// Adds turned files that nobody has seen while they had the name: written to since the last look, and no copies of what
    /// was read.
    fn add_between(&mut self, mut at: usize, named: FileId, now: Timestamp) -> io::Result<()> {
        let since = self.looked.plus(-FILE_TIME_SLACK_MICROS);
        for sibling in siblings::list(&self.path)? {
            let fresh = sibling.written >= since && !sibling.packed && sibling.id != named;
            if !fresh || self.knows(sibling.id) {
                continue;
            }
            let Some(file) = sibling.open()? else { continue };
            let mut copies = self.generations.iter().map(|one| one.begins_like(&file));
            if !copies.any(|copy| copy.unwrap_or(false)) {
                self.add(file, Some(at), now)?;
                at += 1;
            }
        }
        Ok(())
    }

    /// Reads all files of the log, the oldest first; whether there is more.
    fn read(&mut self, now: Timestamp, steps: &mut Vec<Step>, trouble: &mut Option<Notice>) -> bool {
        let (mut at, mut taken) = (0, 0);
        while at < self.generations.len() {
            if taken >= TURN_BYTES_MAX {
                return true;
            }
            match self.read_one(at, now, steps) {
                Ok(Some(bytes)) => taken += bytes,
                Ok(None) => at += 1,
                Err(error) => {
                    *trouble = Some(Notice::Unreadable(error.to_string()));
                    at += 1;
                }
            }
        }
        false
    }

    /// Reads one piece of a file; `None` when it holds nothing more.
    fn read_one(&mut self, at: usize, now: Timestamp, steps: &mut Vec<Step>) -> io::Result<Option<usize>> {
        let Some(one) = self.generations.get_mut(at) else { return Ok(None) };
        let rest = one.copy || (one.moved() && now.since(one.grew) >= REST_MICROS);
        if !one.stirs(rest)? {
            return Ok(None);
        }
        // Whatever an unread file held before may have been copied and cut already: nothing tells by its content.
        if let Some(id) = one.unread().filter(|_| now > self.looked) {
            let known = self.generations.len();
            self.add_between(at, id, now)?;
            if self.generations.len() > known {
                return Ok(Some(0));
            }
        }
        let Some(one) = self.generations.get_mut(at) else { return Ok(None) };
        let before = self.given.replace(one.serial);
        let state = (before != self.given).then(|| self.state());
        let found = self.generations.get_mut(at).map_or(Ok(Found::Nothing), |one| one.read(now, rest));
        if let Ok(Found::Records(piece)) = found {
            let bytes = piece.bytes.len();
            steps.push(Step::Records(piece, state));
            return Ok(Some(bytes));
        }
        self.given = before;
        if found? == Found::Changed {
            self.changed(at, now, steps)?;
            return Ok(Some(0));
        }
        Ok(None)
    }

    /// A file was cut or written anew: what it held is read on in a copy, when there is one, and the file from its beginning.
    fn changed(&mut self, at: usize, now: Timestamp, steps: &mut Vec<Step>) -> io::Result<()> {
        let Some(place) = self.generations.get(at).map(Generation::place) else { return Ok(()) };
        let siblings = siblings::list(&self.path)?;
        let copy =
            siblings.iter().rev().filter(|one| !one.packed && !self.knows(one.id)).find_map(|sibling| {
                let file = sibling.open().ok()??;
                place.fits(&file).ok()?.then_some((sibling, file))
            });
        let Some(old) = self.generations.remove(at) else { return Ok(()) };
        let (id, moved) = (old.id(), old.moved());
        let found = copy.as_ref().map(|(sibling, _)| sibling.path.clone());
        let mut next = at;
        match copy {
            Some((_, file)) => {
                let mut generation = Generation::resume(file, Place { moved: true, ..place }, now)?;
                generation.copy = true;
                self.insert(next, generation);
                next += 1;
            }
            None => steps.push(Step::Gap(self.looked.min(now), now)),
        }
        steps.push(Step::Notice(Notice::Cut(found)));
        let others = self.generations.len();
        self.add_between(next, id, now)?;
        next += self.generations.len() - others;
        self.add(old.into_file(), Some(next), now)?;
        if let Some(one) = self.generations.get_mut(next) {
            one.set_moved(moved);
        }
        Ok(())
    }

    /// Lets go of turned files that no longer grow.
    fn forget(&mut self, now: Timestamp) {
        self.generations.retain(|one| !one.moved() || now.since(one.grew) < LINGER_MICROS);
        while self.generations.len() > GENERATIONS_MAX
            && self.generations.front().is_some_and(|one| one.moved() && one.is_drained())
        {
            self.generations.pop_front();
        }
    }
}

/// The file that has the name, if there is one.
fn present(path: &Path) -> io::Result<Option<File>> {
    match generation::open(path) {
        Ok((file, _)) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
