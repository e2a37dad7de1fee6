#include "export/ndjson_sink.h"

#include "base/bytes.h"

namespace tidemark::exporter {
namespace {

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x80 ? 1 : utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    if (first == '"' || first == '\\') {
      out += '\\';
      out += text.front();
    } else if (first < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", first);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

}  // namespace

void append_ndjson_line(std::string& out, const SourceRow& row) {
  out += R"({"key":)";
  if (row.key.is_integer()) {
    fmt::format_to(std::back_inserter(out), "{}", row.key.number());
  } else {
    append_json_text(out, row.key.text());
  }
  out += R"(,"invoice_no":)";
  append_json_text(out, row.number);
  out += R"(,"issue_date":)";
  append_json_text(out, row.date);
  out += R"(,"update_time":)";
  if (row.update_time.empty()) {
    out += "null";
  } else {
    append_json_text(out, row.update_time);
  }
  out += R"(,"payload":)";
  const std::size_t start = out.size();
  out += row.payload;
  // In valid JSON a line break can only stand between tokens.
  for (std::size_t i = out.find_first_of("\r\n", start); i != std::string::npos;
       i = out.find_first_of("\r\n", i)) {
    out[i] = ' ';
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
