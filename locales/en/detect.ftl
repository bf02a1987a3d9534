# Why it was found (detection.md 4.3, 4.4)
note-guess-count = Tries: { $tries }; accounts: { $accounts } (existing: { $known }, names that do not exist: { $unknown }); sources: { $sources }.
note-guess-pace = Most tries in { $minutes } minutes: { $tries }; the threshold is { $threshold }.
note-guess-rounds = Accounts that were tried again in later rounds, with pauses between: { $accounts }.
note-guess-unreadable = Tries whose source cannot be read, counted for account and computer: { $count }.
note-guess-crowded = So many accounts were tried that only { $kept } are named. All entered ones are named.
note-few-failures = Account "{ $account }": success from a source not seen before, after { $failures ->
    [one] one failure
   *[other] { $failures } failures
}.
note-success-after = Account "{ $account }": success at { $time } after { $failures ->
    [one] one failure
   *[other] { $failures } failures
}, from a { $known ->
    [usual] usual source
   *[new] source not seen before
}.
note-success-elsewhere = Account "{ $account }" was under attack, and at { $time } there was a success from another source, { $known ->
    [usual] a usual one
   *[new] not seen before
}.
note-owner-during-attack = Account "{ $account }": its holder, as it seems, signed in while others attacked it.
