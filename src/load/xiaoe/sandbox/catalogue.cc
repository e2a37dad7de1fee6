#include "load/xiaoe/sandbox/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/check.h"

namespace tidemark::load::xiaoe {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t articles_wanted = 240;
constexpr std::int64_t lives_max = 1500;
constexpr days announced_before{7};
/// A session is sold from its announcement to the end of its recording, at most so long.
constexpr days live_sold{17};

Moment after(Moment moment, Random& random, seconds least, seconds most) {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return moment + least + seconds(random.below(span));
}

std::int64_t pick_price(Random& random) {
  constexpr std::array<std::int64_t, 8> usual = {990,   1990,  4900,  9900,
                                                 19900, 29900, 69800, 129900};
  return usual[random.below(usual.size())];
}

std::string title(Random& random, std::uint64_t number) {
  constexpr std::array<std::string_view, 8> subjects = {
      "财务报表入门", "Excel 数据分析", "亲子英语", "古典吉他",
      "短视频剪辑",   "瑜伽 30 天",     "税务筹划", "“小白”理财\\实战"};
  return fmt::format("{} 第{}期", subjects[random.below(subjects.size())], number + 1);
}

Article seeded_article(std::uint64_t number, Moment from, Moment until, Random& random) {
  constexpr std::array<int, 8> types = {50, 3, 25, 6, 21, 21, 2, 8};
  Article article;
  article.resource_type = types[number % types.size()];
  article.name = title(random, number);
  article.price = pick_price(random);
  article.id = fmt::format("{}_{:04}_{}", article.resource_type == physical_type ? "g" : "p",
                           number, article.resource_type);
  const auto span = std::chrono::floor<seconds>(until - from);
  // Half of them were there before the first order.
  article.created = random.below(2) == 0 || number == 0
                        ? after(from - days(400), random, seconds(0), days(399))
                        : after(from, random, seconds(0), span);
  if (random.below(3) == 0) {
    article.renamed = after(from, random, seconds(0), span + days(60));
    article.later_name = article.name + "（新版）";
  }
  if (random.below(4) == 0) {
    article.repriced = after(from, random, seconds(0), span + days(60));
    article.later_price = article.price / 10 * 8 + 9;
  }
  if (random.below(8) == 0 && number != 0) {
    article.taken_off = after(article.created, random, days(3), span + days(400));
    if (random.below(3) == 0)
      article.deleted = after(*article.taken_off, random, hours(1), days(9));
  }
  // What is done to an article is done after it was made.
  if (article.renamed) article.renamed = std::max(*article.renamed, article.created + hours(2));
  if (article.repriced) article.repriced = std::max(*article.repriced, article.created + hours(3));
  return article;
}

struct Session {
  Article article;
  Live live;
};

Session seeded_session(std::uint64_t number, Moment start, Random& random) {
  Session session;
  session.article = {.id = fmt::format("l_{:05}{:04x}", number, random.below(0x10000)),
                     .resource_type = live_type,
                     .name = "直播：" + title(random, number),
                     .created = start - announced_before,
                     .price = pick_price(random),
                     .taken_off = after(start, random, days(3), days(9))};
  session.live = {
      .kind = 10 + static_cast<int>(random.below(4)),
      .start = start,
      .planned_stop = start + hours(2),
      .viewers = 50 + random.below(5000),
      .reward = static_cast<std::int64_t>(random.below(3) == 0 ? random.below(900'000) : 0)};
  // Most are ended by hand, some a little late.
  session.live.stop = after(start, random, minutes(50), minutes(140));
  return session;
}

/// Puts the articles in their order; sessions follow their articles.
void add_sorted(std::vector<Article>& articles, std::vector<Live>& lives,
                const std::vector<Session>& sessions) {
  for (const Session& session : sessions) articles.push_back(session.article);
  std::ranges::sort(articles, [](const Article& a, const Article& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  for (const Session& session : sessions) {
    lives.push_back(session.live);
    const auto at = std::ranges::find(articles, session.article.id, &Article::id);
    lives.back().article = static_cast<std::uint64_t>(at - articles.begin());
  }
}

}  // namespace

std::optional<Moment> Article::updated_at(Moment now) const {
  std::optional<Moment> last;
  for (const std::optional<Moment>& edit : {renamed, repriced, taken_off, deleted})
    if (edit && *edit <= now && (!last || *edit > *last)) last = edit;
  return last;
}

std::uint64_t Live::views_at(Moment now) const {
  const Moment synced = std::chrono::floor<minutes>(now) -
                        std::chrono::floor<minutes>(now).time_since_epoch() % minutes(5);
  if (synced <= start) return 0;
  const auto share = [](seconds passed, seconds of, std::uint64_t most) {
    return most * static_cast<std::uint64_t>(std::min(passed, of).count()) /
           static_cast<std::uint64_t>(of.count());
  };
  const std::uint64_t watched = share(synced - start, stop - start, viewers);
  return synced <= stop ? watched : watched + share(synced - stop, days(30), viewers / 2);
}

std::int64_t Live::reward_at(Moment now) const {
  if (now <= start) return 0;
  return reward * std::min(now - start, stop - start).count() / (stop - start).count();
}

Catalogue::Catalogue(std::vector<Article> articles, std::vector<Live> lives)
    : articles_(std::move(articles)), lives_(std::move(lives)) {
  check(!articles_.empty(), "a shop sells something");
}

Catalogue Catalogue::seeded(std::uint64_t seed, Moment from, Moment until) {
  SeededRandom random(seed ^ 0xca7a109e);
  std::vector<Article> articles;
  for (std::uint64_t number = 0; number < articles_wanted; ++number)
    articles.push_back(seeded_article(number, from, until, random));
  // The one that is always sold stands first.
  articles.front().created = from - days(401);
  articles.front().renamed.reset();
  const Moment first = from - days(30);
  const Moment last = until + days(10);
  const seconds step = std::max<seconds>(days(2), (last - first) / lives_max);
  std::vector<Session> sessions;
  for (Moment day = std::chrono::floor<days>(first); day < last; day += step)
    sessions.push_back(
        seeded_session(sessions.size(),
                       day + hours(19) + minutes(30 * static_cast<int>(random.below(4))), random));
  std::vector<Live> lives;
  add_sorted(articles, lives, sessions);
  return {std::move(articles), std::move(lives)};
}

const Live* Catalogue::live(std::string_view id) const {
  const auto found = std::ranges::find_if(
      lives_, [&](const Live& live) { return articles_[live.article].id == id; });
  return found == lives_.end() ? nullptr : &*found;
}

std::uint64_t Catalogue::pick(Moment now, Random& random) const {
  if (random.below(6) == 0) {
    const auto announced = [this](const Live& live) { return articles_[live.article].created; };
    const auto first = std::ranges::upper_bound(lives_, now - live_sold, {}, announced);
    const auto last = std::ranges::upper_bound(lives_, now, {}, announced);
    if (first != last) {
      const Live& live = *(first + static_cast<std::ptrdiff_t>(
                                       random.below(static_cast<std::uint64_t>(last - first))));
      if (articles_[live.article].sold_at(now)) return live.article;
    }
  }
  const auto made = static_cast<std::uint64_t>(
      std::ranges::upper_bound(articles_, now, {}, &Article::created) - articles_.begin());
  check(made > 0, "the first article is there before the first order");
  // Some sell better than others.
  std::uint64_t chosen = std::min(random.below(made), random.below(made));
  while (chosen > 0 &&
         (articles_[chosen].resource_type == live_type || !articles_[chosen].sold_at(now)))
    --chosen;
  return chosen;
}

}  // namespace tidemark::load::xiaoe
