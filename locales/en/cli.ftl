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

# Search and timeline
search-column-time = Time
search-column-place = File:record
search-column-host = Computer
search-column-account = Account
search-column-source = Source
search-column-text = Text
search-found = Records searched: { $events }; found: { $found }
search-shown = Only the first { $shown } were printed
search-no-field = No record has a field named { $field }. Common names: { $names }
timeline-rows = Records in order of time: { $rows }
timeline-untimed = Of these { $rows } have no time and stand at the end
