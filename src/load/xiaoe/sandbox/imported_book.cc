#include "load/xiaoe/sandbox/imported_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <tuple>

#include "base/check.h"

namespace tidemark::load::xiaoe {
namespace {

/// A decimal of a file as a whole number of units of 10^-decimals.
std::optional<std::int64_t> units_of(const Decimal& decimal, int decimals) {
  const std::optional<Decimal> rounded = decimal.rounded_to(decimals);
  if (!rounded) return std::nullopt;
  std::string digits = rounded->text();
  std::erase(digits, '.');
  std::int64_t units = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), units);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return units;
}

std::unexpected<Error> not_a_line(const ImportedLine& line) {
  return fail(ErrorKind::corrupt,
              {"invoice {}, article {}: quantity or price is none: {} at {}",
               "发票 {}、商品 {}：数量或单价无效：{} × {}"},
              line.invoice, line.article, line.quantity.text(), line.price.text());
}

/// What half away from zero makes of pieces at a price, in fen.
std::optional<std::int64_t> amount_of(std::int64_t quantity, const Decimal& price) {
  const std::optional<Decimal> amount = Decimal(quantity, 0).times(price);
  if (!amount) return std::nullopt;
  return units_of(*amount, 2);
}

/// The places 0, 1, 2 … in the order that `before` gives them.
template <class Before>
std::vector<std::uint32_t> sorted_places(std::size_t count, const Before& before) {
  std::vector<std::uint32_t> places(count);
  std::iota(places.begin(), places.end(), 0U);
  std::ranges::sort(places, [&](std::uint32_t a, std::uint32_t b) {
    if (before(a, b)) return true;
    return !before(b, a) && a < b;
  });
  return places;
}

std::vector<std::uint32_t> ranks_of(const std::vector<std::uint32_t>& places) {
  std::vector<std::uint32_t> ranks(places.size());
  for (std::uint32_t rank = 0; rank < places.size(); ++rank) ranks[places[rank]] = rank;
  return ranks;
}

}  // namespace

std::uint32_t ImportedBook::Builder::number_of(
    std::unordered_map<std::string, std::uint32_t>& numbers, const std::string& name) {
  return numbers.emplace(name, static_cast<std::uint32_t>(numbers.size())).first->second;
}

Result<void> ImportedBook::Builder::add(const ImportedLine& line) {
  const std::optional<std::int64_t> quantity = units_of(line.quantity, 0);
  if (!quantity || Decimal(*quantity, 0) != line.quantity) return not_a_line(line);
  const std::uint32_t invoice = number_of(invoices_, line.invoice);
  if (invoice == lines_.size()) lines_.push_back(0);
  const std::uint32_t number = ++lines_[invoice];
  if (line.invoice.starts_with('C') && *quantity < 0) {
    given_back_.push_back({.customer = number_of(customers_, line.customer),
                           .article = number_of(articles_, line.article),
                           .time = line.time,
                           .price = line.price,
                           .quantity = -*quantity,
                           .place = given_back_.size()});
    if (given_back_.back().article == goods_.size()) goods_.emplace_back();
    return {};
  }
  const std::optional<std::int64_t> amount = amount_of(*quantity, line.price);
  if (!amount || sales_.size() >= std::numeric_limits<std::uint32_t>::max())
    return not_a_line(line);
  const bool sells = *quantity > 0 && *amount > 0 && !line.invoice.starts_with('C');
  if (!sells) {
    ++figures_.left_out;
    return {};
  }
  const std::uint32_t article = number_of(articles_, line.article);
  if (article == goods_.size()) goods_.emplace_back();
  Article& good = goods_[article];
  if (good.id.empty() || line.time < good.created) {
    good.created = line.time;
    good.price = units_of(line.price, 2).value_or(0);
  }
  good.id = line.article;
  good.resource_type = physical_type;
  if (good.name.empty()) good.name = line.title;
  sales_.push_back({.order = {.time = line.time,
                              .amount = *amount,
                              .invoice = invoice,
                              .line = number,
                              .user = number_of(customers_, line.customer),
                              .article = article,
                              .quantity = *quantity},
                    .price = line.price,
                    .left = *quantity,
                    .amount_left = *amount});
  return {};
}

void ImportedBook::Builder::match() {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> sold;
  for (std::uint32_t i = 0; i < sales_.size(); ++i)
    sold[{sales_[i].order.user, sales_[i].order.article}].push_back(i);
  const auto unknown = customers_.find("");
  std::ranges::sort(given_back_, {},
                    [](const GivenBack& back) { return std::pair(back.time, back.place); });
  for (const GivenBack& back : given_back_) {
    const auto of_both = sold.find({back.customer, back.article});
    const bool known = unknown == customers_.end() || unknown->second != back.customer;
    bool matched = false;
    if (known && of_both != sold.end()) {
      const auto& places = of_both->second;
      for (auto place = places.rbegin(); place != places.rend() && !matched; ++place) {
        Sale& sale = sales_[*place];
        if (sale.order.time > back.time || sale.price != back.price || sale.left < back.quantity)
          continue;
        sale.left -= back.quantity;
        // Rounded piece by piece it could be a cent more than was paid.
        const std::int64_t amount =
            std::min(sale.amount_left, amount_of(back.quantity, back.price).value_or(0));
        sale.amount_left -= amount;
        refunds_.push_back({.order = *place, .time = back.time, .amount = amount});
        matched = true;
      }
    }
    if (matched)
      ++figures_.refunds;
    else
      ++figures_.without_sale;
  }
  std::ranges::sort(refunds_, {}, [](const Refund& refund) {
    return std::tuple(refund.order, refund.time, refund.amount);
  });
}

