#include "load/sheet/xlsx_sheet.h"

#include <xlsxwriter.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "base/civil_time.h"
#include "base/system_error.h"

namespace tidemark::load {
namespace {

/// A cell holds 32,767 UTF-16 units, of which a byte of UTF-8 makes at most one.
constexpr std::size_t cell_bytes_max = 32'000;
/// Beyond, a double no longer has every digit.
constexpr std::size_t digits_max = 15;
/// 2000-01-01: every file is created then, so that the same rows give the same bytes.
constexpr time_t created = 946'684'800;
constexpr double narrow = 12, wide = 22;

Error failed(lxw_error code, const std::string& path) {
  const ErrorKind kind = code == LXW_ERROR_ZIP_FILE_ADD || code == LXW_ERROR_ZIP_CLOSE
                             ? ErrorKind::no_space
                             : ErrorKind::io;
  return make_error(kind, {"cannot write the workbook {}: {}", "无法写入工作簿 {}：{}"}, path,
                    lxw_strerror(code));
}

std::size_t digits_in(std::string_view number) {
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  return static_cast<std::size_t>(std::ranges::count_if(number, is_digit));
}

bool is_hex(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') ||
         (letter >= 'A' && letter <= 'F');
}

/// `_x0041_`
bool looks_escaped(std::string_view text) {
  return text.size() >= 7 && text[0] == '_' && text[1] == 'x' && text[6] == '_' &&
         std::ranges::all_of(text.substr(2, 4), is_hex);
}

}  // namespace

struct XlsxSheet::Book {
  std::string path;
  std::string folder;
  lxw_workbook* workbook = nullptr;  ///< Freed by workbook_close().
  lxw_worksheet* sheet = nullptr;
  lxw_format* head = nullptr;
  lxw_format* text = nullptr;
  lxw_format* money = nullptr;
  lxw_format* time = nullptr;

  Book() = default;
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;
  ~Book() {
    // The library has no other way to give up than to write the file; its owner removes that.
    if (workbook != nullptr) workbook_close(workbook);
  }
};

std::string xlsx_text(std::string_view text, bool& cut) {
  std::string out;
  cut = text.size() > cell_bytes_max;
  if (cut) {
    std::size_t end = cell_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\xEF\xBF\xBE") || text.substr(i).starts_with("\xEF\xBF\xBF")) {
      out += "\xEF\xBF\xBD";
      i += 2;
    } else if (looks_escaped(text.substr(i))) {
      out += "_x005F_";
    } else {
      out += text[i];
    }
  }
  if (cut) out += "…";
  return out;
}

Result<std::unique_ptr<XlsxSheet>> XlsxSheet::create(const std::string& path, std::string name,
                                                     std::vector<SheetColumn> columns,
                                                     Limits limits) {
  auto book = std::make_unique<Book>();
  book->path = path;
  book->folder = std::filesystem::path(path).parent_path().string();
  if (book->folder.empty()) book->folder = ".";
  lxw_workbook_options options{};
  options.constant_memory = LXW_TRUE;
  options.tmpdir = book->folder.data();
  book->workbook = workbook_new_opt(path.c_str(), &options);
  if (book->workbook == nullptr)
    return fail(ErrorKind::io, {"cannot begin the workbook {}", "无法创建工作簿 {}"}, path);
  lxw_doc_properties properties{};
  properties.created = created;
  workbook_set_properties(book->workbook, &properties);
  book->head = workbook_add_format(book->workbook);
  format_set_bold(book->head);
  book->text = workbook_add_format(book->workbook);
  format_set_num_format(book->text, "@");
  book->money = workbook_add_format(book->workbook);
  format_set_num_format(book->money, "0.00");
  book->time = workbook_add_format(book->workbook);
  format_set_num_format(book->time, "yyyy-mm-dd hh:mm:ss");
  std::unique_ptr<XlsxSheet> sheet(
      new XlsxSheet(std::move(book), std::move(name), std::move(columns), limits));
  if (Result<void> begun = sheet->next_sheet(); !begun) return fail(std::move(begun).error());
  return sheet;
}

XlsxSheet::XlsxSheet(std::unique_ptr<Book> book, std::string name, std::vector<SheetColumn> columns,
                     Limits limits)
    : book_(std::move(book)),
      name_(std::move(name)),
      columns_(std::move(columns)),
      limits_(limits) {}

