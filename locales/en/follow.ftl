# Logs that grow (sekisho ledger append --follow)
follow-missing = { $file }: not there (yet, or any more); waiting for it.
follow-found = { $file }: can be read now.
follow-turned = { $file }: another file has its name now; the rest of the one before is read too.
follow-cut-copied = { $file }: it was cut; what it held before is read from its copy { $copy }.
follow-cut = { $file }: it was cut or written anew, and no copy was found. Lines may be lost (the ledger names the gap).
follow-lost = { $file }: what had not been read yet is gone since the last run. Lines may be lost (the ledger names the gap).
follow-unreadable = { $file }: cannot be read: { $error }
follow-place-unknown = How far the logs were read is sealed and cannot be opened. Give --identity of a role holder once.
