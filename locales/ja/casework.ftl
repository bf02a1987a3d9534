# 事案の説明
incident-title = { $host }：{ $kind }
incident-title-entered = { $host }：{ $kind }（侵入されたアカウント { $entered } 件）

explain-what-entered = { $first } から { $last } にかけて、{ $kind }の記録があり、侵入に至ったことを示す記録も含まれています。
explain-what-tried = { $first } から { $last } にかけて、{ $kind }の記録があります。成功を示す記録は、与えられたログの範囲では見つかっていません。
explain-target = 対象：{ $hosts }。関係するアカウントは { $accounts } 件です。
explain-source = 送信元：{ $count } 件（{ $sources }）。
explain-source-unknown = 送信元を読み取れる記録はありません。
explain-count = 試行 { $attempts } 回、成功 { $successes } 回。
explain-rate = 試されたアカウント { $tried } 件のうち { $entered } 件に侵入（成功率 { $rate }%、95%信頼区間 { $low }%～{ $high }%）。
explain-entered = 侵入されたアカウント（{ $count } 件）：{ $accounts }。
explain-law-credential_misuse = 法との関係（判定案）：他人の識別符号が入力された疑いがあり、識別符号窃用型に当たる可能性を示しています。要件に不明なものが残る限り、確定したものではありません。
explain-law-security_hole = 法との関係（判定案）：識別符号以外の情報又は指令により利用の制限を免れた疑いがあり、セキュリティ・ホール攻撃型に当たる可能性を示しています。要件に不明なものが残る限り、確定したものではありません。
explain-law-attempt = 法との関係（判定案）：侵入に至った記録はなく、未遂・不該当となる可能性を示しています。不正アクセス禁止法に未遂を処罰する規定はありません。平成24年改正後の行為については、識別符号の不正取得・不正保管に当たるかどうかもあわせて検討します。
explain-law-preparatory = 法との関係（判定案）：識別符号の取得・提供・保管・入力の要求などの準備行為に当たる可能性を示しています。
explain-law-out_of_scope = 法との関係（判定案）：アクセス制御機能への侵害に当たる記録はなく、不正アクセス禁止法の対象外となる可能性を示しています。無害であることを意味するものではありません。
explain-law-undetermined = 法との関係（判定案）：結果の記録はありますが、どのような経路によるものかが分からず、未確定です。
explain-about = { $about }：{ $note }
explain-missing = まだ分からない事実：{ $facts }。何を確かめればよいかは、下の「不正アクセス禁止法との関係」に要件ごとに書いてあります。
explain-next-entered = まず：記録を保全し（電源は切らずにネットワークから切り離す）、危機管理責任者に知らせ、知られた可能性のある識別符号をすべて変更してください。
explain-next-tried = まず：同じ送信元・同じアカウントの成功がほかのログにないかを確かめ、試行の制限と不要なアカウントの停止を進めてください。
and-more = ほか { $count } 件

gap-lower-bound = 処理に使う記憶の量に上限があったため、回数は「少なくとも」の値です。
gap-ambiguous = 複数の読み方ができる記録が { $count } 件あり、別に数えています。
gap-source-unreadable = 送信元を読み取れない試行が { $count } 回あります。

timeline-begin = { $kind }の始まり
timeline-end = { $kind }の終わり
timeline-entry = { $kind }：利用が可能になった記録
timeline-effect = { $kind }：影響を示す記録
timeline-session = { $kind }：セッション・操作の記録
timeline-boundary = { $kind }：境目の記録

