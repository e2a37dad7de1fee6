#include "load/xiaoe/platform.h"

#include <algorithm>
#include <utility>

#include "load/order_tables.h"
#include "load/row_tables.h"
#include "load/xiaoe/client.h"
#include "load/xiaoe/doctor/shop_checks.h"
#include "load/xiaoe/list_extractor.h"
#include "load/xiaoe/live_extractor.h"
#include "load/xiaoe/live_transform.h"
#include "load/xiaoe/options.h"
#include "load/xiaoe/order_transform.h"
#include "load/xiaoe/product_transform.h"
#include "load/xiaoe/refund_transform.h"
#include "load/xiaoe/shop_clock.h"
#include "load/xiaoe/user_transform.h"

namespace tidemark::load::xiaoe {
namespace {

ClientOptions client_options(const config::Settings& settings) {
  return {.url = settings.text("xiaoe.url"),
          .app_id = settings.text("xiaoe.app_id"),
          .client_id = settings.text("xiaoe.client_id"),
          .secret_key = settings.text("xiaoe.secret_key"),
          .ca_file = settings.text("xiaoe.ca"),
          .timeout = settings.duration("xiaoe.timeout"),
          .clocks_apart_max = clocks_apart_max(
              std::chrono::duration_cast<std::chrono::seconds>(settings.duration("load.margin")))};
}

CodeTexts code_texts(const config::Settings& settings) {
  return code_texts_named(settings.text("load.texts"));
}

const ListApi& list_of(StreamKind stream) {
  switch (stream) {
    case StreamKind::orders:
      return order_list();
    case StreamKind::aftersales:
      return aftersale_list();
    case StreamKind::users:
      return user_list();
    case StreamKind::products:
      return goods_list();
    case StreamKind::live:
      return live_list();
  }
  return order_list();
}

/// An extractor together with the client it speaks through.
class OwnClient final : public Extractor {
 public:
  OwnClient(std::unique_ptr<Client> client, std::unique_ptr<Extractor> extractor)
      : client_(std::move(client)), extractor_(std::move(extractor)) {}
  [[nodiscard]] Reach reach() const override { return extractor_->reach(); }
  [[nodiscard]] std::chrono::minutes utc_offset() const override {
    return extractor_->utc_offset();
  }
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override {
    return extractor_->read(window, sink);
  }
  [[nodiscard]] Result<WindowReading> read_created(const TimeWindow& window,
                                                   PageSink& sink) override {
    return extractor_->read_created(window, sink);
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> count(const TimeWindow& window) override {
    return extractor_->count(window);
  }

 private:
  const std::unique_ptr<Client> client_;
  const std::unique_ptr<Extractor> extractor_;
};

class Xiaoe final : public Platform {
 public:
  [[nodiscard]] std::string_view name() const override { return "xiaoe"; }
  [[nodiscard]] const config::OptionGroup* options() const override { return &xiaoe::options(); }
  [[nodiscard]] std::string_view url_setting() const override { return "xiaoe.url"; }
  [[nodiscard]] Message unconfigured(const config::Settings& settings) const override {
    if (!settings.text("xiaoe.app_id").empty()) return {};
    return say({"xiaoe.app_id is not set", "缺少 xiaoe.app_id"});
  }
  [[nodiscard]] std::span<const StreamKind> streams() const override { return all_streams; }

  [[nodiscard]] std::unique_ptr<StreamTables> tables(
      StreamKind stream, const config::Settings& settings) const override {
    const std::string platform(name());
    switch (stream) {
      case StreamKind::orders:
        return std::make_unique<OrderTables>(
            platform, china_offset, std::make_unique<XiaoeOrderTransform>(code_texts(settings)));
      case StreamKind::aftersales:
        return std::make_unique<RecordTables<Refund>>(platform, china_offset,
                                                      std::make_unique<RefundTransform>());
      case StreamKind::users:
        return std::make_unique<RecordTables<User>>(platform, china_offset,
                                                    std::make_unique<UserTransform>());
      case StreamKind::products:
        return std::make_unique<RecordTables<Product>>(
            platform, china_offset, std::make_unique<ProductTransform>(code_texts(settings)));
      case StreamKind::live:
        return std::make_unique<RecordTables<LiveStream>>(platform, china_offset,
                                                          std::make_unique<LiveTransform>());
    }
    return nullptr;
  }

  [[nodiscard]] Result<std::unique_ptr<Extractor>> extractor(
      StreamKind stream, const config::Settings& settings, const Surroundings& surroundings,
      std::vector<std::string> ids) const override {
    Result<std::unique_ptr<Client>> client =
        Client::create(client_options(settings), surroundings.clock, surroundings.random,
                       surroundings.pause, surroundings.stop);
    if (!client) return fail(std::move(client).error());
    std::unique_ptr<Extractor> extractor;
    if (stream == StreamKind::live)
      extractor = std::make_unique<LiveExtractor>(**client, std::move(ids));
    else
      extractor = std::make_unique<ListExtractor>(**client, list_of(stream));
    return std::make_unique<OwnClient>(std::move(*client), std::move(extractor));
  }

  [[nodiscard]] std::vector<run::Finding> examine(const config::Settings& settings,
                                                  const Clock& clock) const override {
    return examine_shop(
        client_options(settings),
        std::chrono::duration_cast<std::chrono::seconds>(settings.duration("load.margin")), clock);
  }
};

}  // namespace

const Platform& platform() {
  static const Xiaoe xiaoe;
  return xiaoe;
}

}  // namespace tidemark::load::xiaoe
