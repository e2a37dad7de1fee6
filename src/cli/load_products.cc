#include "cli/load_products.h"

#include "cli/load_stream.h"

namespace tidemark::cli {
namespace {

StreamLoad loading() {
  return {.stream = load::StreamKind::products, .usual = load::LoadMode::full};
}

Result<ExitCode> run(Context& context) { return load_stream(context, loading()); }

std::vector<Flag> flags() {
  std::vector<Flag> flags = stream_flags(loading());
  flags.push_back({.names = "--texts", .kind = FlagKind::value, .key = "load.texts"});
  return flags;
}

}  // namespace

Command load_products_command() {
  return {
      .name = "products",
      .summary = {"Load the goods of a shop", "加载店铺的商品"},
      .about = {"Reads the list of goods and writes the table products. Goods that the shop marks "
                "as deleted stay, marked. With a range, those created in it.",
                "读取商品列表并写入表 "
                "products。店铺标记为已删除的商品会保留并带有标记。指定范围时只读取该时间内创建的商"
                "品。"},
      .flags = flags(),
      .examples = {{"tidemark load products", {"All of them; once a day", "全部商品；每天一次"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
