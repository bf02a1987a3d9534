//! `sekisho agent`: follows the logs of a computer and sends them to the server. What it read is durable in its spool before it is
//! sent, and leaves the spool when it is durable in the server's ledger (LG-SRC-01): no line is lost or doubled, whenever
//! agent, server or network fail.

pub(crate) mod config;
mod outbox;
mod send;
mod spool;
pub(crate) mod wire;

use crate::clock::Clock;
use anyhow::Context as _;
use config::Config;
use send::{News, Sender};
use spool::Spool;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the follower waits when the logs hold nothing new.
const TURN: Duration = Duration::from_millis(250);
/// How long it waits when the spool is full or cannot be written.
const REST: Duration = Duration::from_secs(2);
/// Turns after which the size of the spool is measured.
const MEASURE_TURNS: u32 = 20;

/// Runs until it is asked to end.
pub(crate) fn run(path: &Path) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let config = config::read(path)?;
    // What is wrong from the beginning ends it; what goes wrong later is tried again.
    let spool = Spool::open(&config.spool, &config.files, clock)?;
    let news = Arc::new(News::default());
    news.reaches(spool.reach());
    let name = hex::encode(clock.random()?.get(..8).unwrap_or_default());
    let sender = Sender::new(config.clone(), Arc::clone(&news), name)?;
    let ended = Arc::new(AtomicBool::new(false));
    let following = {
        let (ended, news) = (Arc::clone(&ended), Arc::clone(&news));
        std::thread::spawn(move || follow(spool, &config, clock, &ended, &news))
    };
    let sending = std::thread::spawn(move || sender.run());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut ending = crate::http::Ending::listen().context("cannot wait for signals")?;
        crate::output::say("following");
        ending.asked().await;
        anyhow::Ok(())
    })?;
    ended.store(true, Ordering::Relaxed);
    let closed =
        following.join().map_err(|_| anyhow::anyhow!("the follower stopped; this is a fault of Sekisho"));
    news.end();
    sending.join().map_err(|_| anyhow::anyhow!("the sender stopped; this is a fault of Sekisho"))?;
    closed?.map(|()| 0)
}

/// Follows the logs until the agent ends.
fn follow(
    spool: Spool,
    config: &Config,
    clock: Clock,
    ended: &AtomicBool,
    news: &News,
) -> anyhow::Result<()> {
    let limit = config.spool_mib_max << 20;
    let (mut open, mut turns, mut full, mut told) = (Some(spool), 0_u32, false, String::new());
    while !ended.load(Ordering::Relaxed) {
        if turns.is_multiple_of(MEASURE_TURNS) {
            let before = std::mem::replace(&mut full, spool::bytes(&config.spool) >= limit);
            if full && !before {
                crate::output::say("the spool is full: files are read on when the server has taken some");
            }
        }
        turns = turns.wrapping_add(1);
        if full {
            std::thread::sleep(REST);
            turns = 0;
            continue;
        }
        let stepped = match open.take().map_or_else(|| Spool::open(&config.spool, &config.files, clock), Ok) {
            Ok(mut spool) => step(&mut spool).map(|more| (spool, more)),
            Err(error) => Err(error),
        };
        match stepped {
            Ok((spool, more)) => {
                news.reaches(spool.reach());
                open = Some(spool);
                told.clear();
                if !more {
                    std::thread::sleep(TURN);
                }
            }
            // E.g. a full disk: the spool is opened again, and goes on with what became durable.
            Err(error) => {
                let text = format!("{error:#}");
                if text != told {
                    crate::output::say(&format!("cannot write the spool: {text}; tried again"));
                    told = text;
                }
                std::thread::sleep(REST);
            }
        }
    }
    let Some(spool) = open else { return Ok(()) };
    news.reaches(spool.reach());
    spool.close()
}

fn step(spool: &mut Spool) -> anyhow::Result<bool> {
    let mut notices = Vec::new();
    let more = spool.step(&mut notices)?;
    for (file, notice) in &notices {
        crate::output::say(&format!("{file} {}", notice.told()));
    }
    Ok(more)
}
