#!/usr/bin/env bash
# samples/demo.sh TIDEMARK: the main job on the embedded database, from nothing to an incremental
# export, in context/demo. Each time it begins anew.
set -euo pipefail
tidemark=$1
. cmake/prepare.sh

demo=context/demo
database=sqlite:$demo/sample.db
tree=$demo/invoices
rm -rf "$demo/sample.db" "$demo/sample.db-wal" "$demo/sample.db-shm" "$tree"
mkdir -p "$demo"

step() {
  say '' ''
  say "== $1" "== $2"
  shift 2
  printf '$ %s\n' "tidemark ${*:2}" >&2
  "$@"
}

files() { find "$tree" -path "$tree/.export_state" -prune -o -type f -print | sort; }

step '1. A sample database: 2,000 invoices of 20 tenants, in many countries' \
  '1. 示例数据库：20 个租户、多个国家的 2,000 张发票' \
  "$tidemark" samples create --to "$database" --invoices 2000
step '2. The full export: one file for each issued invoice' \
  '2. 全量导出：每张已开具的发票一个文件' \
  "$tidemark" export invoices --source "$database" -o "$tree"
before=$(files | wc -l)
step '3. A day of business: some invoices change, some are new' \
  '3. 一天的业务：部分发票有变化，并有新发票' \
  "$tidemark" samples change --to "$database"
sleep 1.1 # An incremental run leaves the second that is not over yet to the next one.
step '4. The incremental export: everything is compared, only what changed is written' \
  '4. 增量导出：逐张比对，只写有变化的发票' \
  "$tidemark" export invoices --source "$database" -o "$tree" --incremental --margin 0s
after=$(files | wc -l)
example=$(files | sed -n 1p)

say '' ''
say "What happened: the full export made $before files. Then 20 invoices were amended, 2 moved (their
old files are gone) and 10 are new, so the incremental export wrote 32 files, and now there are $after.
Each tenant's watermark stands in $tree/.export_state/.last_export_time:" \
  "结果：全量导出生成 $before 个文件。随后 20 张发票有更新，2 张改换归属（旧文件已移除），10
张为新发票，因此增量导出写了 32 个文件，现共 $after 个。每个租户的水位（已导出到哪个时刻）记在
$tree/.export_state/.last_export_time 中："
sed -n '1,3s/^/  /p' "$tree/.export_state/.last_export_time" >&2

say '' ''
say "What to try next:
  cat '$example'
  ./run samples change --to $database --add 100
  ./run export invoices --source $database -o $tree -i --margin 0s        only what is new
  ./run export invoices --source $database -o context/demo/zstd -c=zstd   compressed
  ./run export invoices --source mysql://user@host/db --dry-run           your own table, nothing written
  ./run export invoices --help                                            all options
  ./test                                                                  all tests, on real servers" \
  "接下来可以试试：
  cat '$example'
  ./run samples change --to $database --add 100
  ./run export invoices --source $database -o $tree -i --margin 0s        只导出新变化
  ./run export invoices --source $database -o context/demo/zstd -c=zstd   压缩
  ./run export invoices --source mysql://user@host/db --dry-run           您自己的表，不写任何文件
  ./run export invoices --help                                            全部选项
  ./test                                                                  用真实数据库跑全部测试"
