# ウェブサイトへの攻撃
web-payload = 「{ $rule }」に当たる要求：{ $method } { $request }（応答 { $status }）
web-payload-decoded = 「{ $rule }」に当たる要求：{ $method } { $request }（応答 { $status }）。符号化を解いた形：{ $reading }
web-delay-kept = 要求で指定された待ち時間と同じだけ応答が遅れています。データベースが指令に従った可能性があります。
web-answer-unusual = { $path } への攻撃要求に、ふだんと大きく異なる大きさ（{ $bytes } バイト）の応答が返っています。
web-answer-given = { $path } への攻撃要求に、応答（{ $bytes } バイト）が返っています。内容を確かめてください。
web-scan = 存在しないページや複数の種類の攻撃が続けて試されており、弱点を探す走査とみられます。
web-scanner-named = 攻撃用の走査ツールを名乗る要求が、攻撃の内容とともに届いています。
