#include "load/xiaoe/user_transform.h"

#include "base/json_object.h"
#include "load/money.h"
#include "load/xiaoe/fields.h"

namespace tidemark::load::xiaoe {

Result<User> UserTransform::transform(std::string_view payload,
                                      std::vector<UnknownCode>& /*unknown*/) const {
  const auto members = json_members(payload);
  if (!members)
    return fail(ErrorKind::rejected, {"the row is no JSON object", "该行不是 JSON 对象"});
  Fields fields(*members);
  User user{.user_id = fields.id("user_id"),
            .nickname = fields.text("user_nickname"),
            .channel = fields.text("from"),
            .pay_sum = fields.money("pay_sum", fen_of_fen),
            .punch_count = fields.integer("punch_count"),
            .created_at = fields.time("user_created_at")};
  if (user.user_id.empty()) fields.missing("user_id");
  if (fields.error()) return fail(Error(*fields.error()));
  return user;
}

}  // namespace tidemark::load::xiaoe
