#include "relay/delivery.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace tidemark::relay {
namespace {

TEST(DeliveryKey, ReadsBackWhatItWrites) {
  const DeliveryKey key{.subscription_id = "sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C", .sequence = 42};
  EXPECT_EQ(key.text(), "sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C-42");
  EXPECT_EQ(DeliveryKey::parse(key.text()), key);
  const DeliveryKey last{.subscription_id = "sub_1",
                         .sequence = std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(DeliveryKey::parse(last.text()), last);
}

TEST(DeliveryKey, RefusesEveryOtherText) {
  for (const std::string_view text : {"",
                                      "-",
                                      "sub_",
                                      "sub_-1",
                                      "sub_1",
                                      "sub_1-",
                                      "sub_1-0",
                                      "sub_1--1",
                                      "sub_1-+1",
                                      "sub_1-01",
                                      "sub_1- 1",
                                      "sub_1-1 ",
                                      "sub_1-1.0",
                                      "sub_1-1-2",
                                      "sub_1-9223372036854775808",
                                      "sub_1-99999999999999999999",
                                      "msg_1-1",
                                      "sub_a'b-1",
                                      "sub_a/b-1",
                                      "sub_上-1",
                                      "sub_00000000000000000000000000000000-1"}) {
    EXPECT_FALSE(DeliveryKey::parse(text)) << text;
  }
  EXPECT_FALSE(DeliveryKey::parse(std::string_view("sub_1\0-1", 8)));
}

TEST(DeliveryStatus, HasOneNameEach) {
  for (const DeliveryStatus status :
       {DeliveryStatus::pending, DeliveryStatus::delivering, DeliveryStatus::retrying,
        DeliveryStatus::delivered, DeliveryStatus::parked, DeliveryStatus::held,
        DeliveryStatus::cancelled}) {
    EXPECT_EQ(parse_delivery_status(name(status)), status);
  }
  EXPECT_EQ(name(DeliveryStatus::parked), "parked");
  EXPECT_FALSE(parse_delivery_status("Parked"));
  EXPECT_FALSE(parse_delivery_status(""));
}

}  // namespace
}  // namespace tidemark::relay
