# 検知の理由（detection.md 4.3, 4.4）
note-guess-count = 試行 { $tries } 回、対象のアカウント { $accounts } 件（実在 { $known } 件、実在しない名前 { $unknown } 件）、送信元 { $sources } 件。
note-guess-pace = 最も多い { $minutes } 分間に { $tries } 回の試行があり、しきい値 { $threshold } 回に達しています。
note-guess-origin = 送信元はアドレスではなく名前「{ $source }」で記録されています（名前の真偽は確かめられません）。
note-guess-rounds = { $accounts } 件のアカウントに対して、間を置いて二巡以上の試行があります。
note-guess-unreadable = 送信元を読み取れない試行が { $count } 回あり、アカウントと機器の側で数えています。
note-guess-crowded = 試されたアカウントが多いため、名前を示すのは { $kept } 件までです。侵入されたアカウントはすべて示しています。
note-few-failures = アカウント「{ $account }」は、{ $failures } 回の失敗の後、これまで使われたことのない送信元から成功しています。
note-success-after = アカウント「{ $account }」は、{ $failures } 回の失敗の後、{ $time } に成功しています（送信元は{ $known ->
    [usual] 普段のもの
   *[new] 普段見られないもの
}）。
note-success-elsewhere = 攻撃を受けていたアカウント「{ $account }」に、{ $time }、別の送信元から成功しています（送信元は{ $known ->
    [usual] 普段のもの
   *[new] 普段見られないもの
}）。
note-owner-during-attack = アカウント「{ $account }」が攻撃を受けている間に、本人とみられる成功があります。
note-dormant = アカウント「{ $account }」は { $since } から { $days } 日間使われていませんでしたが、使用されました。
note-dormant-undated = 休眠又は停止とされているアカウント「{ $account }」が使用されました。
note-dormant-never = アカウント「{ $account }」は { $since } に作られてから { $days } 日間一度も使われていませんでしたが、使用されました。
note-dormant-never-undated = 一度も使われたことのないアカウント「{ $account }」が使用されました。
note-dormant-tried = { $since } から { $days } 日間使われていないアカウント「{ $account }」が試されています。
note-dormant-tried-undated = 休眠又は停止とされているアカウント「{ $account }」が試されています。
note-leaver-since = アカウント「{ $account }」の利用資格は { $since } に終わっています（退職・異動など）。
note-leaver = アカウント「{ $account }」の利用権者は、名簿では退職・異動とされています（日付なし）。
note-leaver-expired = アカウント「{ $account }」は、ログに期限切れと記録されています。
note-leaver-owner = このアカウントの責任者は、名簿では「{ $owner }」です。
note-default-account = アカウント「{ $account }」は、製品や導入時の初期設定・見本のものとみられます。
note-service-account = アカウント「{ $account }」はプログラムのためのもので、人が外部からログインすることは想定されていません。
note-planted-roster = アカウント「{ $account }」は、名簿では無断追加とされています。
note-planted-uid = アカウント「{ $account }」は root と同じ番号（uid 0）を持っています。
note-decoy = 誰も使わないはずのおとりのアカウント「{ $account }」が使われました。
note-exercise = 演習用のアカウント「{ $account }」が使われました（sekisho exercise）。実際の攻撃ではないことを、演習をした人に確かめてください。
note-factor-refused = アカウント「{ $account }」で、二つ目の要素の確認が繰り返し拒否又は放置されています。最初の要素は誰かに知られています。
note-factor-accepted = アカウント「{ $account }」で、二つ目の要素の確認が繰り返し拒否された後、承認されています。
note-first-network = アカウント「{ $account }」が、これまで見られなかったネットワークから使われました（{ $source }）。
note-first-key = アカウント「{ $account }」が、これまで見られなかった鍵で使われました（{ $source }）。
note-first-method = アカウント「{ $account }」が、これまで見られなかった認証方式で使われました（{ $source }）。
note-first-country = アカウント「{ $account }」が、これまで見られなかった国（{ $country }）から使われました（{ $source }）。
note-first-provider = アカウント「{ $account }」が、これまで見られなかった事業者（{ $system }）の回線から使われました（{ $source }）。
note-impossible-travel = アカウント「{ $account }」が、{ $from } から使われた { $minutes } 分後に、{ $distance } km 以上離れた { $to } から使われました。同じ人の移動では間に合いません。
note-repudiated = アカウント「{ $account }」の利用権者は、{ $time } のログインは自分のものではないと申し出ています。
note-repudiated-on = アカウント「{ $account }」の利用権者は、{ $time } のログインは自分のものではないと申し出ています（申出 { $stated }）。
note-off-hours = アカウント「{ $account }」が、普段使われない時間帯（{ $time }）に使われました。
note-shared-code = アカウント「{ $account }」が、異なるネットワークから同時に使われています。

# 調べられなかったこと（DT-KND-03）
not-checked-leavers-roster = 退職者・異動者の名簿が与えられていないため、調べられませんでした（期限切れとログに書かれたものだけを見ています）。
not-checked-leavers-dates = 名簿に退職日・有効期限がないため、調べられませんでした。
not-checked-dormant-roster = 最終ログイン日のある名簿がないため、与えられたログの範囲で使われなかった期間だけを見ています。
not-checked-planted-roster = 名簿もパスワードファイルもないため、無断追加のアカウントは、ログの中で作られたものしか分かりません。
not-checked-service-roster = 名簿もパスワードファイルもないため、よく知られた名前だけで判断しています。
not-checked-decoys = おとりのアカウントが名簿に登録されていません。
not-checked-travel = 送信元の位置を調べるデータベースが与えられていないため、調べられませんでした。
not-checked-sessions = アプリケーションのセッションの識別子を含むログがないため、調べられませんでした。
not-checked-repudiated = 利用権者本人の申告は、ログからは分かりません。利用履歴を本人に確認してもらい、身に覚えのないものを --repudiated で与えてください。
not-found-repudiated = アカウント「{ $account }」の利用権者が申し出たログイン（{ $from } から { $until } まで）は、与えられたログの中に見つかりませんでした。
not-checked-factors = 二要素認証の拒否・放置の記録がログに含まれていません。
note-correlation = 規則「{ $rule }」の条件に、{ $minutes } 分の窓の中で当てはまりました（関係する記録 { $events } 件）。
