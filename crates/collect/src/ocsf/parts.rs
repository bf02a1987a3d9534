//! The objects of OCSF that say who, from where, with what.

use super::Masker;
use super::json::Object;
use vocab::{AuthMethod, Class, Event};

/// `user`, `actor`, `user_result`, `group`. In class 3001 the account that was changed is `user` (DT-EVT-10).
pub(super) fn people(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    let account_change = event.class == Class::AccountChange;
    let name = if account_change {
        event.target_user.as_deref().or(event.user.as_deref())
    } else {
        event.user.as_deref()
    };
    let required =
        matches!(event.class, Class::Authentication | Class::AccountChange | Class::AuthorizeSession);
    object.object("user", required, |user| {
        user.text_if("name", name);
        user.text_if("uid", event.user_uid.as_deref());
        user.text_if("domain", event.user_domain.as_deref());
        if event.auth_method != Some(AuthMethod::Certificate) {
            user.text_if("credential_uid", event.key_id.as_deref());
        }
        if user.is_empty() && required {
            user.number("type_id", 0_u8);
        }
    });
    actor(event, object, masker);
    if !account_change && let Some(target) = event.target_user.as_deref() {
        object.object("user_result", false, |user| user.text("name", target));
    }
    if let Some(group) = event.group.as_deref() {
        object.object("group", false, |inner| inner.text("name", group));
    }
}

/// `actor`: who acted, and with which program where the class is not about that program.
fn actor(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    let about_host = matches!(
        event.class,
        Class::Process | Class::FileSystem | Class::Module | Class::KernelExtension | Class::ScheduledJob
    );
    object.object("actor", about_host || event.class == Class::Api, |actor| {
        actor.object("user", false, |user| {
            user.text_if("name", event.actor.as_deref());
            user.text_if("uid", event.actor_uid.as_deref());
        });
        actor.object("process", false, |process| {
            if event.class == Class::Process && !super::windows::is_between_processes(event) {
                process.text_if("name", event.parent.as_deref());
            } else {
                program(event, process, masker);
            }
        });
    });
}

fn program(event: &Event<'_>, process: &mut Object<'_>, masker: &mut Masker) {
    process.text_if("name", event.process.as_deref());
    process.number_if("pid", event.pid);
    masker.text(process, "cmd_line", event.cmdline.as_deref());
    process.text_if("working_directory", event.cwd.as_deref());
    if let Some(parent) = event.parent.as_deref() {
        process.object("parent_process", false, |inner| inner.text("name", parent));
    }
}

/// `session`, the way of authentication, `certificate`, `service`.
pub(super) fn login(event: &Event<'_>, object: &mut Object<'_>) {
    object.object("session", event.class == Class::AuthorizeSession, |session| {
        session.text_if("uid", event.session.as_deref());
        if !session.is_empty() {
            session.boolean_if("is_remote", event.is_remote);
        }
    });
    if let Some(method) = event.auth_method {
        let (name, (protocol, factor)) = (method.as_str(), method_ids(method));
        object.text("auth_protocol", name);
        object.number("auth_protocol_id", protocol);
        if factor != 0 {
            object.value("auth_factors", |out| {
                out.push(b'[');
                let mut inner = Object::begin(out);
                inner.text("factor_type", name);
                inner.number("factor_type_id", factor);
                inner.end();
                out.push(b']');
            });
        }
    }
    object.boolean_if("is_mfa", event.is_mfa);
    object.boolean_if("is_cleartext", event.is_cleartext);
    object.boolean_if("is_remote", event.is_remote);
    object.number_if("logon_type_id", event.logon_type);
    if event.auth_method == Some(AuthMethod::Certificate)
        && let Some(key) = event.key_id.as_deref()
    {
        object.object("certificate", false, |certificate| {
            certificate.value("fingerprints", |out| {
                out.push(b'[');
                let mut inner = Object::begin(out);
                inner.number("algorithm_id", fingerprint_algorithm(key));
                inner.text("value", key);
                inner.end();
                out.push(b']');
            });
        });
    }
    if let Some(service) = event.service.as_deref() {
        object.object("service", false, |inner| inner.text("name", service));
    }
}

/// OCSF `algorithm_id` of a key fingerprint: 1 MD5, 2 SHA-1, 3 SHA-256; 0 unknown.
fn fingerprint_algorithm(key: &str) -> u8 {
    match key.split_once(':') {
        Some(("SHA256", _)) => 3,
        Some(("SHA1", _)) => 2,
        Some(("MD5", _)) => 1,
        _ => 0,
    }
}

