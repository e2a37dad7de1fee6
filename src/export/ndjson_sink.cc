#include "export/ndjson_sink.h"

#include "base/bytes.h"
#include "base/json_text.h"

namespace tidemark::exporter {
namespace {

/// What the source calls its rows may be any bytes; see the header for those that are no text.
void append_value(std::string& out, std::string_view value) {
  if (is_utf8(value)) return append_json_text(out, value);
  out += R"({"hex":")";
  out += hex(value);
  out += R"("})";
}

}  // namespace

void append_ndjson_key(std::string& out, const Key& key) {
  if (key.is_integer()) {
    fmt::format_to(std::back_inserter(out), "{}", key.number());
  } else {
    append_value(out, key.text());
  }
}

void append_ndjson_line(std::string& out, const SourceRow& row) {
  constexpr std::size_t names_and_times = 192;
  out.reserve(out.size() + names_and_times + row.number.size() + row.payload.size());
  out += R"({"key":)";
  append_ndjson_key(out, row.key);
  out += R"(,"invoice_no":)";
  append_value(out, row.number);
  out += R"(,"issue_date":)";
  append_value(out, row.date);
  out += R"(,"update_time":)";
  if (row.update_time.empty()) {
    out += "null";
  } else {
    append_value(out, row.update_time);
  }
  out += R"(,"payload":)";
  const std::size_t start = out.size();
  out += row.payload;
  // In valid JSON a line break can only stand between tokens. One search for each: find_first_of()
  // goes byte by byte.
  for (const char line_break : {'\n', '\r'}) {
    for (std::size_t i = out.find(line_break, start); i != std::string::npos;
         i = out.find(line_break, i + 1)) {
      out[i] = ' ';
    }
  }
  out += "}\n";
}

Result<void> NdjsonSink::begin(Chunk& /*chunk*/) {
  groups_.clear();
  return {};
}

Result<bool> NdjsonSink::is_known(const SourceRow& /*row*/, const ContentHash& /*hash*/) {
  return false;
}

Result<void> NdjsonSink::add(Chunk& chunk, const SourceRow& row, std::size_t group,
                             const ContentHash& /*hash*/) {
  Lines& lines = groups_[group];
  ++lines.rows;
  append_ndjson_line(lines.bytes, row);
  chunk.groups[group].written++;
  return {};
}

Result<Held> NdjsonSink::held(const SourceRow& /*row*/, const ContentHash& /*hash*/) {
  return Held::nothing;
}

Result<void> NdjsonSink::keep(Chunk& /*chunk*/, const SourceRow& /*row*/) { return {}; }

Result<void> NdjsonSink::end(Chunk& chunk) {
  for (auto& [group, lines] : groups_) {
    const std::string_view packed = compressor_.compress(lines.bytes);
    PackedBlock block{.group = group, .rows = lines.rows};
    if (packed.data() == lines.bytes.data()) {
      block.bytes = std::move(lines.bytes);
    } else {
      block.bytes = packed;
    }
    chunk.blocks.push_back(std::move(block));
  }
  groups_.clear();
  return {};
}

void NdjsonSink::discard(Chunk& /*chunk*/) { groups_.clear(); }

}  // namespace tidemark::exporter
