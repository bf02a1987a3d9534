# 増えていく記録の取込み（sekisho ledger append --follow）
follow-missing = { $file }：まだ（又はもう）ありません。現れるのを待ちます。
follow-found = { $file }：読めるようになりました。
follow-turned = { $file }：別のファイルに切り替わりました。前のファイルの残りも読みます。
follow-cut-copied = { $file }：切り詰められました。切り詰める前の残りは、写し { $copy } から読みます。
follow-cut = { $file }：切り詰められたか書き換えられ、写しも見つかりません。失われた行があるかもしれません（台帳に欠落として記しました）。
follow-lost = { $file }：停止している間に、読み残した部分がなくなりました。失われた行があるかもしれません（台帳に欠落として記しました）。
follow-unreadable = { $file }：読めません：{ $error }
follow-place-unknown = どこまで読んだかが封じられていて読めません。役割保持者の鍵を --identity で一度与えてください。