/// OCSF `auth_protocol_id` and `factor_type_id`; 99 = other, 0 = none.
const fn method_ids(method: AuthMethod) -> (u8, u8) {
    match method {
        AuthMethod::Password => (99, 11),
        AuthMethod::Publickey => (99, 99),
        AuthMethod::Certificate => (99, 99),
        AuthMethod::Kbdint => (99, 99),
        AuthMethod::Otp => (99, 7),
        AuthMethod::Push => (99, 5),
        AuthMethod::Passkey => (99, 10),
        AuthMethod::GridCard => (99, 99),
        AuthMethod::Gssapi => (99, 0),
        AuthMethod::Kerberos => (2, 0),
        AuthMethod::Ntlm => (1, 0),
        AuthMethod::Hostbased => (99, 0),
        AuthMethod::Basic => (11, 11),
        AuthMethod::None => (99, 0),
    }
}

/// `src_endpoint`, `dst_endpoint`, `device`.
pub(super) fn endpoints(event: &Event<'_>, object: &mut Object<'_>) {
    object.object("src_endpoint", false, |source| {
        source.address_if("ip", event.src_ip);
        source.number_if("port", event.src_port);
        source.text_if("hostname", event.src_host.as_deref());
        if let Some(chain) = event.proxy_chain.as_deref() {
            source.list("intermediate_ips", chain.split(',').map(str::trim).filter(|part| !part.is_empty()));
        }
    });
    object.object("dst_endpoint", false, |target| {
        target.text_if("hostname", event.dst_host.as_deref());
        target.address_if("ip", event.dst_ip);
        target.number_if("port", event.dst_port);
    });
    let about_host = event.class as u32 / 1_000 == 1 || event.class == Class::DeviceConfigState;
    if event.device.is_some() || about_host {
        object.object("device", false, |device| {
            device.text_if("name", event.device.as_deref());
            if about_host {
                device.text_if("hostname", event.dst_host.as_deref());
            }
            device.number("type_id", 0_u8);
        });
    }
}

/// `process` where the class is about a program, and `file`.
pub(super) fn process(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    if super::windows::is_between_processes(event) {
        object.object("process", true, |process| process.text_if("name", event.path.as_deref()));
    } else if event.class == Class::Process {
        object.object("process", true, |process| program(event, process, masker));
    }
    if event.path.is_some() && !super::windows::has_own_path(event) {
        super::windows::file(event.path.as_deref(), object);
    } else if event.class == Class::FileSystem {
        object.object("file", true, |file| file.number("type_id", 0_u8));
    }
}

/// `http_request`, `http_response`, fingerprints of the client.
pub(super) fn http(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    object.object("http_request", event.class == Class::Http, |request| {
        request.text_if("http_method", event.http_method.as_deref());
        request.object("url", false, |url| {
            url.text_if("hostname", event.url_host.as_deref());
            masker.text(url, "path", event.url_path.as_deref());
            masker.text(url, "query_string", event.url_query.as_deref());
        });
        masker.text(request, "user_agent", event.user_agent.as_deref());
        masker.text(request, "referrer", event.referrer.as_deref());
        request.number_if("length", event.bytes_in);
    });
    let answered = event.http_status.is_some() || event.bytes_out.is_some() || event.latency_us.is_some();
    if answered {
        object.object("http_response", false, |response| {
            response.number("code", event.http_status.unwrap_or(0));
            response.number_if("length", event.bytes_out);
            response.number_if("latency", event.latency_us.map(|micros| micros / 1_000));
        });
    }
    if let Some(fingerprint) = event.client_fp.as_deref().filter(|text| is_ja4(text)) {
        object.value("ja4_fingerprint_list", |out| {
            out.push(b'[');
            let mut inner = Object::begin(out);
            inner.number("type_id", 0_u8);
            inner.text("value", fingerprint);
            inner.end();
            out.push(b']');
        });
    }
}

/// Has the look of a JA4 fingerprint: `t13d1516h2_8daaf6152771_b186095e22b6`?
pub(super) fn is_ja4(text: &str) -> bool {
    let mut parts = text.split('_');
    let head = parts.next().is_some_and(|head| head.len() == 10 && head.starts_with(['t', 'q', 'd']));
    head && parts.clone().count() == 2 && parts.all(|part| part.len() == 12)
}

/// `finding_info` of alerts of other products (DT-EVT-12).
pub(super) fn finding(event: &Event<'_>, object: &mut Object<'_>) {
    if event.class != Class::DetectionFinding {
        return;
    }
    object.boolean_if("is_alert", Some(true));
    object.object("finding_info", true, |finding| {
        finding.text("uid", event.signature.as_deref().unwrap_or("0"));
        finding.text("title", event.message.as_deref().or(event.signature.as_deref()).unwrap_or("unknown"));
    });
}
