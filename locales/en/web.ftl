# Attacks on web sites
web-payload = A request that fits “{ $rule }”: { $method } { $request } (answered { $status })
web-payload-decoded = A request that fits “{ $rule }”: { $method } { $request } (answered { $status }). Decoded: { $reading }
web-delay-kept = The answer took as long as the request told the database to wait: the database may have obeyed.
web-answer-unusual = An attack on { $path } was answered with a size far from the usual one ({ $bytes } bytes).
web-answer-given = An attack on { $path } was answered ({ $bytes } bytes). Look at what was sent.
web-scan = Missing pages or several kinds of attack were tried one after the other: a scan for weak points.
web-scanner-named = Requests with an attack came from a tool that names itself as a scanner.
web-page-replaced = The page { $path } was replaced by a request without authentication.
web-page-erased = The page { $path } was erased by a request without authentication.
web-page-put = The file { $path } was put on the site by a request without authentication.
web-page-changed = After that, { $path } is answered with { $after } bytes instead of { $before } (status { $status }). Do not only restore the page: find the way in.
web-shell-new = A script that nobody had asked for before, { $path }, was sent what look like commands by POST, by hardly anybody, and answered them.
