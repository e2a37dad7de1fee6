#include "cli/doctor_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/wrap.h"

namespace tidemark::cli {
namespace {

using run::Finding;
using run::Verdict;

Wording verdict_wording(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return {"ok", "正常"};
    case Verdict::warning:
      return {"warning", "警告"};
    case Verdict::failure:
      return {"FAILURE", "失败"};
  }
  return {};
}

/// What each check is about, for people.
Wording check_wording(std::string_view check) {
  static constexpr std::pair<std::string_view, Wording> table[] = {
      {"config", {"configuration", "配置"}},
      {"connection", {"connection", "连接"}},
      {"table", {"table", "数据表"}},
      {"version", {"server", "服务器"}},
      {"clock", {"clocks", "时钟"}},
      {"zone", {"time zone", "时区"}},
      {"grants", {"grants", "权限"}},
      {"replica", {"replica", "主从"}},
      {"select", {"columns", "列"}},
      {"names", {"comparison", "比较方式"}},
      {"charset", {"character set", "字符集"}},
      {"index", {"index", "索引"}},
      {"tenants", {"tenants", "租户列"}},
      {"update_time", {"update time", "更新时间列"}},
      {"null_stamps", {"NULL stamps", "空更新时间"}},
      {"future_stamps", {"future stamps", "未来时间"}},
      {"key", {"key", "主键"}},
      {"output", {"output folder", "输出目录"}},
      {"place", {"tree's place", "目录位置"}},
      {"disk", {"disk space", "磁盘空间"}},
      {"integrity", {"integrity", "完整性"}},
      {"inodes", {"inodes", "inode"}},
      {"state", {"watermarks", "水位"}},
      {"tree_index", {"tree's index", "目录索引"}},
      {"engine", {"table's engine", "存储引擎"}},
      {"parts", {"packed parts", "分片"}},
      {"source", {"tree's source", "目录数据源"}},
      {"hub_state", {"hub's state", "hub 状态库"}},
      {"master_key", {"master key", "主密钥"}},
      {"due", {"due times", "到期时间"}},
      {"finished", {"finished", "已完成"}},
      {"overdue", {"overdue", "超期"}},
      {"orphans", {"orphans", "孤立记录"}},
      {"sequences", {"numbers", "序号"}},
      {"counters", {"counters", "计数器"}},
      {"signed", {"signatures", "签名"}},
      {"bodies", {"bodies", "正文"}},
      {"routing", {"routing", "路由"}},
      {"leases", {"leases", "租约"}},
      {"refusals", {"refused entries", "被拒条目"}},
      {"credentials", {"credentials", "凭据"}},
      {"shop", {"shop", "店铺"}},
      {"token", {"token", "令牌"}},
      {"whitelist", {"IP whitelist", "IP 白名单"}},
      {"shop_clock", {"shop's clock", "店铺时钟"}},
      {"permission", {"permission", "接口权限"}},
      {"tables", {"tables", "数据表"}},
      {"watermark", {"watermark", "水位"}},
      {"gaps", {"gaps", "时间段"}},
      {"rejects", {"set aside", "拒收"}},
  };
  for (const auto& [id, wording] : table)
    if (id == check) return wording;
  return {check, check};
}

void print_finding(const Context& context, const Finding& finding) {
  constexpr std::size_t verdict_columns = 7;
  constexpr std::size_t check_columns = 14;
  context.world.out.line(fmt::format(
      "{}  {}  {}", pad(verdict_wording(finding.verdict).in(context.language), verdict_columns),
      pad(check_wording(finding.check).in(context.language), check_columns),
      finding.what.in(context.language)));
  const std::string indent(verdict_columns + check_columns + 4, ' ');
  if (!finding.mend.empty()) {
    context.world.out.line(indent + "→ " + finding.mend.in(context.language));
  }
  if (!finding.statement.empty()) context.world.out.line(indent + "  " + finding.statement + ";");
}

}  // namespace

ExitCode report_findings(const Context& context, std::span<const Finding> findings,
                         std::pair<std::string_view, std::string_view> subject) {
  const auto count = [&](Verdict verdict) {
    return std::ranges::count(findings, verdict, &Finding::verdict);
  };
  const ExitCode code = count(Verdict::failure) > 0 ? ExitCode::failed : ExitCode::done;
  if (context.json) {
    for (const Finding& finding : findings) {
      context.world.out.json({{"message_type", "finding"},
                              {"check", finding.check},
                              {"verdict", run::name(finding.verdict)},
                              {"what", finding.what.en},
                              {"mend", finding.mend.en},
                              {"statement", finding.statement}});
    }
    context.world.out.json({{"message_type", "summary"},
                            {"command", "doctor"},
                            {subject.first, subject.second},
                            {"ok", count(Verdict::ok)},
                            {"warnings", count(Verdict::warning)},
                            {"failures", count(Verdict::failure)},
                            {"exit_code", static_cast<int>(code)}});
    return code;
  }
  for (const Finding& finding : findings) print_finding(context, finding);
  context.print(say({"{} ok, {} warnings, {} failures", "正常 {} 项，警告 {} 项，失败 {} 项"},
                    count(Verdict::ok), count(Verdict::warning), count(Verdict::failure)));
  return code;
}

}  // namespace tidemark::cli
