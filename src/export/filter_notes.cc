#include "export/filter_notes.h"

#include <fmt/ranges.h>

#include "base/bytes.h"
#include "base/shell_word.h"

namespace tidemark::exporter {

Message no_rows_of_tenant(std::string_view tenant) {
  return say({"there is no row of tenant \"{}\" to export; is the name right?",
              "租户“{}”没有可导出的数据；请检查名称"},
             printable(tenant));
}

Message no_rows_of_country(std::string_view country) {
  return say({"there is no row of country \"{}\" to export; is the name right?",
              "国家“{}”没有可导出的数据；请检查名称"},
             printable(country));
}

Message no_rows_of_both(const std::vector<std::string>& tenants,
                        const std::vector<std::string>& countries) {
  return say({"there are no rows of this tenant and country to export: {} / {}",
              "该租户与国家的组合没有可导出的数据：{} / {}"},
             printable(fmt::format("{}", fmt::join(tenants, ", "))),
             printable(fmt::format("{}", fmt::join(countries, ", "))));
}

Message kept_parts_of_some(std::uint64_t parts, const std::string& output) {
  return say({"{0} old {1} beside the new ones, since a row that moved to where --tenant, "
              "--country or --limit do not look has its last line there; to fold them: "
              "tidemark export compact -o {2}",
              "{0} 个旧分片与新分片并存：若有行已移出 --tenant、--country 或 --limit 的范围，"
              "其最后内容仍在旧分片中；折叠命令：tidemark export compact -o {2}"},
             parts, plural(parts, "part stays", "parts stay"), shell_quoted(output));
}

}  // namespace tidemark::exporter
