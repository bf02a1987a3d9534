//! Log keys by the commands alone: a root key off line, a planned rotation, a stolen key (LG-EPO-04).

use crate::support::Case;
use serde_json::Value;

struct Desk(Case);

impl Desk {
    fn run(&self, args: &[&str]) -> String {
        let ran = self.0.run(&[&["ledger"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        ran.stdout
    }
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.run(args)).unwrap()
    }
    fn refused(&self, args: &[&str], words: &str) {
        let ran = self.0.run(&[&["ledger"], args].concat());
        assert!(ran.code != Some(0) && ran.stderr.contains(words), "{args:?}: {:?} {}", ran.code, ran.stderr);
    }
    fn append(&self, secret: &str) -> u64 {
        let args = ["ledger", "append", "l", "--secret", secret, "--stream", "s"];
        let ran = self.0.run_with(&args, b"{\"op\":\"lock\"}\n");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout.trim().parse().unwrap()
    }
    fn save(&self, name: &str, text: &str) {
        std::fs::write(self.0.path(name), text).unwrap();
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story from the root key to the stolen key")]
fn a_key_is_rotated_and_a_stolen_one_replaced_by_commands() {
    let desk = Desk(Case::new(&[]));
    let root = desk.json(&["keys", "root", "root.key"])["root"].as_str().unwrap().to_owned();
    let first = desk.run(&["init", "l", "--secret", "k1", "--origin", "example.jp/main", "--root", &root]);
    let first = first.trim();
    desk.append("k1");
    // The root key has not vouched for the first log key yet: a root key that is only named proves nothing.
    assert_eq!(desk.0.run(&["ledger", "verify", "l", "--root", &root]).code, Some(1));
    desk.run(&["keys", "certify", "l", "--secret", "k1", "--out", "c.json"]);
    desk.refused(&["keys", "enter", "l", "c.json", "--secret", "k1"], "LE-KEY");
    desk.run(&["keys", "sign", "c.json", "--key", "root.key"]);
    desk.run(&["keys", "enter", "l", "c.json", "--secret", "k1"]);
    assert_eq!(desk.json(&["verify", "l", "--root", &root])["holds"], true);

    // As planned: the statement goes to the root key and back.
    desk.run(&["keys", "next", "l", "--new-secret", "k2", "--out", "n.json"]);
    desk.refused(&["rotate", "l", "--secret", "k1", "--new-secret", "k2", "--statement", "n.json"], "LE-KEY");
    desk.run(&["keys", "sign", "n.json", "--key", "root.key"]);
    let done = desk.json(&["rotate", "l", "--secret", "k1", "--new-secret", "k2", "--statement", "n.json"]);
    let both =
        std::fs::read_to_string(done["changeover_head"].as_str().map(|path| desk.0.path(path)).unwrap())
            .unwrap();
    assert_eq!(both.matches('\u{2014}').count(), 2, "{both}");
    desk.refused(&["append", "l", "/dev/null", "--secret", "k1", "--stream", "s"], "LE-KEY");
    let believed = desk.append("k2") + 1;
    desk.save("history.json", &desk.run(&["keys", "history", "l"]));
    let follow = desk.json(&["keys", "follow", "history.json", "--key", first]);
    assert_eq!(follow["log_key"], done["log_key"]);
    assert_eq!(desk.json(&["keys", "follow", "history.json", "--root", &root])["log_key"], done["log_key"]);
    let second = done["log_key"].as_str().unwrap();
    std::fs::copy(desk.0.path("l/checkpoint"), desk.0.path("known")).unwrap();

    // Stolen: what came after is named, and the root key names the next one.
    let forged = desk.append("k2");
    let from = believed.to_string();
    desk.run(&[
        "keys",
        "revoke",
        "l",
        "--reason",
        "stolen",
        "--from",
        &from,
        "--since",
        "2026-11-20T08:00",
        "--out",
        "r.json",
    ]);
    assert_eq!(desk.0.run(&["ledger", "verify", "l", "--revocation", "r.json"]).code, Some(1), "not signed");
    desk.run(&["keys", "sign", "r.json", "--key", "root.key"]);
    let told = desk.json(&["verify", "l", "--revocation", "r.json"]);
    assert_eq!(
        (&told["holds"], &told["log_keys"]["keys"][1]["revoked"]["from"]),
        (&true.into(), &believed.into())
    );
    desk.run(&["keys", "next", "l", "--new-secret", "k3", "--out", "n.json"]);
    desk.run(&["keys", "sign", "n.json", "--key", "root.key"]);
    let rotate = ["rotate", "l", "--new-secret", "k3", "--after-loss", "r.json", "--statement", "n.json"];
    let third = desk.json(&rotate)["log_key"].as_str().unwrap().to_owned();
    desk.append("k3");
    let report = desk.json(&["verify", "l", "--key", first, "--root", &root, "--head", "known"]);
    assert_eq!(report["holds"], true, "{report}");
    let keys = &report["log_keys"]["keys"];
    let unproven = keys[1]["unproven"].as_array().unwrap();
    assert!(unproven[0].as_u64() <= Some(forged) && unproven[1].as_u64() >= Some(forged), "{keys}");
    assert_eq!((&keys[1]["revoked"]["reason"], &keys[2]["by"]), (&"stolen".into(), &"root".into()));
    assert_eq!(report["signed_heads"].as_array().unwrap().len(), 3);
    let text = desk.0.run(&["ledger", "verify", "l", "--json", "--lang", "ja"]).stdout;
    assert!(text.contains("LV-UNPROVEN"));

    // Who knows the stolen key needs a head from before, or the root key.
    desk.save("history.json", &desk.run(&["keys", "history", "l"]));
    desk.refused(&["keys", "follow", "history.json", "--key", second], "lost or stolen");
    assert_eq!(desk.json(&["keys", "follow", "history.json", "--root", &root])["log_key"], third.as_str());
    let size = std::fs::read_to_string(desk.0.path("known")).unwrap().lines().nth(1).unwrap().to_owned();
    desk.save("history.json", &desk.run(&["keys", "history", "l", "--since", &size]));
    let follow = ["keys", "follow", "history.json", "--key", second, "--head", "known"];
    assert_eq!(desk.json(&follow)["log_key"], third.as_str());
    assert_eq!(desk.json(&["keys", "list", "l"])["keys"], *keys);
}

/// A ledger with the root key at hand from the start, and one made before there were root keys.
#[test]
fn a_root_key_at_hand_vouches_at_once() {
    let desk = Desk(Case::new(&[]));
    desk.run(&["init", "l", "--secret", "k1", "--origin", "example.jp/main", "--root-key", "root.key"]);
    let root = desk.json(&["keys", "list", "l"])["root"]["key"].as_str().unwrap().to_owned();
    assert_eq!(desk.json(&["verify", "l", "--root", &root])["holds"], true);
    desk.run(&["keys", "next", "l", "--new-secret", "k2", "--out", "n.json"]);
    desk.run(&["rotate", "l", "--secret", "k1", "--new-secret", "k2", "--root-key", "root.key"]);
    desk.append("k2");
    assert_eq!(desk.json(&["verify", "l", "--root", &root])["holds"], true);

    let desk = Desk(Case::new(&[]));
    desk.run(&["init", "l", "--secret", "k1", "--origin", "example.jp/main"]);
    let root = desk.json(&["keys", "root", "root.key"])["root"].as_str().unwrap().to_owned();
    desk.run(&["keys", "adopt-root", "l", "--root", &root, "--secret", "k1"]);
    desk.refused(&["keys", "adopt-root", "l", "--root", &root, "--secret", "k1"], "one root key");
    desk.run(&["keys", "next", "l", "--new-secret", "k2", "--out", "n.json"]);
    desk.run(&["rotate", "l", "--secret", "k1", "--new-secret", "k2", "--root-key", "root.key"]);
    assert_eq!(desk.json(&["verify", "l", "--root", &root])["holds"], true);
}
