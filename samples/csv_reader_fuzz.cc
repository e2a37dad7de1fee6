#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "samples/csv_reader.h"

using tidemark::check;
using tidemark::Result;
using tidemark::samples::CsvReader;
using tidemark::samples::text_source;

namespace {

using Records = std::vector<std::vector<std::string>>;

/// False when the text is not CSV.
bool read(std::string_view text, Records& records) {
  CsvReader reader(text_source(text));
  while (true) {
    const Result<bool> more = reader.next();
    if (!more) return false;
    if (!*more) return true;
    records.push_back(reader.fields());
  }
}

std::string written(const Records& records) {
  std::string text;
  for (const std::vector<std::string>& record : records) {
    for (std::size_t i = 0; i < record.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : record[i]) text.append(c == '"' ? 2 : 1, c);
      text += '"';
    }
    text += "\r\n";
  }
  return text;
}

}  // namespace

/// What is accepted survives being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Records records;
  if (!read({reinterpret_cast<const char*>(data), size}, records)) return 0;
  Records again;
  check(read(written(records), again) && again == records, "a record changed on its way");
  return 0;
}
