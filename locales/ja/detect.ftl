# 検知の理由（detection.md 4.3, 4.4）
note-guess-count = 試行 { $tries } 回、対象のアカウント { $accounts } 件（実在 { $known } 件、実在しない名前 { $unknown } 件）、送信元 { $sources } 件。
note-guess-pace = 最も多い { $minutes } 分間に { $tries } 回の試行があり、しきい値 { $threshold } 回に達しています。
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
