#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/order.h"
#include "load/order_tables.h"
#include "load/pause.h"
#include "load/raw_layer.h"
#include "load/scan_store.h"
#include "sql/connection.h"

namespace tidemark::load {

/// Rows of one transaction of a load. More make it no faster, and each waits in memory.
inline constexpr std::size_t batch_rows_max = 2000;

/// What became of the rows of a batch.
struct BatchOutcome {
  std::uint64_t rows = 0;      ///< As they came, repeats included.
  std::uint64_t repeats = 0;   ///< The same record again within the batch.
  std::uint64_t inserted = 0;  ///< Orders that are new.
  std::uint64_t unchanged = 0;
  std::uint64_t older = 0;  ///< The warehouse had seen the row later, with other content.
  std::vector<ChangedOrder> changed{};
  std::vector<std::string> rejected{};  ///< `o_1: price is missing`, English.
  std::set<UnknownCode> unknown_codes{};
};

/// Opens a connection to the warehouse; asked again when one broke.
using ConnectWarehouse = std::function<Result<std::unique_ptr<sql::Connection>>()>;

/// Which orders of which source a writer writes.
struct OrderStream {
  std::string platform;
  std::string stream = "orders";
  std::chrono::minutes utc_offset{};
  const OrderTransform* transform = nullptr;  ///< Outlives the writer.
};

/// Takes raw rows of orders into the warehouse: raw layer, business tables and rejects, batch by
/// batch, each in one transaction. All writers of a stream take turns (a lock on its row in
/// load_streams), so none sees half of another's batch, and two can never deadlock.
///
/// The newest observation wins, whatever the order in which batches arrive; a row without news is
/// not touched, but for its stamp in raw_seen. A transaction that met a deadlock with somebody
/// else, or lost its connection, is done again.
class OrderWriter {
 public:
  /// Opens the connection. The warehouse's tables must be there; with `dry_run` nothing is written,
  /// and they may be missing. `pause` must outlive it.
  /// Errors: those of `connect`.
  [[nodiscard]] static Result<OrderWriter> open(ConnectWarehouse connect, OrderStream stream,
                                                bool dry_run, Pause& pause);

  /// Errors: those of Connection, after a few attempts; then the warehouse is as it was.
  [[nodiscard]] Result<BatchOutcome> write(std::vector<Observed> batch, std::string_view scan_id);

  /// The watermark of the stream; nullopt if there is none. Errors: those of Connection; corrupt.
  [[nodiscard]] Result<std::optional<Complete>> complete();

 private:
  struct Sorted;

  OrderWriter(ConnectWarehouse connect, OrderStream stream, bool dry_run, Pause& pause)
      : connect_(std::move(connect)),
        stream_(std::move(stream)),
        dry_run_(dry_run),
        pause_(&pause) {}

  [[nodiscard]] Result<void> reconnect();
  [[nodiscard]] Result<BatchOutcome> attempt(const std::vector<Observed>& batch,
                                             std::string_view scan_id);
  [[nodiscard]] Result<BatchOutcome> within_transaction(const std::vector<Observed>& batch,
                                                        std::string_view scan_id);
  [[nodiscard]] Sorted sorted(const std::vector<Observed>& batch,
                              const std::map<std::string, Seen>& seen, BatchOutcome& outcome) const;
  [[nodiscard]] Result<void> write_rejects(const Sorted& sorted, std::string_view scan_id);

  ConnectWarehouse connect_;
  OrderStream stream_;
  bool dry_run_;
  Pause* pause_;
  std::unique_ptr<sql::Connection> connection_;
  bool has_tables_ = true;  ///< False: a dry run into a warehouse that is not there yet.
};

/// As the batch wants it: the hash made, and an id that can be a key.
[[nodiscard]] Observed observed_row(std::string id, std::string payload, WallTime observed_at);

}  // namespace tidemark::load
