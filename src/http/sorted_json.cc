#include "http/sorted_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "http/json_tree.h"
#include "http/python_text.h"

namespace tidemark::http {
namespace {

void write(std::string& out, const JsonTree& tree);

void write(std::string& out, const JsonTree::Array& elements) {
  out += '[';
  bool first = true;
  for (const JsonTree& element : elements) {
    if (!first) out += ", ";
    first = false;
    write(out, element);
  }
  out += ']';
}

void write(std::string& out, const JsonTree::Object& members) {
  std::vector<const JsonMember*> order;
  order.reserve(members.size());
  for (const JsonMember& member : members) order.push_back(&member);
  // Members of one name stay in the order of the text.
  std::ranges::sort(order, {},
                    [](const JsonMember* m) { return std::pair(std::string_view(m->name), m); });
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const JsonMember& member = *order[i];
    if (i + 1 < order.size() && order[i + 1]->name == member.name)
      continue;  // The last one counts.
    if (!first) out += ", ";
    first = false;
    append_python_string(out, member.name);
    out += ": ";
    write(out, member.tree);
  }
  out += '}';
}

void write(std::string& out, const JsonTree& tree) {
  if (const auto* const scalar = std::get_if<std::string>(&tree.value)) {
    out += *scalar;
  } else if (const auto* const elements = std::get_if<JsonTree::Array>(&tree.value)) {
    write(out, *elements);
  } else {
    write(out, std::get<JsonTree::Object>(tree.value));
  }
}

}  // namespace

Result<std::string> sorted_json(std::string_view body) {
  auto tree = parse_json_tree(body);
  if (!tree) return fail(std::move(tree));
  std::string out;
  out.reserve(body.size() + body.size() / 4);
  write(out, *tree);
  return out;
}

}  // namespace tidemark::http
