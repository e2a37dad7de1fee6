#include "load/benefit/benefit_sheet.h"

#include "load/money.h"

namespace tidemark::load {
namespace {

Message change_told(BenefitChange change) {
  switch (change) {
    case BenefitChange::unchanged:
      return {"", ""};
    case BenefitChange::first:
      return {"first", "首次"};
    case BenefitChange::changed:
      return {"changed", "改变"};
    case BenefitChange::facts:
      return {"other facts", "事实变化"};
  }
  return {"", ""};
}

std::optional<std::string> time_cell(const std::optional<CivilTime>& time) {
  return time ? std::optional(time->text()) : std::nullopt;
}

std::optional<std::string> previous_cell(const std::string& previous, Language language) {
  const std::optional<Decision> decision = parse_decision(previous);
  return decision ? std::optional(title(*decision).in(language)) : std::nullopt;
}

}  // namespace

std::vector<SheetColumn> benefit_columns(Language language) {
  struct Named {
    Message header;
    CellKind kind;
  };
  const std::vector<Named> named = {
      {{"platform", "平台"}, CellKind::word},
      {{"order_id", "订单号"}, CellKind::id},
      {{"user_id", "用户编号"}, CellKind::id},
      {{"decision", "决定"}, CellKind::word},
      {{"change", "本次变化"}, CellKind::word},
      {{"previous_decision", "上一次决定"}, CellKind::word},
      {{"reason", "理由"}, CellKind::text},
      {{"created_at", "下单时间"}, CellKind::time},
      {{"due_at", "满 14 天时间"}, CellKind::time},
      {{"decided_at", "决定时间"}, CellKind::time},
      {{"pay_time", "支付时间"}, CellKind::time},
      {{"refund_time", "退款时间"}, CellKind::time},
      {{"price", "实付金额（元）"}, CellKind::money},
      {{"refund_money", "退款金额（元）"}, CellKind::money},
      {{"order_state", "订单状态代码"}, CellKind::integer},
      {{"order_state_text", "订单状态"}, CellKind::text},
      {{"rule_version", "规则版本"}, CellKind::word},
  };
  std::vector<SheetColumn> columns;
  for (const Named& column : named)
    columns.push_back({.header = column.header.in(language), .kind = column.kind});
  return columns;
}

Result<void> write_benefits(SheetWriter& writer, std::span<const DecidedOrder> decided,
                            Language language) {
  for (const DecidedOrder& order : decided) {
    const std::vector<std::optional<std::string>> cells = {
        order.platform,
        order.order.order_id,
        order.order.user_id,
        title(order.decision).in(language),
        change_told(order.change).in(language),
        previous_cell(order.previous, language),
        order.reason.in(language),
        order.facts.created_at.text(),
        order.due_at.text(),
        order.decided_at.text(),
        time_cell(order.facts.pay_time),
        order.facts.refunded ? time_cell(order.facts.refunded->at) : std::nullopt,
        yuan_text(order.facts.price),
        yuan_text(order.facts.refund_money),
        std::to_string(order.facts.order_state),
        order.order.state_text,
        order.rule_version};
    if (Result<void> written = writer.row(cells); !written) return written;
  }
  return {};
}

}  // namespace tidemark::load
