#include "cli/sandbox_command.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/context.h"
#include "cli/flag_value.h"
#include "load/xiaoe/sandbox/imported_book.h"
#include "load/xiaoe/sandbox/sandbox.h"
#include "samples/online_retail_lines.h"
#include "samples/text_file.h"

namespace tidemark::cli {
namespace {

using load::xiaoe::Moment;
using load::xiaoe::SandboxOptions;

constexpr std::chrono::milliseconds stop_poll{50};
constexpr std::int64_t orders_max = 1'000'000'000;
constexpr std::chrono::days span_max{3650};

Moment moment_of(const CivilTime& time) {
  return std::chrono::floor<std::chrono::seconds>(time.time());
}

Result<void> take_orders(const Context& context, SandboxOptions& options) {
  const auto count = count_flag(context.arguments, "--orders");
  if (!count) return fail(count.error());
  const auto seed = count_flag(context.arguments, "--seed");
  if (!seed) return fail(seed.error());
  if (count->value_or(1) > orders_max)
    return fail(ErrorKind::usage, {"--orders takes at most {}", "--orders 最多为 {}"}, orders_max);
  options.orders.orders = static_cast<std::uint64_t>(count->value_or(10'000));
  options.orders.seed = static_cast<std::uint64_t>(seed->value_or(1));
  const auto from = time_flag(context.arguments, "--from");
  if (!from) return fail(from.error());
  const auto to = time_flag(context.arguments, "--to");
  if (!to) return fail(to.error());
  // Three months that end today, in China.
  constexpr std::chrono::hours china{8};
  const auto today =
      std::chrono::floor<std::chrono::days>(std::chrono::local_time<std::chrono::microseconds>(
          context.world.clock.wall().time_since_epoch() + china));
  options.orders.until =
      (*to ? std::chrono::floor<std::chrono::days>((*to)->time()) : today) + std::chrono::days(1);
  options.orders.from =
      *from ? moment_of(**from) : Moment(options.orders.until - std::chrono::days(90));
  if (options.orders.from >= options.orders.until ||
      options.orders.until - options.orders.from > span_max)
    return fail(ErrorKind::usage,
                {"--from … --to … must be a span of 1 to {} days",
                 "--from … --to … 的跨度必须为 1 至 {} 天"},
                span_max.count());
  return {};
}

/// The orders of a file in the format of the data set "Online Retail".
Result<std::shared_ptr<const load::xiaoe::ImportedBook>> imported(const Context& context,
                                                                  const std::string& path) {
  for (const char* flag : {"--orders", "--from", "--to"})
    if (context.arguments.has(flag))
      return fail(ErrorKind::usage,
                  {"{} does not go with --from-file", "{} 不能与 --from-file 同用"}, flag);
  Result<samples::ByteSource> file = samples::open_text_file(path);
  if (!file) return fail(std::move(file).error());
  samples::OnlineRetailLines lines(std::move(*file));
  load::xiaoe::ImportedBook::Builder builder;
  samples::OnlineRetailLine line;
  while (true) {
    const Result<bool> more = lines.next(line);
    if (!more) return fail(more.error());
    if (!*more) return std::move(builder).build();
    load::xiaoe::ImportedLine sold{.invoice = line.number,
                                   .article = line.stock_code,
                                   .title = line.description,
                                   .customer = line.customer,
                                   .time = moment_of(line.time),
                                   .quantity = line.quantity,
                                   .price = line.price};
    if (const Result<void> added = builder.add(sold); !added) return fail(added.error());
  }
}

Result<SandboxOptions> sandbox_options(const Context& context) {
  SandboxOptions options;
  const std::string address = context.arguments.value("--listen").value_or("127.0.0.1:8900");
  Result<http::ListenAddress> listen = http::ListenAddress::parse(address);
  if (!listen) return fail(std::move(listen).error().within({"--listen", "--listen"}));
  options.listen = std::move(*listen);
  if (const auto path = context.arguments.value("--from-file")) {
    auto book = imported(context, *path);
    if (!book) return fail(Error{book.error()}.within({"--from-file", "--from-file"}));
    const load::xiaoe::ImportFigures& figures = (*book)->figures();
    context.print(
        say({"{} lines are orders, {} are refunds of them; {} were given back without a "
             "matching order, {} sell nothing",
             "{} 行成为订单，{} 行成为这些订单的退款；{} 行退货没有对应的订单，{} 行不是销售"},
            figures.orders, figures.refunds, figures.without_sale, figures.left_out));
    options.orders.orders = figures.orders;
    options.book = std::move(*book);
  } else if (Result<void> taken = take_orders(context, options); !taken) {
    return fail(std::move(taken).error());
  }
  Result<load::xiaoe::FaultRates> faults =
      load::xiaoe::FaultRates::parse(context.arguments.value("--faults").value_or(""));
  if (!faults) return fail(std::move(faults).error());
  options.faults = *faults;
  const auto clock = time_flag(context.arguments, "--clock");
  if (!clock) return fail(clock.error());
  if (*clock) options.stands_at = moment_of(**clock);
  options.credentials = {
      .app_id = "sandbox_app", .client_id = "sandbox_client", .secret_key = "sandbox_secret"};
  return options;
}

void show_start(const Context& context, const SandboxOptions& options, std::uint16_t port) {
  http::ListenAddress listen = options.listen;
  listen.port = port;
  context.print(
      say({"a Xiaoe shop with {} orders on http://{}", "小鹅通沙箱店铺：{} 个订单，http://{}"},
          options.orders.orders, listen.text()));
  context.print(say(
      {"  app_id {}, client_id {}, secret_key {}", "  app_id {}，client_id {}，secret_key {}"},
      options.credentials.app_id, options.credentials.client_id, options.credentials.secret_key));
  if (context.json)
    context.world.out.json({{"message_type", "listening"},
                            {"listen", listen.text()},
                            {"port", port},
                            {"orders", options.orders.orders}});
}

Result<ExitCode> run_xiaoe(Context& context) {
  const Result<SandboxOptions> options = sandbox_options(context);
  if (!options) return fail(options.error());
  const auto sandbox = load::xiaoe::Sandbox::start(*options, context.world.clock);
  if (!sandbox) return fail(sandbox.error());
  show_start(context, *options, (*sandbox)->port());
  while (!context.world.stop.requested()) std::this_thread::sleep_for(stop_poll);
  (*sandbox)->stop();
  return exit_code_for(context.world.stop);
}

Command xiaoe_command() {
  using enum FlagKind;
  return {
      .name = "xiaoe",
      .summary = {"A Xiaoe (小鹅通) shop: orders, after-sales, users, goods, live sessions",
                  "小鹅通店铺：订单、售后、用户、商品、直播"},
      .about =
          {"Answers as the shop's open API does: envelope, paging, windows of 7 days, limits of "
           "calls, numbers that come as text. The orders come from a seed, or from a file, and "
           "live "
           "on: they are paid, shipped, and refunded up to 60 days later, as the sandbox's clock "
           "goes on; users, goods and live sessions are those of the orders. POST /sandbox/clock "
           "moves the clock, GET /sandbox/truth tells counts and sums per day.",
           "按店铺开放接口的方式应答：外层结构、分页、7 天窗口、调用限额、以文本表示的数字。"
           "订单由种子生成或取自文件，并随沙箱时钟变化：支付、发货，最晚 60 天后退款；"
           "用户、商品、直播与订单一致。POST /sandbox/clock 可拨动时钟，GET /sandbox/truth "
           "给出每天的数量和金额。"},
      .flags =
          {
              {.names = "--listen",
               .kind = value,
               .placeholder = "ADDRESS",
               .fallback = "127.0.0.1:8900",
               .text = {"Address and port; a port of 0 takes any free one",
                        "监听的地址和端口；端口 0 表示任选一个空闲端口"}},
              {.names = "--orders",
               .kind = value,
               .placeholder = "N",
               .fallback = "10000",
               .text = {"How many orders; they take no memory", "订单数量；不占内存"}},
              {.names = "--seed",
               .kind = value,
               .placeholder = "N",
               .fallback = "1",
               .text = {"The same number gives the same orders", "相同的数字生成相同的订单"}},
              {.names = "--from",
               .kind = value,
               .placeholder = "DATE",
               .text = {"The first orders are placed on this day; 90 days before the end if not "
                        "given",
                        "第一批订单的日期；默认为终点前 90 天"}},
              {.names = "--to",
               .kind = value,
               .placeholder = "DATE",
               .text = {"… and the last ones on this one; today if not given",
                        "最后一批订单的日期；默认为今天"}},
              {.names = "--from-file",
               .kind = value,
               .placeholder = "FILE",
               .text = {"Instead of orders from a seed, those of a file in the format of the data "
                        "set Online Retail (CSV, also .gz): lines sold become orders, "
                        "cancellations become refunds",
                        "不用种子，改用 Online Retail 数据集格式的文件（CSV，可为 .gz）："
                        "销售行成为订单，冲销成为退款"}},
              {.names = "--clock",
               .kind = value,
               .placeholder = "TIME",
               .text = {"The sandbox's clock stands still there (UTC+8); it goes if not given",
                        "沙箱时钟停在此刻（UTC+8）；默认随真实时间走动"}},
              {.names = "--faults",
               .kind = value,
               .placeholder = "SPEC",
               .text = {"What goes wrong: latency=50ms, skew=-90s, deny=users+live, and with "
                        "probabilities error500, html, hang, truncate, repeat, total, gbk, "
                        "strings, revoke, limit, storm, busy, malformed, ip",
                        "故障：latency=50ms、skew=-90s、deny=users+live；以及带概率的 error500、"
                        "html、hang、truncate、repeat、total、gbk、strings、revoke、limit、storm、"
                        "busy、malformed、ip"}},
          },
      .examples = {{"tidemark sandbox xiaoe --orders 100000",
                    {"A shop with three months of orders", "一个有三个月订单的店铺"}},
                   {"tidemark sandbox xiaoe --faults latency=50ms,error500=0.05,truncate=0.02",
                    {"One that misbehaves", "一个时常出错的店铺"}}},
      .run = run_xiaoe,
  };
}

}  // namespace

Command sandbox_command() {
  return {
      .name = "sandbox",
      .summary = {"Stand-ins of other systems, to try the loaders on",
                  "其他系统的替身，用于试用加载功能"},
      .children = {xiaoe_command()},
  };
}

}  // namespace tidemark::cli
