//! Sysmon.

use super::{Row, SYSMON, View, account, class, row};
use crate::windows::known;
use std::borrow::Cow;
use vocab::{Class, Event, Outcome, activity};

pub(super) const ROWS: &[Row] = &[
    row(SYSMON, 1, "EVTX-S1", started),
    row(SYSMON, 2, "EVTX-S2", file),
    row(SYSMON, 3, "EVTX-S3", connection),
    row(SYSMON, 5, "EVTX-S5", started),
    row(SYSMON, 6, "EVTX-S6", loaded),
    row(SYSMON, 7, "EVTX-S7", loaded),
    row(SYSMON, 8, "EVTX-S8", between),
    row(SYSMON, 10, "EVTX-S10", between),
    row(SYSMON, 11, "EVTX-S11", file),
    row(SYSMON, 12, "EVTX-S12", registry),
    row(SYSMON, 13, "EVTX-S13", registry),
    row(SYSMON, 14, "EVTX-S14", registry),
    row(SYSMON, 15, "EVTX-S15", file),
    row(SYSMON, 17, "EVTX-S17", file),
    row(SYSMON, 18, "EVTX-S18", file),
    row(SYSMON, 19, "EVTX-S19", wmi),
    row(SYSMON, 20, "EVTX-S20", wmi),
    row(SYSMON, 21, "EVTX-S21", wmi),
    row(SYSMON, 22, "EVTX-S22", query),
    row(SYSMON, 23, "EVTX-S23", file),
    row(SYSMON, 26, "EVTX-S26", file),
];

fn program<'a>(view: &View<'a>, event: &mut Event<'a>) {
    event.process = view.text(known::IMAGE);
    event.pid = view.pid(known::PROCESS_ID);
    account(event, view.said(known::USER));
    event.outcome = Outcome::Success;
}

/// 1 began, 5 ended.
fn started<'a>(view: &View<'a>, event: &mut Event<'a>) {
    let began = view.event_id == 1;
    class(event, Class::Process, if began { activity::PROCESS_LAUNCH } else { activity::PROCESS_TERMINATE });
    program(view, event);
    event.cmdline = view.text(known::COMMAND_LINE);
    event.parent = view.text(known::PARENT_IMAGE);
    event.cwd = view.text(known::CURRENT_DIRECTORY);
    event.session = view.text(known::LOGON_ID);
}

fn connection<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Network, activity::NET_OPEN);
    program(view, event);
    event.src_ip = view.ip(known::SOURCE_IP);
    event.src_port = view.port(known::SOURCE_PORT);
    event.src_host = view.text(known::SOURCE_HOSTNAME);
    event.dst_ip = view.ip(known::DESTINATION_IP);
    event.dst_port = view.port(known::DESTINATION_PORT);
}

/// 6 a driver, 7 a library.
fn loaded<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, if view.event_id == 6 { Class::KernelExtension } else { Class::Module }, 1);
    program(view, event);
    event.path = view.text(known::IMAGE_LOADED);
}

/// 8: a thread was put into another process; 10: another process was opened.
fn between<'a>(view: &View<'a>, event: &mut Event<'a>) {
    const OPEN: u8 = 3;
    const INJECT: u8 = 4;
    class(event, Class::Process, if view.event_id == 8 { INJECT } else { OPEN });
    event.outcome = Outcome::Success;
    event.process = view.text(known::SOURCE_IMAGE);
    event.pid = view.pid(known::SOURCE_PROCESS_ID);
    event.path = view.text(known::TARGET_IMAGE);
    account(event, view.said(known::SOURCE_USER));
}

fn file<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(
        event,
        Class::FileSystem,
        match view.event_id {
            2 => 6,
            18 => 14,
            23 | 26 => 4,
            _ => 1,
        },
    );
    program(view, event);
    event.path = view.text(known::TARGET_FILENAME).or_else(|| view.text(known::PIPE_NAME));
}

/// 12 a key or value was made or removed, 13 a value was set, 14 a key was renamed.
fn registry<'a>(view: &View<'a>, event: &mut Event<'a>) {
    let (what, activity) = match (view.event_id, view.said(known::EVENT_TYPE)) {
        (13, _) => (Class::RegistryValue, 2),
        (14, _) => (Class::RegistryKey, 5),
        (_, Some("DeleteValue")) => (Class::RegistryValue, 4),
        (_, Some("DeleteKey")) => (Class::RegistryKey, 4),
        _ => (Class::RegistryKey, 1),
    };
    class(event, what, activity);
    program(view, event);
    event.path = view.text(known::TARGET_OBJECT);
}

fn wmi<'a>(view: &View<'a>, event: &mut Event<'a>) {
    account(event, view.said(known::USER));
    event.service = Some(Cow::Borrowed("wmi"));
    event.path = view.text(known::NAME);
}

fn query<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Dns, 1);
    program(view, event);
    event.url_host = view.text(known::QUERY_NAME);
}
