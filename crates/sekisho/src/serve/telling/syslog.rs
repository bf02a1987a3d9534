//! The channel `syslog`: one line of RFC 5424 to another system, over TLS (RFC 5425). What is kept as proof is the state of
//! the connection only: the protocol has no answer.

use super::settings::{Protection, SyslogOut};
use super::{Answered, Channel, Parcel};
use casework::telling::Taken;
use rustls::pki_types::ServerName;
use std::io::Write;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;
use vocab::Level;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Facility 13, log audit.
const FACILITY: u8 = 13;

/// Another system.
pub(super) struct SyslogChannel {
    host: String,
    port: u16,
    tls: Option<Arc<rustls::ClientConfig>>,
    name: String,
}

impl SyslogChannel {
    /// Reads certificates; connects to nothing yet.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub(super) fn new(settings: &SyslogOut) -> anyhow::Result<Self> {
        let tls = match settings.tls {
            Protection::None => None,
            _ => Some(Arc::new(super::tls::config(settings.ca_file.as_deref())?)),
        };
        let host = settings.host.trim_matches(['[', ']']).to_owned();
        let name = crate::inputs::host_name().chars().filter(char::is_ascii_graphic).take(255).collect();
        Ok(Self { host, port: settings.port.unwrap_or(6514), tls, name })
    }

    fn send(&self, line: &str) -> anyhow::Result<()> {
        let address = (self.host.as_str(), self.port).to_socket_addrs()?.next();
        let address = address.ok_or_else(|| anyhow::anyhow!("{} has no address", self.host))?;
        let mut stream = TcpStream::connect_timeout(&address, CONNECT)?;
        stream.set_write_timeout(Some(CONNECT))?;
        stream.set_read_timeout(Some(CONNECT))?;
        let framed = format!("{} {line}", line.len());
        let Some(tls) = &self.tls else {
            stream.write_all(framed.as_bytes())?;
            return Ok(());
        };
        let name = ServerName::try_from(self.host.clone())?;
        let mut connection = rustls::ClientConnection::new(Arc::clone(tls), name)?;
        let mut secure = rustls::Stream::new(&mut connection, &mut stream);
        secure.write_all(framed.as_bytes())?;
        secure.flush()?;
        secure.conn.send_close_notify();
        secure.conn.complete_io(secure.sock)?;
        Ok(())
    }
}

/// The line for a notice.
fn line(parcel: &Parcel<'_>, host: &str) -> String {
    let severity = match parcel.facts.level {
        Level::Critical => 2,
        Level::High => 3,
        Level::Medium => 4,
        Level::Low | Level::Informational => 5,
    };
    let value = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace(']', "\\]");
    let time = jiff::Timestamp::from_microsecond(parcel.now.0).unwrap_or_default();
    format!(
        "<{}>1 {time} {host} sekisho - notice [notice@32473 id=\"{}\" incident=\"{}\" case=\"{}\" level=\"{}\" stage=\"{}\"] \u{feff}{}",
        FACILITY * 8 + severity,
        parcel.id,
        value(&parcel.facts.incident),
        parcel.facts.number,
        parcel.facts.level.as_str(),
        value(&parcel.facts.stage),
        parcel.letter.subject
    )
}

impl Channel for SyslogChannel {
    fn name(&self) -> &'static str {
        super::SYSLOG
    }

    fn is_common(&self) -> bool {
        true
    }

    fn hand_over(&self, parcel: &Parcel<'_>) -> Answered {
        match self.send(&line(parcel, &self.name)) {
            Ok(()) => Answered { taken: Taken::Yes, proof: "written to the connection".to_owned() },
            Err(error) => {
                Answered { taken: Taken::Later, proof: format!("{error:#}").chars().take(300).collect() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::telling::Facts;
    use vocab::Timestamp;
    use web::letter::Letter;

    #[test]
    fn a_line_is_rfc_5424_whatever_its_parts_hold() {
        let letter = Letter { subject: "【関所】高".into(), text: "x\ny".into() };
        let facts =
            Facts { incident: "a\"]\\b".into(), stage: "entry".into(), number: 7, level: Level::High };
        let now = Timestamp::from_seconds(1_795_849_500);
        let parcel = Parcel { id: "n1", address: "", letter: &letter, facts: &facts, now };
        assert_eq!(
            line(&parcel, "host"),
            "<107>1 2026-11-28T07:05:00Z host sekisho - notice [notice@32473 id=\"n1\" incident=\"a\\\"\\]\\\\b\" case=\"7\" level=\"high\" stage=\"entry\"] \u{feff}【関所】高"
        );
    }
}
