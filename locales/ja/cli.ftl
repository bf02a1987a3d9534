# コマンドライン
talk-entered = 侵入されたとみられるアカウント（{ $count } 件）: { $accounts }
talk-incident = { $first } から { $last } まで、試行 { $attempts } 回、送信元 { $sources } 件
talk-read = ファイル { $files } 件、イベント { $events } 件、検知 { $findings } 件
talk-span = 記録の期間: { $from } から { $to } まで
talk-unread = 読めなかったもの: { $count } 件（unread.jsonl を参照）
talk-not-checked = 調べられなかった攻撃の種類: { $count } 件（報告書を参照）
talk-report = 報告書: { $path }

# 仮定したこと
assumed-zone = 時間帯の記載がないため、この機器または --timezone の時間帯とみなしました: { $sources }
assumed-year = 時刻に年の記載がないため、最も新しい記録を { $year } 年のものとみなしました: { $sources }
assumed-late = { $source }: { $count } 件の記録が本来の位置より 1 日以上（または多数の記録の分だけ）遅れており、時刻順に並べられませんでした
assumed-roster = 入力の中にあったアカウント名簿を使いました: { $file }（{ $count } 件）
