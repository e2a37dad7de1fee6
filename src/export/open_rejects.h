#pragma once

#include <set>
#include <string>
#include <string_view>

#include "export/tree_index.h"

namespace tidemark::exporter {

/// Whose rejects stand open. One that recovery put on the list after a kill does not know its
/// tenant until its row is read again: it may be any tenant's, also the one with the empty name.
class OpenRejects {
 public:
  /// Accepted ones make nobody wait.
  void add(const Reject& reject) {
    if (reject.accepted) return;
    if (reject.tenant) {
      tenants_.insert(*reject.tenant);
    } else {
      of_unknown_ = true;
    }
  }
  void clear() { *this = {}; }

  /// Whether rows of the tenant stand, or may stand, on the list.
  [[nodiscard]] bool may_be_of(std::string_view tenant) const {
    return of_unknown_ || tenants_.contains(tenant);
  }

 private:
  std::set<std::string, std::less<>> tenants_;
  bool of_unknown_ = false;
};

}  // namespace tidemark::exporter
