# Windows event log
windows-numbers-restart = The record numbers of { $log } began anew at { $time }, with lower numbers. The log may have been made anew.
windows-numbers-missing = { $missing } record numbers of { $log } are missing (the widest hole lies between { $before } and { $after }).
windows-program = Done by the program { $program } on { $host }.
windows-chain = Somebody went on by remote desktop: { $path }.
windows-number-of-another = The SID of { $known } was used under the name { $account } ({ $known } was last seen at { $time }). Perhaps a forged ticket.
windows-domain-unusual = The domain name { $domain } of the logon is not that of other logons of the domain ({ $usual }). Perhaps a forged ticket.
windows-ticket-without-grant = Account { $account } got a service ticket for { $service }, and no record says that it got a ticket to ask with (TGT).
windows-weak-ticket = Account { $account }, which had used AES so far ({ $strong } times), got a ticket with RC4. Perhaps a stolen hash was used.
windows-weak-service-ticket = Account { $account } got a ticket with RC4 for service { $service }, whose tickets had AES so far ({ $strong } times).