Result<std::shared_ptr<const ImportedBook>> ImportedBook::Builder::build() && {
  if (sales_.empty())
    return fail(ErrorKind::corrupt, {"no line of the file sells anything", "文件中没有销售行"});
  // Invoices and their lines are numbered as they stand in the file.
  std::ranges::sort(sales_, {}, [](const Sale& sale) {
    return std::tuple(sale.order.time, sale.order.invoice, sale.order.line);
  });
  figures_.orders = sales_.size();
  match();
  // What was given back but never sold is no article of the shop.
  const auto places = sorted_places(goods_.size(), [this](std::uint32_t a, std::uint32_t b) {
    const auto key = [this](std::uint32_t at) {
      return std::pair(goods_[at].id.empty(), goods_[at].created);
    };
    return key(a) < key(b);
  });
  const std::vector<std::uint32_t> ranks = ranks_of(places);
  std::vector<Article> articles;
  for (const std::uint32_t place : places)
    if (!goods_[place].id.empty()) articles.push_back(std::move(goods_[place]));
  for (Sale& sale : sales_) sale.order.article = ranks[sale.order.article];
  return std::shared_ptr<const ImportedBook>(
      new ImportedBook(Catalogue(std::move(articles), {}), std::move(*this)));
}

ImportedBook::ImportedBook(Catalogue catalogue, Builder&& built)
    : OrderBook(std::move(catalogue)),
      refunds_(std::move(built.refunds_)),
      invoices_(built.invoices_.size()),
      figures_(built.figures_) {
  for (const auto& [name, number] : built.invoices_) invoices_[number] = name;
  std::vector<std::string> names(built.customers_.size());
  for (const auto& [name, number] : built.customers_) names[number] = name;
  constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> user_of(names.size(), none);
  orders_.reserve(built.sales_.size());
  for (const Builder::Sale& sale : built.sales_) {
    Order order = sale.order;
    std::uint32_t& user = user_of[order.user];
    if (user == none) {
      user = static_cast<std::uint32_t>(users_.size());
      users_.push_back({.name = names[order.user], .first = order.time, .orders = {}});
    }
    order.user = user;
    const auto index = static_cast<std::uint32_t>(orders_.size());
    users_[user].orders.push_back(index);
    orders_by_invoice_[invoices_[order.invoice]].push_back(index);
    orders_.push_back(order);
  }
  for (const Refund& refund : refunds_)
    life_ = std::max(life_, refund.time - orders_[refund.order].time);
}

OrderFate ImportedBook::fate(std::uint64_t index) const {
  check(index < orders_.size(), "an order of the book is asked for");
  const Order& order = orders_[index];
  OrderFate fate{.index = index,
                 .chance = SeededRandom(index).next(),
                 .created = order.time,
                 .buyer = order.user,
                 .article = order.article,
                 .resource_type = physical_type,
                 .price = order.amount,
                 .quantity = static_cast<int>(order.quantity),
                 .paid = order.time};
  for (auto refund = std::ranges::lower_bound(refunds_, index, {}, &Refund::order);
       refund != refunds_.end() && refund->order == index; ++refund)
    fate.after_sales.push_back({.number = static_cast<int>(fate.after_sales.size()) + 1,
                                .asked = refund->time,
                                .agreed = refund->time,
                                .ended = refund->time,
                                .amount = refund->amount});
  return fate;
}

std::uint64_t ImportedBook::placed_before(Moment moment) const {
  return first_not(size(), [&](std::uint64_t index) { return orders_[index].time < moment; });
}

std::string ImportedBook::order_id(const OrderFate& fate) const {
  const Order& order = orders_[fate.index];
  return fmt::format("{}-{}", invoices_[order.invoice], order.line);
}

std::optional<std::uint64_t> ImportedBook::order_of(std::string_view id) const {
  const std::size_t bar = id.rfind('-');
  if (bar == std::string_view::npos) return std::nullopt;
  const auto invoice = orders_by_invoice_.find(std::string(id.substr(0, bar)));
  if (invoice == orders_by_invoice_.end()) return std::nullopt;
  for (const std::uint32_t index : invoice->second)
    if (std::to_string(orders_[index].line) == id.substr(bar + 1)) return index;
  return std::nullopt;
}

std::string ImportedBook::user_id(std::uint64_t number) const {
  const std::string& name = users_[number].name;
  return name.empty() ? "guest" : "u_" + name;
}

User ImportedBook::user(std::uint64_t number) const {
  return {.number = number,
          .id = user_id(number),
          .registered = users_[number].first,
          .nickname = fmt::format("第{}位客户", number + 1)};
}

std::uint64_t ImportedBook::registered_before(Moment moment) const {
  return first_not(users(), [&](std::uint64_t user) { return users_[user].first < moment; });
}

std::vector<std::uint64_t> ImportedBook::orders_of(std::uint64_t user) const {
  return {users_[user].orders.begin(), users_[user].orders.end()};
}

}  // namespace tidemark::load::xiaoe
