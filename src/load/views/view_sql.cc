#include "load/views/view_sql.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tidemark::load {
namespace {

// As was_paid() has it of an order, whose table's name with a dot is the argument: `$was_paid(o.)`,
// `$was_paid()`.
constexpr std::string_view was_paid =
    "(@pay_time IS NOT NULL OR @order_state IN (1,3,8,9,10,11) OR "
    "COALESCE(@refund_money_fen,0)>0)";

/// `@` stands for the argument.
struct Word {
  std::string_view name;
  std::string_view sqlite;
  std::string_view mysql;
  std::string_view postgres;
};

constexpr std::array words = {
    Word{"day", "substr(@,1,10)", "DATE(@)", "CAST(@ AS DATE)"},
    Word{"month", "substr(@,1,7)", "DATE_FORMAT(@,'%Y-%m')", "to_char(@,'YYYY-MM')"},
    Word{"months", "(CAST(substr(@,1,4) AS INTEGER)*12+CAST(substr(@,6,2) AS INTEGER))",
         "(YEAR(@)*12+MONTH(@))", "CAST(EXTRACT(YEAR FROM @)*12+EXTRACT(MONTH FROM @) AS BIGINT)"},
    Word{"seconds", "CAST(strftime('%s',@) AS INTEGER)",
         "TIMESTAMPDIFF(SECOND,'1970-01-01 00:00:00',@)", "CAST(EXTRACT(EPOCH FROM @) AS BIGINT)"},
    Word{"whole", "@", "CAST(@ AS SIGNED)", "CAST(@ AS BIGINT)"},
    Word{"yuan",
         "(CASE WHEN @<0 THEN '-' ELSE '' END || (ABS(@)/100) || '.' || "
         "substr('0' || (ABS(@)%100),-2))",
         "CAST(@/100 AS DECIMAL(20,2))", "CAST(CAST(@ AS NUMERIC)/100 AS NUMERIC(20,2))"},
    Word{"was_paid", was_paid, was_paid, was_paid},
    Word{"bytes", "@", "@", "@ COLLATE \"C\""},
};

std::string_view pattern_of(std::string_view name, sql::Dialect dialect) {
  const auto* const word = std::ranges::find(words, name, &Word::name);
  check(word != words.end(), "a view uses words that are known");
  if (dialect == sql::Dialect::sqlite) return word->sqlite;
  return dialect == sql::Dialect::mysql ? word->mysql : word->postgres;
}

/// Where the parenthesis closes that is open at the start of `text`.
std::size_t closing(std::string_view text) {
  int depth = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i;
  }
  check(false, "a view closes its parentheses");
  return 0;
}

}  // namespace

std::string dialect_sql(std::string_view text, sql::Dialect dialect) {
  std::string sql;
  while (true) {
    const std::size_t at = text.find('$');
    sql += text.substr(0, at);
    if (at == std::string_view::npos) return sql;
    text.remove_prefix(at + 1);
    const std::size_t open = text.find('(');
    check(open != std::string_view::npos, "a word of a view has an argument");
    const std::string_view pattern = pattern_of(text.substr(0, open), dialect);
    text.remove_prefix(open + 1);
    const std::size_t end = closing(text);
    const std::string argument = dialect_sql(text.substr(0, end), dialect);
    for (const char letter : pattern) {
      if (letter == '@')
        sql += argument;
      else
        sql += letter;
    }
    text.remove_prefix(end + 1);
  }
}

}  // namespace tidemark::load