# 再発防止策
measure-reason-entered = 「{ $kind }」により侵入を許した可能性があるため
measure-reason-tried = 「{ $kind }」が試みられたため
measure-PM-01 = 入力の失敗回数を制限し、再入力までの間隔を空けさせ、一時的にロックする
measure-PM-02 = 推測されやすいパスワードを拒み、使用中のものは変更させる
measure-PM-03 = 知られた可能性のある識別符号をすべて変更し、続いているセッションを切り、鍵を失効させる
measure-PM-04 = サービスの性質に応じて二要素認証・ワンタイムパスワード・乱数表・パスキーを導入する
measure-PM-05 = 利用権者に速やかに知らせ、使い回しに注意を促す
measure-PM-06 = 不要になった・残存している・長期間使われていないIDを廃止する
measure-PM-07 = 長期間ログインのない利用者に文書等で確認する
measure-PM-08 = 前回のログインと利用履歴を表示し、本人に確認してもらう
measure-PM-09 = 外部から入ることのできる者・方法を限る
measure-PM-10 = 最新版にし、修正プログラムを適用する
measure-PM-11 = セキュリティ・ホールの有無をツールで点検する
measure-PM-12 = 設定の誤りを直し、不要なソフトウェアを取り除く
measure-PM-13 = 不要なサービス・CGIを止め、ポートを点検して（99番を含む）閉じる
measure-PM-14 = ルータ・ファイアウォールで外部からのアクセスを絞る
measure-PM-15 = ログの取得範囲と保存期間を定め、バックアップを取り、外部から届かない別のコンピュータに保管する
measure-PM-16 = ログを常時監視する
measure-PM-17 = ファイルとページの改ざんを検知し、定期的にページを見る
measure-PM-18 = 登録されている利用者と権限を見直す
measure-PM-19 = 信頼できる媒体から再構築する（ページを元に戻すだけで終わらせない）
measure-PM-20 = 不正プログラム・裏口を探して取り除く
measure-PM-21 = 一人に一つのIDとし、共用をやめる
measure-PM-22 = 最上位の権限の使用を最小限にし、使う機器・場所・時間を限る
measure-PM-23 = ネットワークを分離し、外向きの通信を制御する
measure-PM-24 = 回線の負荷を監視する
measure-PM-25 = ネットワークや機能を切り離せるようにし、訓練する
measure-PM-26 = 管理者を二人以上とし、交替させる
measure-PM-27 = 侵入の経路をたどり、警察と相手方の管理者に知らせる
measure-PM-28 = 利用者に教える：添付ファイル、フィッシング、使い回し
measure-PM-29 = 時計を合わせる
measure-PM-30 = 保存している識別符号と鍵を保護する
measure-PM-31 = ウェブのログイン画面で自動入力を妨げる（間隔、人であることの確認、端末の確認）
measure-PM-32 = 脆弱性を開発者又は受付機関に届け出る

# 届出・報告
report-when-internal-notice = 直ちに
report-when-police-damage = 必要と判断したら直ちに
report-when-psc-assist = 援助を受けたいとき（求められた資料は指定の日まで）
report-when-ppc-leak-prompt = 知った日から3～5日以内（速報）
report-when-ppc-leak-final = 知った日から60日以内（確報）
report-when-notice-holder = 確認後速やかに（この製品の目安：24時間以内）
report-when-ipa-access = 期限の定めなし（この製品の目安：7日以内）
report-when-jpcert-incident = 期限の定めなし
report-condition-internal-notice = 侵入の疑いがあるとき、又は重大な試行があったとき
report-condition-police-damage = 捜査を求めるとき、又は相談するとき（復旧作業の前に連絡する）
report-condition-psc-assist = 不正アクセス行為があったと認められる場合で、再発防止のための援助を受けたいとき
report-condition-ppc-leak-prompt = 個人データの漏えい等が発生し、又はそのおそれがあるとき（不正の目的による場合は1件から）
report-condition-ppc-leak-final = 速報の対象となった場合で、不正の目的によるおそれがあるとき
report-condition-notice-holder = 利用権者の識別符号が使われた、又は知られた疑いがあるとき
report-condition-ipa-access = 任意（失敗した試行も届け出ることができる）
report-condition-jpcert-incident = 送信元への連絡や助言を求めるとき（時刻の入ったログが必要）
