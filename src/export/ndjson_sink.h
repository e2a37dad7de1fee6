#pragma once

#include <map>
#include <string>

#include "export/codec.h"
#include "export/row_sink.h"

namespace tidemark::exporter {

/// One line of a packed file:
/// `{"key":1,"invoice_no":"A-1","issue_date":"2025-08-19
/// 00:00:00","update_time":"…","payload":{…}}` The payload's bytes are the stored ones, except that
/// line breaks between its tokens become blanks: a line is a line. Texts that are not UTF-8
/// (a binary key) stand as `{"hex":"00ff"}`, so that different bytes stay different.
void append_ndjson_line(std::string& out, const SourceRow& row);
/// A key as it stands in a line.
void append_ndjson_key(std::string& out, const Key& key);

/// Rows packed by group (layout `ndjson`): a chunk's lines of one group become one block, and the
/// publisher appends it to the group's part. A block is at most a chunk, so memory stays bounded.
class NdjsonSink final : public RowSink {
 public:
  NdjsonSink(Compression compression, int level) : compressor_(compression, level) {}

  [[nodiscard]] bool uses_hashes() const override { return false; }
  [[nodiscard]] Result<void> begin(Chunk& chunk) override;
  /// Nothing is known of single rows: every one is checked.
  [[nodiscard]] Result<bool> is_known(const SourceRow& row, const ContentHash& hash) override;
  [[nodiscard]] Result<void> add(Chunk& chunk, const SourceRow& row, std::size_t group,
                                 const ContentHash& hash) override;
  /// Lines stand beside each other.
  [[nodiscard]] Result<Held> held(const SourceRow& row, const ContentHash& hash) override;
  /// Nothing: the row's line of an earlier run is looked for at the end, see keep_lines().
  [[nodiscard]] Result<void> keep(Chunk& chunk, const SourceRow& row) override;
  [[nodiscard]] Result<void> end(Chunk& chunk) override;
  void discard(Chunk& chunk) override;

 private:
  struct Lines {
    std::uint64_t rows = 0;
    std::string bytes;
  };
  Compressor compressor_;
  std::map<std::size_t, Lines> groups_;
};

}  // namespace tidemark::exporter