XlsxSheet::~XlsxSheet() = default;

Result<void> XlsxSheet::next_sheet() {
  ++sheets_;
  const std::string name = sheets_ == 1 ? name_ : name_ + ' ' + std::to_string(sheets_);
  book_->sheet = workbook_add_worksheet(book_->workbook, name.c_str());
  if (book_->sheet == nullptr) return fail(failed(LXW_ERROR_CREATING_TMPFILE, book_->path));
  worksheet_freeze_panes(book_->sheet, 1, 0);
  next_row_ = 0;
  text_bytes_ = 0;
  for (std::uint16_t i = 0; i < columns_.size(); ++i) {
    const CellKind kind = columns_[i].kind;
    const bool broad = kind == CellKind::id || kind == CellKind::text || kind == CellKind::time;
    worksheet_set_column(book_->sheet, i, i, broad ? wide : narrow, nullptr);
    const lxw_error error =
        worksheet_write_string(book_->sheet, 0, i, columns_[i].header.c_str(), book_->head);
    if (error != LXW_NO_ERROR) return fail(failed(error, book_->path));
  }
  ++next_row_;
  return {};
}

Result<void> XlsxSheet::cell(std::uint16_t column, const std::string& value, CellKind kind) {
  lxw_error error = LXW_NO_ERROR;
  const auto as_text = [&](lxw_format* format) {
    bool cut = false;
    error = worksheet_write_string(book_->sheet, next_row_, column, xlsx_text(value, cut).c_str(),
                                   format);
    if (cut) ++cells_cut_;
  };
  const auto as_number = [&](lxw_format* format) {
    double number = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failure != std::errc{} || end != value.data() + value.size() ||
        digits_in(value) > digits_max)
      return as_text(book_->text);
    error = worksheet_write_number(book_->sheet, next_row_, column, number, format);
  };
  switch (kind) {
    case CellKind::id:
      as_text(book_->text);
      break;
    case CellKind::text:
    case CellKind::word:
      as_text(nullptr);
      break;
    case CellKind::integer:
      as_number(nullptr);
      break;
    case CellKind::money:
      as_number(book_->money);
      break;
    case CellKind::time: {
      // Days of a spreadsheet count from 1900; what is before is text.
      static const CivilTime first = *CivilTime::parse("1900-03-01");
      const std::optional<CivilTime> time = CivilTime::parse(value);
      if (!time || *time < first) {
        as_text(nullptr);
        break;
      }
      const auto since = time->time();
      const auto day = std::chrono::floor<std::chrono::days>(since);
      const std::chrono::year_month_day date(day);
      const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(since - day));
      lxw_datetime stamp{.year = static_cast<int>(date.year()),
                         .month = static_cast<int>(static_cast<unsigned>(date.month())),
                         .day = static_cast<int>(static_cast<unsigned>(date.day())),
                         .hour = static_cast<int>(clock.hours().count()),
                         .min = static_cast<int>(clock.minutes().count()),
                         .sec = static_cast<double>(clock.seconds().count())};
      error = worksheet_write_datetime(book_->sheet, next_row_, column, &stamp, book_->time);
      break;
    }
  }
  return error == LXW_NO_ERROR ? Result<void>{} : fail(failed(error, book_->path));
}

Result<void> XlsxSheet::row(SheetCells cells) {
  check(cells.size() == columns_.size(), "a sheet gets a value for each column");
  if (next_row_ == limits_.rows || text_bytes_ >= limits_.text_bytes)
    if (Result<void> begun = next_sheet(); !begun) return begun;
  for (std::uint16_t i = 0; i < cells.size(); ++i)
    if (cells[i] && !cells[i]->empty()) {
      text_bytes_ += cells[i]->size();
      if (Result<void> written = cell(i, *cells[i], columns_[i].kind); !written) return written;
    }
  ++next_row_;
  return {};
}

Result<void> XlsxSheet::finish() {
  errno = 0;
  const lxw_error error = workbook_close(std::exchange(book_->workbook, nullptr));
  const int system = errno;
  if (error == LXW_NO_ERROR) return {};
  // Its own words for a full disk are "zip generic error".
  if (kind_of_errno(system) == ErrorKind::no_space)
    return fail_errno(system, {"cannot write the workbook {}", "无法写入工作簿 {}"}, book_->path);
  return fail(failed(error, book_->path));
}

}  // namespace tidemark::load
