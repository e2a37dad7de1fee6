#include "relay/subscription.h"

#include <gtest/gtest.h>

namespace tidemark::relay {
namespace {

Publication publication_of(std::string event_type) {
  return Publication{.event_type = std::move(event_type),
                     .source_system = "settlement",
                     .source_type = "purchase_goods",
                     .source_id = "12345",
                     .data = "{}",
                     .company_id = "7",
                     .content_hash = ""};
}

Subscription subscription_to(std::vector<std::string> event_types) {
  Subscription subscription;
  subscription.target_system = "tax";
  subscription.event_types = std::move(event_types);
  return subscription;
}

TEST(EventTypeMatches, ItselfItsFamilyOrEverything) {
  EXPECT_TRUE(event_type_matches("l1_confirmed", "l1_confirmed"));
  EXPECT_TRUE(event_type_matches("*", "l1_confirmed"));
  EXPECT_TRUE(event_type_matches("invoice.*", "invoice.recorded"));
  EXPECT_TRUE(event_type_matches("invoice.*", "invoice.line.added"));
}

TEST(EventTypeMatches, NothingThatOnlyLooksAlike) {
  EXPECT_FALSE(event_type_matches("invoice.*", "invoice"));
  EXPECT_FALSE(event_type_matches("invoice.*", "invoices.recorded"));
  EXPECT_FALSE(event_type_matches("l1_confirmed", "L1_confirmed"));
  EXPECT_FALSE(event_type_matches("l1_confirmed", "l1_confirmed2"));
  EXPECT_FALSE(event_type_matches("l1_*", "l1_confirmed"));
  EXPECT_FALSE(event_type_matches("", "l1_confirmed"));
}

TEST(Subscription, WantsByEventType) {
  const Subscription subscription = subscription_to({"a", "invoice.*"});
  EXPECT_TRUE(subscription.wants(publication_of("a")));
  EXPECT_TRUE(subscription.wants(publication_of("invoice.recorded")));
  EXPECT_FALSE(subscription.wants(publication_of("b")));
  EXPECT_FALSE(subscription_to({}).wants(publication_of("a")));
}

TEST(Subscription, WantsOnlyWhatIsMeantForItsTarget) {
  const Subscription subscription = subscription_to({"*"});
  Publication publication = publication_of("a");
  publication.target_systems = {"warehouse", "tax"};
  EXPECT_TRUE(subscription.wants(publication));
  publication.target_systems = {"warehouse"};
  EXPECT_FALSE(subscription.wants(publication));
  publication.target_systems = {"Tax"};
  EXPECT_FALSE(subscription.wants(publication));
}

TEST(Subscription, WantsWhatAllItsFiltersLetThrough) {
  Subscription subscription = subscription_to({"*"});
  subscription.settings.filter = {{"company_id", {"7", "8"}}, {"source_type", {"purchase_goods"}}};
  Publication publication = publication_of("a");
  EXPECT_TRUE(subscription.wants(publication));
  publication.company_id = "9";
  EXPECT_FALSE(subscription.wants(publication));
  publication.company_id = "";
  EXPECT_FALSE(subscription.wants(publication));
  publication.company_id = "8";
  publication.source_type = "sale";
  EXPECT_FALSE(subscription.wants(publication));
  subscription.settings.filter = {{"source_system", {"settlement"}}, {"source_module", {""}}};
  EXPECT_TRUE(subscription.wants(publication));
}

TEST(Subscription, WantsAlsoWhilePaused) {
  Subscription subscription = subscription_to({"*"});
  subscription.state = SubscriptionState::paused;
  EXPECT_TRUE(subscription.wants(publication_of("a")));
}

TEST(SubscriptionState, HasOneNameEach) {
  for (const SubscriptionState state : {SubscriptionState::active, SubscriptionState::paused,
                                        SubscriptionState::probing, SubscriptionState::disabled}) {
    EXPECT_EQ(parse_subscription_state(name(state)), state);
  }
  EXPECT_FALSE(parse_subscription_state("stopped"));
}

}  // namespace
}  // namespace tidemark::relay
