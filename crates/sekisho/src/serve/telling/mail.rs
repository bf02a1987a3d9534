//! The channel `mail`: SMTP with TLS.

use super::settings::{Mail, Protection};
use super::{Answered, Channel, Parcel};
use anyhow::Context as _;
use casework::telling::Taken;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, SmtpTransport, Transport as _};
use std::time::Duration;

/// How long a server may take for one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// Longest answer of a server that is kept, characters.
const PROOF_CHARS_MAX: usize = 300;

/// A mail server.
pub(super) struct MailChannel {
    server: SmtpTransport,
    from: Mailbox,
}

impl MailChannel {
    /// Reads secrets and certificates; connects to nothing yet.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub(super) fn new(settings: &Mail) -> anyhow::Result<Self> {
        let host = settings.host.trim_matches(['[', ']']);
        let mut builder = SmtpTransport::builder_dangerous(host)
            .port(settings.port())
            .timeout(Some(ANSWER))
            .hello_name(ClientId::Domain(crate::inputs::host_name()))
            .authentication(vec![Mechanism::Plain, Mechanism::Login]);
        builder = match settings.tls {
            Protection::None => builder.tls(Tls::None),
            Protection::Starttls => builder.tls(Tls::Required(parameters(settings, host)?)),
            Protection::Always => builder.tls(Tls::Wrapper(parameters(settings, host)?)),
        };
        if let (Some(user), Some(file)) = (&settings.user, &settings.password_file) {
            let password = zeroize::Zeroizing::new(crate::inputs::read_text(file, 4_096)?);
            builder = builder.credentials(Credentials::new(user.clone(), password.trim().to_owned()));
        }
        Ok(Self { server: builder.build(), from: settings.from.parse().context("[mail] from")? })
    }
}

fn parameters(settings: &Mail, host: &str) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &settings.ca_file {
        super::tls::authorities(file)?;
        let pem = crate::inputs::read_text(file, super::tls::CERTIFICATES_BYTES_MAX)?;
        let certificate = Certificate::from_pem(pem.as_bytes());
        builder = builder.add_root_certificate(
            certificate.with_context(|| format!("{}: expected certificates in PEM", file.display()))?,
        );
    }
    builder.build_rustls().context("cannot set up TLS for mail")
}

/// `Auto-Submitted: auto-generated` (RFC 3834): no holiday answer comes back.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Channel for MailChannel {
    fn name(&self) -> &'static str {
        super::MAIL
    }

    fn hand_over(&self, parcel: &Parcel<'_>) -> Answered {
        let Ok(address) = parcel.address.parse() else {
            return Answered { taken: Taken::Never, proof: "the address is no mail address".to_owned() };
        };
        let domain = self.from.email.domain();
        // The same notice sent again after a crash has the same id.
        let id = format!("<{}@{domain}>", parcel.id);
        let message = MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(parcel.letter.subject.clone())
            .message_id(Some(id.clone()))
            .date(std::time::UNIX_EPOCH + Duration::from_micros(parcel.now.0.unsigned_abs()))
            .header(AutoSubmitted)
            .singlepart(SinglePart::plain(parcel.letter.text.clone()));
        let message: Message = match message {
            Ok(message) => message,
            Err(error) => return Answered { taken: Taken::Never, proof: cut(&error.to_string()) },
        };
        match self.server.send(&message) {
            Ok(answer) => {
                let said = answer.message().collect::<Vec<_>>().join(" ");
                Answered { taken: Taken::Yes, proof: cut(&format!("{} {said} {id}", answer.code())) }
            }
            Err(error) => {
                // A server that does not know our password today may know it tomorrow, when it is set right: tried again.
                let refused =
                    error.is_permanent() && error.status().is_some_and(|code| code.to_string() != "535");
                let cause =
                    std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
                let said = if error.is_permanent() || error.is_transient() {
                    error.to_string()
                } else {
                    format!("{error}{cause}")
                };
                Answered { taken: if refused { Taken::Never } else { Taken::Later }, proof: cut(&said) }
            }
        }
    }
}

/// What a server says, as one line.
fn cut(said: &str) -> String {
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(PROOF_CHARS_MAX).collect()
}
