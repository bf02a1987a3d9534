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

# Rules
explain-matches = The rule "{ $rule }" matches the record { $place }
explain-no-match = The rule "{ $rule }" does not match the record { $place }
explain-other-source = The rule "{ $rule }" is for another kind of log than the record { $place }
explain-condition = Condition: { $condition }
explain-keywords = whole record
explain-absent = the record has no such field
explain-all = all of
explain-one = one of
explain-some = at least { $count } of
explain-not = not
explain-more = { $count } more
import-licence = Licence ({ $file }):
import-no-licence = No licence file was found; ask the publisher of the rules for the terms
import-authors = { $count } authors: { $names }
import-done = Copied { $files } files to { $folder } ({ $same } were there already). { $rules } rules can be used, { $refused } cannot
import-would = Would copy { $files } files to { $folder } ({ $same } are there already). { $rules } rules can be used, { $refused } cannot
import-kept = Another file of that name is there and was left as it is: { $file }
