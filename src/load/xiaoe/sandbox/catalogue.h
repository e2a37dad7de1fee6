#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "load/xiaoe/sandbox/moment.h"

namespace tidemark::load::xiaoe {

inline constexpr int live_type = 4;       ///< resource_type of a live session.
inline constexpr int physical_type = 21;  ///< … and of goods that are shipped.

/// What the shop sells: everything that will ever happen to it. Prices in fen.
struct Article {
  std::string id;
  int resource_type = 0;
  std::string name;
  Moment created{};
  std::int64_t price = 0;
  std::optional<Moment> renamed{};
  std::string later_name{};
  std::optional<Moment> repriced{};
  std::int64_t later_price = 0;
  std::optional<Moment> taken_off{};
  std::optional<Moment> deleted{};

  [[nodiscard]] bool sold_at(Moment now) const {
    return created <= now && (!taken_off || *taken_off > now);
  }
  [[nodiscard]] std::int64_t price_at(Moment now) const {
    return repriced && *repriced <= now ? later_price : price;
  }
  [[nodiscard]] const std::string& name_at(Moment now) const {
    return renamed && *renamed <= now ? later_name : name;
  }
  /// The last edit; nullopt: none so far.
  [[nodiscard]] std::optional<Moment> updated_at(Moment now) const;
};

/// A live session, which is an article too.
struct Live {
  std::uint64_t article = 0;
  int kind = 10;  ///< alive_type: 10 landscape, 11 portrait, 12 voice, 13 recorded.
  Moment start{};
  Moment planned_stop{};
  Moment stop{};
  std::uint64_t viewers = 0;  ///< When it ends; the recording is watched after that.
  std::int64_t reward = 0;    ///< In fen, when it ends.

  /// As the API gives it, brought up to date every five minutes.
  [[nodiscard]] std::uint64_t views_at(Moment now) const;
  [[nodiscard]] std::int64_t reward_at(Moment now) const;
};

/// All articles and live sessions, both in the order in which they were created. Immutable.
class Catalogue {
 public:
  Catalogue(std::vector<Article> articles, std::vector<Live> lives);

  /// A few hundred articles, and a live session every other day, for orders between `from` and
  /// `until`. The first article is sold all the time.
  [[nodiscard]] static Catalogue seeded(std::uint64_t seed, Moment from, Moment until);

  [[nodiscard]] const std::vector<Article>& articles() const { return articles_; }
  [[nodiscard]] const std::vector<Live>& lives() const { return lives_; }
  [[nodiscard]] const Live* live(std::string_view id) const;
  /// What somebody buys at `now`; only of a catalogue that is seeded.
  [[nodiscard]] std::uint64_t pick(Moment now, Random& random) const;

 private:
  std::vector<Article> articles_;
  std::vector<Live> lives_;
};

}  // namespace tidemark::load::xiaoe
