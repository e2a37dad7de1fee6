#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/order_tables.h"
#include "load/row_sql.h"
#include "load/testing_warehouse.h"
#include "load/xiaoe/order_transform.h"

// For tests: raw orders, and a warehouse that they are written into.
namespace tidemark::load::testing {

inline std::string row(std::string_view id, std::string_view price, int state,
                       std::string_view more = "") {
  return fmt::format(
      R"({{"order_id":"{}","user_id":"u_1","title":"课程","resource_id":"p_1","resource_type":50,)"
      R"("count":1,"price":{},"order_state":{},"created_time":"2025-01-01 08:00:00",)"
      R"("pay_time":"2025-01-01 08:00:09"{}}})",
      id, price, state, more);
}

/// 60 orders, those from `first` on at a price that the database refuses.
inline std::vector<Observed> partly_refused(int first, int seconds = 0) {
  std::vector<Observed> batch;
  for (int number = 0; number < 60; ++number) {
    const std::string id = fmt::format("o_{:03}", number);
    batch.push_back(observed_row(id, row(id, number < first ? "1.00" : "6.66", 1),
                                 start + std::chrono::seconds(seconds)));
  }
  return batch;
}

/// On each database an empty warehouse with a writer of orders.
class EachOrderWarehouse : public EachWarehouse {
 protected:
  [[nodiscard]] const StreamTables& tables() const override { return tables_; }

  /// Rows as one page that was asked for `seconds` after the start.
  BatchOutcome write(const std::vector<std::string>& payloads, int seconds) {
    std::vector<Observed> batch;
    for (const std::string& payload : payloads) {
      std::string id;
      if (const std::size_t at = payload.find("o_"); at != std::string::npos)
        id = payload.substr(at, 3);
      batch.push_back(observed_row(id, payload, start + std::chrono::seconds(seconds)));
    }
    return write_batch(std::move(batch));
  }

  /// Every column of every row, for comparing.
  std::string dump(std::string_view table, std::string_view columns = "*") {
    Result<std::unique_ptr<sql::Cursor>> rows =
        db().query(fmt::format("SELECT {} FROM {} ORDER BY {}", columns, table,
                               table == "order_history" ? "order_id, seen_at" : "1, 2, 3"));
    if (!rows) return rows.error().what.en;
    std::string all;
    while ((*rows)->next().value_or(false)) {
      for (std::size_t i = 0; i < (*rows)->columns(); ++i)
        all += std::string((*rows)->at(i).value_or("NULL")) + '|';
      all += '\n';
    }
    return all;
  }
  void refuse_666() {
    if (db().dialect() == sql::Dialect::sqlite) {
      for (const char* when : {"INSERT", "UPDATE"})
        run(
            fmt::format("CREATE TRIGGER strict_{0} BEFORE {0} ON orders WHEN NEW.price_fen=666 "
                        "BEGIN SELECT RAISE(ABORT, 'never 666'); END",
                        when));
    } else {
      run("ALTER TABLE orders ADD CONSTRAINT strict_price CHECK (price_fen<>666)");
    }
  }
  std::string business() { return dump("orders") + dump("order_items") + dump("order_history"); }

  static OrderTables tables_with(CodeTexts texts) {
    return OrderTables("xiaoe", std::chrono::hours(8),
                       std::make_unique<xiaoe::XiaoeOrderTransform>(texts));
  }

  OrderTables tables_ = tables_with(CodeTexts::usual);
};

}  // namespace tidemark::load::testing
