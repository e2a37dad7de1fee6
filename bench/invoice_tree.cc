#include "bench/invoice_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <utility>

#include "bench/report.h"

namespace tidemark::bench {

InvoiceTree::InvoiceTree(std::string root, int writer)
    : root_(std::move(root)), temporary_name_(fmt::format(".floor-{}.tmp", writer)) {}

int InvoiceTree::folder(std::string_view tenant, std::string_view country) {
  key_.assign(tenant).append("/").append(country);
  const auto known = folders_.find(key_);
  if (known != folders_.end()) return known->second.get();
  const std::string path = fmt::format("{}/{}", root_, key_);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) die(path, error.message());
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) die(path, std::strerror(errno));
  return folders_.emplace(key_, std::move(fd)).first->second.get();
}

void InvoiceTree::write(const InvoiceRow& row) {
  const int folder = this->folder(row.tenant, row.country);
  {
    const UniqueFd file(
        ::openat(folder, temporary_name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) die(temporary_name_, std::strerror(errno));
    const ssize_t written = ::write(file.get(), row.payload.data(), row.payload.size());
    if (std::cmp_not_equal(written, row.payload.size())) die("write", std::strerror(errno));
  }

  // 2025-08-19… → 20250819
  name_.clear();
  fmt::format_to(std::back_inserter(name_), "{}{}{}+{}.json", row.issue_date.substr(0, 4),
                 row.issue_date.substr(5, 2), row.issue_date.substr(8, 2), row.number);
  std::ranges::replace(name_, '/', '_');
  if (::renameat(folder, temporary_name_.c_str(), folder, name_.c_str()) != 0) {
    die(name_, std::strerror(errno));
  }
}

}  // namespace tidemark::bench
