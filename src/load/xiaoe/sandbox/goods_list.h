#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "load/xiaoe/sandbox/catalogue.h"
#include "load/xiaoe/sandbox/request_fields.h"

namespace tidemark::load::xiaoe {

struct GoodsQuery {
  PageQuery page{};
  Moment begin = Moment::min();
  Moment end = Moment::max();  ///< Included.
  std::optional<std::int64_t> sale_status{};
  std::optional<std::int64_t> resource_type{};
};

/// Reads a request to xe.goods.list.get/4.0.0: page from 1, page_size (10; more than 100 counts as
/// 100), start_time and end_time (both or none, at most 15 days apart), sale_status, resource_type.
/// What is wrong is remembered in `fields`.
[[nodiscard]] GoodsQuery read_goods_query(RequestFields& fields);

/// 0 taken off, 1 on sale.
[[nodiscard]] int sale_status_of(const Article& article, Moment now);

/// The member `data` of the answer: `{"current_page":1,"list":[…],"total":N}`, the newest first.
[[nodiscard]] std::string list_goods(const Catalogue& catalogue, const GoodsQuery& query,
                                     Moment now, bool all_text, std::int64_t total_off_by = 0);

}  // namespace tidemark::load::xiaoe
