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

# 検索と時系列
search-column-time = 時刻
search-column-place = ファイル:記録
search-column-host = コンピュータ
search-column-account = アカウント
search-column-source = 送信元
search-column-text = 内容
search-found = 検索した記録 { $events } 件のうち、該当 { $found } 件
search-shown = 先頭の { $shown } 件だけを出力しました
search-no-field = 「{ $field }」という項目を持つ記録がありません。共通の項目名: { $names }
timeline-rows = 時刻順に並べた記録: { $rows } 件
timeline-untimed = このうち時刻のない記録 { $rows } 件は末尾にあります

# 規則
explain-matches = 規則「{ $rule }」は { $place } の記録に当たりました
explain-no-match = 規則「{ $rule }」は { $place } の記録に当たりません
explain-other-source = 規則「{ $rule }」は { $place } の記録とは別の種類のログを対象としています
explain-condition = 条件: { $condition }
explain-keywords = 記録全体
explain-absent = この項目は記録にありません
explain-all = 次の全て
explain-one = 次のいずれか
explain-some = 次のうち { $count } 個以上
explain-not = 次ではないこと
explain-more = ほか { $count } 個
import-licence = 利用条件（{ $file }）:
import-no-licence = 利用条件のファイルが見つかりません。配布元の条件を確かめてください
import-authors = 作成者 { $count } 名: { $names }
import-done = { $folder } に { $files } ファイルを複写しました（同じ内容で既にあるもの { $same }）。使える規則 { $rules } 件、使えない規則 { $refused } 件
import-would = { $folder } に { $files } ファイルを複写します（同じ内容で既にあるもの { $same }）。使える規則 { $rules } 件、使えない規則 { $refused } 件
import-kept = 内容の異なるファイルが既にあるため、そのまま残しました: { $file }
