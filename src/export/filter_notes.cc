#include "export/filter_notes.h"

#include <fmt/ranges.h>

#include "base/bytes.h"

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

}  // namespace tidemark::exporter
