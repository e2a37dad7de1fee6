#include <expat.h>

#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "samples/code_lists.h"

namespace tidemark::samples {
namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

/// What the parser's callbacks gather. Nothing in them may throw through C: they only append.
struct Reading {
  XML_Parser parser = nullptr;
  std::string root;
  std::string text;
  std::map<std::string, std::string, std::less<>> entry;
  std::vector<std::map<std::string, std::string, std::less<>>> entries;
};

Reading& reading(void* user) { return *static_cast<Reading*>(user); }

void start_element(void* user, const XML_Char* name, const XML_Char** /*attributes*/) {
  Reading& it = reading(user);
  if (it.root.empty()) it.root = name;
  if (std::string_view(name) == "CcyNtry") it.entry.clear();
  it.text.clear();
}

void end_element(void* user, const XML_Char* name) {
  Reading& it = reading(user);
  if (std::string_view(name) == "CcyNtry") {
    it.entries.push_back(it.entry);
  } else {
    it.entry[name] = it.text;
  }
  it.text.clear();
}

void character_data(void* user, const XML_Char* text, int size) {
  reading(user).text.append(text, static_cast<std::size_t>(size));
}

/// The published file has no document type; entities of one could grow without end.
void start_doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  XML_StopParser(reading(user).parser, XML_FALSE);
}

}  // namespace

Result<CodeList<CurrencyCode>> read_iso4217_xml(std::string_view xml) {
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser(
      XML_ParserCreate(nullptr));
  Reading it;
  it.parser = parser.get();
  XML_SetUserData(parser.get(), &it);
  XML_SetElementHandler(parser.get(), start_element, end_element);
  XML_SetCharacterDataHandler(parser.get(), character_data);
  XML_SetStartDoctypeDeclHandler(parser.get(), start_doctype);
  if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) !=
      XML_STATUS_OK) {
    const std::string reason = XML_ErrorString(XML_GetErrorCode(parser.get()));
    return fail(ErrorKind::corrupt, {"line {}: {}", "第 {} 行：{}"},
                XML_GetCurrentLineNumber(parser.get()), reason);
  }
  if (it.root != "ISO_4217") {
    return fail(ErrorKind::corrupt, {"not an ISO 4217 table", "不是 ISO 4217 表"});
  }

  CodeList<CurrencyCode> list;
  std::set<std::string> seen;
  for (auto& entry : it.entries) {
    std::string& code = entry["Ccy"];
    if (code.empty() || !seen.insert(code).second) continue;
    CurrencyCode currency{.code = code,
                          .name = entry["CcyNm"],
                          .numeric = entry["CcyNbr"],
                          .minor_units = {},
                          .symbol = {}};
    const std::string& units = entry["CcyMnrUnts"];
    int value = 0;
    const auto read = std::from_chars(units.data(), units.data() + units.size(), value);
    if (read.ec == std::errc() && read.ptr == units.data() + units.size() && value >= 0) {
      currency.minor_units = value;
    } else if (units != "N.A.") {
      return fail(ErrorKind::corrupt,
                  {"{}: not a number of minor units: {}", "{}：小数位数无效：{}"}, code, units);
    }
    list.codes.push_back(std::move(currency));
  }
  return list;
}

}  // namespace tidemark::samples
