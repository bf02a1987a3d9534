# Why it was found (detection.md 4.3, 4.4)
note-guess-count = Tries: { $tries }; accounts: { $accounts } (existing: { $known }, names that do not exist: { $unknown }); sources: { $sources }.
note-guess-pace = Most tries in { $minutes } minutes: { $tries }; the threshold is { $threshold }.
note-guess-origin = The log names the source as "{ $source }", without an address; the name cannot be verified.
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
note-dormant = Account "{ $account }" had not been used since { $since } ({ $days } days), and was used now.
note-dormant-undated = Account "{ $account }", marked as dormant or disabled, was used.
note-dormant-never = Account "{ $account }" was made at { $since } and never used for { $days } days, until now.
note-dormant-never-undated = Account "{ $account }", never used before, was used.
note-dormant-tried = Somebody tries account "{ $account }", which has not been used since { $since } ({ $days } days).
note-dormant-tried-undated = Somebody tries account "{ $account }", which is marked as dormant or disabled.
note-leaver-since = The entitlement to account "{ $account }" ended at { $since } (its holder left or moved).
note-leaver = By the roster the holder of account "{ $account }" has left or moved (no date given).
note-leaver-expired = The log calls account "{ $account }" expired.
note-leaver-owner = By the roster "{ $owner }" answers for this account.
note-default-account = Account "{ $account }" seems to be a factory or sample account.
note-service-account = Account "{ $account }" belongs to a program; nobody is meant to log in with it from outside.
note-planted-roster = By the roster account "{ $account }" was added without the administrator's knowledge.
note-planted-uid = Account "{ $account }" has the number of root (uid 0).
note-decoy = Decoy account "{ $account }", which nobody should use, was touched.
note-exercise = The account "{ $account }" of an exercise was tried (sekisho exercise). Ask who held the exercise that it is no real attack.
note-factor-refused = Account "{ $account }": the second factor was refused or left unanswered again and again. Somebody knows the first factor.
note-factor-accepted = Account "{ $account }": the second factor was refused again and again, then accepted.
note-first-network = Account "{ $account }" was used from a network not seen before ({ $source }).
note-first-key = Account "{ $account }" was used with a key not seen before ({ $source }).
note-first-method = Account "{ $account }" was used by a method not seen before ({ $source }).
note-first-country = Account "{ $account }" was used from a country not seen before: { $country } ({ $source }).
note-first-provider = Account "{ $account }" was used over a provider not seen before: { $system } ({ $source }).
note-impossible-travel = Account "{ $account }" was used from { $to }, at least { $distance } km away, { $minutes } minutes after it was used from { $from }. Nobody travels that fast.
note-repudiated = The holder of account "{ $account }" says that the log-in of { $time } was not theirs.
note-repudiated-on = The holder of account "{ $account }" says that the log-in of { $time } was not theirs (stated { $stated }).
note-off-hours = Account "{ $account }" was used at an hour at which it is not usually used ({ $time }).
note-shared-code = Account "{ $account }" was used from different networks at the same time.

# What could not be checked (DT-KND-03)
not-checked-leavers-roster = No roster was given, so leavers could not be checked (only what the log itself calls expired was seen).
not-checked-leavers-dates = The roster holds no date of leaving and no end of entitlement, so leavers could not be checked.
not-checked-dormant-roster = No roster with the date of last use was given; only idle time inside these logs was seen.
not-checked-planted-roster = Neither roster nor password file was given; only accounts made while the logs ran can be told.
not-checked-service-roster = Neither roster nor password file was given; accounts of programs were judged by well-known names only.
not-checked-decoys = The roster names no decoy account.
not-checked-travel = No database of locations was given.
not-checked-sessions = No log holds the session ids of an application.
not-checked-repudiated = What holders say of their own logins stands in no log. Have them look at their history of use, and give what they do not know with --repudiated.
not-found-repudiated = The log-in that the holder of account "{ $account }" reported ({ $from } to { $until }) was not found in the logs given.
not-checked-factors = No log holds refused or unanswered second factors.
note-correlation = The condition of the rule "{ $rule }" held within a window of { $minutes } minutes (records concerned: { $events }).
