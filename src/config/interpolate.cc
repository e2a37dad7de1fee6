#include "config/interpolate.h"

#include <algorithm>

#include "base/bytes.h"

namespace tidemark::config {
namespace {

constexpr int depth_max = 8;

class Interpolation {
 public:
  Interpolation(const Environment& environment, const std::string& folder)
      : environment_(environment), folder_(folder) {}

  [[nodiscard]] Result<std::string> run(std::string_view text, int depth) const {
    std::string filled;
    while (!text.empty()) {
      const std::size_t at = text.find("${");
      if (at != std::string_view::npos && at > 0 && text[at - 1] == '$') {
        filled.append(text.substr(0, at - 1)).append("${");
        text.remove_prefix(at + 2);
        continue;
      }
      filled += text.substr(0, at);
      if (at == std::string_view::npos) break;
      text.remove_prefix(at + 2);
      const std::size_t end = closing_brace(text);
      if (end == std::string_view::npos)
        return fail(ErrorKind::invalid_config, {"has a ${{ without }}", "中的 ${{ 缺少 }}"});
      auto value = reference(text.substr(0, end), depth);
      if (!value) return value;
      filled += *value;
      text.remove_prefix(end + 1);
    }
    return filled;
  }

 private:
  /// The `}` that ends a reference whose `${` was just taken; references within are passed over.
  static std::size_t closing_brace(std::string_view text) {
    std::size_t open = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text.substr(i).starts_with("${")) ++open;
      if (text[i] == '}' && --open == 0) return i;
    }
    return std::string_view::npos;
  }

  static bool is_name(std::string_view text) {
    const auto letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !text.empty() && letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  }

  [[nodiscard]] Result<std::string> reference(std::string_view text, int depth) const {
    if (depth >= depth_max)
      return fail(ErrorKind::invalid_config,
                  {"has references nested too deeply", "中的引用嵌套过深"});
    if (text.starts_with("file:")) return file(text.substr(5), depth);
    const std::size_t split = text.find(":-");
    const std::string name{text.substr(0, split)};
    if (!is_name(name)) {
      return fail(make_error(ErrorKind::invalid_config,
                             {"has ${{{}}}, which names no variable", "中的 ${{{}}} 不是变量名"},
                             printable(text, 80))
                      .with_hint({"write ${{VAR}}, ${{VAR:-default}} or ${{file:PATH}}; a literal "
                                  "${{ is $${{",
                                  "请写 ${{VAR}}、${{VAR:-默认值}} 或 ${{file:路径}}；字面的 ${{ "
                                  "写作 $${{"}));
    }
    auto value = environment_(name);
    if (split != std::string_view::npos && (!value || value->empty()))
      return run(text.substr(split + 2), depth + 1);
    if (value) return std::move(*value);
    return fail(make_error(ErrorKind::invalid_config,
                           {"the variable {} is not set", "变量 {} 未设置"}, name)
                    .with_hint({"set {0}, or write ${{{0}:-default}}",
                                "请设置 {0}，或写作 ${{{0}:-默认值}}"},
                               name));
  }

  [[nodiscard]] Result<std::string> file(std::string_view reference_path, int depth) const {
    auto path = run(reference_path, depth + 1);
    if (!path) return path;
    if (path->contains('\0') || path->empty())
      return fail(ErrorKind::invalid_config,
                  {"has ${{file:}} without a path", "中的 ${{file:}} 没有路径"});
    if (!path->starts_with('/')) *path = folder_ + *path;
    auto content = read_value_file(*path);
    if (!content) {
      Error error = std::move(content).error();
      error.kind = ErrorKind::invalid_config;
      return fail(std::move(error));
    }
    return content;
  }

  const Environment& environment_;
  const std::string& folder_;
};

}  // namespace

bool has_references(std::string_view text) {
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2))
    if (at == 0 || text[at - 1] != '$') return true;
  return false;
}

Result<std::string> interpolate(std::string_view text, const Environment& environment,
                                const std::string& folder) {
  return Interpolation{environment, folder}.run(text, 0);
}

}  // namespace tidemark::config
