# Windows イベントログ
windows-numbers-restart = { $log } の記録番号が { $time } に小さい番号から振り直されています。ログが作り直された疑いがあります。
windows-numbers-missing = { $log } の記録番号に { $missing } 件の欠番があります（最大の欠けは { $before } と { $after } の間）。
windows-program = { $host } のプログラム「{ $program }」による操作です。
windows-chain = リモートデスクトップで { $path } の順に渡り歩いています。
