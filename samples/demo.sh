#!/usr/bin/env bash
# samples/demo.sh TIDEMARK: the main job on the embedded database, from nothing to the second
# incremental export, in context/demo. Each time it begins anew.
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
  printf '$ %s\n' "$*" | sed "s|$tidemark|tidemark|" >&2
  "$@"
}

step '1. A sample database: 2,000 invoices of several tenants and countries' \
  '1. 示例数据库：多个租户、多个国家的 2,000 张发票' \
  "$tidemark" samples create --to "$database" --invoices 2000
step '2. The full export: one file for each issued invoice' \
  '2. 全量导出：每张已开发票一个文件' \
  "$tidemark" export invoices --source "$database" -o "$tree"
step '3. Business goes on: some invoices change, some are new' \
  '3. 业务继续：部分发票更新，并有新发票' \
  "$tidemark" samples change --to "$database"
step '4. The incremental export: only what changed is written' \
  '4. 增量导出：只写有变化的发票' \
  "$tidemark" export invoices --source "$database" -o "$tree" --incremental --margin 0s

say '' ''
say "The files are in $tree, one folder for each tenant and country. What to try next:
  ./run export invoices --help                               all options, with examples
  ./run export invoices --source $database -o $tree -i       again: nothing new, nothing written
  ./run export invoices --source mysql://user@host/db -c     your own table, compressed
  ./run doctor                                               checks connection, grants, clock and index
  ./test                                                     all tests, with real servers" \
  "文件在 $tree 中，按租户和国家分文件夹。接下来可以试试：
  ./run export invoices --help                               全部选项与示例
  ./run export invoices --source $database -o $tree -i       再来一次：没有新数据，不写任何文件
  ./run export invoices --source mysql://user@host/db -c     导出您自己的表，并压缩
  ./run doctor                                               检查连接、权限、时钟和索引
  ./test                                                     用真实数据库跑全部测试"
