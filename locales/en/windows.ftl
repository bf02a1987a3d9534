# Windows event log
windows-numbers-restart = The record numbers of { $log } began anew at { $time }, with lower numbers. The log may have been made anew.
windows-numbers-missing = { $missing } record numbers of { $log } are missing (the widest hole lies between { $before } and { $after }).
windows-program = Done by the program { $program } on { $host }.
windows-chain = Somebody went on by remote desktop: { $path }.
