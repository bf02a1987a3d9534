# Windows イベントログ
windows-numbers-restart = { $log } の記録番号が { $time } に小さい番号から振り直されています。ログが作り直された疑いがあります。
windows-numbers-missing = { $log } の記録番号に { $missing } 件の欠番があります（最大の欠けは { $before } と { $after } の間）。
windows-program = { $host } のプログラム「{ $program }」による操作です。
windows-chain = リモートデスクトップで { $path } の順に渡り歩いています。
windows-number-of-another = アカウント「{ $account }」の名前で、「{ $known }」の SID が使われています（「{ $known }」の直前の使用: { $time }）。偽造チケットの疑いがあります。
windows-domain-unusual = ログオンのドメイン名「{ $domain }」は、同じドメインの他のログオン（「{ $usual }」）と異なります。偽造チケットの疑いがあります。
windows-ticket-without-grant = アカウント「{ $account }」に、チケット発行（TGT）の記録がないまま「{ $service }」のサービスチケットが発行されています。
windows-weak-ticket = これまで AES を使っていたアカウント「{ $account }」（{ $strong } 回）に、RC4 のチケットが発行されています。盗まれたハッシュ値が使われた疑いがあります。
windows-weak-service-ticket = これまで AES だったサービス「{ $service }」（{ $strong } 回）のチケットを、アカウント「{ $account }」が RC4 で取得しています。
