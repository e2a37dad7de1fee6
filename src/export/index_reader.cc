#include "export/index_reader.h"

#include "export/file_rows.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

Result<IndexReader> IndexReader::open(const std::string& directory, IndexDb::Mode mode) {
  Result<IndexDb> db = IndexDb::open(TreeIndex::path_in(directory), mode);
  if (!db) return fail(std::move(db));
  Result<IndexStatement> find = db->prepare(select_file("key"));
  if (!find) return fail(std::move(find));
  return IndexReader(std::move(*db), std::move(*find));
}

Result<void> IndexReader::begin() { return db_.run("BEGIN"); }
void IndexReader::end() { static_cast<void>(db_.run("COMMIT")); }
Result<std::optional<TreeFile>> IndexReader::find(const Key& key) { return find_file(find_, key); }

}  // namespace tidemark::exporter
