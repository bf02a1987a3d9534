# Incidents in words
incident-title = { $host }: { $kind }
incident-title-entered = { $host }: { $kind } ({ $entered ->
    [one] { $entered } account entered
   *[other] { $entered } accounts entered
})

explain-what-entered = From { $first } to { $last } the logs show { $kind }, with records that somebody got in.
explain-what-tried = From { $first } to { $last } the logs show { $kind }. No record of a success was found in the logs given.
explain-target = Target: { $hosts }. Accounts concerned: { $accounts }.
explain-source = Sources: { $count } ({ $sources }).
explain-source-unknown = No record names a source.
explain-count = Tries: { $attempts }; successes: { $successes }.
explain-rate = Of { $tried } accounts tried, { $entered } were entered (success rate { $rate } %, 95 % confidence interval { $low } % to { $high } %).
explain-entered-unnamed = The names of the accounts that seem to have been entered do not stand in this log. Look for them in the records of the application.
explain-entered = Accounts entered ({ $count }): { $accounts }.
explain-law-credential_misuse = Under the Act (proposal, 判定案): another person's identification code seems to have been input, which points to the code-theft type (識別符号窃用型). It is not settled while an element is unknown.
explain-law-security_hole = Under the Act (proposal, 判定案): the limit on use seems to have been evaded by information or a command that is no identification code, which points to the hole-attack type (セキュリティ・ホール攻撃型). It is not settled while an element is unknown.
explain-law-attempt = Under the Act (proposal, 判定案): no record of a success, which points to an attempt (未遂・不該当). The Act punishes no attempt; for acts since the amendment of 2012, acquisition and storage of codes are examined as well.
explain-law-preparatory = Under the Act (proposal, 判定案): this points to a preparatory act: acquisition, provision, storage or soliciting of codes.
explain-law-out_of_scope = Under the Act (proposal, 判定案): no record of an infringement of an access control function, which points outside the Act (対象外). That does not mean harmless.
explain-law-undetermined = Under the Act (proposal, 判定案): there is a consequence, but the way in is not known: undetermined (未確定).
explain-about = { $about }: { $note }
explain-missing = Facts not yet known: { $facts }. The elements below say what would settle them.
explain-next-entered = First: preserve the records (cut the host off the network, not off power), tell the crisis manager, and change every code that could be known.
explain-next-tried = First: look for a success by the same source or account in other logs, then limit retries and close accounts that are not needed.
and-more = { $count } more

gap-lower-bound = State was limited in size: counts are "at least".
gap-ambiguous = { $count ->
    [one] One record has
   *[other] { $count } records have
} more than one reading and stand beside the counts.
gap-source-unreadable = The source of { $count ->
    [one] one try
   *[other] { $count } tries
} cannot be read.

timeline-begin = Begin of { $kind }
timeline-end = End of { $kind }
timeline-entry = { $kind }: use became possible
timeline-effect = { $kind }: sign of an effect
timeline-session = { $kind }: session or operation
timeline-boundary = { $kind }: boundary record

# Recurrence-prevention measures
measure-reason-entered = because somebody may have got in by { $kind }
measure-reason-tried = because { $kind } was tried
measure-PM-01 = Limit retries, slow them down, lock for a time
measure-PM-02 = Refuse guessable passwords and have those in use changed
measure-PM-03 = Change every code that could be known, end running sessions, revoke keys
measure-PM-04 = Bring in a second factor, one-time passwords, a random-number table or passkeys, as the service requires
measure-PM-05 = Tell the holders promptly and warn of reuse
measure-PM-06 = Close IDs that are not needed, left over, or long unused
measure-PM-07 = Write to users who have not signed in for long
measure-PM-08 = Show the previous sign-in and the history of use, and have holders check them
measure-PM-09 = Limit who may come in from outside, and how
measure-PM-10 = Bring software to the newest version and apply patches
measure-PM-11 = Check for holes with tools
measure-PM-12 = Correct settings and remove software that is not needed
measure-PM-13 = Stop needless services and CGI programs, and close ports after a port check (99 included)
measure-PM-14 = Filter access from outside at router and firewall
measure-PM-15 = Fix range and period of the logs, back them up, and keep a copy on another computer that cannot be reached from outside
measure-PM-16 = Watch the logs at all times
measure-PM-17 = Detect changes of files and pages, and look at the pages regularly
measure-PM-18 = Review registered users and rights
measure-PM-19 = Rebuild from known-good media; never only restore the pages
measure-PM-20 = Look for malware and back doors, and remove them
measure-PM-21 = One ID per person, no sharing
measure-PM-22 = Use the top privilege as little as possible; restrict computer, place and time
measure-PM-23 = Separate networks and control outbound traffic
measure-PM-24 = Watch the load of the line
measure-PM-25 = Be able to cut off network and functions, and drill it
measure-PM-26 = Have two or more administrators, and rotate
measure-PM-27 = Trace the route, and tell the police and the other operator
measure-PM-28 = Teach users: attachments, phishing, reuse
measure-PM-29 = Synchronise clocks
measure-PM-30 = Protect stored codes and keys
measure-PM-31 = Hinder automatic input at web sign-in (pace, proof of a human, device)
measure-PM-32 = Report the hole to the developer or the receiving body

# Reports
report-when-internal-notice = at once
report-when-police-damage = at once when it is found necessary
report-when-psc-assist = when assistance is wanted (documents by the date in the request)
report-when-ppc-leak-prompt = within 3 to 5 days of knowing (prompt report, 速報)
report-when-ppc-leak-final = within 60 days of knowing (final report, 確報)
report-when-notice-holder = promptly after confirmation (this product's default: within 24 hours)
report-when-ipa-access = no day stated (this product's default: within 7 days)
report-when-jpcert-incident = no day stated
report-condition-internal-notice = somebody may have got in, or the attempt is grave
report-condition-police-damage = when an investigation or advice is wanted; before recovery begins
report-condition-psc-assist = when it is found to be an act under the Act and help against recurrence is wanted
report-condition-ppc-leak-prompt = when personal data leaked or may have leaked (one record is enough where the purpose was unlawful)
report-condition-ppc-leak-final = when the prompt report applied (unlawful purpose)
report-condition-notice-holder = when a holder's code was used or may be known
report-condition-ipa-access = voluntary; attempts can be reported too
report-condition-jpcert-incident = when contact with the source or advice is wanted (logs with time stamps are needed)
