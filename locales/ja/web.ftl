# ウェブサイトへの攻撃
web-payload = 「{ $rule }」に当たる要求：{ $method } { $request }（応答 { $status }）
web-payload-decoded = 「{ $rule }」に当たる要求：{ $method } { $request }（応答 { $status }）。符号化を解いた形：{ $reading }
web-delay-kept = 要求で指定された待ち時間と同じだけ応答が遅れています。データベースが指令に従った可能性があります。
web-answer-unusual = { $path } への攻撃要求に、ふだんと大きく異なる大きさ（{ $bytes } バイト）の応答が返っています。
web-answer-given = { $path } への攻撃要求に、応答（{ $bytes } バイト）が返っています。内容を確かめてください。
web-scan = 存在しないページや複数の種類の攻撃が続けて試されており、弱点を探す走査とみられます。
web-scanner-named = 攻撃用の走査ツールを名乗る要求が、攻撃の内容とともに届いています。
web-page-replaced = 認証なしの要求により、ページ { $path } が書き換えられています。
web-page-erased = 認証なしの要求により、ページ { $path } が消去されています。
web-page-put = 認証なしの要求により、ファイル { $path } が置かれています。
web-page-changed = 書き換えの後、{ $path } の応答の大きさが { $before } バイトから { $after } バイトに変わっています（応答 { $status }）。ページを元に戻すだけで終わらせず、侵入の経路を調べてください。
web-shell-new = これまで一度も要求のなかったプログラム { $path } に、特定の送信元だけが POST で指令らしき要求を送り、応答を得ています。
