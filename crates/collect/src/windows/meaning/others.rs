//! PowerShell, Defender, WMI.

use super::{Row, View, account, class, row};
use crate::windows::known;
use std::borrow::Cow;
use vocab::{Class, Event, Outcome, activity};

const POWERSHELL: &str = "Microsoft-Windows-PowerShell";
const POWERSHELL_CORE: &str = "PowerShellCore";
const DEFENDER: &str = "Microsoft-Windows-Windows Defender";
const WMI: &str = "Microsoft-Windows-WMI-Activity";

pub(super) const ROWS: &[Row] = &[
    row(POWERSHELL, 4103, "EVTX-4103", script),
    row(POWERSHELL, 4104, "EVTX-4104", script),
    row(POWERSHELL_CORE, 4103, "EVTX-4103", script),
    row(POWERSHELL_CORE, 4104, "EVTX-4104", script),
    row(DEFENDER, 1116, "EVTX-1116", found),
    row(DEFENDER, 1117, "EVTX-1117", found),
    row(DEFENDER, 1119, "EVTX-1119", found),
    row(DEFENDER, 5001, "EVTX-5001", off),
    row(WMI, 5857, "EVTX-5857", wmi),
    row(WMI, 5858, "EVTX-5858", wmi),
    row(WMI, 5859, "EVTX-5859", wmi),
    row(WMI, 5860, "EVTX-5860", wmi),
    row(WMI, 5861, "EVTX-5861", wmi),
];

/// 4103 a command was run, 4104 a script was compiled.
fn script<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Process, activity::OTHER);
    event.outcome = Outcome::Success;
    event.process = Some(Cow::Borrowed("powershell"));
    event.cmdline = view.text(known::SCRIPT_BLOCK_TEXT).or_else(|| view.named("Payload").map(Cow::Borrowed));
    event.path = view.text(known::PATH);
    event.user_uid = view.text(known::USER_ID);
}

/// 1116 found, 1117 acted on, 1119 could not act on.
fn found<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::DetectionFinding, if view.event_id == 1116 { 1 } else { 2 });
    event.outcome = if view.event_id == 1119 { Outcome::Failure } else { Outcome::Success };
    let named = |name: &str| view.named(name).map(Cow::Borrowed);
    event.signature = named("ThreatName").or_else(|| event.signature.take());
    event.path = view.text(known::PATH);
    event.process = view.text(known::PROCESS_NAME);
    account(event, view.named("DetectionUser"));
}

/// 5001: protection in real time is off.
fn off<'a>(_: &View<'a>, event: &mut Event<'a>) {
    event.service = Some(Cow::Borrowed("defender"));
    event.outcome = Outcome::Success;
}

fn wmi<'a>(view: &View<'a>, event: &mut Event<'a>) {
    event.service = Some(Cow::Borrowed("wmi"));
    account(event, view.named("User"));
    event.pid =
        view.named("ProcessID").or_else(|| view.named("ClientProcessId")).and_then(|pid| pid.parse().ok());
    event.src_host = view.named("ClientMachine").map(Cow::Borrowed);
    event.cmdline = view.named("Query").or_else(|| view.named("Operation")).map(Cow::Borrowed);
}
