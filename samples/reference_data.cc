#include "samples/reference_data.h"

#include <span>
#include <string>
#include <string_view>

#include "samples/lifelike.h"

namespace tidemark::samples {
namespace {

struct Code {
  std::string_view code;
  std::string_view name;
  std::string_view name_zh;
  std::string_view symbol = {};
};

struct Currency {
  std::string_view code;
  std::string_view name;
  std::string_view name_zh;
  std::string_view numeric;
  int minor_units;
  std::string_view symbol;
};

constexpr Currency currency_codes[] = {
    {"CNY", "Yuan Renminbi", "人民币", "156", 2, "¥"},
    {"USD", "US Dollar", "美元", "840", 2, "$"},
    {"EUR", "Euro", "欧元", "978", 2, "€"},
    {"GBP", "Pound Sterling", "英镑", "826", 2, "£"},
    {"JPY", "Yen", "日元", "392", 0, "¥"},
    {"HKD", "Hong Kong Dollar", "港元", "344", 2, "HK$"},
    {"MOP", "Pataca", "澳门元", "446", 2, "MOP$"},
    {"TWD", "New Taiwan Dollar", "新台币", "901", 2, "NT$"},
    {"SGD", "Singapore Dollar", "新加坡元", "702", 2, "S$"},
    {"MYR", "Malaysian Ringgit", "马来西亚林吉特", "458", 2, "RM"},
    {"THB", "Baht", "泰铢", "764", 2, "฿"},
    {"VND", "Dong", "越南盾", "704", 0, "₫"},
    {"IDR", "Rupiah", "印尼盾", "360", 2, "Rp"},
    {"PHP", "Philippine Peso", "菲律宾比索", "608", 2, "₱"},
    {"KRW", "Won", "韩元", "410", 0, "₩"},
    {"INR", "Indian Rupee", "印度卢比", "356", 2, "₹"},
    {"AUD", "Australian Dollar", "澳大利亚元", "036", 2, "A$"},
    {"NZD", "New Zealand Dollar", "新西兰元", "554", 2, "NZ$"},
    {"CAD", "Canadian Dollar", "加拿大元", "124", 2, "C$"},
    {"CHF", "Swiss Franc", "瑞士法郎", "756", 2, "CHF"},
    {"SEK", "Swedish Krona", "瑞典克朗", "752", 2, "kr"},
    {"NOK", "Norwegian Krone", "挪威克朗", "578", 2, "kr"},
    {"DKK", "Danish Krone", "丹麦克朗", "208", 2, "kr"},
    {"PLN", "Zloty", "波兰兹罗提", "985", 2, "zł"},
    {"CZK", "Czech Koruna", "捷克克朗", "203", 2, "Kč"},
    {"HUF", "Forint", "匈牙利福林", "348", 2, "Ft"},
    {"RUB", "Russian Ruble", "俄罗斯卢布", "643", 2, "₽"},
    {"TRY", "Turkish Lira", "土耳其里拉", "949", 2, "₺"},
    {"AED", "UAE Dirham", "阿联酋迪拉姆", "784", 2, "د.إ"},
    {"SAR", "Saudi Riyal", "沙特里亚尔", "682", 2, "﷼"},
    {"KWD", "Kuwaiti Dinar", "科威特第纳尔", "414", 3, "د.ك"},
    {"BHD", "Bahraini Dinar", "巴林第纳尔", "048", 3, ".د.ب"},
    {"ZAR", "Rand", "南非兰特", "710", 2, "R"},
    {"BRL", "Brazilian Real", "巴西雷亚尔", "986", 2, "R$"},
    {"MXN", "Mexican Peso", "墨西哥比索", "484", 2, "$"},
};

constexpr Code invoice_type_codes[] = {
    {"71", "Request for payment", "付款请求"},
    {"80", "Debit note related to goods or services", "货物或服务借项通知单"},
    {"82", "Metered services invoice", "计量服务发票"},
    {"325", "Proforma invoice", "形式发票"},
    {"326", "Partial invoice", "部分发票"},
    {"380", "Commercial invoice", "商业发票"},
    {"381", "Credit note", "贷项通知单（红字发票）"},
    {"383", "Debit note", "借项通知单"},
    {"384", "Corrected invoice", "更正发票"},
    {"386", "Prepayment invoice", "预付款发票"},
    {"388", "Tax invoice", "税务发票"},
    {"389", "Self-billed invoice", "自开发票"},
    {"393", "Factored invoice", "保理发票"},
    {"396", "Factored credit note", "保理贷项通知单"},
    {"751", "Invoice information for accounting purposes", "会计用发票信息"},
    {"875", "Partial construction invoice", "建筑工程部分发票"},
    {"876", "Partial final construction invoice", "建筑工程部分结算发票"},
    {"877", "Final construction invoice", "建筑工程结算发票"},
};

constexpr Code unit_codes[] = {
    {"C62", "one", "个"},
    {"H87", "piece", "件"},
    {"EA", "each", "每个"},
    {"PR", "pair", "双"},
    {"SET", "set", "套"},
    {"DZN", "dozen", "打"},
    {"KGM", "kilogram", "千克", "kg"},
    {"GRM", "gram", "克", "g"},
    {"TNE", "tonne (metric ton)", "吨", "t"},
    {"LBR", "pound", "磅", "lb"},
    {"ONZ", "ounce (avoirdupois)", "盎司", "oz"},
    {"MTR", "metre", "米", "m"},
    {"CMT", "centimetre", "厘米", "cm"},
    {"MMT", "millimetre", "毫米", "mm"},
    {"KMT", "kilometre", "千米", "km"},
    {"MTK", "square metre", "平方米", "m²"},
    {"MTQ", "cubic metre", "立方米", "m³"},
    {"LTR", "litre", "升", "l"},
    {"MLT", "millilitre", "毫升", "ml"},
    {"HUR", "hour", "小时", "h"},
    {"MIN", "minute [unit of time]", "分钟", "min"},
    {"DAY", "day", "天", "d"},
    {"WEE", "week", "周", "wk"},
    {"MON", "month", "月", "mo"},
    {"ANN", "year", "年", "y"},
    {"KWH", "kilowatt hour", "千瓦时", "kW·h"},
    {"E48", "service unit", "服务单位"},
    {"LS", "lump sum", "总价"},
    {"P1", "percent", "百分比", "%"},
    {"RM", "ream", "令"},
    {"RO", "roll", "卷"},
    {"CS", "case", "箱"},
    {"CAN", "can", "罐"},
    {"XBX", "Box", "盒"},
    {"XPK", "Package", "包"},
    {"XPX", "Pallet", "托盘"},
};

constexpr Code tax_category_codes[] = {
    {"S", "Standard rate", "标准税率"},
    {"AA", "Lower rate", "低税率"},
    {"Z", "Zero rated goods", "零税率"},
    {"E", "Exempt from tax", "免税"},
    {"AE", "VAT Reverse Charge", "增值税反向征收"},
    {"K", "VAT exempt for EEA intra-community supply of goods and services",
     "欧洲经济区内部货物和服务供应免增值税"},
    {"G", "Free export item, VAT not charged", "出口免税，不收增值税"},
    {"O", "Services outside scope of tax", "不征税服务"},
    {"L", "Canary Islands general indirect tax", "加那利群岛一般间接税"},
    {"M", "Tax for production, services and importation in Ceuta and Melilla",
     "休达和梅利利亚生产、服务和进口税"},
};

constexpr Code payment_means_codes[] = {
    {"1", "Instrument not defined", "未定义的付款方式"},
    {"10", "In cash", "现金"},
    {"20", "Cheque", "支票"},
    {"30", "Credit transfer", "转账"},
    {"31", "Debit transfer", "借记转账"},
    {"42", "Payment to bank account", "付款至银行账户"},
    {"48", "Bank card", "银行卡"},
    {"49", "Direct debit", "直接借记"},
    {"54", "Credit card", "信用卡"},
    {"55", "Debit card", "借记卡"},
    {"57", "Standing agreement", "长期协议"},
    {"58", "SEPA credit transfer", "SEPA 贷记转账"},
    {"59", "SEPA direct debit", "SEPA 直接借记"},
    {"68", "Online payment service", "在线支付服务"},
    {"97", "Clearing between partners", "合作方之间清算"},
};

sql::Value text(std::string_view value) {
  if (value.empty()) return std::monostate{};
  return std::string(value);
}

std::vector<sql::Values> currency_rows() {
  std::vector<sql::Values> rows;
  for (const Currency& it : currency_codes) {
    rows.push_back({text(it.code), text(it.name), text(it.name_zh), text(it.numeric),
                    std::int64_t{it.minor_units}, text(it.symbol)});
  }
  return rows;
}

std::vector<sql::Values> code_rows(std::span<const Code> codes) {
  std::vector<sql::Values> rows;
  for (const Code& it : codes) rows.push_back({text(it.code), text(it.name), text(it.name_zh)});
  return rows;
}

/// The codes once more for each country of the sample invoices.
std::vector<sql::Values> country_rows(std::span<const Code> codes, bool with_symbol) {
  std::vector<sql::Values> rows;
  for (const Country& country : countries()) {
    for (const Code& it : codes) {
      sql::Values row{text(it.code), text(it.name), text(it.name_zh)};
      if (with_symbol) row.push_back(text(it.symbol));
      row.push_back(text(country.code));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

template <class T>
std::string_view chinese_in(std::span<const T> codes, std::string_view code) {
  for (const T& it : codes) {
    if (it.code == code) return it.name_zh;
  }
  return {};
}

class GatheredRows final : public sql::RowSource {
 public:
  explicit GatheredRows(std::vector<sql::Values> rows) : rows_(std::move(rows)) {}

  [[nodiscard]] Result<bool> next(sql::Values& row) override {
    if (at_ == rows_.size()) return false;
    row = std::move(rows_[at_++]);
    return true;
  }

 private:
  std::vector<sql::Values> rows_;
  std::size_t at_ = 0;
};

/// Rows written; 0 when the table was left alone.
Result<std::int64_t> fill(sql::Connection& connection, const ReferenceTable& table, bool replace,
                          std::vector<sql::Values> rows) {
  if (Result<void> ready =
          prepare_table(connection, table.name, create_reference_table(connection, table),
                        replace ? IfNotEmpty::replace : IfNotEmpty::append);
      !ready) {
    return fail(std::move(ready));
  }
  Result<std::optional<std::string>> held =
      sql::query_value(connection, "SELECT 1 FROM " + connection.quoted(table.name) + " LIMIT 1");
  if (!held) return fail(std::move(held));
  if (held->has_value()) return 0;
  return write_reference_rows(connection, table, std::move(rows));
}

}  // namespace

Result<std::int64_t> write_reference_rows(sql::Connection& connection, const ReferenceTable& table,
                                          std::vector<sql::Values> rows) {
  if (Result<void> begun = connection.begin(sql::Isolation::write); !begun) {
    return fail(std::move(begun));
  }
  GatheredRows source(std::move(rows));
  Result<std::int64_t> written = connection.bulk_insert(table.name, table.columns, source);
  if (!written) {
    connection.rollback();
    return written;
  }
  if (Result<void> committed = connection.commit(); !committed) return fail(std::move(committed));
  return written;
}

std::string_view chinese_name(const ReferenceTable& table, std::string_view code) {
  if (&table == &currencies()) return chinese_in(std::span<const Currency>(currency_codes), code);
  const std::span<const Code> codes =
      &table == &invoice_types()    ? std::span<const Code>(invoice_type_codes)
      : &table == &units()          ? std::span<const Code>(unit_codes)
      : &table == &tax_categories() ? std::span<const Code>(tax_category_codes)
                                    : std::span<const Code>(payment_means_codes);
  return chinese_in(codes, code);
}

Result<std::int64_t> create_reference_data(sql::Connection& connection, bool replace) {
  struct Filling {
    const ReferenceTable& table;
    std::vector<sql::Values> rows;
  };
  Filling fillings[] = {{currencies(), currency_rows()},
                        {invoice_types(), code_rows(invoice_type_codes)},
                        {units(), country_rows(unit_codes, true)},
                        {tax_categories(), country_rows(tax_category_codes, false)},
                        {payment_means(), country_rows(payment_means_codes, false)}};
  std::int64_t total = 0;
  for (Filling& filling : fillings) {
    Result<std::int64_t> written =
        fill(connection, filling.table, replace, std::move(filling.rows));
    if (!written) return written;
    total += *written;
  }
  return total;
}

}  // namespace tidemark::samples
