//! Witnesses that are asked by themselves, and what of their answers is an alarm (LG-WIT-06, LG-WIT-07, LG-WIT-10).

use crate::outsiders::{Place, Server, ours, serve};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// A witness of ours, and the name of its folder.
fn witness(place: &Place, name: &str) -> (String, Server) {
    let folder = place.at(name);
    let (made, key) =
        ours(&["ledger", "witness", "init", &folder, "--name", &format!("witness.example.jp/{name}")]);
    assert!(made, "{key}");
    let (made, told) = ours(&["ledger", "witness", "enrol", &folder, &place.key]);
    assert!(made, "{told}");
    (key, serve(&["ledger", "witness", "serve", &folder, "--listen", "127.0.0.1:0"]))
}

/// Puts a policy beside the ledger: witnesses by name, key and address; both are needed.
fn policy(place: &Place, witnesses: &[(&str, &str, &str)], alarm: &str) {
    let mut text = format!("log {}\n", place.key);
    for (name, key, url) in witnesses {
        text += &format!("witness {name} {key} {url}\n");
    }
    let names: Vec<&str> = witnesses.iter().map(|(name, ..)| *name).collect();
    text += &format!("group both all {}\nquorum both\n", names.join(" "));
    std::fs::write(place.at("policy"), text).unwrap();
    let (set, told) =
        ours(&["ledger", "witness", "policy", &place.ledger(), &place.at("policy"), "--alarm", alarm]);
    assert!(set, "{told}");
}

fn status(place: &Place) -> (bool, Value) {
    let output = crate::support::sekisho().args(["ledger", "status", &place.ledger()]).output().unwrap();
    (output.status.success(), serde_json::from_slice(&output.stdout).unwrap())
}

fn alarms(status: &Value) -> Vec<&str> {
    status["alarms"].as_array().unwrap().iter().map(|one| one["alarm"].as_str().unwrap()).collect()
}

/// Codes of the entries about witnesses.
fn entered(place: &Place) -> Vec<String> {
    let mut reader = ledger::Reader::open(Path::new(&place.ledger())).unwrap();
    let mut found = Vec::new();
    for item in reader.entries() {
        let (_, entry) = item.unwrap();
        if entry.kind == ledger::EntryKind::Witness {
            let body: Value = serde_json::from_slice(&entry.body).unwrap();
            found.push(format!(
                "{} {}",
                body["code"].as_str().unwrap(),
                body["witness"].as_str().unwrap_or("-")
            ));
        }
    }
    found
}

/// LG-WIT-06: cosigned after each head without a further command; a missing quorum is an alarm and an entry.
#[test]
fn witnesses_are_asked_after_each_head() {
    let place = Place::new();
    let (key_1, server_1) = witness(&place, "w1");
    let (key_2, server_2) = witness(&place, "w2");
    policy(&place, &[("w1", &key_1, &server_1.url), ("w2", &key_2, &server_2.url)], "0");
    for word in ["a", "b"] {
        let size = place.append(&place.ledger(), word, 2);
        let (held, told) = ours(&[
            "ledger",
            "verify",
            &place.ledger(),
            "--policy",
            &place.at("policy"),
            "--require-witness",
        ]);
        assert!(held, "{told}");
        let (well, status) = status(&place);
        assert!(well, "{status}");
        assert_eq!(status["quorum"]["met_size"], size);
        assert_eq!(status["witnesses"][1]["cosigned"], size);
    }
    assert_eq!(entered(&place), Vec::<String>::new());
    // One is gone: appending goes on, and the alarm sounds.
    drop(server_2);
    let size = place.append(&place.ledger(), "c", 2);
    std::thread::sleep(std::time::Duration::from_millis(10));
    let (well, told) = status(&place);
    assert!(!well && alarms(&told) == ["quorum-lost"], "{told}");
    assert_eq!(
        (&told["witnesses"][0]["cosigned"], &told["witnesses"][1]["failures"]),
        (&size.into(), &1.into())
    );
    assert!(told["witnesses"][1]["next"].is_string(), "left alone for a while");
    place.append(&place.ledger(), "d", 1);
    assert_eq!(entered(&place), ["quorum-lost -"]);
    // It is back; an operator does not wait for the pause.
    let server_2 = serve(&["ledger", "witness", "serve", &place.at("w2"), "--listen", "127.0.0.1:0"]);
    policy(&place, &[("w1", &key_1, &server_1.url), ("w2", &key_2, &server_2.url)], "0");
    let (met, told) = ours(&["ledger", "witness", "ask", &place.ledger(), "--policy", &place.at("policy")]);
    assert!(met, "{told}");
    assert!(status(&place).0);
    place.append(&place.ledger(), "e", 1);
    assert_eq!(entered(&place), ["quorum-lost -", "quorum-regained -"]);
    assert!(ours(&["ledger", "verify", &place.ledger(), "--policy", &place.at("policy")]).0);
}

