# The command line
talk-entered = Accounts that seem to have been entered ({ $count }): { $accounts }
talk-incident = { $first } to { $last }; tries: { $attempts }; sources: { $sources }
talk-read = Files: { $files }; events: { $events }; findings: { $findings }
talk-span = Period of the records: { $from } to { $to }
talk-unread = Could not be read: { $count } (see unread.jsonl)
talk-not-checked = Classes of attack that could not be checked: { $count } (see the report)
talk-report = Report: { $path }

# Assumptions
assumed-zone = No zone is stated, the zone of this machine or of --timezone was assumed: { $sources }
assumed-year = The stamps carry no year; { $year } was assumed for the newest record of: { $sources }
assumed-late = { $source }: { $count ->
    [one] one record stands
   *[other] { $count } records stand
} more than a day (or many records) behind its place in time and could not be put in order
assumed-roster = A roster of accounts lay among the inputs and was used: { $file } ({ $count } accounts)
