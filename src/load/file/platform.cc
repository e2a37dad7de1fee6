#include "load/file/platform.h"

#include <array>
#include <utility>

#include "load/file/order_transform.h"
#include "load/order_tables.h"

namespace tidemark::load::file {
namespace {

Message only_by_hand() {
  return say({"orders of a file are loaded with tidemark load file",
              "文件中的订单请用 tidemark load file 加载"});
}

constexpr std::array offered = {StreamKind::orders};

/// The tables of orders, with the version that the rows themselves may tell.
class FileOrderTables final : public StreamTables {
 public:
  FileOrderTables(std::string platform, CodeTexts texts)
      : tables_(std::move(platform), warehouse_offset,
                std::make_unique<FileOrderTransform>(texts)) {}
  [[nodiscard]] StreamKind kind() const override { return tables_.kind(); }
  [[nodiscard]] const std::string& platform() const override { return tables_.platform(); }
  [[nodiscard]] std::unique_ptr<StreamBatch> batch() const override { return tables_.batch(); }
  [[nodiscard]] bool keeps_history() const override { return tables_.keeps_history(); }
  [[nodiscard]] Result<void> look_again(std::string_view payload,
                                        std::vector<UnknownCode>& unknown) const override {
    const Result<Order> order = tables_.transform().transform(payload, unknown);
    return order ? Result<void>{} : fail(order.error());
  }
  [[nodiscard]] bool stamped() const override { return true; }
  [[nodiscard]] std::optional<CivilTime> version_of(std::string_view payload) const override {
    return updated_at(payload);
  }

 private:
  const OrderTables tables_;
};

class File final : public Platform {
 public:
  [[nodiscard]] std::string_view name() const override { return "file"; }
  [[nodiscard]] const config::OptionGroup* options() const override { return nullptr; }
  [[nodiscard]] std::string_view url_setting() const override { return {}; }
  [[nodiscard]] Message unconfigured(const config::Settings& /*settings*/) const override {
    return only_by_hand();
  }
  [[nodiscard]] std::span<const StreamKind> streams() const override { return offered; }
  [[nodiscard]] std::unique_ptr<StreamTables> tables(
      StreamKind /*stream*/, const config::Settings& settings) const override {
    return order_tables(std::string(name()), settings);
  }
  [[nodiscard]] Result<std::unique_ptr<Extractor>> extractor(
      StreamKind /*stream*/, const config::Settings& /*settings*/,
      const Surroundings& /*surroundings*/, std::vector<std::string> /*ids*/) const override {
    return fail(Error{ErrorKind::usage, only_by_hand(), {}});
  }
  [[nodiscard]] std::vector<run::Finding> examine(const config::Settings& /*settings*/,
                                                  const Clock& /*clock*/) const override {
    return {{.check = "shop", .what = only_by_hand()}};
  }
};

}  // namespace

const Platform& platform() {
  static const File file;
  return file;
}

std::unique_ptr<StreamTables> order_tables(std::string platform, const config::Settings& settings) {
  return std::make_unique<FileOrderTables>(std::move(platform),
                                           code_texts_named(settings.text("load.texts")));
}

}  // namespace tidemark::load::file
