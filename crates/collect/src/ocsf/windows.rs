//! The objects of the classes that mostly Windows fills: registry, services, tasks, libraries, names, shares.

use super::Masker;
use super::json::Object;
use vocab::{Class, Event};

/// Activities in which one process does something to another: open, put code into.
const TO_ANOTHER: std::ops::RangeInclusive<u8> = 3..=4;

/// Does one process do something to another? Then `path` is the other one.
pub(super) fn is_between_processes(event: &Event<'_>) -> bool {
    event.class == Class::Process && TO_ANOTHER.contains(&event.activity) && event.path.is_some()
}

/// Is `path` told in an object of the class, so that there is no `file`?
pub(super) fn has_own_path(event: &Event<'_>) -> bool {
    is_between_processes(event)
        || matches!(
            event.class,
            Class::RegistryKey
                | Class::RegistryValue
                | Class::WindowsService
                | Class::Module
                | Class::KernelExtension
                | Class::ScheduledJob
                | Class::Smb
        )
}

/// Writes the object of the class.
pub(super) fn write(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    let path = event.path.as_deref();
    match event.class {
        Class::RegistryKey => object.object("reg_key", true, |key| key.text_if("path", path)),
        Class::RegistryValue => object.object("reg_value", true, |value| {
            value.text_if("name", path.and_then(|path| path.rsplit('\\').next()));
            value.text_if("path", path);
        }),
        Class::WindowsService => object.object("win_service", true, |service| {
            service.text_if("name", event.service.as_deref());
            masker.text(service, "cmd_line", event.cmdline.as_deref());
        }),
        Class::Module => object.object("module", true, |module| {
            file(path, module);
            module.number("load_type_id", 0_u8);
        }),
        Class::KernelExtension => object.object("driver", true, |driver| file(path, driver)),
        Class::ScheduledJob => object.object("job", true, |job| {
            job.text_if("name", event.service.as_deref());
            masker.text(job, "cmd_line", event.cmdline.as_deref());
            file(path, job);
        }),
        Class::Dns => {
            object.object("query", true, |query| query.text_if("hostname", event.url_host.as_deref()))
        }
        Class::Smb => object.text_if("share", path),
        _ => {}
    }
}

/// `file` with its name, path and unknown type.
pub(super) fn file(path: Option<&str>, object: &mut Object<'_>) {
    let Some(path) = path else { return };
    object.object("file", true, |file| {
        file.text("name", path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path));
        file.text("path", path);
        file.number("type_id", 0_u8);
    });
}