/// LG-WIT-07: a witness whose state was put back is named; what it says is kept. LG-WIT-10: no name is resolved.
#[test]
fn a_witness_that_was_put_back_is_named() {
    let place = Place::new();
    let (key, server) = witness(&place, "w1");
    policy(&place, &[("w1", &key, &server.url)], "600");
    place.append(&place.ledger(), "a", 2);
    let state = std::fs::read_dir(place.at("w1/state")).unwrap().next().unwrap().unwrap().path();
    let earlier = std::fs::read(&state).unwrap();
    let size = place.append(&place.ledger(), "b", 2);
    assert_eq!(alarms(&status(&place).1), Vec::<&str>::new());
    drop(server);
    std::fs::write(&state, earlier).unwrap();
    let server = serve(&["ledger", "witness", "serve", &place.at("w1"), "--listen", "127.0.0.1:0"]);
    policy(&place, &[("w1", &key, &server.url)], "600");
    let grown = place.append(&place.ledger(), "c", 2);
    let (well, told) = status(&place);
    assert!(!well && alarms(&told) == ["smaller"], "{told}");
    assert!(told["alarms"][0]["size"].as_u64() < Some(size));
    assert_eq!(told["witnesses"][0]["cosigned"], grown, "it cosigned again, from where it was");
    assert_eq!(std::fs::read_dir(place.at("ledger/witness/refusals")).unwrap().count(), 1);
    place.append(&place.ledger(), "d", 1);
    assert_eq!(entered(&place), ["smaller w1"]);
    assert!(ours(&["ledger", "witness", "clear", &place.ledger(), "w1"]).0);
    assert!(status(&place).0);
    assert!(!ours(&["ledger", "witness", "clear", &place.ledger(), "w1"]).0);
}

/// LF-19: rubbish, an answer for another witness, silence: appending goes on, and nothing of it is kept as a cosignature.
#[test]
fn hostile_witnesses_stop_nothing() {
    let place = Place::new();
    let (key, server) = witness(&place, "w1");
    let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nrubbish!\n",
        "HTTP/1.1 409 x\r\nContent-Length: 21\r\n\r\n18446744073709551615\n",
        "HTTP/1.1 409 x\r\nContent-Length: 8\r\n\r\n4000000\n",
        "",
    ];
    let address = imposter(answers.map(str::to_owned).to_vec());
    let other = ledger::WitnessKey::new("witness.example.jp/w2", &[1; 32]).unwrap().verifier_key();
    policy(&place, &[("w1", &key, &server.url), ("w2", &other, &format!("http://{address}"))], "600");
    place.append(&place.ledger(), "a", 1);
    let (well, told) = status(&place);
    assert!(well && told["quorum"]["missing_since"].is_string(), "{told}");
    assert_eq!(told["witnesses"][1]["cosigned"], 0);
    let ask = || ours(&["ledger", "witness", "ask", &place.ledger(), "--policy", &place.at("policy")]);
    assert!(!ask().0, "it names a size that no log has");
    assert_eq!(alarms(&status(&place).1), Vec::<&str>::new());
    assert!(!ask().0, "it claims to know more");
    assert_eq!(alarms(&status(&place).1), ["larger", "rolled-back"]);
    let (stopped, told) = ours(&["ledger", "checkpoint", &place.ledger(), "--secret", &place.at("secret")]);
    assert!(!stopped && told.contains("LE-ROLLBACK"), "{told}");
    // An operator found the witness to be broken.
    assert!(ours(&["ledger", "witness", "clear", &place.ledger(), "w2"]).0);
    assert!(!ask().0, "no answer");
    place.append(&place.ledger(), "b", 1);
    assert_eq!(entered(&place), ["larger w2"]);
    let note = std::fs::read_to_string(place.at("ledger/checkpoint")).unwrap();
    assert_eq!(note.matches('\u{2014}').count(), 2, "the log and the honest witness: {note}");
}

/// A server that gives these answers, one a connection, and then ends connections without one.
fn imposter(answers: Vec<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                line.clear();
            }
            let _ = reader.take(length).read_to_end(&mut Vec::new());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}
