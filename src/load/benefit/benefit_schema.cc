#include "load/benefit/benefit_schema.h"

#include <array>

#include "load/table_migrations.h"

namespace tidemark::load {
namespace {

constexpr std::array decision_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"order_id", Kind::id, "订单号", true},
    Column{"decision", Kind::name, "决定：granted 发放，withdrawn 取消，pending 待定，none 无",
           true},
    Column{"previous_decision", Kind::name, "上一次不同的决定；首次为空"},
    Column{"due_at", Kind::time, "下单满 14 天的时间（含），时区见订单的 time_zone", true},
    Column{"decided_at", Kind::stamp, "做出当前决定的时间，时区同上", true},
    Column{"rule_version", Kind::name, "规则版本", true},
    Column{"facts", Kind::text, "所依据的事实（JSON）", true},
    Column{"reason", Kind::text, "理由（英文）", true},
    Column{"reason_zh", Kind::text, "理由（中文）", true},
    Column{"updated_at", Kind::stamp, "本行最后变化的时间，时区同上", true},
};
constexpr std::array decision_indexes = {
    TableIndex{"benefit_decisions_due", "due_at"},
    TableIndex{"benefit_decisions_decision", "decision, due_at"},
};
constexpr std::string_view of_an_order =
    "FOREIGN KEY (platform, order_id) REFERENCES orders (platform, order_id)";

constexpr std::array history_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"order_id", Kind::id, "订单号", true},
    Column{"changed_at", Kind::stamp, "变化的时间，时区见订单的 time_zone", true},
    Column{"decision", Kind::name, "当时的决定", true},
    Column{"previous_decision", Kind::name, "上一次不同的决定；首次为空"},
    Column{"rule_version", Kind::name, "规则版本", true},
    Column{"facts", Kind::text, "所依据的事实（JSON）", true},
    Column{"reason", Kind::text, "理由（英文）", true},
    Column{"reason_zh", Kind::text, "理由（中文）", true},
};
constexpr std::array history_indexes = {
    TableIndex{"benefit_history_changed", "changed_at"},
};

constexpr std::array accepted_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"order_id", Kind::id, "订单号", true},
    Column{"decision_updated_at", Kind::stamp,
           "被接受的待定决定的 updated_at；该决定变化后不再有效", true},
    Column{"accepted_at", Kind::stamp, "运维人员接受的时间（UTC）", true},
    Column{"accepted_reason", Kind::text, "接受的理由", true},
};

constexpr TableSpec decisions{.name = "benefit_decisions",
                              .comment = "福利决定",
                              .columns = decision_columns,
                              .key_columns = 2,
                              .indexes = decision_indexes,
                              .foreign_key = of_an_order};
constexpr TableSpec history{.name = "benefit_decision_history",
                            .comment = "福利决定的变化",
                            .columns = history_columns,
                            .key_columns = 3,
                            .indexes = history_indexes,
                            .foreign_key = of_an_order};

constexpr TableSpec accepted{.name = "benefit_pending_accepted",
                             .comment = "已确认、不再影响运行结果的待定订单",
                             .columns = accepted_columns,
                             .key_columns = 2,
                             .foreign_key = of_an_order};

}  // namespace

const TableSpec& benefit_decisions_table() { return decisions; }
const TableSpec& benefit_decision_history_table() { return history; }
const TableSpec& benefit_pending_accepted_table() { return accepted; }

Result<void> migrate_benefits(sql::Connection& connection) {
  static constexpr std::array tables = {&decisions, &history, &accepted};
  static const TableMigrations migrations(tables);
  return run::migrate(connection, "load.benefits", migrations.steps(),
                      run::MigratedDatabase::warehouse);
}

}  // namespace tidemark::load
