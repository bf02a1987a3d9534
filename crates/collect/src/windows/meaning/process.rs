//! Programs, services and tasks.

use super::{Row, SECURITY, View, class, row};
use crate::windows::known;
use std::borrow::Cow;
use vocab::{Class, Event, Outcome, activity};

/// Provider of the service control manager.
const SERVICES: &str = "Service Control Manager";
/// Provider of the task scheduler.
const TASKS: &str = "Microsoft-Windows-TaskScheduler";

pub(super) const ROWS: &[Row] = &[
    row(SECURITY, 4688, "EVTX-4688", started),
    row(SECURITY, 4689, "EVTX-4689", ended),
    row(SECURITY, 4697, "EVTX-4697", service),
    row(SERVICES, 7045, "EVTX-7045", service),
    row(SECURITY, 4698, "EVTX-4698", task),
    row(SECURITY, 4699, "EVTX-4699", task),
    row(SECURITY, 4700, "EVTX-4700", task),
    row(SECURITY, 4701, "EVTX-4701", task),
    row(SECURITY, 4702, "EVTX-4702", task),
    row(TASKS, 106, "EVTX-106", task_log),
    row(TASKS, 140, "EVTX-140", task_log),
    row(TASKS, 141, "EVTX-141", task_log),
    row(TASKS, 200, "EVTX-200", task_log),
];

/// `create` of the extension of the schema for Windows, and of scheduled jobs.
const CREATE: u8 = 1;

fn started<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Process, activity::PROCESS_LAUNCH);
    view.subject(event);
    event.process = view.text(known::NEW_PROCESS_NAME);
    event.pid = view.pid(known::NEW_PROCESS_ID);
    event.cmdline = view.text(known::COMMAND_LINE).or_else(|| view.text(known::PROCESS_COMMAND_LINE));
    event.parent = view.text(known::PARENT_PROCESS_NAME);
    // Where the program runs as somebody else, that account is named as target.
    event.user = view.text(known::TARGET_USER_NAME).or_else(|| view.text(known::SUBJECT_USER_NAME));
    event.user_domain = view.text(known::SUBJECT_DOMAIN_NAME);
    event.user_uid = view.text(known::SUBJECT_USER_SID);
}

fn ended<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Process, activity::PROCESS_TERMINATE);
    view.subject(event);
    event.process = view.text(known::PROCESS_NAME);
    event.pid = view.pid(known::PROCESS_ID);
    event.user = view.text(known::SUBJECT_USER_NAME);
    event.reason_code = view.text(known::STATUS);
}

fn service<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::WindowsService, CREATE);
    view.subject(event);
    event.service = view.text(known::SERVICE_NAME);
    let file = view.said(known::SERVICE_FILE_NAME).or_else(|| view.said(known::IMAGE_PATH));
    event.cmdline = file.map(Cow::Borrowed);
    event.path = file.map(program_of).map(Cow::Borrowed);
    event.target_user = view.text(known::SERVICE_ACCOUNT).or_else(|| view.text(known::ACCOUNT_NAME));
    event.user = event.actor.clone();
    if view.event_id == 7045 {
        event.outcome = Outcome::Success;
        event.actor_uid = view.text(known::USER_ID);
    }
}

/// The file of a command: quoted, or up to the first space behind `.exe` and its like.
fn program_of(command: &str) -> &str {
    if let Some(rest) = command.strip_prefix('"') {
        return rest.split_once('"').map_or(rest, |(file, _)| file);
    }
    let lower = command.to_ascii_lowercase();
    let ends = [".exe", ".sys", ".dll", ".bat", ".cmd", ".com"];
    let end = ends.iter().filter_map(|end| Some(lower.find(end)? + end.len())).min();
    end.and_then(|end| command.get(..end)).unwrap_or(command)
}

fn task<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(
        event,
        Class::ScheduledJob,
        match view.event_id {
            4698 => CREATE,
            4702 => 2,
            4699 => 3,
            4700 => 4,
            _ => 5,
        },
    );
    view.subject(event);
    event.service = view.text(known::TASK_NAME);
    event.user = event.actor.clone();
    let content = view.said(known::TASK_CONTENT_NEW).or_else(|| view.said(known::TASK_CONTENT));
    if let Some(content) = content {
        let command = element(content, "Command");
        event.cmdline = match (command.clone(), element(content, "Arguments")) {
            (Some(command), Some(arguments)) => Some(Cow::Owned(format!("{command} {arguments}"))),
            (command, _) => command,
        };
        event.path = command;
        event.target_user = element(content, "UserId");
    }
}

/// Text of the first element of this name. The task is XML of its own inside of a field.
fn element<'t>(xml: &'t str, name: &str) -> Option<Cow<'t, str>> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once("</")?;
    let text = text.trim();
    let plain = quick_xml::escape::unescape(text).unwrap_or(Cow::Borrowed(text));
    Some(plain).filter(|text| !text.is_empty())
}

/// The log of the task scheduler itself.
fn task_log<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(
        event,
        Class::ScheduledJob,
        match view.event_id {
            106 => CREATE,
            140 => 2,
            141 => 3,
            _ => 6,
        },
    );
    event.outcome = Outcome::Success;
    event.service = view.text(known::TASK_NAME);
    let user = view.named("UserContext").or_else(|| view.named("UserName"));
    super::account(event, user);
    event.path = view.named("ActionName").or_else(|| view.named("Path")).map(Cow::Borrowed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_services() {
        assert_eq!(program_of(r#""C:\Program Files\a b.exe" -x"#), r"C:\Program Files\a b.exe");
        assert_eq!(program_of(r"C:\Program Files\a.EXE -k x.exe"), r"C:\Program Files\a.EXE");
        assert_eq!(program_of("%COMSPEC% /C echo x"), "%COMSPEC% /C echo x");
    }

    #[test]
    fn tasks() {
        let xml =
            "<Actions><Exec><Command>cmd.exe</Command><Arguments> /c x &gt; y </Arguments></Exec></Actions>";
        assert_eq!(element(xml, "Command").as_deref(), Some("cmd.exe"));
        assert_eq!(element(xml, "Arguments").as_deref(), Some("/c x > y"));
        assert_eq!(element(xml, "UserId"), None);
    }
}
