//! Blocks (遮断) of sources: what was asked for, by whom, and how it ended (detection.md 8.2).

use crate::{Error, Result, Row, Tx};
use vocab::Timestamp;

/// How far a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockState {
    /// Written down; the kernel was not asked yet, or the service ended before it could say.
    Ordered,
    /// The kernel blocks.
    Active,
    /// It ran its time.
    Expired,
    /// It was taken back.
    Undone,
    /// The kernel refused it.
    Failed,
}

impl BlockState {
    const ALL: [Self; 5] = [Self::Ordered, Self::Active, Self::Expired, Self::Undone, Self::Failed];

    /// Name in the database and in messages' ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Undone => "undone",
            Self::Failed => "failed",
        }
    }
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRow {
    /// Id.
    pub id: String,
    /// Prefix, e.g. `203.0.113.7/32`.
    pub prefix: String,
    /// Number of the case that it belongs to; 0: none.
    pub case: i64,
    /// How far it is.
    pub state: BlockState,
    /// From.
    pub began: Timestamp,
    /// Until.
    pub ends: Timestamp,
    /// Until then somebody has to confirm that the way in is still open (DT-RSP-06); 0: nobody has to.
    pub confirm_by: Timestamp,
    /// Who ordered it; empty: Sekisho itself.
    pub actor: String,
    /// Why, in the words of that person.
    pub reason: String,
    /// Guards that were set aside, by their ids; or what went wrong.
    pub remark: String,
    /// Entry of the ledger with the order.
    pub ledger: i64,
}

fn block(row: &Row) -> Result<BlockRow> {
    let name = row.text(3)?;
    let state = BlockState::ALL.into_iter().find(|state| state.name() == name);
    Ok(BlockRow {
        id: row.text(0)?,
        prefix: row.text(1)?,
        case: row.int(2)?,
        state: state.ok_or(Error::Column { column: 3, expected: "state of a block" })?,
        began: row.time(4)?,
        ends: row.time(5)?,
        confirm_by: row.time(6)?,
        actor: row.text(7)?,
        reason: row.text(8)?,
        remark: row.text(9)?,
        ledger: row.int(10)?,
    })
}

const COLUMNS: &str =
    "id, prefix, case_number, state, began, ends, confirm_by, actor, reason, remark, ledger";

impl Tx<'_> {
    /// Enters a block.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn add_block(&mut self, row: &BlockRow) -> Result<()> {
        let insert =
            format!("INSERT INTO block ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        self.execute(
            &insert,
            &[
                (&row.id).into(),
                (&row.prefix).into(),
                row.case.into(),
                row.state.name().into(),
                row.began.into(),
                row.ends.into(),
                row.confirm_by.into(),
                (&row.actor).into(),
                (&row.reason).into(),
                (&row.remark).into(),
                row.ledger.into(),
            ],
        )?;
        Ok(())
    }

    /// Changes how far a block is, its remark, and until when it waits to be confirmed.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Database`].
    pub fn change_block(
        &mut self,
        id: &str,
        state: BlockState,
        remark: &str,
        confirm_by: Timestamp,
    ) -> Result<()> {
        let done = self.execute(
            "UPDATE block SET state = $2, remark = $3, confirm_by = $4 WHERE id = $1",
            &[id.into(), state.name().into(), remark.into(), confirm_by.into()],
        )?;
        if done == 1 { Ok(()) } else { Err(Error::Absent("block")) }
    }

    /// Blocks that began at `since` or later or have not ended, newest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn blocks(&mut self, since: Timestamp, rows: i64) -> Result<Vec<BlockRow>> {
        let select = format!(
            "SELECT {COLUMNS} FROM block WHERE began >= $1 OR state IN ('ordered', 'active') ORDER BY began DESC, id LIMIT $2"
        );
        self.query(&select, &[since.into(), rows.into()])?.iter().map(block).collect()
    }

    /// The block `id`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn block(&mut self, id: &str) -> Result<Option<BlockRow>> {
        let select = format!("SELECT {COLUMNS} FROM block WHERE id = $1");
        self.one(&select, &[id.into()])?.as_ref().map(block).transpose()
    }

    /// Keeps a value under a name, e.g. that somebody has looked at a preview.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn keep(&mut self, name: &str, value: &str) -> Result<()> {
        self.execute(
            "INSERT INTO kept (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[name.into(), value.into()],
        )?;
        Ok(())
    }

    /// The value kept under a name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn kept(&mut self, name: &str) -> Result<Option<String>> {
        let row = self.one("SELECT value FROM kept WHERE name = $1", &[name.into()])?;
        row.map(|row| row.text(0)).transpose()
    }
}
