//! `sekisho bundle redact`.

use super::args::RedactArgs;
use crate::error::Usage;
use bundle::Redaction;

/// Makes a redacted copy and prints the hash of its manifest.
pub(super) fn run(args: &RedactArgs) -> anyhow::Result<u8> {
    let key = super::secret_key(&args.sealing.key)?;
    let original = super::check::must_hold(&args.check)?;
    let known = |name: &String| original.files.contains_key(name);
    if let Some(missing) = args.keep.iter().find(|name| !known(name)) {
        return Err(Usage::error(
            format!("the bundle has no entry {missing}"),
            format!("there are: {}", original.files.keys().cloned().collect::<Vec<_>>().join(", ")),
        ));
    }
    let how = Redaction {
        bundle_id: super::bundle_id()?,
        case_ref: args.sealing.case.clone(),
        sender: args.sealing.sender.clone(),
        sealed_at: crate::clock::Clock::System.now(),
        reason: args.reason.clone(),
        keep: args.keep.clone(),
        tool: super::TOOL.to_owned(),
    };
    let texts: Vec<String> = args.withhold_text.iter().map(|text| text.to_lowercase()).collect();
    let draft = bundle::redact(&original, how, |shown| {
        let content = String::from_utf8_lossy(&shown.bytes).to_lowercase();
        args.withhold.contains(&shown.citation) || texts.iter().any(|text| content.contains(text))
    })?;
    let withheld: u64 = draft.withheld.iter().map(|one| one.count).sum();
    let bytes = bundle::create(draft, &key, None)?;
    super::write_new(&args.sealing.out, &bytes)?;
    crate::output::say(&format!("{}: {withheld} things withheld", args.sealing.out.display()));
    super::print(format!("{}\n", bundle::manifest_hash(&bytes)?).as_bytes())
}
