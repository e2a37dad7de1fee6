#include "cli/receive_verify.h"

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "cli/context.h"
#include "cli/flag_value.h"
#include "cli/receive_settings.h"
#include "relay/receive/explanation.h"
#include "relay/receive/webhook.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t headers_bytes_max = std::size_t{1} << 20;
constexpr std::size_t body_bytes_max = std::size_t{1} << 30;

Result<std::string> file_of_flag(const Context& context, std::string_view flag,
                                 std::size_t bytes_max) {
  const std::optional<std::string> path = context.arguments.value(flag);
  if (!path) return fail(ErrorKind::usage, {"{} is missing", "缺少 {}"}, flag);
  return read_file(*path, bytes_max);
}

/// What to look at, and how to mend it.
Message advice(http::SignatureFault fault) {
  switch (fault) {
    case http::SignatureFault::missing_header:
      return say({"no header of an accepted style is there, or one of its companions is missing",
                  "没有可接受方式的签名请求头，或缺少配套的请求头"});
    case http::SignatureFault::malformed:
      return say({"a header has a form that no sender writes", "请求头的格式不正确"});
    case http::SignatureFault::too_old:
      return say({"sent too long ago: replayed, held up, or a clock is wrong",
                  "发送时间过早：可能是重放、延迟，或时钟不准"});
    case http::SignatureFault::too_new:
      return say({"from the future: one of the clocks is wrong", "时间在未来：有一方时钟不准"});
    case http::SignatureFault::mismatch:
      return say(
          {"no signature fits a secret: another secret, or the body was changed on the way "
           "(parsed and written anew, perhaps)",
           "签名与任何密钥都不匹配：密钥不同，或正文在途中被改动（例如解析后重新生成）"});
  }
  return {};
}

void show(const Context& context, const receive::Explanation& explanation) {
  if (explanation.verdict)
    context.print(say({"accepted: {}", "通过：{}"}, http::name(*explanation.verdict)));
  else
    context.print(say({"refused: {}: {}", "拒绝：{}：{}"}, http::name(explanation.verdict.error()),
                      advice(explanation.verdict.error()).in(context.language)));
  if (explanation.age)
    context.print(say({"age: {} s", "距发送时间：{} 秒"}, explanation.age->count()));
  for (const receive::ExpectedSignature& expected : explanation.expected)
    context.print(
        say({"{}, secret {}: {} {}", "{}，密钥 {}：{} {}"}, http::name(expected.style),
            expected.secret, expected.value,
            (expected.sent ? Wording{"(sent)", "（已发送）"} : Wording{"(not sent)", "（未发送）"})
                .in(context.language)));
}

nlohmann::ordered_json to_json(const receive::Explanation& explanation, ExitCode code) {
  nlohmann::ordered_json json{{"message_type", "summary"},
                              {"command", "receive verify"},
                              {"accepted", explanation.verdict.has_value()}};
  if (explanation.verdict)
    json["style"] = http::name(*explanation.verdict);
  else
    json["fault"] = http::name(explanation.verdict.error());
  if (explanation.age) json["age_seconds"] = explanation.age->count();
  json["expected"] = nlohmann::ordered_json::array();
  for (const receive::ExpectedSignature& expected : explanation.expected)
    json["expected"].push_back({{"style", http::name(expected.style)},
                                {"secret", expected.secret},
                                {"value", expected.value},
                                {"sent", expected.sent}});
  json["exit_code"] = static_cast<int>(code);
  return json;
}

Result<ExitCode> run(Context& context) {
  const Result<http::SignaturePolicy> policy = signature_policy(context.settings);
  if (!policy) return fail(policy.error());
  const Result<std::vector<std::string>> secrets = webhook_secrets(context.settings);
  if (!secrets) return fail(secrets.error());
  const Result<std::string> header_text = file_of_flag(context, "--headers", headers_bytes_max);
  if (!header_text) return fail(header_text.error());
  const Result<std::string> body = file_of_flag(context, "--body", body_bytes_max);
  if (!body) return fail(body.error());
  const auto given_now = count_flag(context.arguments, "--now");
  if (!given_now) return fail(given_now.error());
  const Result<http::Headers> headers = receive::parse_header_text(*header_text);
  if (!headers) return fail(headers.error());

  const std::chrono::sys_seconds now =
      *given_now ? std::chrono::sys_seconds(std::chrono::seconds(**given_now))
                 : std::chrono::floor<std::chrono::seconds>(context.world.clock.wall());
  const receive::Explanation explanation = receive::explain_signature(
      receive::received_signature(*headers), *body, *secrets, now, *policy);
  const ExitCode code = explanation.verdict ? ExitCode::done : ExitCode::partial;
  show(context, explanation);
  if (context.json) context.world.out.json(to_json(explanation, code));
  return code;
}

}  // namespace

Command receive_verify_command() {
  using enum FlagKind;
  std::vector<Flag> flags = signature_flags();
  flags.push_back({.names = "--headers",
                   .kind = value,
                   .placeholder = "FILE",
                   .text = {"Headers of the request, a line each", "请求头文件，每行一个"}});
  flags.push_back({.names = "--body",
                   .kind = value,
                   .placeholder = "FILE",
                   .text = {"Its body, byte for byte", "请求正文文件，逐字节原样"}});
  flags.push_back({.names = "--now",
                   .kind = value,
                   .placeholder = "UNIX",
                   .text = {"Check as if it were this time, in seconds since 1970",
                            "按此时刻检查（自 1970 年起的秒数）"}});
  return {
      .name = "verify",
      .summary = {"Check the signature of a stored request, and explain the verdict",
                  "检查已保存请求的签名并说明结论"},
      .about = {"Asks nobody and stores nothing. Shows what a receiver with these secrets expects, "
                "beside what was sent. Exit code 0 if the request is accepted, 3 if it is refused.",
                "不联网、不写入。列出持有这些密钥的接收端所期望的签名，并与实际发送的对照。通过时"
                "退出码为 0，拒绝时为 3。"},
      .flags = std::move(flags),
      .examples = {{"tidemark receive verify --headers headers.txt --body body.json --now "
                    "1768465802",
                    {"As at the time of the request", "按请求当时的时间检查"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
